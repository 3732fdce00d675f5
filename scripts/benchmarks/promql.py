"""PromQL over 10,000 series with an hour of samples every 15 s, beside Prometheus."""
import shutil, tempfile, time

from common import Peers, Table, build, figures, measured, say
from prometheus import Prometheus

END = 1_750_000_000_000
CODES = [200, 201, 204, 301, 400, 401, 404, 500, 502, 503]
BOUNDS = ["0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1.0", "2.5", "+Inf"]
RANGE = "1 h, step "
PUBLISHED = """Published for one core of another machine, the least of Prometheus 2.42 and 3.14 and of VictoriaMetrics
1.79.5 and its head, in ms and in the order above (so no ratio is formed): 10.9, 10.0, 11.8, 14.6, 10.9, 10.9,
0.13, 0.013, 13.6, 11.8, 14.6, 20.9, 26, 18."""


def series():
    """The data of `Measure queries`, number for number, one job at a time."""
    state = 1
    for job in range(10):
        batch = []
        for instance in range(50):
            place = {"job": f"job-{job}", "instance": f"10.0.{job}.{instance}:9100"}
            for variant in range(10):
                for labels, step in (
                        ({"__name__": "requests_total", "code": str(CODES[variant])}, 20.0),
                        ({"__name__": "latency_seconds_bucket", "le": BOUNDS[variant]}, 2.0 * variant + 1)):
                    state = (state * 6364136223846793005 + 1442695040888963407) & 0xFFFFFFFFFFFFFFFF
                    value = float((state >> 33) % 1000)
                    values = []
                    for _ in range(241):
                        state = (state * 6364136223846793005 + 1442695040888963407) & 0xFFFFFFFFFFFFFFFF
                        value += (state >> 33) % 16 * step / 8
                        values.append(value)
                    batch.append(({**place, **labels}, values))
        yield batch


def filled(peer):
    """Hands the data over, the oldest samples of all series first so that none is too old."""
    say("handing 2.4 million samples to Prometheus …")
    batches = list(series())
    times = [END - (240 - i) * 15_000 for i in range(241)]
    for begin in range(0, 241, 61):
        for batch in batches:
            peer.write([(labels, times[begin:begin + 61], [repr(float(round(v))) for v in values[begin:begin + 61]])
                        for labels, values in batch])


def cost(peer, name):
    """Processor milliseconds of one evaluation, over enough of them for the kernel's clock."""
    if name.startswith(RANGE):
        step, expr = name.removeprefix(RANGE).split(" s: ", 1)
        query = {"expr": expr, "start": END / 1000 - 3600, "end": END / 1000, "step": float(step)}
    else:
        query = {"expr": name, "time": END / 1000}
    path, form = peer.request(query)
    answer = peer.post(path, form)
    if b'"success"' not in answer[:40]:
        return None
    peer.post(path, form)
    begin, count, clock = peer.cpu(), 0, time.monotonic()
    while count < 10 or (peer.cpu() - begin < 1.0 and time.monotonic() - clock < 6):
        peer.post(path, form)
        count += 1
    return (peer.cpu() - begin) / count * 1000


def run(options):
    table = Table("promql: 10,000 series × 1 h at 15 s, processor time per query")
    peers, folder = Peers(), tempfile.mkdtemp(prefix="warroom-promql-")
    try:
        measure = build("Measure")
        text, _, resident, _ = measured([measure, "queries", "5" if options.quick else "15"])
        found = figures(text)
        program = peers.program("prometheus", "prometheus")
        theirs = {}
        if program:
            with Prometheus(folder, program) as peer:
                filled(peer)
                table.note(f"Prometheus {peer.version} answers over HTTP on loopback; both with the samples in "
                           "memory, its processor time from /proc")
                theirs = {name: cost(peer, name) for name in found if "condition" not in name}
                table.note(f"resident: warroom {resident / 1048576:.0f} MiB, Prometheus "
                           f"{peer.resident() / 1048576:.0f} MiB")
        for name, (value, unit) in found.items():
            target = "≤ 20" if name.startswith("tick of 200") else ""
            peer_name = "Prometheus" if theirs.get(name) else ""
            table.add(name, value, unit, target, peer_name, theirs.get(name))
    finally:
        peers.close()
        shutil.rmtree(folder, ignore_errors=True)
    for line in PUBLISHED.splitlines():
        table.note(line)
    return [table]
