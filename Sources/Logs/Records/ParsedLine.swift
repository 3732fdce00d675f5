import Basics

/// What a line's header says. Ranges are byte positions in the line.
package struct ParsedLine: Sendable {
    package enum Body: Sendable {
        case range(Range<Int>)
        /// Rebuilt from an escaped form: it must be sanitised again.
        case bytes([UInt8])
    }

    /// Families of formats.
    package enum Format: Sendable, Hashable {
        case plain, timed, syslog, access, klog, json, logfmt, container
        /// A field of a record in journald's export format.
        case journal
    }

    package var time: Timestamp?
    package var level: LogLevel?
    /// What `time` leaves out and was inferred.
    package var assumes: TimeAssumptions = []
    /// Its date shows by itself whether the day comes before the month.
    package var dayFirst: Bool?
    package var service: String?
    package var host: String?
    package var traceID: String?
    package var spanID: String?
    /// The logger, component or thread class that a structured line names.
    package var logger: String?
    package var body: Body
    package var format: Format
    /// It belongs to the record before it.
    package var continues = false
    /// A container runtime cut the line here: the next one goes on in the middle of the text.
    package var isCut = false
    /// It names only the time and the place: level and text are those of the next line.
    package var isHeading = false
    /// Its time as it was found, when the line is plain text without a priority in front.
    var found: FoundTime?

    init(format: Format, body: Body) {
        self.format = format
        self.body = body
    }
}
