import Basics
import Incidents
import Journals
import Support
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// The kernel's calls fail under the real file system code: a library loaded before libc answers
/// for them.
@Suite struct PreloadTests {
    static let victim = getenv("WARROOM_TEST_PRELOAD").map { String(cString: $0) }

    /// Counts the calls that concern files below a folder and fails the N-th, or all from it on.
    private static let shim = """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <errno.h>
        #include <fcntl.h>
        #include <stdarg.h>
        #include <stdatomic.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <unistd.h>
        static atomic_int calls;
        static int below(const char *path) {
            const char *folder = getenv("FAULT_FOLDER");
            return folder && strncmp(path, folder, strlen(folder)) == 0;
        }
        static int open_below(int descriptor) {
            char link[64], path[4096];
            snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
            ssize_t length = readlink(link, path, sizeof path - 1);
            if (length < 0) return 0;
            path[length] = 0;
            return below(path);
        }
        static int fails(void) {
            int number = atomic_fetch_add(&calls, 1) + 1, first = atoi(getenv("FAULT_NUMBER"));
            if (number != first && !(getenv("FAULT_LASTS") && number > first)) return 0;
            errno = atoi(getenv("FAULT_ERRNO"));
            return 1;
        }
        #define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
        ssize_t write(int d, const void *b, size_t n) {
            return open_below(d) && fails() ? -1 : REAL(write)(d, b, n);
        }
        int fdatasync(int d) { return open_below(d) && fails() ? -1 : REAL(fdatasync)(d); }
        int fsync(int d) { return open_below(d) && fails() ? -1 : REAL(fsync)(d); }
        int rename(const char *a, const char *b) {
            return below(a) && fails() ? -1 : REAL(rename)(a, b);
        }
        static int open_any(const char *name, const char *path, int flags, mode_t mode) {
            int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, name);
            if (below(path) && (flags & (O_WRONLY | O_RDWR)) && fails()) return -1;
            return real(path, flags, mode);
        }
        int open(const char *path, int flags, ...) {
            va_list rest;
            va_start(rest, flags);
            mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
            va_end(rest);
            return open_any("open", path, flags, mode);
        }
        int open64(const char *path, int flags, ...) {
            va_list rest;
            va_start(rest, flags);
            mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
            va_end(rest);
            return open_any("open64", path, flags, mode);
        }
        """

    @Test(.enabled(if: victim != nil)) func victimWrites() throws {
        let path = try #require(Self.victim)
        var acknowledged = 0
        let failure = code {
            var options = JournalOptions()
            options.segmentBytesMax = 3000
            options.outcomeDirectories = []
            let writer = try JournalWriter.open(
                directory: path + "/INC-2041", incident: "INC-2041", clock: SystemClock(),
                options: options, scrub: { $0 })
            for index in 1...8 {
                try writer.append(note("note \(index)"), sync: true)
                acknowledged = index
            }
            writer.abandon()
        }
        print("END \(acknowledged) \(failure ?? "none")")
        exit(0)
    }

    @Test(
        "J5: each real call fails in turn below libc, once or for good", .enabled(if: victim == nil)
    )
    func survivesFaultsBelowLibc() throws {
        let folder = try TemporaryDirectory()
        guard let library = try Self.compile(in: folder.path) else {
            return print("no C compiler: the LD_PRELOAD run is skipped")
        }
        var runs = 0
        var faults = 0
        for isLasting in [false, true] {
            for number in Campaign.pick([1, 8, 20, 31, 500], slow: Array(1...500)) {
                let directory = try TemporaryDirectory()
                var environment = [
                    "WARROOM_TEST_PRELOAD": directory.path, "LD_PRELOAD": library,
                    "FAULT_FOLDER": directory.incident, "FAULT_NUMBER": "\(number)",
                    "FAULT_ERRNO": "\(number % 2 == 0 ? EIO : ENOSPC)",
                ]
                if isLasting { environment["FAULT_LASTS"] = "1" }
                let child = try ChildProcess.runTest(
                    "PreloadTests/victimWrites", environment: environment)
                let end = child.output.split(separator: "\n").first { $0.hasPrefix("END ") } ?? ""
                let words = end.split(separator: " ")
                let acknowledged = try #require(words.count == 3 ? Int(words[1]) : nil)
                runs += 1
                let next = try openWriter(directory)
                try next.append(note("after"), sync: true)
                next.close()
                let report = try JournalVerifier.verify(directory.incident)
                #expect(report.isIntact, "call \(number): \(report.lines)")
                let found = texts(try JournalReader.open(directory.incident).readNew())
                #expect(
                    found.starts(with: (0..<acknowledged).map { "note \($0 + 1)" }),
                    "call \(number) lost an acknowledged entry")
                #expect(found.last == "after")
                if words[2] != "none" { faults += 1 }
                // Beyond the last call nothing fails any more.
                if words[2] == "none", number > 100 { break }
            }
        }
        #expect(faults >= 4)
        Campaign.report("J5 LD_PRELOAD \(runs) runs, \(faults) refused")
    }

    private static func compile(in folder: String) throws -> String? {
        put(Array(shim.utf8), at: folder + "/fault.c")
        let library = folder + "/fault.so"
        for compiler in ["cc", "clang"] {
            let built = try? ChildProcess.run(
                [compiler, "-shared", "-fPIC", "-o", library, folder + "/fault.c", "-ldl"])
            if built?.status == 0 { return library }
        }
        return nil
    }
}
