#if canImport(Glibc)
    import Glibc
#endif

/// Tells file systems whose changes inotify does not report when another machine makes them.
struct NetworkMounts {
    private static let kinds: Set<String> = [
        "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "afs", "glusterfs", "lustre",
        "virtiofs", "vboxsf",
    ]

    private var mounts: [(point: String, kind: String)]

    /// - Parameter text: the content of `/proc/self/mountinfo`, see proc(5).
    init(mountinfo text: String) {
        mounts = []
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count > 6, let dash = fields.firstIndex(of: "-"), dash + 1 < fields.count
            else { continue }
            mounts.append((Self.unescaped(fields[4]), String(fields[dash + 1])))
        }
    }

    /// The mounts of this process; none when they cannot be read.
    static func current() -> NetworkMounts {
        guard case .success(let bytes) = WholeFile.read("/proc/self/mountinfo", limit: 1 << 20)
        else { return NetworkMounts(mountinfo: "") }
        return NetworkMounts(mountinfo: String(decoding: bytes, as: UTF8.self))
    }

    /// The kind of the network file system that holds `path`, or nil when it is a local one.
    func kind(of path: String) -> String? {
        let holding = mounts.filter { path == $0.point || path.hasPrefix(Self.folder($0.point)) }
        // The last of equal mount points lies on top of the others.
        var best: (point: String, kind: String)?
        for mount in holding where mount.point.utf8.count >= (best?.point.utf8.count ?? 0) {
            best = mount
        }
        guard let kind = best?.kind else { return nil }
        return Self.kinds.contains(kind) || kind.hasPrefix("fuse") ? kind : nil
    }

    private static func folder(_ point: String) -> String {
        point.hasSuffix("/") ? point : point + "/"
    }

    /// Blanks and the like are written in octal: `\040`.
    private static func unescaped(_ field: Substring) -> String {
        var out: [UInt8] = []
        var bytes = Array(field.utf8)[...]
        while let byte = bytes.popFirst() {
            if byte == 0x5C, bytes.count >= 3,
                let value = UInt8(String(decoding: bytes.prefix(3), as: UTF8.self), radix: 8)
            {
                out.append(value)
                bytes = bytes.dropFirst(3)
            } else {
                out.append(byte)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}
