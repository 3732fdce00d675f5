import Basics
import Glibc

/// The program that the drill's actions run. It changes nothing but one file of the drill, and that
/// in its last step: killed before, it leaves the fault as it was.
package enum Actuator {
    /// The command line after `drill-actuator`.
    package static let usage = """
        --directory DIR [--seconds N], then one of: rollback SERVICE REVISION, redeploy SERVICE \
        REVISION, restart SERVICE, flag-off FLAG, flag-on FLAG, drain ZONE, undrain ZONE
        """

    /// Runs one action and returns the exit code: 0, 1 when the drill has no such object, 2 for a
    /// bad command line, 4 when the file cannot be written.
    ///
    /// Checks the request, takes as long as such work takes (1 s unless `--seconds` says
    /// otherwise), records it and says so on standard output.
    package static func run(arguments: [String]) -> Int32 {
        do {
            let request = try parse(arguments)
            try check(request)
            pause(request.seconds)
            try record(request)
            say(done(request.actuation), to: STDOUT_FILENO)
            return ExitStatus.ok.rawValue
        } catch {
            say(error.description, to: STDERR_FILENO)
            return error.exit.rawValue
        }
    }

    private struct Request {
        var paths: SimulatorPaths
        var seconds: Double
        var actuation: Actuation
    }

    // MARK: Command line

    private static func parse(_ arguments: [String]) throws(Failure) -> Request {
        var directory: String?
        var seconds = 1.0
        var rest = arguments[...]
        while let option = rest.first, option.hasPrefix("--") {
            guard let value = rest.dropFirst().first else {
                throw usageFailure("\(option) needs a value")
            }
            switch option {
            case "--directory": directory = value
            case "--seconds":
                guard let number = Double(value), (0...3600).contains(number) else {
                    throw usageFailure("--seconds is \"\(value)\"; expected 0 to 3600")
                }
                seconds = number
            default: throw usageFailure("there is no option \(option)")
            }
            rest = rest.dropFirst(2)
        }
        guard let directory, directory.hasPrefix("/") else {
            throw usageFailure("--directory needs an absolute path")
        }
        return Request(
            paths: SimulatorPaths(directory: directory), seconds: seconds,
            actuation: try actuation(Array(rest)))
    }

    private static func actuation(_ words: [String]) throws(Failure) -> Actuation {
        guard let name = words.first, let verb = Actuation.Verb(rawValue: name) else {
            throw usageFailure("there is no action \"\(words.first ?? "")\"")
        }
        let values = Array(words.dropFirst())
        let count = verb == .rollback || verb == .redeploy ? 2 : 1
        guard values.count == count else {
            throw usageFailure("\(name) takes \(count == 1 ? "one value" : "two values")")
        }
        var actuation = Actuation(verb: verb)
        switch verb {
        case .rollback, .redeploy:
            actuation.service = values[0]
            actuation.revision = values[1]
        case .restart: actuation.service = values[0]
        case .flagOff, .flagOn: actuation.flag = values[0]
        case .drain, .undrain: actuation.zone = values[0]
        }
        return actuation
    }

    private static func usageFailure(_ why: String) -> Failure {
        Failure(
            "drill.usage", "The actuator was called wrongly", why: why,
            unchanged: "Nothing was changed", next: "Give " + usage, exit: .usage)
    }

    // MARK: What the drill knows

    private struct Entry: Decodable {
        var service: String?
        var version: String?
        var kind: String?
        var zone: String?
    }

    /// Every object that is named must be in the inventory or in the deploy records.
    private static func check(_ request: Request) throws(Failure) {
        let fleet = try entries(request.paths.fleet)
        guard !fleet.isEmpty else {
            throw Failure(
                "drill.directory", "There is no drill", subject: request.paths.directory,
                why: "it holds no fleet.jsonl", unchanged: "Nothing was changed", exit: .usage)
        }
        let actuation = request.actuation
        if let service = actuation.service, !fleet.contains(where: { $0.service == service }) {
            throw unknown("service", service)
        }
        if let zone = actuation.zone, !fleet.contains(where: { $0.zone == zone }) {
            throw unknown("zone", zone)
        }
        let changes = try entries(request.paths.deploys)
        if let revision = actuation.revision,
            !changes.contains(where: {
                $0.service == actuation.service && $0.version == revision && $0.kind != "flag"
            })
        {
            throw unknown("revision of \(actuation.service ?? "the service")", revision)
        }
        if let flag = actuation.flag,
            !changes.contains(where: { $0.kind == "flag" && $0.version == flag })
        {
            throw unknown("flag", flag)
        }
    }

    private static func entries(_ path: String) throws(Failure) -> [Entry] {
        let bytes = try DrillFiles.read(path, from: 0)
        return bytes.split(separator: 0x0A).compactMap {
            try? JSONText.decode(Entry.self, from: $0)
        }
    }

    private static func unknown(_ what: String, _ name: String) -> Failure {
        Failure(
            "drill.unknown", "There is no such \(what)", subject: name,
            unchanged: "Nothing was changed", exit: .finding)
    }

    // MARK: Doing it

    private static func pause(_ seconds: Double) {
        guard seconds > 0 else { return }
        let whole = seconds.rounded(.down)
        var left = timespec(
            tv_sec: Int(whole), tv_nsec: Int(((seconds - whole) * 1e9).rounded(.down)))
        var rest = timespec()
        while nanosleep(&left, &rest) != 0, errno == EINTR { left = rest }
    }

    /// One write and one sync: the line is there whole, or not at all for who waits for its end.
    private static func record(_ request: Request) throws(Failure) {
        let path = request.paths.actuations
        let flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW
        let file = open(path, flags, 0o600)
        guard file >= 0 else { throw notRecorded(path, .current) }
        defer { close(file) }
        let bytes = Array(request.actuation.line.utf8)
        let count = bytes.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
        guard count == bytes.count else { throw notRecorded(path, .current) }
        guard fdatasync(file) == 0 else { throw notRecorded(path, .current) }
    }

    private static func notRecorded(_ path: String, _ error: SystemError) -> Failure {
        Failure(
            "drill.actuator", "The action was not recorded", subject: path, why: "\(error)",
            unchanged: "The fleet is as it was")
    }

    private static func done(_ actuation: Actuation) -> String {
        switch actuation.verb {
        case .rollback, .redeploy:
            "\(actuation.service ?? "") changes to \(actuation.revision ?? "")"
        case .restart: "\(actuation.service ?? "") restarts"
        case .flagOff: "flag \(actuation.flag ?? "") is off"
        case .flagOn: "flag \(actuation.flag ?? "") is on"
        case .drain: "zone \(actuation.zone ?? "") gets no traffic"
        case .undrain: "zone \(actuation.zone ?? "") gets traffic again"
        }
    }

    private static func say(_ text: String, to descriptor: Int32) {
        let bytes = Array((text + "\n").utf8)
        _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    }
}
