import CSystem

/// Tells file systems whose changes inotify does not report when another machine, or the program
/// behind a mount, makes them. overlayfs reports them.
enum RemoteFileSystem {
    /// `f_type` of statfs(2); the numbers are in `linux/magic.h` and in the file systems' sources.
    private static let kinds: [Int64: String] = [
        0x6969: "nfs", 0x517B: "smb", 0xFF53_4D42: "cifs", 0xFE53_4D42: "smb3",
        0x0102_1997: "9p", 0x6573_5546: "fuse", 0x00C3_6400: "ceph", 0x5346_414F: "afs",
        0x6B41_4653: "afs", 0x7375_7245: "coda", 0x0BD0_0BD0: "lustre", 0x4750_4653: "gpfs",
        0x786F_4256: "vboxsf", 0xBACB_ACBC: "vmhgfs", 0x1983_0326: "beegfs",
        0x7461_636F: "ocfs2", 0x0116_1970: "gfs2", 0x9FA0: "proc", 0x6265_6572: "sysfs",
    ]

    /// What kind of file system has this magic number, or nil when its changes are reported.
    static func kind(magic: Int64) -> String? { kinds[magic & 0xFFFF_FFFF] }

    /// The same for the one that holds `path`; nil also where that cannot be told.
    static func kind(of path: String) -> String? {
        var magic: Int64 = 0
        return csystem_filesystem_type(path, &magic) == 0 ? kind(magic: magic) : nil
    }
}
