"""Programs on a pseudo-terminal, driven by what they draw."""
import fcntl, os, pty, re, select, signal, struct, termios, time

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


class Session:
    """One program on a pseudo-terminal."""

    def __init__(self, argv, env=None, rows=45, columns=160):
        self.started = time.monotonic()
        self.bytes = 0
        self.tail = b""
        pid, fd = pty.fork()
        if pid == 0:
            os.environ.update(env or {})
            os.environ["TERM"] = "xterm-256color"
            os.environ["LC_ALL"] = "C.UTF-8"
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.execvp(argv[0], argv)
        self.pid, self.fd = pid, fd

    def read(self, timeout):
        ready, _, _ = select.select([self.fd], [], [], timeout)
        if not ready:
            return b""
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return b""
        self.bytes += len(data)
        self.tail = (self.tail + data)[-200000:]
        return data

    def until(self, pattern, limit=60):
        """Seconds from now until the output matches; None when it never does."""
        begin = time.monotonic()
        expression = re.compile(pattern)
        seen = b""
        while time.monotonic() - begin < limit:
            seen = (seen + self.read(0.5))[-400000:]
            if expression.search(seen):
                return time.monotonic() - begin
        return None

    def drain(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.read(0.05)

    def quiet(self, gap=0.12, limit=5):
        """Waits until nothing is drawn for `gap` seconds."""
        end = time.monotonic() + limit
        while time.monotonic() < end and self.read(gap):
            pass

    def key(self, text, limit=5):
        """Seconds from the key to the first byte of the answer."""
        begin = time.monotonic()
        os.write(self.fd, text.encode())
        return time.monotonic() - begin if self.read(limit) else None

    def send(self, text):
        os.write(self.fd, text.encode())

    def cpu(self):
        fields = open(f"/proc/{self.pid}/stat").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def rss(self):
        return int(open(f"/proc/{self.pid}/statm").read().split()[1]) * PAGE / 1048576

    def peak(self):
        """Peak resident MiB."""
        for line in open(f"/proc/{self.pid}/status"):
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
        return 0.0

    def resize(self, rows, columns=160):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def close(self):
        for sig in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.kill(self.pid, sig)
            except ProcessLookupError:
                break
            for _ in range(50):
                self.read(0.02)
                if os.waitpid(self.pid, os.WNOHANG)[0]:
                    os.close(self.fd)
                    return
        os.close(self.fd)
