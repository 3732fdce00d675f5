import Basics

#if canImport(Glibc)
    import Glibc
#endif

/// A real file system in user space that shows a folder and fails reads as the file `fault` in it
/// says: `once|always FROM TO`, bytes of any file. What it failed is counted in `fault.seen`.
package final class FaultyMount {
    private static let python = "/usr/bin/python3"
    private static let program = """
        import errno, os, sys
        import fusepy as fuse

        class Faulty(fuse.Operations):
            def __init__(self, root):
                self.root, self.said, self.seen = root, '', 0
            def real(self, path):
                return os.path.join(self.root, path.lstrip('/'))
            def getattr(self, path, fh=None):
                try:
                    found = os.fstat(fh) if fh else os.lstat(self.real(path))
                except OSError as error:
                    raise fuse.FuseOSError(error.errno)
                names = ('st_mode', 'st_size', 'st_nlink', 'st_uid', 'st_gid', 'st_atime',
                         'st_mtime', 'st_ctime', 'st_ino')
                return {name: getattr(found, name) for name in names}
            def readdir(self, path, fh):
                return ['.', '..'] + os.listdir(self.real(path))
            def open(self, path, flags):
                return os.open(self.real(path), os.O_RDONLY)
            def release(self, path, fh):
                os.close(fh)
                return 0
            def fault(self, first, last):
                try:
                    said = open(os.path.join(self.root, 'fault')).read()
                except OSError:
                    return False
                if said != self.said:
                    self.said, self.seen = said, 0
                words = said.split()
                if len(words) < 3 or last <= int(words[1]) or first >= int(words[2]):
                    return False
                if words[0] == 'once' and self.seen > 0:
                    return False
                self.seen += 1
                with open(os.path.join(self.root, 'fault.seen'), 'w') as out:
                    out.write(str(self.seen))
                return True
            def read(self, path, size, offset, fh):
                data = os.pread(fh, size, offset)
                if self.fault(offset, offset + len(data)):
                    raise fuse.FuseOSError(errno.EIO)
                return data

        fuse.FUSE(Faulty(sys.argv[1]), sys.argv[2], foreground=True, nothreads=True,
                  direct_io=True, attr_timeout=0, entry_timeout=0, use_ino=True)
        """

    package static var isPossible: Bool {
        geteuid() == 0 && access("/dev/fuse", R_OK | W_OK) == 0
            && access("/usr/lib/python3/dist-packages/fusepy.py", R_OK) == 0
    }

    private let place: String
    private let pid: pid_t

    /// Mounts, and waits until it is there.
    package init(real: String, at place: String) throws {
        self.place = place
        pid = try ChildProcess.start([Self.python, "-c", Self.program, real, place])
        try poll("the mount at \(place)") { Self.device(place) != Self.device(real) }
    }

    /// The program behind the mount dies; what is open fails.
    package func kill() {
        Glibc.kill(pid, SIGKILL)
        var status: Int32 = 0
        waitpid(pid, &status, 0)
    }

    /// Takes the mount away, whatever is open there.
    package func end() {
        umount2(place, 2)  // MNT_DETACH
        Glibc.kill(pid, SIGKILL)
        var status: Int32 = 0
        waitpid(pid, &status, 0)
    }

    private static func device(_ path: String) -> dev_t? {
        var value = stat()
        return stat(path, &value) == 0 ? value.st_dev : nil
    }
}
