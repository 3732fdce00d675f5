import Basics
import Processes
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// A fresh directory, removed with everything in it at the end of its life.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/warroom-processes-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError.current }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        _ = ProcessRunner(clock: SystemClock()).run(
            Command("/bin/rm", ["-rf", path], deadline: .seconds(30)))
    }

    func file(_ name: String, _ text: String = "", mode: mode_t = 0o600) throws -> String {
        let path = path + "/" + name
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        guard descriptor >= 0 else { throw SystemError.current }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard write(descriptor, bytes, bytes.count) == bytes.count, chmod(path, mode) == 0 else {
            throw SystemError.current
        }
        return path
    }

    func directory(_ name: String, mode: mode_t = 0o700) throws -> String {
        let path = path + "/" + name
        guard mkdir(path, 0o700) == 0, chmod(path, mode) == 0 else { throw SystemError.current }
        return path
    }
}

/// Runs `script` with the shell of the system, which is a test's child here and nowhere else.
func shell(
    _ script: String, deadline: Duration = .seconds(30), grace: Duration = .milliseconds(300),
    environment: [String: String] = ["PATH": "/usr/bin:/bin"],
    configure: (inout Command) -> Void = { _ in },
    shouldStop: @Sendable () -> StopRequest? = { nil }
) -> ProcessResult {
    var command = Command(
        "/bin/sh", ["-c", script], environment: environment, deadline: deadline)
    command.terminateGrace = grace
    command.drainMax = .milliseconds(500)
    configure(&command)
    return ProcessRunner(clock: SystemClock()).run(command, shouldStop: shouldStop)
}

extension ProcessResult {
    var text: String { String(decoding: output.bytes, as: UTF8.self) }
    var lines: [String] { text.split(separator: "\n").map(String.init) }
}

/// Whether `pid` names a process that is not a zombie.
func isAlive(_ pid: pid_t) -> Bool {
    guard let file = fopen("/proc/\(pid)/stat", "re") else { return false }
    defer { fclose(file) }
    var buffer = [UInt8](repeating: 0, count: 1024)
    let count = fread(&buffer, 1, buffer.count, file)
    let text = String(decoding: buffer[..<count], as: UTF8.self)
    guard let end = text.lastIndex(of: ")") else { return false }
    return !text[end...].dropFirst(2).hasPrefix("Z")
}

/// Polls until `condition` holds; false after ten seconds.
func eventually(_ condition: () -> Bool) -> Bool {
    for _ in 0..<1000 {
        if condition() { return true }
        usleep(10_000)
    }
    return false
}

func openDescriptorCount() -> Int {
    guard let directory = opendir("/proc/self/fd") else { return -1 }
    defer { closedir(directory) }
    var count = 0
    while readdir(directory) != nil { count += 1 }
    return count
}
