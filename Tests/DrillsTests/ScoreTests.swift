import Basics
import Testing

@testable import Drills

@Suite struct ScoreTests {
    private func sighting(
        _ seconds: Int, _ hypotheses: [(id: String, service: String?, share: Double)] = [],
        detected: Bool = false, mitigated: Bool = false, resolved: Bool = false,
        executed: [(action: String, target: String)] = []
    ) -> Sighting {
        Sighting(
            time: Timestamp(nanoseconds: 0) + .seconds(1000 + seconds), hypotheses: hypotheses,
            isDetected: detected, isMitigated: mitigated, isResolved: resolved,
            executed: executed)
    }

    private func score() throws -> DrillScore {
        DrillScore(
            scenario: try Drill.builtin("bad-deploy"), seed: 3,
            faultAt: Timestamp(nanoseconds: 0) + .seconds(1000))
    }

    @Test func nothingSeenIsAllNull() throws {
        #expect(
            try score().json()
                == #"{"drill":"bad-deploy","seed":3,"true_cause":"deploy-regression@checkout","#
                + #""detected_s":null,"true_cause_first_s":null,"max_wrong_share":0.000,"#
                + #""mitigated_s":null,"resolved_s":null,"wrong_actions":0}"#)
    }

    @Test func firstTimesCountFromTheFault() throws {
        var score = try score()
        let truth: (id: String, service: String?, share: Double) = (
            "deploy-regression:checkout:4f2a91c", "checkout", 0.7
        )
        let wrong: (id: String, service: String?, share: Double) = (
            "pool-exhausted@payments", "payments", 0.4
        )
        score.note(sighting(-5, [wrong], detected: true))
        score.note(sighting(20, [wrong, truth], detected: true))
        score.note(sighting(35, [truth, wrong], detected: true))
        let actions: [(action: String, target: String)] = [
            ("disable-flag", "new_pricing"), ("rollback-deployment", "checkout"),
        ]
        score.note(sighting(300, [truth], detected: true, mitigated: true, executed: actions))
        score.note(
            sighting(
                1500, [truth], detected: true, mitigated: true, resolved: true, executed: actions))
        #expect(
            score.json()
                == #"{"drill":"bad-deploy","seed":3,"true_cause":"deploy-regression@checkout","#
                + #""detected_s":20,"true_cause_first_s":35,"max_wrong_share":0.400,"#
                + #""mitigated_s":300,"resolved_s":1500,"wrong_actions":1}"#)
    }

    @Test func rightHypothesisAboutAnotherServiceIsWrong() throws {
        var score = try score()
        score.note(sighting(10, [("deploy-regression:payments:77ab310", "payments", 0.9)]))
        score.note(sighting(20, [("deploy-regression", nil, 0.5)]))
        #expect(score.json().contains(#""true_cause_first_s":null,"max_wrong_share":0.900"#))
    }
}
