"""A Prometheus on loopback for the scripts: started, fed, asked, and always ended."""
import http.client, json, os, re, shutil, socket, struct, subprocess, time, urllib.parse

TICKS = os.sysconf("SC_CLK_TCK")


def varint(n):
    out = bytearray()
    n &= (1 << 64) - 1
    while n > 0x7F:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def field(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data


STALE = struct.pack("<Q", 0x7FF0000000000002)
NAN = struct.pack("<Q", 0x7FF8000000000001)


def double(text):
    return STALE if text == "stale" else NAN if text == "NaN" else struct.pack("<d", float(text))


def snappy(data):
    """The block format with literals alone: valid, and as long as the data."""
    out = [varint(len(data))]
    for begin in range(0, len(data), 65536):
        part = data[begin:begin + 65536]
        out.append(bytes([61 << 2]) + struct.pack("<H", len(part) - 1) + part)
    return b"".join(out)


class Prometheus:
    """`with Prometheus(folder) as peer:`; no systemd unit, no configuration but an empty one."""

    def __init__(self, folder, program="prometheus", storage=None):
        self.folder, self.program = folder, shutil.which(program) or program
        self.storage = storage or folder + "/tsdb"
        text = subprocess.run([self.program, "--version"], capture_output=True, text=True)
        found = re.search(r"version (\d+)\.(\d+)\.(\d+)", text.stdout + text.stderr)
        self.version = found.group(0).split()[1]
        self.numbers = int(found.group(1)), int(found.group(2))
        self.major = self.numbers[0]

    def __enter__(self):
        config = self.folder + "/prometheus.yml"
        open(config, "w").close()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.log = open(self.folder + "/prometheus.log", "wb")
        self.process = subprocess.Popen(
            [self.program, f"--config.file={config}", f"--storage.tsdb.path={self.storage}",
             f"--web.listen-address=127.0.0.1:{self.port}", "--web.enable-remote-write-receiver",
             "--storage.tsdb.retention.time=20000d", "--log.level=warn"],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        self.connection = None
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                if self.get("/-/ready")[0] == 200:
                    return self
            except OSError:
                self.connection = None
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        self.__exit__()
        raise SystemExit("Prometheus did not start: " + open(self.log.name).read()[-2000:])

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()

    def connected(self):
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        return self.connection

    def get(self, path):
        connection = self.connected()
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()

    def query(self, query):
        """The answer to `{"expr", "time"}` or `{"expr", "start", "end", "step"}`, decoded."""
        path, form = self.request(query)
        return json.loads(self.post(path, form))

    @staticmethod
    def request(query):
        form = {k: repr(v) for k, v in query.items() if k != "expr"}
        form["query"] = query["expr"]
        path = "/api/v1/query" if "time" in query else "/api/v1/query_range"
        return path, urllib.parse.urlencode(form)

    def post(self, path, form):
        connection = self.connected()
        connection.request("POST", path, form, {"Content-Type": "application/x-www-form-urlencoded"})
        return connection.getresponse().read()

    def write(self, series):
        """[(labels, times in ms, values as text)], in one request so that no sample is too old."""
        out = []
        for labels, at, values in series:
            pairs = b"".join(
                field(1, field(1, k.encode()) + field(2, v.encode())) for k, v in sorted(labels.items()))
            samples = b"".join(
                field(2, b"\x09" + double(v) + b"\x10" + varint(t)) for t, v in zip(at, values))
            out.append(field(1, pairs + samples))
        self.push(b"".join(out))

    def push(self, body):
        connection = self.connected()
        connection.request("POST", "/api/v1/write", snappy(body), {
            "Content-Encoding": "snappy", "Content-Type": "application/x-protobuf",
            "X-Prometheus-Remote-Write-Version": "0.1.0"})
        answer = connection.getresponse()
        text = answer.read()
        if answer.status not in (200, 204):
            raise SystemExit(f"Prometheus refused the data ({answer.status}): {text.decode()[:500]}")

    def cpu(self):
        """Processor seconds so far."""
        fields = open(f"/proc/{self.process.pid}/stat").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def resident(self):
        return int(open(f"/proc/{self.process.pid}/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
