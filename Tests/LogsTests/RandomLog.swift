import Basics

/// Writes log files of many kinds by chance, the same for the same seed.
struct RandomLog {
    enum Form: CaseIterable { case iso, syslog, klog, json, none }

    private var state: UInt64
    let form: Form
    private(set) var time = Timestamp(seconds: 1_787_306_400)
    /// How far a time may lie before the one in front of it, in milliseconds.
    var disorder = 0
    var ending = "\n"

    init(seed: UInt64, form: Form? = nil) {
        state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        self.form = form ?? Form.allCases[Int(seed % UInt64(Form.allCases.count))]
    }

    mutating func number(_ limit: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int(state >> 33) % limit
    }

    /// One record of one or several lines.
    mutating func record() -> String {
        time = time + .milliseconds(number(10) == 0 ? number(3_000) : number(40))
        let written = time - .milliseconds(disorder > 0 ? number(disorder) : 0)
        let level = ["INFO", "WARN", "ERROR", "DEBUG", "INFO", "INFO"][number(6)]
        var text = head(written, level) + words() + ending
        if form != .json, form != .none, number(9) == 0 {
            for line in 0..<number(5) {
                text += "    at com.example.Kind\(line)(File.java:7)" + ending
            }
            if number(4) == 0 { text += ending }
        }
        return text
    }

    private mutating func words() -> String {
        switch number(40) {
        case 0: return "caf\u{E9} \u{1B}[31mred\u{1B}[0m over"
        case 1: return String(repeating: "long ", count: number(400))
        case 2: return "password=hunter\(number(90))22 for user"
        default: return "request \(number(1_000)) of user \(number(50)) took \(number(9_000)) ms"
        }
    }

    private func head(_ time: Timestamp, _ level: String) -> String {
        let rfc = TimeText.rfc3339(time)
        let date = CivilDate(time)
        let clock = rfc.dropFirst(11).prefix(8)
        switch form {
        case .iso: return "\(rfc.dropLast()).\(Self.padded(time))Z \(level) [main] "
        case .syslog:
            let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug"]
            let day = date.day < 10 ? " \(date.day)" : "\(date.day)"
            return "\(months[(date.month - 1) % 8]) \(day) \(clock) web1 app[7]: \(level) "
        case .klog:
            let day = "\(level.prefix(1))0\(date.month)\(date.day)"
            return "\(day) \(clock).\(Self.padded(time))000 7 main.go:9] "
        case .json: return "{\"ts\":\"\(rfc)\",\"level\":\"\(level)\",\"msg\":\"x\"} "
        case .none: return "\(level) "
        }
    }

    private static func padded(_ time: Timestamp) -> String {
        let part = String(time.nanoseconds / 1_000_000 % 1_000)
        return String(repeating: "0", count: 3 - part.count) + part
    }
}
