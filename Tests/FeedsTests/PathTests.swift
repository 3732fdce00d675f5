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
        box.symlink("real", "folder")
        box.symlink("folder/x.log", "twice")
        let names = PathPattern.watched(for: box.file("twice")).map(\.name)
        #expect(names == ["twice", "folder", "x.log"], "each link on the way")
        let missing = PathPattern.watched(for: box.file("none/deeper/x.log"))
        #expect(missing.map(\.name) == ["none"], "where the way ends")
    }

    @Test(
        "File systems that report no changes are recognised by their number",
        arguments: [
            (0x6969, "nfs"), (0xFF53_4D42, "cifs"), (0x0102_1997, "9p"), (0x6573_5546, "fuse"),
            (-0xAC_B2BE, "cifs"), (0xEF53, nil), (0x5846_5342, nil), (0x0102_1994, nil),
            (0x794C_7630, nil),
        ] as [(Int64, String?)])
    func magicNumbers(magic: Int64, kind: String?) {
        #expect(RemoteFileSystem.kind(magic: magic) == kind)
    }

    @Test("What holds temporary files reports changes; what holds processes does not")
    func realFileSystems() throws {
        let box = try FileBox()
        #expect(RemoteFileSystem.kind(of: box.path) == nil)
        #expect(RemoteFileSystem.kind(of: "/proc") == "proc")
        #expect(RemoteFileSystem.kind(of: box.file("none")) == nil)
    }
}
