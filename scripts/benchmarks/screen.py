"""warroom on a real pseudo-terminal, with lnav and btop beside it in the same run."""
import os, shutil, statistics, tempfile, threading, time

from common import Table, build, need_packages
from session import Session


LINE = "2026-08-21T10:00:00.{:06d}Z host checkout[123]: INFO request {} served in 12 ms\n"


def make_log(path, size):
    block = "".join(LINE.format(i % 1000000, i) for i in range(20000)).encode()
    with open(path, "wb") as out:
        while out.tell() < size:
            out.write(block)
        out.write(b"2026-08-21T11:00:00Z host checkout[123]: ERROR NEWEST-LINE-4711 reached\n")


class Writer(threading.Thread):
    """Appends `rate` lines a second until stopped."""

    def __init__(self, path, rate):
        super().__init__(daemon=True)
        self.path, self.rate, self.stopped = path, rate, threading.Event()

    def run(self):
        with open(self.path, "ab", buffering=0) as out:
            count, next_time = 0, time.monotonic()
            while not self.stopped.is_set():
                chunk = self.rate // 50
                out.write("".join(LINE.format(i % 1000000, i)
                                  for i in range(count, count + chunk)).encode())
                count += chunk
                next_time += 0.02
                time.sleep(max(0, next_time - time.monotonic()))


class Bench:
    def __init__(self, quick):
        self.quick = quick
        self.home = tempfile.mkdtemp(prefix="warroom-bench-")
        self.env = {"XDG_STATE_HOME": self.home + "/state", "WARROOM_CONFIG_DIR": self.home,
                    "HOME": self.home}
        self.figures = Table("screen")
        self.warroom = build("warroom")

    def add(self, name, value, unit, target="", peer="", peer_value=None):
        self.figures.add(name, value, unit, target, peer, peer_value)

    def room(self, *arguments):
        return Session([self.warroom, "open", *arguments], self.env)

    def ready(self, *arguments):
        """A room past its declaration, with nothing moving."""
        session = self.room(*arguments)
        session.until(rb"Situation")
        session.send("\x04")
        session.quiet()
        return session

    def first_frame(self):
        rounds = 3 if self.quick else 10
        ours = [self.timed(lambda: self.room(), rb"Situation") for _ in range(rounds)]
        small = self.home + "/small.log"
        make_log(small, 100000)
        lnav = [self.timed(lambda: Session(["lnav", small], self.env), rb"LOG|lnav|NEWEST")
                for _ in range(rounds)]
        btop = [self.timed(lambda: Session(["btop"], self.env), rb"cpu") for _ in range(rounds)]
        value = self.median(ours, 1000)
        self.add("start to first frame", value, "ms", "≤ 20", "lnav", self.median(lnav, 1000))
        self.add("start to first frame", value, "ms", "≤ 20", "btop", self.median(btop, 1000))

    def timed(self, open_session, pattern):
        session = open_session()
        seconds = session.until(pattern, 20)
        session.drain(0.1)
        session.close()
        return seconds

    @staticmethod
    def median(values, scale):
        kept = [v for v in values if v is not None]
        return round(statistics.median(kept) * scale, 2) if kept else None

    def keys(self, session, count):
        times = []
        for index in range(count):
            session.quiet(0.01, 0.05)
            seconds = session.key("23"[index % 2])
            if seconds is not None:
                times.append(seconds * 1000)
            time.sleep(0.02)
        times.sort()
        return round(times[len(times) // 2], 2), round(times[int(len(times) * 0.99) - 1], 2)

    def key_latency(self):
        count = 50 if self.quick else 300
        session = self.ready()
        p50, p99 = self.keys(session, count)
        session.close()
        self.add("key to frame p50, idle", p50, "ms", "≤ 2")
        self.add("key to frame p99, idle", p99, "ms", "≤ 20")
        path = self.home + "/hot.log"
        open(path, "w").close()
        session = self.ready("--logs", path)
        writer = Writer(path, 50000)
        writer.start()
        session.drain(2)
        p50, p99 = self.keys(session, count)
        self.add("key to frame p50, 50,000 lines/s", p50, "ms", "≤ 2")
        self.add("key to frame p99, 50,000 lines/s", p99, "ms", "≤ 20")
        session.send("6")
        session.drain(1)
        before, cpu, begin = session.bytes, session.cpu(), time.monotonic()
        seconds = 3 if self.quick else 10
        session.drain(seconds)
        elapsed = time.monotonic() - begin
        self.add("terminal output, log view, 50,000 lines/s",
                 round((session.bytes - before) / elapsed / 1000, 1), "kB/s", "≤ 20")
        self.add("processor, 50,000 lines/s", round((session.cpu() - cpu) / elapsed * 100, 1),
                 "% of a core", "≤ 60")
        self.add("memory, 50,000 lines/s", round(session.rss(), 1), "MiB", "≤ 200")
        writer.stopped.set()
        writer.join()
        session.close()
        os.unlink(path)

    def idle(self):
        seconds = 5 if self.quick else 30
        values = {}
        for name, argv in (("warroom", None), ("btop", ["btop"])):
            session = self.ready() if argv is None else Session(argv, self.env)
            session.drain(2)
            cpu = session.cpu()
            session.drain(seconds)
            values[name] = (round((session.cpu() - cpu) / seconds * 100, 2), session.rss())
            session.close()
        self.add(f"idle processor over {seconds} s", values["warroom"][0], "% of a core", "≤ 0.3",
                 "btop", values["btop"][0])
        self.add("resident, empty room", round(values["warroom"][1], 1), "MiB", "≤ 25", "btop",
                 round(values["btop"][1], 1))

    def big_log(self):
        path = self.home + "/big.log"
        size = 100_000_000 if self.quick else 1_000_000_000
        make_log(path, size)
        with open(path, "rb") as file:
            while file.read(1 << 22):
                pass
        times = []
        for _ in range(3):
            session = self.room("--logs", path)
            session.until(rb"Situation", 20)
            for keys in ("\x04", "6"):
                session.quiet(0.03)
                session.send(keys)
            session.until(rb"NEWEST-LINE-4711", 60)
            times.append(time.monotonic() - session.started)
            rss = session.rss()
            session.close()
        lnav = Session(["lnav", path], self.env)
        theirs = lnav.until(rb"NEWEST-LINE-4711", 90)
        lnav_rss = lnav.rss()
        lnav.close()
        label = f"newest line of a {size // 1_000_000} MB log, from exec"
        self.add(label, self.median(times, 1000), "ms", "≤ 50 + start", "lnav",
                 round(theirs * 1000, 1) if theirs else None)
        self.add("resident with that log", round(rss, 1), "MiB", "", "lnav", round(lnav_rss, 1))
        os.unlink(path)

    def run(self):
        try:
            self.first_frame()
            self.idle()
            self.key_latency()
            self.big_log()
        finally:
            shutil.rmtree(self.home, ignore_errors=True)


def run(options):
    need_packages("lnav", "btop")
    bench = Bench(options.quick)
    bench.run()
    return [bench.figures]
