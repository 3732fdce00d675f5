"""What the measuring scripts share: builds, processor time of children, programs of peers, tables."""
import glob, json, os, re, shutil, subprocess, sys, tempfile, time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def say(text):
    print(text, file=sys.stderr, flush=True)


def build(product):
    """The path of a release build. All with the same flags: others would build everything anew."""
    say(f"building {product} (release) …")
    words = ["swift", "build", "-c", "release", "--static-swift-stdlib"]
    subprocess.run([*words, "--product", product], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    path = subprocess.run([*words, "--show-bin-path"], cwd=ROOT, check=True, capture_output=True,
                          text=True).stdout.strip()
    return f"{path}/{product}"


def need_packages(*names):
    """Installs Debian packages that are missing, as the other scripts do."""
    words = "source scripts/common.sh; need_packages " + " ".join(names)
    subprocess.run(["bash", "-c", words], cwd=ROOT, check=True)


class Peers:
    """Programs to measure beside warroom. What is not installed is unpacked from its Debian package
    into a temporary folder: no unit starts, nothing is left behind."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="warroom-peers-")
        self.unpacked = {}

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def unpack(self, package):
        """The folder that holds the package's files, or None when it cannot be had."""
        if package not in self.unpacked:
            target = f"{self.folder}/{package}"
            os.makedirs(target)
            found = None
            if shutil.which("apt-get"):
                for _ in range(2):
                    subprocess.run(["apt-get", "download", "-qq", package], cwd=target,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                    found = next(iter(glob.glob(target + "/*.deb")), None)
                    if found:
                        break
                    subprocess.run(["apt-get", "update", "-qq"], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
            if found:
                subprocess.run(["dpkg-deb", "-x", found, target], check=True)
            self.unpacked[package] = target if found else None
            if not found:
                say(f"missing: the Debian package {package}; what needs it is not measured")
        return self.unpacked[package]

    def program(self, name, package):
        path = shutil.which(name)
        if path:
            return path
        folder = self.unpack(package)
        path = folder and f"{folder}/usr/bin/{name}"
        return path if path and os.path.exists(path) else None

    def module(self, name, package):
        """The folder to put on PYTHONPATH for a module, "" when it is there anyway, or None."""
        there = subprocess.run([sys.executable, "-c", f"import {name}"], capture_output=True)
        if there.returncode == 0:
            return ""
        folder = self.unpack(package)
        return folder and f"{folder}/usr/lib/python3/dist-packages"


def measured(argv, stdin=None, env=None):
    """(standard output, processor seconds, peak resident bytes, exit status) of one program."""
    out = tempfile.TemporaryFile()
    source = open(stdin, "rb") if stdin else subprocess.DEVNULL
    child = subprocess.Popen(argv, stdin=source, stdout=out, stderr=subprocess.DEVNULL,
                             env={**os.environ, **(env or {})})
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    out.seek(0)
    return (out.read().decode(errors="replace"), usage.ru_utime + usage.ru_stime,
            usage.ru_maxrss * 1024, child.returncode)


def figures(text):
    """{name: (value, unit)} of what `Measure` printed: a JSON object a line."""
    found = {}
    for line in text.splitlines():
        if line.startswith("{"):
            one = json.loads(line)
            if one["value"] is not None:
                found[one["name"]] = (one["value"], one["unit"])
        elif match := re.fullmatch(r"exposition +(.+): ([0-9.]+)", line):
            found[match[1]] = (float(match[2]), "")
    return found


def significant(value):
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    text = f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    return text


class Table:
    """Rows of one part. Ratios are peer / warroom when less is better, warroom / peer when `more`
    is: above 1 always means that warroom does better."""

    def __init__(self, title, peer="peer"):
        self.title, self.rows, self.notes = title, [], []

    def add(self, name, value, unit, target="", peer="", peer_value=None, more=False):
        ratio = None
        if peer_value and value and not isinstance(value, str):
            ratio = value / peer_value if more else peer_value / value
        self.rows.append({"name": name, "value": value, "unit": unit, "target": target, "peer": peer,
                          "peer_value": peer_value, "ratio": ratio})
        say(f"  {name}: {significant(value)} {unit}")

    def note(self, text):
        self.notes.append(text)

    def print(self):
        print(f"\n{self.title}")
        width = max([len(r["name"]) for r in self.rows] + [20])
        print(f"{'what':<{width}}  {'warroom':>10} {'unit':<13}{'target':<20}{'peer':<32}{'ratio':>7}")
        for row in self.rows:
            peer = f"{row['peer']} {significant(row['peer_value'])}" if row["peer"] else ""
            ratio = f"{row['ratio']:.1f}×" if row["ratio"] else ""
            print(f"{row['name']:<{width}}  {significant(row['value']):>10} {row['unit']:<13}"
                  f"{row['target']:<20}{peer:<32}{ratio:>7}")
        for note in self.notes:
            print("  " + note)
