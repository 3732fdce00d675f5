import Support
import Testing

@testable import Feeds

@Suite("Paths and file systems")
struct PathTests {
    @Test(
        "Globs are told from paths",
        arguments: [("/var/log/*.log", true), ("a.log", false), ("x[12]", true), ("a?", true)])
    func globs(path: String, isGlob: Bool) {
        #expect(PathPattern.isGlob(path) == isGlob)
    }

    @Test("Matches are sorted by bytes and bounded")
    func expand() throws {
        let box = try FileBox()
        for name in ["b.log", "a.log", "B.log", "c.txt"] { box.write(name, "") }
        let found = PathPattern.expand(box.file("*.log"), limit: 2)
        #expect(found.paths.map(PathPattern.name) == ["B.log", "a.log"])
        #expect(found.total == 3)
        #expect(PathPattern.expand(box.file("*.none"), limit: 2).total == 0)
    }

    @Test("A link's target is watched too")
    func watched() throws {
        let box = try FileBox()
        box.mkdir("real")
        box.write("real/x.log", "")
        box.symlink("real/x.log", "current")
        let places = PathPattern.watched(for: box.file("current"))
        #expect(places.map(\.name) == ["current", "x.log"])
        #expect(places.last?.directory.hasSuffix("/real") == true)
        #expect(PathPattern.watched(for: box.file("real/x.log")).count == 1)
    }

    static let mounts = """
        21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
        30 21 0:25 / /mnt/logs rw shared:2 - nfs4 server:/logs rw
        31 21 0:26 / /mnt/two\\040words rw - fuse.sshfs me@host:/ rw
        32 30 8:2 / /mnt/logs/local rw - xfs /dev/sdb rw
        broken line
        """

    @Test(
        "Network file systems are recognised",
        arguments: [
            ("/var/log", nil), ("/mnt/logs", "nfs4"), ("/mnt/logs/web", "nfs4"),
            ("/mnt/logs/local/x", nil), ("/mnt/logsheet", nil), ("/mnt/two words/a", "fuse.sshfs"),
        ] as [(String, String?)])
    func networkMounts(path: String, kind: String?) {
        #expect(NetworkMounts(mountinfo: Self.mounts).kind(of: path) == kind)
    }
}
