"""Reading dumps and keeping samples: a 90 MB dump of real families, peers in the same run."""
import os, re, shutil, socket, subprocess, tempfile, time, urllib.request

from common import Peers, Table, build, figures, measured, say

SAMPLES = 826_000
PUBLISHED = """Published for one core of another machine (Prometheus 3.14, VictoriaMetrics 1.79.5; the
same size and shape of dump, so no ratio is formed): VictoriaMetrics parser 1,425 MB/s, 79.5 ns/sample;
Prometheus textparse with labels 339 MB/s, 334 ns/sample, without 644 MB/s; expfmt 66 MB/s; Prometheus
appends at 416 ns/sample, keeps 10.4 B/sample in its head and 2.78 B/sample in blocks."""


class Exporter:
    """A node_exporter on loopback."""

    def __init__(self, program, folder):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen(
            [program, f"--web.listen-address=127.0.0.1:{self.port}"], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder)

    def read(self):
        for _ in range(100):
            try:
                return urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=5).read().decode()
            except OSError:
                if self.process.poll() is not None:
                    return None
                time.sleep(0.1)
        return None

    def close(self):
        self.process.terminate()
        self.process.wait()


def written(routes):
    """Families of the script's own, as services have them."""
    lines = []
    for name in ("http_requests_total", "http_request_errors_total", "jobs_processed_total"):
        lines += [f"# HELP {name} Requests by route, method and code.", f"# TYPE {name} counter"]
        for route in range(routes):
            for method in ("GET", "POST", "PUT"):
                for code in (200, 404, 500):
                    lines.append(f'{name}{{route="/api/v1/resource-{route}",method="{method}",code="{code}"}} '
                                 f"{(route + 1) * code * 37}")
    name = "http_request_duration_seconds"
    lines += [f"# HELP {name} Latency.", f"# TYPE {name} histogram"]
    for route in range(routes):
        for bound in ("0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1.0", "2.5", "+Inf"):
            lines.append(f'{name}_bucket{{route="/api/v1/resource-{route}",le="{bound}"}} {route * 113}')
        lines.append(f'{name}_sum{{route="/api/v1/resource-{route}"}} {route * 1.75}')
        lines.append(f'{name}_count{{route="/api/v1/resource-{route}"}} {route * 113}')
    return "\n".join(lines) + "\n"


def families(text):
    """[(metadata lines, sample lines)] in the order of the dump."""
    found = []
    for line in text.splitlines():
        if line.startswith("# HELP"):
            found.append(([line], []))
        elif line.startswith("#"):
            if found:
                found[-1][0].append(line)
        elif line and found:
            found[-1][1].append(line)
    return found


def labelled(line, extra):
    name, rest = re.match(r"([^ {]+)(.*)", line).groups()
    if rest.startswith("{"):
        return f"{name}{{{extra},{rest[1:]}\n"
    return f"{name}{{{extra}}}{rest}\n"


def make_dump(path, text, samples):
    """The exporter's families for as many instances as give `samples` samples; (samples, labels)."""
    parts = families(text)
    each = sum(len(lines) for _, lines in parts)
    instances = -(-samples // each)
    count = labels = 0
    with open(path, "w") as out:
        for metadata, lines in parts:
            out.writelines(line + "\n" for line in metadata)
            for instance in range(instances):
                extra = f'instance="host-{instance:03}.eu-1:9100",job="node-exporter"'
                for line in lines:
                    out.write(labelled(line, extra))
                    labels += line.count('="') + 2
                count += len(lines)
    return count, labels / count


def make_history(path, reads):
    """The same series over time, one read every 15 s (they were taken closer together), as a dump
    with timestamps; all lines of a family stand together."""
    begin = 1_750_000_000_000
    order, lines = [], {}
    for index, text in enumerate(reads):
        for metadata, samples in families(text):
            key = metadata[0]
            if key not in lines:
                order.append((key, metadata))
                lines[key] = []
            lines[key] += [f"{line} {begin + index * 15_000}\n" for line in samples]
    with open(path, "w") as out:
        for key, metadata in order:
            out.writelines(line + "\n" for line in metadata)
            out.writelines(lines[key])


def run(options):
    table = Table("metrics: reading dumps and keeping samples (processor time, one thread)")
    peers, folder = Peers(), tempfile.mkdtemp(prefix="warroom-metrics-")
    try:
        measure = build("Measure")
        text, history = source(peers, folder, options.quick, table)
        path = folder + "/big.prom"
        samples, labels = make_dump(path, text, SAMPLES // 10 if options.quick else SAMPLES)
        size = os.path.getsize(path)
        table.note(f"the dump: {size / 1e6:.1f} MB, {samples:,} samples, {size / samples:.0f} B and "
                   f"{labels:.1f} labels each")
        ours(measure, path, table)
        theirs(peers, path, samples, size, folder, table)
        kept(measure, history, table)
        growth(measure, options.quick, table)
    finally:
        peers.close()
        shutil.rmtree(folder, ignore_errors=True)
    for line in PUBLISHED.splitlines():
        table.note(line)
    return [table]


def source(peers, folder, is_quick, table):
    """(one dump, a history or None)."""
    program = peers.program("prometheus-node-exporter", "prometheus-node-exporter")
    if not program:
        return written(40), None
    exporter = Exporter(program, folder)
    try:
        first = exporter.read()
        if not first:
            say("node_exporter gave no metrics: the script's own families are used")
            return written(40), None
        count = 60 if is_quick else 240
        say(f"reading node_exporter {count} times …")
        reads = []
        for _ in range(count):
            reads.append(exporter.read())
            time.sleep(0.25)
        history = folder + "/history.prom"
        make_history(history, [r for r in reads if r])
        return first + written(14), history
    finally:
        exporter.close()


def ours(measure, path, table):
    text, _, resident, _ = measured([measure, "exposition", path])
    found = figures(text)
    for name, unit, target in (("parse MB/s", "MB/s", "≥ 1,900"), ("parse ns/sample", "ns", ""),
                               ("first read ns/sample", "ns", ""), ("re-read ns/sample", "ns", "≤ 80")):
        if name in found:
            table.add(name, found[name][0], unit, target)
    table.add("peak resident: the dump read, then parsed and stored six times", resident / 1048576, "MiB")
    table.parse = found.get("parse MB/s", (None,))[0], found.get("parse ns/sample", (None,))[0]


def theirs(peers, path, samples, size, folder, table):
    rate, each = table.parse
    promtool = peers.program("promtool", "prometheus")
    if promtool:
        _, seconds, resident, _ = measured([promtool, "check", "metrics"], stdin=path)
        table.add("parse MB/s", rate, "MB/s", "", "promtool check metrics", size / seconds / 1e6, more=True)
        table.add("parse ns/sample", each, "ns", "", "promtool check metrics", seconds / samples * 1e9)
        table.note(f"promtool was resident with {resident / 1048576:.0f} MiB")
    module = peers.module("prometheus_client", "python3-prometheus-client")
    if module is None:
        return
    tenth = folder + "/tenth.prom"
    with open(path) as source, open(tenth, "w") as out:
        for index, line in enumerate(source):
            if line.startswith("#") or index % 10 == 0:
                out.write(line)
    script = ("import sys\nfrom prometheus_client.parser import text_fd_to_metric_families as parse\n"
              "print(sum(len(f.samples) for f in parse(open(sys.argv[1]))))")
    import sys
    argv = [sys.executable, "-c", script, tenth]
    text, seconds, _, status = measured(argv, env={"PYTHONPATH": module} if module else None)
    if status == 0:
        table.add("parse ns/sample", each, "ns", "", "python prometheus_client", seconds / int(text) * 1e9)


def kept(measure, history, table):
    argv = [measure, "store"] + ([history] if history else [])
    text, _, _, status = measured(argv)
    if status != 0:
        table.note("kept samples: not measured")
        return
    targets = {"cold": "≤ 1.3", "all": "≤ 10"}
    for name, (value, unit) in figures(text).items():
        target = next((t for word, t in targets.items() if word in name and unit.startswith("B")), "")
        table.add(name, value, unit, target)


def growth(measure, is_quick, table):
    counts = [1_000, 10_000, 100_000] + ([] if is_quick else [1_000_000])
    for count in counts:
        text, _, _, _ = measured([measure, "growth", str(count)])
        for name, (value, unit) in figures(text).items():
            table.add(f"{count:>9,} series: {name}", value, unit)
