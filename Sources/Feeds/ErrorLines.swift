import Logs
import Processes
import SafeText

#if canImport(Glibc)
    import Glibc
#endif

/// What a command says on its standard error: read so that it is never held up, of which the last
/// line is kept. None of it enters the log.
struct ErrorLines {
    /// Characters of a line that are kept.
    static let charactersMax = 200
    private static let bytesPerTurnMax = 64 * 1024
    private static let lineBytesMax = 4 * 1024

    /// The last line that is not empty, sanitised and redacted.
    private(set) var last = ""
    /// Secrets that were blanked.
    private(set) var redactions = 0

    private let source: String
    private var lines = StreamedLines(lineBytesMax: Self.lineBytesMax)
    private let redactor: Redactor
    private var cleaner: LineCleaner

    init(source: String, redactor: Redactor) {
        self.source = source
        self.redactor = redactor
        cleaner = LineCleaner(redactor: redactor)
    }

    /// What was said is over: the next run has its own last line.
    mutating func restarted() {
        last = ""
        lines = StreamedLines(lineBytesMax: Self.lineBytesMax)
        cleaner = LineCleaner(redactor: redactor)
    }

    /// Reads a bounded piece of what waits.
    /// - Returns: whether nothing waits any more.
    mutating func read(_ program: KeptProgram, into intake: LineIntake) -> Bool {
        guard program.errors >= 0 else { return true }
        var buffer = [UInt8](repeating: 0, count: 16 * 1024)
        var found: [[UInt8]] = []
        let sink = { (line: Span<UInt8>, _: Int64, _: Int) in
            found.append(line.withUnsafeBufferPointer { Array($0) })
        }
        var bytes = 0
        var isDry = false
        while bytes < Self.bytesPerTurnMax, !isDry {
            let count = Glibc.read(program.errors, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            isDry = count <= 0
            if count == 0 || count < 0 && errno != EAGAIN {
                program.closeErrors()
                lines.end(sink)
            } else if count > 0 {
                bytes += count
                lines.feed(buffer.span.extracting(0..<count), sink)
            }
        }
        for line in found { take(line, intake) }
        // In a flood the rest of the line is there a moment later.
        if isDry { keepUnfinished() }
        return isDry
    }

    /// A question without an end of line is what a program that hangs said last.
    private mutating func keepUnfinished() {
        guard let partial = lines.provisional else { return }
        var cleaner = cleaner
        keep(cleaner.clean(partial.bytes).text)
    }

    private mutating func take(_ line: [UInt8], _ intake: LineIntake) {
        let cleaned = cleaner.clean(line)
        redactions += cleaned.findings.count
        if !cleaned.findings.isEmpty { intake.note(cleaned.findings, source: source) }
        keep(cleaned.text)
    }

    private mutating func keep(_ text: String) {
        guard text.contains(where: { !$0.isWhitespace }) else { return }
        last = text.count > Self.charactersMax ? text.prefix(Self.charactersMax - 1) + "…" : text
    }
}
