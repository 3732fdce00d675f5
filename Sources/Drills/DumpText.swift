import Basics

/// The fleet's metrics in the Prometheus text format 0.0.4.
struct DumpText {
    /// The machines of one service at one moment.
    struct Moment {
        /// Written behind each sample; nil leaves the time to whoever reads the file.
        var time: Timestamp?
        var machines: [Machine]
    }

    let service: Scenario.Service
    let region: String

    /// The dump of one service. Several moments give a recorded history: oldest first.
    func render(_ moments: [Moment]) -> [UInt8] {
        var text = ""
        text += Self.head("http_requests_total", "counter", "Requests answered, by status code.")
        requests(moments, into: &text)
        text += Self.head(
            "http_request_duration_seconds", "histogram", "Time to answer a request.")
        durations(moments, into: &text)
        gauges(moments, into: &text)
        return Array(text.utf8)
    }

    private static func head(_ name: String, _ type: String, _ help: String) -> String {
        "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    }

    /// Calls `body` for every machine at every moment, machine by machine, with its lines' end.
    private func each(_ moments: [Moment], _ body: (Machine, String) -> Void) {
        for position in moments.first?.machines.indices ?? 0..<0 {
            for moment in moments {
                let tail = moment.time.map { " \($0.milliseconds)\n" } ?? "\n"
                body(moment.machines[position], tail)
            }
        }
    }

    /// The labels without braces. Only what belongs to a process bears its version.
    private func labels(_ machine: Machine, version: Bool) -> String {
        let place =
            "service=\"\(service.name)\",instance=\"\(machine.name)\",zone=\"\(machine.zone)\","
            + "region=\"\(region)\""
        return version ? place + ",version=\"\(machine.version)\"" : place
    }

    private func requests(_ moments: [Moment], into text: inout String) {
        let failure = service.tier == "edge" ? "502" : "500"
        for (code, count) in [
            ("200", \Machine.succeeded), ("404", \Machine.notFound), (failure, \Machine.failed),
        ] {
            each(moments) { machine, tail in
                text += "http_requests_total{\(labels(machine, version: true)),"
                text += "code=\"\(code)\",method=\"\(service.method)\"} "
                text += String(machine[keyPath: count]) + tail
            }
        }
    }

    private func durations(_ moments: [Moment], into text: inout String) {
        let name = "http_request_duration_seconds"
        for (index, bound) in LatencyModel.boundTexts.enumerated() {
            each(moments) { machine, tail in
                text += "\(name)_bucket{\(labels(machine, version: true)),le=\"\(bound)\"} "
                text += String(machine.buckets[index]) + tail
            }
        }
        each(moments) { machine, tail in
            text += "\(name)_bucket{\(labels(machine, version: true)),le=\"+Inf\"} "
            text += String(machine.requests) + tail
        }
        each(moments) { machine, tail in
            text += "\(name)_sum{\(labels(machine, version: true))} "
            text += DecimalText.fixed(machine.durationSum, places: 3) + tail
        }
        each(moments) { machine, tail in
            text += "\(name)_count{\(labels(machine, version: true))} "
            text += String(machine.requests) + tail
        }
    }

    private func gauges(_ moments: [Moment], into text: inout String) {
        family("process_cpu_seconds_total", "counter", "Processor time used.", moments, &text) {
            DecimalText.fixed($0.processorSeconds, places: 2)
        }
        // The two below do not move; one moment says it all.
        let last = moments.suffix(1).map { $0 }
        family(
            "process_start_time_seconds", "gauge", "Start of the process since the epoch.", last,
            &text
        ) { DecimalText.fixed($0.startedAt.seconds, places: 2) }
        if let pool = service.pool {
            family("db_pool_max", "gauge", "Connections the pool may open.", moments, &text) { _ in
                String(pool.max)
            }
            family("db_pool_in_use", "gauge", "Connections in use.", moments, &text) {
                String($0.poolInUse)
            }
        }
        if let queue = service.queue {
            text += Self.head("queue_depth", "gauge", "Entries that wait.")
            each(moments) { machine, tail in
                text += "queue_depth{\(labels(machine, version: false)),queue=\"\(queue.name)\"} "
                text += String(Int(machine.queueDepth)) + tail
            }
        }
    }

    private func family(
        _ name: String, _ type: String, _ help: String, _ moments: [Moment],
        _ text: inout String, _ value: (Machine) -> String
    ) {
        text += Self.head(name, type, help)
        each(moments) { machine, tail in
            text += "\(name){\(labels(machine, version: false))} " + value(machine) + tail
        }
    }
}
