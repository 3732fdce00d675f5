import Basics
import Canvas
import Diagnosis
import Feeds
import Incidents
import Logs
import Metrics
import Playbooks
import Room
import Safety

extension Fixture {
    static var configuration: Configuration {
        var configuration = Configuration()
        configuration.environmentIsDeclared = true
        configuration.actions["rollback-deployment"] = CatalogueAction(
            id: "rollback-deployment", title: "roll back", tier: .aggressive, risk: .medium,
            steps: [["/usr/bin/kubectl"]], slots: [:], inverse: "redeploy", isRollback: true)
        return configuration
    }

    // MARK: Observation

    static var observation: Observation {
        var observation = Observation(time: now - .seconds(2))
        observation.situation = situation
        observation.signals = signals
        observation.alerts = [
            AlertView(
                name: "CheckoutErrors", labels: ["job": "checkout"], isFiring: true,
                since: time("2026-08-21T14:04:31Z"), value: 0.072,
                summary: "error ratio over 5 %"),
            AlertView(
                name: "QueueGrowing", labels: [:], isFiring: false,
                since: time("2026-08-21T14:15:40Z"), value: 1200, summary: "queue grows"),
        ]
        observation.conditions = conditions
        observation.hypotheses = hypotheses
        observation.playbooks = ["errors-after-deploy"]
        return observation
    }

    private static var situation: Situation {
        var situation = Situation()
        situation.what = "error ratio 7.2 % (baseline 0.11 %)"
        situation.onset = onset
        situation.onsetDetail = "6 min after deploy 4f2a91c"
        situation.reach = .region
        situation.reachDetail = "9 of 12 instances, us-east-1 only"
        situation.affectedService = "checkout"
        situation.affectedInstances = (1...9).map { "checkout-\($0)" }
        situation.totalInstances = 12
        situation.direction = .worse
        situation.directionDetail = "+0.4 pp/min"
        situation.doNothing = "burn rate 38×, budget gone in 38 min"
        situation.unknowns = ["customers affected"]
        situation.spark = rise
        return situation
    }

    private static let rise: [Double?] = [
        0.001, 0.001, 0.0012, 0.001, 0.002, 0.01, 0.03, 0.05, nil, 0.066, 0.07, 0.072,
    ]

    private static func signal(
        _ name: String, _ unit: SignalDefinition.Unit, _ role: SignalDefinition.Role,
        value: Double?, median: Double, edge: Double, isBad: Bool?, reason: String = ""
    ) -> SignalState {
        let definition = SignalDefinition(
            name: name, promql: "sum(rate(\(name)_total[5m]))", unit: unit, harm: .up, role: role,
            floor: 0.001, origin: "configuration")
        var signal = SignalState(definition: definition)
        signal.value = value
        signal.isBad = isBad
        signal.reason = reason
        signal.source = "dumps/checkout.prom"
        signal.age = value == nil ? nil : .seconds(8)
        signal.spark = rise.map { $0.map { $0 / 0.072 * (value ?? 0) } }
        if value != nil {
            signal.baseline = Baseline(
                median: median, mad: median / 10, points: 240, origin: .recorded, bandEdge: edge,
                label: "60 min before the onset (240 points, recorded)")
        }
        return signal
    }

    private static var signals: [SignalState] {
        [
            signal(
                "error_ratio", .ratio, .errorRatio, value: 0.072, median: 0.0011, edge: 0.0016,
                isBad: true),
            signal(
                "latency_p99", .seconds, .latency, value: 2.3, median: 0.35, edge: 0.41,
                isBad: true),
            signal(
                "queue_depth", .count, .queue, value: 1200, median: 1000, edge: 1500, isBad: false),
            signal(
                "saturation.cpu", .ratio, .saturation, value: nil, median: 0, edge: 0, isBad: nil,
                reason: "no series matches"),
        ]
    }

    private static func condition(
        _ id: ConditionID, _ state: StopCondition.State, _ detail: String, _ timing: String,
        hold: Duration = .seconds(900)
    ) -> StopCondition {
        StopCondition(
            id: id, state: state, detail: detail, hold: hold, source: "dumps/checkout.prom",
            age: .seconds(8), timing: timing)
    }

    private static var conditions: [StopCondition] {
        [
            condition(
                .errorRate, .notMet(value: "7.2 %", target: "0.16 %"), "7.2 % > 0.16 %",
                "14m32s bad"),
            condition(
                .latency, .notMet(value: "2.3 s", target: "410 ms"), "p99 2.3 s > 410 ms",
                "13m10s bad"),
            condition(.saturation, .met(since: onset), "no saturation alert fires", "held 15m00s"),
            condition(
                .queues, .holding(since: onset, remaining: .seconds(230)), "1.2k ≤ 1.5k",
                "6m10s of 10m00s", hold: .seconds(600)),
            condition(
                .alerts, .notMet(value: "12m11s", target: "15m00s"), "last new 12m11s ago", ""),
            condition(.postDeploy, .unknown(reason: "3 of 10 points"), "", ""),
        ]
    }

    private static var hypotheses: [RankedHypothesis] {
        [
            RankedHypothesis(
                id: "deploy-regression", statement: "deploy 4f2a91c regressed checkout",
                origin: "playbook:errors-after-deploy", service: "checkout", prior: 1,
                items: [
                    .init(
                        text: "errors rose 6 min after the deploy", bits: 4, isSilent: false,
                        source: "deploys.jsonl"),
                    .init(
                        text: "only instances on 4f2a91c are affected", bits: 4, isSilent: false,
                        source: "dumps/checkout.prom"),
                    .init(
                        text: "one canary on 4f2a91c is healthy", bits: -1, isSilent: false,
                        source: "operator ops1"),
                    .init(
                        text: "the new code path is in the stack traces", bits: 2, isSilent: true,
                        source: "manual"),
                ], bits: 8, share: 0.91, strength: .strong, status: .investigating,
                isPinned: false,
                falsifiedBy: "an instance on 9c1e07b shows the same errors",
                fastestTest: "compare the error ratio by version"),
            RankedHypothesis(
                id: "H1", statement: "payments pool exhausted", origin: "operator",
                service: "payments", prior: 0,
                items: [
                    .init(
                        text: "timeouts name payments", bits: 2, isSilent: false,
                        source: "checkout.log")
                ], bits: 2, share: 0.06, strength: .weak, status: .proposed, isPinned: true,
                falsifiedBy: "free connections in the pool", fastestTest: "ask payments"),
            RankedHypothesis(
                id: "H2", statement: "network loss in us-east-1", origin: "operator", service: nil,
                prior: 0, items: [], bits: 0, share: 0.03, strength: .ruledOut, status: .refuted,
                isPinned: false, falsifiedBy: "", fastestTest: ""),
        ]
    }

    static var planned: [PlannedMitigation] {
        [
            PlannedMitigation(
                advice: MitigationAdvice(
                    id: "rollback-deployment@checkout", action: "rollback-deployment",
                    target: "checkout", slots: [:], missing: [], why: "the deploy is suspected",
                    couldBreak: "open carts", monitor: "error ratio", hypothesis: nil,
                    playbook: "errors-after-deploy"),
                title: "roll back checkout → 9c1e07b", proposal: rollbackProposal, problem: nil),
            PlannedMitigation(
                advice: MitigationAdvice(
                    id: "shed-load@checkout", action: "shed-load", target: "checkout", slots: [:],
                    missing: ["share"], why: "buys time", couldBreak: "", monitor: "",
                    hypothesis: nil, playbook: "errors-after-deploy"),
                title: "shed load of checkout", proposal: nil,
                problem: "nobody could fill {share}"),
        ]
    }

    // MARK: Feeds

    private static func record(_ index: Int) -> LogRecord {
        let level: LogLevel? = [.info, .error, .warning, nil, .debug][index % 5]
        let trace = (1...12).map { "\n    at com.example.Pool.take(Pool.java:\($0))" }.joined()
        let message =
            index % 5 == 1
            ? "upstream timeout after \(1000 + index) ms" : "request \(index) served in 12 ms"
        let service = index % 4 == 3 ? "payments-gateway-eu-west-1-canary" : "checkout"
        return LogRecord(
            id: UInt64(index + 1),
            place: LogPlace(source: "checkout", offset: Int64(index * 100)),
            time: now - .seconds(40 - index), timeIsAssumed: index % 7 == 6, level: level,
            service: index % 13 == 12 ? nil : service, trace: index % 5 == 1 ? "9f3c51" : nil,
            message: index % 10 == 6 ? message + trace : message, lines: index % 10 == 6 ? 13 : 1,
            pattern: PatternID(index % 5 == 1 ? 1 : 2))
    }

    static var feeds: FeedSnapshot {
        let records = (0..<40).map(record)
        let histogram = (0..<60).map { minute -> MinuteLevels in
            var counts = [Int](repeating: 0, count: LogLevel.allCases.count)
            counts[LogLevel.info.rawValue] = 40 + minute % 7
            counts[LogLevel.error.rawValue] = minute > 45 ? (minute - 45) * 4 : 0
            counts[LogLevel.warning.rawValue] = minute > 40 ? 3 : 1
            return MinuteLevels(
                minute: now - .seconds((60 - minute) * 60), counts: counts, unknown: 2)
        }
        return FeedSnapshot(
            sources: sources, recent: records, totalRecords: 12_345, totalLines: 12_345,
            droppedRecords: 17,
            patterns: [
                PatternSummary(
                    id: PatternID(1), template: "upstream timeout after <num> ms", count: 412,
                    ratePerMinute: 61, firstSeen: onset, lastSeen: now, level: .error,
                    services: ["checkout"], isNew: true),
                PatternSummary(
                    id: PatternID(2), template: "request <num> served in <num> ms", count: 11_000,
                    ratePerMinute: 44, baselineRate: 43, firstSeen: onset - .seconds(3600),
                    lastSeen: now, level: .info, services: ["checkout"]),
            ], levelHistogram: histogram, redactions: 3)
    }

    private static var sources: [SourceHealth] {
        [
            SourceHealth(
                id: "checkout", kind: "logs", path: "/var/log/checkout/app.log", state: .ok,
                lastData: now - .seconds(1), linesTotal: 12_000, linesDropped: 17),
            SourceHealth(
                id: "payments", kind: "logs", path: "/var/log/payments/app.log", state: .silent,
                lastData: now - .seconds(900), detail: "no line for 15m00s", linesTotal: 345),
            SourceHealth(
                id: "dumps", kind: "metrics", path: "dumps/checkout.prom", state: .ok,
                lastData: now - .seconds(8), linesTotal: 2_210, skippedLines: 2,
                lastSkipped: SkippedLine(
                    line: 41, reason: "a label value without its end quote")),
            SourceHealth(
                id: "deploys", kind: "changes", path: "deploys.jsonl",
                state: .error("deploys.jsonl cannot be read (EACCES): give this user read access")),
        ]
    }

    static let report = """
        # INC-2041 checkout 5xx after deploy 4f2a91c

        ## Summary

        SEV1, production. Error ratio 7.2 % since 14:02:10Z.

        ## Timeline

        | time (UTC) | event |
        |---|---|
        | 14:04:02 | opened |
        """
}
