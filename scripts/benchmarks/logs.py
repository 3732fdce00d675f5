"""Logs: the room with lnav and multitail beside it, and what each stage of a line costs."""
import multiprocessing, os, random, re, shutil, statistics, subprocess, tempfile, time

from common import Table, build, figures, measured, need_packages, say
from session import Session

ROWS = 40
PEERS = ["lnav", "multitail"]
EPOCH = 1_790_000_000
LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ2345678901"
PRIME = 0x9E3779B97F4A7C15 | 1
WORD = 1 << 40
INVERSE = pow(PRIME % WORD, -1, WORD)
STAMP = re.compile(rb"(?<![A-Za-z0-9])([A-HJ-NP-Z0-9]{8})(?![A-Za-z0-9])")
ESCAPE = re.compile(rb"\x1b(?:\[[0-9;?]*[a-zA-Z]|[()][A-Z0-9]|[=>78])")
BLANK_STAMP = b"--------"


def stamp(milliseconds):
    """Eight letters for a time: nearby times share hardly any, so that what draws differences
    alone draws all of them."""
    value, text = milliseconds * PRIME % WORD, ""
    for _ in range(8):
        text += LETTERS[value & 31]
        value >>= 5
    return text


def stamped(word):
    """The time of `stamp`, or None when the word was not drawn whole."""
    value = 0
    for letter in reversed(word.decode()):
        place = LETTERS.find(letter)
        if place < 0:
            return None
        value = value << 5 | place
    milliseconds = value * INVERSE % WORD
    now = clock()
    return milliseconds if now - 120_000 < milliseconds <= now else None


def clock():
    return int(time.monotonic() * 1000)


def lines(first, count, second=EPOCH):
    """Lines as services write them, about 108 bytes each."""
    when = time.strftime("%b %e %H:%M:%S", time.gmtime(second))
    return "".join(
        f"{when} host-0{i % 8} checkout[{10000 + i % 90000}]: INFO request {i:09} served in {i % 900:03} ms "
        f"for user {i * 7919 % 100000:05} from 10.0.{i % 256:03}.7\n" for i in range(first, first + count)).encode()


def marker(word):
    when = time.strftime("%b %e %H:%M:%S", time.gmtime())
    return f"{when} host-01 checkout[12345]: ERROR {word} reached\n".encode()


def unique():
    return "".join(random.choices("ABCDEFGHJKMNPQRSTVWXYZ", k=14))


def write_steadily(path, rate, seconds, written):
    """Appends `rate` lines a second, each with the time it was written at, in 50 pieces a second."""
    step = rate // 50
    block = lines(0, step).replace(b" for user", b" at " + BLANK_STAMP + b" for user")
    with open(path, "ab", buffering=0) as out:
        begin = time.monotonic()
        for index in range(int(seconds * 50)):
            wait = begin + index / 50 - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            out.write(block.replace(BLANK_STAMP, stamp(clock()).encode()))
            written.value += step


class Bench:
    def __init__(self, quick):
        self.quick = quick
        self.home = tempfile.mkdtemp(prefix="warroom-bench-")
        self.env = {"XDG_STATE_HOME": self.home + "/state", "WARROOM_CONFIG_DIR": self.home,
                    "HOME": self.home, "TZ": "UTC"}
        self.table = Table("logs: the room, lnav and multitail on a terminal of 160×40")
        self.inner = Table("logs: one process (processor time, one thread)")
        self.warroom = build("warroom")
        self.measure = build("Measure")

    # Programs that show a log

    def open(self, name, path):
        """The program with `path` open at its end, and when its first line was drawn."""
        if name == "warroom":
            session = Session([self.warroom, "open", "--logs", path], self.env, ROWS)
            session.until(rb"Situation", 20)
            session.first = time.monotonic() - session.started
            # The opening question, then the logs: typed ahead, so that no pause is measured.
            session.send("\x04" + "6")
            return session
        session = Session([name, path], self.env, ROWS)
        session.read(20)
        session.first = time.monotonic() - session.started
        return session

    def settled(self, name, path):
        session = self.open(name, path)
        session.drain(1.0)
        session.quiet(0.3, 10)
        return session

    def add(self, row, unit, target, values, digits=3):
        """One row for each peer that has a figure; the target is judged on ours."""
        ours = values.get("warroom")
        ours = round(ours, digits) if ours is not None else None
        peers = [(n, values[n]) for n in PEERS if values.get(n) is not None] or [("", None)]
        for index, (name, value) in enumerate(peers):
            self.table.add(row, ours, unit, self.judged(target, ours) if index == 0 else "", name,
                           None if value is None else round(value, digits))

    @staticmethod
    def judged(target, value):
        """The aim with a word about it, when it was not met."""
        limit = re.match(r"([≤≥<]) ([0-9.,]+)", target)
        if not limit or value is None:
            return target + (" not met" if limit else "")
        bound = float(limit[2].replace(",", ""))
        met = value >= bound if limit[1] == "≥" else value <= bound
        return target if met else target + " NOT MET"

    # A big log

    def big_log(self):
        size = 100_000_000 if self.quick else 1_000_000_000
        path = self.home + "/big.log"
        subprocess.run([self.measure, "logs", "make", path, str(size)], check=True)
        size = os.path.getsize(path)
        with open(path, "rb") as file:
            while file.read(1 << 22):
                pass
        shown, first, peak, cpu = {}, {}, {}, {}
        for name in ["warroom", *PEERS]:
            rounds = []
            for _ in range(3 if name == "warroom" else 1):
                session = self.open(name, path)
                found = session.until(rb"NEWEST-LINE-4711", 90)
                if found is not None or rb"NEWEST-LINE-4711" in session.tail:
                    rounds.append(time.monotonic() - session.started)
                first[name] = session.first
                if name == "warroom":
                    session.drain(3)  # the counting of older history is part of the cost
                peak[name], cpu[name] = session.peak(), session.cpu()
                session.close()
            shown[name] = statistics.median(rounds) if rounds else None
        label = f"{size / 1e6:,.0f} MB log"
        self.add(f"{label}: newest line visible, from exec", "s", "≤ 0.1", shown)
        self.add(f"{label}: first paint", "s", "", first)
        self.add(f"{label}: peak resident", "MiB", "≤ 150", peak, 1)
        self.add(f"{label}: processor (room: and 3 s more)", "s", "", cpu, 2)
        self.index(path, size)
        os.unlink(path)

    def index(self, path, size):
        """Offsets, times and levels of the whole log, beside lnav's index."""
        text, seconds, peak, status = measured([self.measure, "index", path])
        if status != 0 or not figures(text):
            self.table.note("full index: not measured, this build has none")
            return
        begin = time.monotonic()
        measured([self.measure, "index", path])
        ours = time.monotonic() - begin
        begin = time.monotonic()
        _, cpu, resident, _ = measured(["lnav", "-n", "-q", "-c", ":goto 0", path], env=self.env)
        theirs = time.monotonic() - begin
        limit = 5.3 * size / 1e9
        self.table.add("full index", round(ours, 2), "s", self.judged(f"≤ {limit:.1f}", ours),
                       "lnav -n :goto 0", theirs)
        self.table.add("full index: processor", round(seconds, 2), "s", "", "lnav -n :goto 0", cpu)
        self.table.add("full index: peak resident", round(peak / 1048576, 1), "MiB", "", "lnav -n :goto 0",
                       resident / 1048576)

    # Lines that are appended

    def seen(self, session, path, data, word, limit=40):
        """Seconds from the write of `data` until `word` is drawn."""
        session.quiet(0.05, 2)
        begin = time.monotonic()
        with open(path, "ab", buffering=0) as out:
            out.write(data)
        found = session.until(word.encode(), limit)
        return None if found is None else time.monotonic() - begin

    def appended(self):
        path = self.home + "/live.log"
        bursts = [10_000, 100_000, 500_000]
        results = {key: {} for key in ["line", *bursts]}
        for name in ["warroom", *PEERS]:
            with open(path, "wb") as out:
                out.write(lines(0, 2_000, int(time.time()) - 10))
            session = self.settled(name, path)
            times = []
            for _ in range(5 if self.quick else 15):
                word = unique()
                times.append(self.seen(session, path, marker(word), word, 5))
                time.sleep(random.uniform(0.05, 0.35))
            times = [t for t in times if t is not None]
            results["line"][name] = statistics.median(times) if times else None
            for count in bursts:
                if name == "multitail" and count == 500_000 and self.quick:
                    continue
                rounds = []
                for _ in range(1 if count == 500_000 or name == "multitail" else 3):
                    word = unique()
                    data = lines(0, count - 1, int(time.time())) + marker(word)
                    rounds.append(self.seen(session, path, data, word))
                    session.quiet(0.3, 15)
                rounds = [r for r in rounds if r is not None]
                results[count][name] = statistics.median(rounds) if rounds else None
            session.close()
        self.add("one appended line visible", "s", "≤ 0.05", results["line"], 4)
        for count in bursts:
            self.add(f"burst of {count:,} lines: the last one visible", "s",
                     "≤ 0.5" if count == 500_000 else "", results[count])
        os.unlink(path)

    def sustained(self, rate):
        seconds = 3 if self.quick else 8
        values = {key: {} for key in ("cpu", "lag", "worst", "bytes", "peak")}
        path = self.home + "/hot.log"
        for name in ["warroom", *PEERS]:
            if name == "multitail" and rate > 50_000:
                continue
            with open(path, "wb") as out:
                out.write(lines(0, 2_000, int(time.time()) - 10))
            session = self.settled(name, path)
            written = multiprocessing.Value("q", 0)
            writer = multiprocessing.Process(
                target=write_steadily, args=(path, rate, seconds + 1, written), daemon=True)
            writer.start()
            self.follow(session, 1.0)
            begin, cpu, before = time.monotonic(), session.cpu(), session.bytes
            lags = self.follow(session, seconds)
            elapsed = time.monotonic() - begin
            values["cpu"][name] = (session.cpu() - cpu) / elapsed * 100
            values["bytes"][name] = (session.bytes - before) / elapsed / 1000
            values["peak"][name] = session.peak()
            if lags:
                values["lag"][name] = statistics.median(lags) / 1000
                values["worst"][name] = max(lags) / 1000
            writer.join()
            if name == "warroom":
                got = written.value / (seconds + 1)
                self.table.note(f"{rate:,} lines/s: {got:,.0f} were written; {self.drops(session)}")
            session.close()
        label = f"{rate:,} lines/s"
        self.add(f"{label}: processor", "% of a core", "≤ 60" if rate == 50_000 else "", values["cpu"], 1)
        self.add(f"{label}: lag of the newest line drawn", "s", "", values["lag"])
        self.add(f"{label}: worst lag", "s", "", values["worst"])
        self.add(f"{label}: terminal output", "kB/s", "≤ 20", values["bytes"], 1)
        self.add(f"{label}: peak resident", "MiB", "≤ 150", values["peak"], 1)
        os.unlink(path)

    @staticmethod
    def drops(session):
        """What the room says of lines that it counted and did not show."""
        session.quiet(0.3, 10)
        session.tail = b""
        session.resize(ROWS + 1)  # everything is drawn anew
        session.drain(1)
        text = re.sub(rb" +", b" ", ESCAPE.sub(b" ", session.tail))
        found = re.findall(rb"dropped [0-9][0-9,.kM]*|[0-9,.kM]+ (?:dropped|not shown|counted, not shown)", text)
        return f"the room says \"{found[-1].decode()}\"" if found else "the room names no dropped line"

    @staticmethod
    def follow(session, seconds):
        """Lags in ms of the newest line drawn, looked at 20 times a second."""
        end = time.monotonic() + seconds
        newest, lags, rest, look = None, [], b"", time.monotonic() + 0.05
        while time.monotonic() < end:
            data = rest + session.read(0.02)
            for word in STAMP.findall(ESCAPE.sub(b" ", data)):
                at = stamped(word)
                if at is not None and (newest is None or at > newest):
                    newest = at
            rest = data[-24:]
            if time.monotonic() >= look:
                look += 0.05
                if newest is not None:
                    lags.append(clock() - newest)
        return lags

    # A thousand files

    def idle(self):
        folder = self.home + "/many"
        os.makedirs(folder)
        for index in range(1_000):
            with open(f"{folder}/service-{index:04}.log", "wb") as out:
                out.write(lines(index, 50, int(time.time()) - 60))
        seconds = 5 if self.quick else 15
        cpu, resident = {}, {}
        for name in ["warroom", "lnav"]:
            if name == "warroom":
                session = self.open(name, folder + "/*.log")
            else:
                session = Session([name, folder], self.env, ROWS)
            session.drain(6)
            before, begin = session.cpu(), time.monotonic()
            session.drain(seconds)
            cpu[name] = (session.cpu() - before) / (time.monotonic() - begin) * 100
            resident[name] = session.rss()
            session.close()
        self.add("1,000 open files: idle processor", "% of a core", "≤ 1", cpu, 2)
        self.add("1,000 open files: resident", "MiB", "≤ 150", resident, 1)
        shutil.rmtree(folder)

    # In one process

    def stages(self):
        path = self.home + "/stages.log"
        size = 25_000_000 if self.quick else 100_000_000
        subprocess.run([self.measure, "logs", "make", path, str(size)], check=True)
        count = int(subprocess.run(["wc", "-l", path], capture_output=True, text=True).stdout.split()[0])
        megabytes = os.path.getsize(path) / 1e6
        aims = {"prefilter MB/s": "≥ 200", "clean and redact MB/s": "≥ 100", "mine records/s": "≥ 1,500,000"}
        for name, (value, unit) in figures(measured([self.measure, "logs", path])[0]).items():
            if name in aims or name.endswith("records/s"):
                self.inner.add(name, round(value), unit, self.judged(aims.get(name, ""), value))
        for words, aim in ((["patterns"], "≥ 1,500,000"), (["patterns", "--input", "message"], ""),
                           (["records"], ""), (["logs"], "")):
            _, seconds, peak, status = measured([self.warroom, *words, path], env=self.env)
            rate = count / seconds if status == 0 else None
            self.inner.add(f"warroom {' '.join(words)}", rate and round(rate), "lines/s", self.judged(aim, rate))
        _, theirs, _, _ = measured(["lnav", "-n", "-c", ":goto 0", path], env=self.env)
        self.inner.add("warroom logs: index and print", rate and round(rate), "lines/s", "", "lnav -n :goto 0",
                       count / theirs, more=True)
        with open(path, "rb") as source:
            _, seconds, _, _ = measured([self.warroom, "clean"], stdin=path)
        self.inner.add("warroom clean", round(megabytes / seconds), "MB/s", self.judged("≥ 100", megabytes / seconds))
        os.unlink(path)
        self.distinct()

    def distinct(self):
        lines = 1_000_000 if self.quick else 10_000_000
        found = figures(measured([self.measure, "logs", "distinct", str(lines)])[0])
        label = f"{lines // 1_000_000} million distinct lines"
        if "resident at the end" not in found:
            return self.inner.note(f"{label}: not measured")
        early, late = found["resident after a tenth"][0], found["resident at the end"][0]
        self.inner.add(f"{label}: patterns", round(found["distinct lines/s"][0]), "lines/s")
        self.inner.add(f"{label}: resident after a tenth", round(early, 1), "MiB")
        self.inner.add(f"{label}: resident at the end", round(late, 1), "MiB",
                       self.judged(f"≤ {early * 1.1 + 1:.0f}", late))

    def run(self):
        self.table.note(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        try:
            for part in (self.appended, lambda: self.sustained(50_000), lambda: self.sustained(200_000),
                         self.idle, self.big_log, self.stages):
                try:
                    part()
                except (OSError, subprocess.SubprocessError, ValueError, KeyError) as error:
                    self.table.note(f"a part was not measured: {error}")
        finally:
            shutil.rmtree(self.home, ignore_errors=True)


def run(options):
    need_packages(*PEERS)
    bench = Bench(options.quick)
    bench.run()
    return [bench.table, bench.inner]
