import Basics

/// One line of a `--queries` file: `{"expr": …, "time": …}` for one moment or
/// `{"expr": …, "start": …, "end": …, "step": …}` for a range. Times are seconds since the epoch,
/// `step` is in seconds.
package struct QueryLine: Hashable, Sendable {
    package enum When: Hashable, Sendable {
        /// Milliseconds since the epoch; nil for "now", which the caller knows.
        case instant(Int64?)
        /// Milliseconds.
        case range(start: Int64, end: Int64, step: Int64)
    }

    package var expression: String
    package var when: When

    package init(expression: String, when: When) {
        self.expression = expression
        self.when = when
    }

    private struct Raw: Decodable {
        var expr: String
        var time: Double?
        var start: Double?
        var end: Double?
        var step: Double?
    }

    /// - Throws: `QueryError` of kind `.parse` that says what is wrong with the line.
    package static func parse(_ line: String) throws(QueryError) -> QueryLine {
        let raw: Raw
        do {
            raw = try JSONText.decode(Raw.self, from: line.utf8)
        } catch {
            throw malformed(
                "a query line is a JSON object with \"expr\" and \"time\", or \"expr\", \"start\", "
                    + "\"end\" and \"step\", in seconds")
        }
        guard raw.start != nil || raw.end != nil || raw.step != nil else {
            return QueryLine(
                expression: raw.expr, when: .instant(try raw.time.map(milliseconds)))
        }
        guard let start = raw.start, let end = raw.end, let step = raw.step, raw.time == nil else {
            throw malformed("a range needs \"start\", \"end\" and \"step\", and no \"time\"")
        }
        return QueryLine(
            expression: raw.expr,
            when: .range(
                start: try milliseconds(start), end: try milliseconds(end),
                step: try milliseconds(step)))
    }

    private static func milliseconds(_ seconds: Double) throws(QueryError) -> Int64 {
        guard seconds.isFinite, abs(seconds) < 9.2e15 else {
            throw malformed("a time in a query line is out of range")
        }
        return Int64((seconds * 1000).rounded())
    }

    private static func malformed(_ message: String) -> QueryError {
        QueryError(.parse(PositionRange(0, 0)), "malformed query line: " + message)
    }
}

/// The engine of `warroom eval`: pure functions from lines to text.
package enum EvalCommand {
    /// One query's outcome.
    package typealias Outcome = Result<QueryAnswer, QueryError>

    /// Evaluates one line.
    /// - Parameter now: milliseconds since the epoch, for a line without a time.
    package static func run(
        _ line: QueryLine, on engine: some QueryEngine, now: Int64
    ) -> Outcome {
        do throws(QueryError) {
            switch line.when {
            case .instant(let time):
                return .success(try engine.instant(line.expression, at: time ?? now))
            case .range(let start, let end, let step):
                return .success(
                    try engine.range(line.expression, start: start, end: end, step: step))
            }
        } catch {
            return .failure(error)
        }
    }

    /// Evaluates one line of a `--queries` file. A line that is no query is answered with an error,
    /// so that answer N always belongs to line N.
    package static func answer(
        to line: some Sequence<UInt8>, on engine: some QueryEngine, now: Int64
    ) -> String {
        do throws(QueryError) {
            let text = String(decoding: Array(line), as: UTF8.self)
            return json(run(try QueryLine.parse(text), on: engine, now: now))
        } catch {
            return errorJSON(error)
        }
    }

    /// The lines of a `--queries` file: ended by line feeds, the last one also by the end.
    package static func lines(of queries: [UInt8]) -> [ArraySlice<UInt8>] {
        var lines = queries.split(separator: 0x0A, omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }

    /// Evaluates the lines of a `--queries` file, one JSON answer per line, in order.
    package static func run(
        queries: String, on engine: some QueryEngine, now: Int64
    ) -> [String] {
        lines(of: Array(queries.utf8)).map { answer(to: $0, on: engine, now: now) }
    }

    package static func json(_ outcome: Outcome) -> String {
        switch outcome {
        case .success(let answer): answerJSON(answer)
        case .failure(let error): errorJSON(error)
        }
    }

    // MARK: JSON in the shape of the Prometheus HTTP API

    package static func answerJSON(_ answer: QueryAnswer) -> String {
        var text = #"{"status":"success","data":{"resultType":"#
        switch answer.value {
        case .scalar(let t, let v):
            text += #""scalar","result":["# + shortTime(t) + ",\"" + GoNumber.format(v, .f) + "\"]"
        case .string(let t, let value):
            text += #""string","result":["# + shortTime(t) + "," + quoted(value) + "]"
        case .vector(let samples):
            let items = samples.map {
                #"{"metric":"# + metric($0.labels) + #","value":"# + point($0.t, $0.v) + "}"
            }
            text += #""vector","result":["# + items.joined(separator: ",") + "]"
        case .matrix(let series):
            let items = series.map { one in
                #"{"metric":"# + metric(one.labels) + #","values":["#
                    + one.samples.map { point($0.t, $0.v) }.joined(separator: ",") + "]}"
            }
            text += #""matrix","result":["# + items.joined(separator: ",") + "]"
        }
        text += "}"
        if !answer.warnings.isEmpty { text += #","warnings":"# + list(answer.warnings) }
        if !answer.infos.isEmpty { text += #","infos":"# + list(answer.infos) }
        return text + "}"
    }

    package static func errorJSON(_ error: QueryError) -> String {
        let type =
            switch error.kind {
            case .parse, .invalid: "bad_data"
            case .execution, .limit: "execution"
            }
        return #"{"status":"error","errorType":""# + type + #"","error":"#
            + quoted(error.message) + "}"
    }

    private static func point(_ t: Int64, _ v: Double) -> String {
        "[" + time(t) + ",\"" + GoNumber.formatForJSON(v) + "\"]"
    }

    /// Seconds as the reference writes them beside a scalar or a string: no decimals in vain.
    private static func shortTime(_ t: Int64) -> String {
        var text = time(t)
        if t % 1000 != 0 { while text.last == "0" { text.removeLast() } }
        return text
    }

    /// Seconds, with three decimals unless they are whole.
    package static func time(_ t: Int64) -> String {
        let (seconds, rest) = t.magnitude.quotientAndRemainder(dividingBy: 1000)
        let sign = t < 0 ? "-" : ""
        guard rest != 0 else { return sign + String(seconds) }
        let digits = String(rest)
        return sign + String(seconds) + "." + String(repeating: "0", count: 3 - digits.count)
            + digits
    }

    private static func metric(_ labels: Labels) -> String {
        "{"
            + labels.pairs.map { quoted($0.name) + ":" + quoted($0.value) }
            .joined(separator: ",") + "}"
    }

    private static func list(_ texts: [String]) -> String {
        "[" + texts.map(quoted).joined(separator: ",") + "]"
    }

    /// A JSON string; text beyond ASCII stays as it is, unless a terminal would act on it or hide
    /// it.
    private static func quoted(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x22: out += "\\\""
            case 0x5C: out += "\\\\"
            case 0x0A: out += "\\n"
            case 0x0D: out += "\\r"
            case 0x09: out += "\\t"
            case 0..<0x20, 0x7F...0x9F, 0xAD, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F,
                0xFEFF:
                out += "\\u" + QuotedText.hex(scalar.value, 4)
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }

    // MARK: Text

    /// A value with all its digits, as the HTTP API writes it.
    package static func number(_ value: Double) -> String { GoNumber.formatForJSON(value) }

    /// A value in about six significant digits, at most 12 characters.
    package static func shortNumber(_ value: Double) -> String {
        guard value.isFinite, value != 0 else { return number(value) }
        let magnitude = value.magnitude
        if magnitude >= 1e-4, magnitude < 1e9 {
            let whole = magnitude < 1 ? 1 : Int(magnitude).description.utf8.count
            return GoNumber.fixed(value, max(0, 6 - whole))
        }
        var text = GoNumber.format(value, .e)
        guard let mark = text.firstIndex(of: "e") else { return text }
        let mantissa = Double(text[..<mark]) ?? 0
        text = GoNumber.fixed(mantissa, 4) + text[mark...]
        return text
    }

    /// A string in quotes, control characters escaped.
    package static func quotedText(_ text: String) -> String {
        QuotedText.goQuote(Array(text.utf8))
    }
}
