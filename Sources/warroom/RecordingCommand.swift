import App
import ArgumentParser
import Basics
import CSystem
import Feeds
import Journals
import Playbooks

#if canImport(Glibc)
    import Glibc
#endif

struct RecordCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record",
        abstract: "Keep the samples of all sources on disk, so that a later room has baselines.",
        discussion: """
            Runs without a screen until SIGTERM or SIGINT; SIGHUP reads the configuration again. \
            Writes what is new every 10 s and syncs it every 60 s.
            """)

    @OptionGroup var sources: SourceOptions

    @Option(help: "Where to keep them; default: signals in the state directory.")
    var store: String?

    @Option(help: "Bytes on disk at most, for example 512MiB; the oldest samples go first.")
    var budget = ByteCount(bytes: RecordingLimits.flightBytesMax)

    func validate() throws {
        guard budget.bytes >= RecordingLimits.folderBytesMin else {
            throw ValidationError("--budget must be at least 1MiB.")
        }
    }

    func run() throws {
        ProcessSignals.prepareForRoom()
        let folder = store.map(Paths.absolute) ?? SignalFolders.toRecord
        let configuration = try sources.configuration()
        let signals = csystem_signals_open([SIGTERM, SIGINT, SIGHUP], 3)
        guard signals >= 0 else {
            throw Failure(
                "record.noSignals", "The recorder cannot be started",
                why: "\(SystemError(-signals))", unchanged: "Nothing was recorded")
        }
        defer { csystem_signals_close() }
        let recorder = FlightRecorder(
            folder: folder, stateDirectory: SignalFolders.stateDirectory,
            limits: RecordingLimits(folderBytesMax: budget.bytes),
            clock: SystemClock(), say: { Talk.say($0) })
        try recorder.start(configuration)
        waitForEnd(signals, recorder)
        let status = recorder.finish()
        if let problem = status.problem { throw problem }
        Talk.say("\(status.samples) samples recorded in \(status.folder)")
    }

    /// Returns when somebody ends the process.
    private func waitForEnd(_ signals: Int32, _ recorder: FlightRecorder) {
        while true {
            var descriptor = pollfd(fd: signals, events: Int16(POLLIN), revents: 0)
            _ = poll(&descriptor, 1, -1)
            var byte: UInt8 = 0
            while read(signals, &byte, 1) == 1 {
                guard Int32(byte) == SIGHUP else { return }
                reload(recorder)
            }
        }
    }

    private func reload(_ recorder: FlightRecorder) {
        do throws(Failure) {
            recorder.follow(try sources.configuration())
        } catch {
            Talk.say("The configuration stays as it was: \(error)")
        }
    }
}

/// A number of bytes as people write it: `64MiB`, `1G`, `500000`.
struct ByteCount: ExpressibleByArgument {
    var bytes: Int

    init(bytes: Int) { self.bytes = bytes }

    init?(argument: String) {
        let units: [(suffixes: [String], factor: Int)] = [
            (["KiB", "K"], 1 << 10), (["MiB", "M"], 1 << 20), (["GiB", "G"], 1 << 30),
            (["TiB", "T"], 1 << 40), (["B", ""], 1),
        ]
        for unit in units {
            for suffix in unit.suffixes where argument.hasSuffix(suffix) {
                guard let count = Int(argument.dropLast(suffix.count)), count >= 0 else { continue }
                let (product, overflow) = count.multipliedReportingOverflow(by: unit.factor)
                if overflow { return nil }
                bytes = product
                return
            }
        }
        return nil
    }

    var defaultValueDescription: String { "\(bytes >> 20)MiB" }
}
