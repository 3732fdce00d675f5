"""What it costs to be safe: a record that is on the disk before anything runs, and one child process."""
import os, shutil, sqlite3, subprocess, tempfile, time

from common import Table, build, figures, measured

PAYLOAD = b"x" * 620


def waits(count, body):
    """(p50, p99) in milliseconds."""
    all_waits = []
    for number in range(count):
        begin = time.monotonic()
        body(number)
        all_waits.append((time.monotonic() - begin) * 1e3)
    all_waits.sort()
    return all_waits[count // 2], all_waits[count * 99 // 100]


def sqlite_waits(folder, count):
    base = sqlite3.connect(folder + "/peer.db", isolation_level=None)
    base.execute("pragma journal_mode=wal")
    base.execute("pragma synchronous=full")
    base.execute("create table records(seq integer primary key, payload blob)")
    found = waits(count, lambda n: base.execute("insert into records values(?, ?)", (n + 1, PAYLOAD)))
    base.close()
    return found


def bare_waits(folder, count):
    file = os.open(folder + "/peer.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def write(_):
        os.write(file, PAYLOAD + b"\n")
        os.fdatasync(file)
    found = waits(count, write)
    os.close(file)
    return found


def child_waits(count):
    return waits(count, lambda _: subprocess.run(
        ["/bin/true"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        start_new_session=True, env={}))


def run(options):
    table = Table("actions: waiting for the record and for a child process, by the wall clock")
    count = 500 if options.quick else 2000
    # On the disk of the state directory: a temporary file system would not wait for anything.
    folder = tempfile.mkdtemp(prefix="warroom-bench-", dir=os.path.expanduser("~"))
    try:
        measure = build("Measure")
        text, _, resident, status = measured([measure, "actions", folder + "/INC-0001", str(count)])
        found = figures(text)
        sqlite50, sqlite99 = sqlite_waits(folder, count)
        bare50, bare99 = bare_waits(folder, count)
        child50, child99 = child_waits(min(count, 500))
        peers = {"durable intent p50": ("SQLite WAL FULL", sqlite50, ""),
                 "durable intent p99": ("SQLite WAL FULL", sqlite99, "≤ 50"),
                 "one child, started and reaped p50": ("Python subprocess", child50, ""),
                 "one child, started and reaped p99": ("Python subprocess", child99, "")}
        for name, (value, unit) in found.items():
            peer, peer_value, target = peers.get(name, ("", None, ""))
            table.add(name, value, unit, target, peer, peer_value)
        table.add("peak resident", resident / 1048576, "MiB")
        table.note(f"A bare write and fdatasync of as many bytes: p50 {bare50:.3g} ms, p99 {bare99:.3g} ms.")
        table.note("SQLite keeps no chain and no HEAD file; warroom writes the record, its hash and HEAD.")
        if status != 0:
            table.note("the measurement ended early: see above")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return [table]
