import Actions
import Basics
import Diagnosis
import Incidents
import Metrics
import Playbooks
import Testing

@testable import App

@Suite struct ServiceReadingTests {
    private static let now = Timestamp(milliseconds: 1_787_306_400_000)

    private func store(label: String = "service", age: Int64 = 10_000, v: Double = 1) -> SeriesStore
    {
        let store = SeriesStore(retention: .hours(1))
        store.append(
            Labels([("__name__", "up"), (label, "api")]), t: Self.now.milliseconds - age, v: v)
        return store
    }

    private func health(
        _ store: SeriesStore, age: Duration = .seconds(1),
        _ change: (inout Observation) -> Void = { _ in }
    ) -> ServiceHealth {
        var observation = Observation(time: Self.now - age)
        change(&observation)
        return ServiceReading.health(
            of: "api", observation: observation, store.snapshot(), now: Self.now)
    }

    private func signal(_ promql: String, isBad: Bool = true) -> SignalState {
        var signal = SignalState(
            definition: SignalDefinition(
                name: "error_ratio", promql: promql, unit: .ratio, harm: .up, role: .errorRatio,
                floor: 0.001, origin: "test"))
        signal.value = 0.07
        signal.isBad = isBad
        return signal
    }

    @Test func whatIsReadAndQuietIsStable() {
        for label in ["service", "app", "job"] { #expect(health(store(label: label)) == .stable) }
    }

    @Test func whatIsNotReadIsUnknown() {
        let unread = ServiceHealth.unknown("no source delivers metrics of api")
        #expect(health(SeriesStore(retention: .hours(1))) == unread)
        #expect(health(store(label: "team")) == unread)
        #expect(health(store(age: 130_000)) == unread)
        #expect(health(store(v: StaleMarker.value)) == unread)
        guard case .unknown = health(store(), age: .seconds(31)) else {
            Issue.record("an old look says nothing about now")
            return
        }
        let none = ServiceReading.health(
            of: "api", observation: nil, store().snapshot(), now: Self.now)
        guard case .unknown = none else {
            Issue.record("\(none)")
            return
        }
    }

    @Test func anAlertOrABadSignalOfItIsUnstable() {
        func alert(_ labels: [String: String], isFiring: Bool = true) -> AlertView {
            AlertView(
                name: "Down", labels: labels, isFiring: isFiring, since: Self.now, value: 1,
                summary: "")
        }
        #expect(
            health(store()) { $0.alerts = [alert(["service": "api"])] }
                == .unstable("alert Down fires"))
        #expect(health(store()) { $0.alerts = [alert(["service": "web"])] } == .stable)
        #expect(
            health(store()) { $0.alerts = [alert(["service": "api"], isFiring: false)] } == .stable)
        let own = #"sum(rate(e{service="api"}[5m])) / sum(rate(r{service="api"}[5m]))"#
        #expect(
            health(store()) { $0.signals = [signal(own)] }
                == .unstable("error_ratio 7 % is out of its band"))
        #expect(health(store()) { $0.signals = [signal(own, isBad: false)] } == .stable)
        #expect(health(store()) { $0.signals = [signal("sum(e) / sum(r)")] } == .stable)
        #expect(
            health(store()) {
                $0.signals = [signal("sum(e) / sum(r)")]
                $0.situation.affectedService = "api"
            } == .unstable("error_ratio 7 % is out of its band"))
    }
}
