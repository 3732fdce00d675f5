/// What a member's name means. The aliases are those of ECS, bunyan, pino, zap, logrus, slog,
/// zerolog, serilog, GELF, OTLP, docker, journald and mongodb.
enum JSONKey {
    case time, journalTime, nanoTime, clefTime
    /// What is to be added to a time in seconds.
    case nanoseconds
    case level, priority, severityLetter, severityNumber, status
    case message, weakMessage, dockerLog
    case service, weakService, host
    case trace, span, logger
    case stream, gelf
    /// `fields`, in which some writers keep the message.
    case fieldsParent
    /// OTLP's `resourceLogs` and the objects in it, and its lists of attributes.
    case envelope, attributes

    /// Its value may be an object that holds wanted members.
    var isParent: Bool {
        switch self {
        case .fieldsParent, .time, .dockerLog, .service, .host, .trace, .span, .weakMessage: true
        default: false
        }
    }

    init?(_ line: Span<UInt8>, _ range: Range<Int>, parent: JSONKey?) {
        guard range.count <= 24 else { return nil }
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for index in range { hash = (hash ^ UInt64(line[index])) &* 0x0000_0100_0000_01B3 }
        if let parent, parent != .envelope {
            guard let key = Self.members[hash], let found = Self.member(key, of: parent) else {
                return nil
            }
            self = found
            return
        }
        if parent == .envelope, let key = Self.envelopes[hash] {
            self = key
            return
        }
        guard let key = Self.names[hash] else { return nil }
        self = key
    }

    /// FNV-1a of a name; a collision would only misread one member of one line.
    private static func hash(_ name: String) -> UInt64 {
        name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }

    private enum Member {
        case level, date, name, hostname, id, message, text, logger, seconds, nanos
    }

    private static let members: [UInt64: Member] = {
        let names: [String: Member] = [
            "level": .level, "$date": .date, "name": .name, "hostname": .hostname, "id": .id,
            "message": .message, "msg": .message, "stringValue": .text, "logger": .logger,
            "seconds": .seconds, "epochSecond": .seconds, "nanos": .nanos, "nanoOfSecond": .nanos,
        ]
        return Dictionary(uniqueKeysWithValues: names.map { (hash($0.key), $0.value) })
    }()

    private static func member(_ member: Member, of parent: JSONKey) -> JSONKey? {
        switch (parent, member) {
        case (.dockerLog, .level): .level
        case (.dockerLog, .logger): .logger
        case (.time, .date), (.time, .seconds): .time
        case (.time, .nanos): .nanoseconds
        case (.service, .name): .service
        case (.host, .name), (.host, .hostname): .host
        case (.trace, .id): .trace
        case (.span, .id): .span
        case (.fieldsParent, .message): .message
        case (.weakMessage, .text): .message
        default: nil
        }
    }

    private static let envelopes: [UInt64: JSONKey] = [
        hash("resource"): .envelope, hash("scopeLogs"): .envelope, hash("logRecords"): .envelope,
        hash("attributes"): .attributes,
    ]

    private static let names: [UInt64: JSONKey] = {
        var table: [UInt64: JSONKey] = [:]
        func add(_ key: JSONKey, _ words: String) {
            for word in words.split(separator: " ") { table[hash(String(word))] = key }
        }
        add(
            .time,
            """
            ts time timestamp @timestamp t date eventTime asctime datetime Timestamp Time \
            time_local start_time event_time log_time logtime timeMillis timestampMs epoch \
            instant
            """)
        add(.clefTime, "@t")
        add(.journalTime, "__REALTIME_TIMESTAMP")
        add(.nanoTime, "timeUnixNano observedTimeUnixNano timestamp_ns time_ns ts_ns")
        add(
            .level,
            """
            level lvl severity log.level levelname severity_text SeverityText severityText @l \
            loglevel log_level Level logLevel level_name Severity error_severity
            """)
        add(.severityNumber, "severityNumber SeverityNumber severity_number")
        add(.status, "status status_code response_code")
        add(.priority, "PRIORITY")
        add(.severityLetter, "s")
        add(.message, "msg message MESSAGE @m Message textPayload")
        add(.weakMessage, "@mt event body text Body")
        add(.dockerLog, "log")
        add(.gelf, "short_message")
        add(
            .service,
            "service service.name app application SYSLOG_IDENTIFIER service_name dd.service")
        add(.weakService, "_SYSTEMD_UNIT UNIT _COMM")
        add(.host, "host hostname _HOSTNAME host.name")
        add(.trace, "trace_id traceId trace.id dd.trace_id traceID trace TraceId @tr")
        add(.span, "span_id spanId span.id dd.span_id spanID SpanId @sp")
        add(.logger, "logger name log.logger caller component logger_name target source")
        add(.stream, "stream")
        add(.fieldsParent, "fields")
        add(.envelope, "resourceLogs")
        return table
    }()
}
