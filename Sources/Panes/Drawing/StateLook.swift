import Canvas
import Diagnosis
import Feeds
import Incidents
import Logs
import Playbooks
import Room
import Safety

/// How a state looks: always a glyph, a word and a token, so that it reads without colour.
struct StateLook: Hashable {
    var glyph: String
    var word: String
    var token: Token

    init(_ glyph: String, _ word: String, _ token: Token) {
        self.glyph = glyph
        self.word = word
        self.token = token
    }

    /// Glyph and word; the word alone where the glyph is blank.
    var text: String { glyph == " " ? word : glyph + " " + word }

    /// Glyph and word, the word padded to `width`.
    func span(width: Int = 0) -> Span {
        let fill = String(repeating: " ", count: max(0, width - word.count))
        return Span(glyph + " " + word + fill, token)
    }
}

extension StateLook {
    init(_ severity: Severity) {
        switch severity {
        case .sev1: self.init("▲", severity.name, .severity1)
        case .sev2: self.init("▲", severity.name, .severity2)
        case .sev3: self.init("△", severity.name, .severity3)
        case .sev4: self.init("△", severity.name, .severity4)
        }
    }

    init(_ state: StopCondition.State) {
        let word = state.word
        switch state {
        case .met: self.init("✓", word, .conditionMet)
        case .holding: self.init("◔", word, .conditionHolding)
        case .notMet: self.init("✗", word, .conditionNotMet)
        case .unknown: self.init("?", word, .conditionUnknown)
        case .notApplicable: self.init("–", word, .conditionNotApplicable)
        case .checkedByHand: self.init("✓", word, .conditionMet)
        }
    }

    init(_ outcome: GateVerdict.Outcome) {
        switch outcome {
        case .pass: self.init("✓", "pass", .gatePass)
        case .review: self.init("▲", "review", .gateReview)
        case .blocked: self.init("✗", "blocked", .gateBlocked)
        case .skipped: self.init("–", "skipped", .gateSkipped)
        case .atRun: self.init("◔", "at run", .gateSkipped)
        }
    }

    init(_ strength: RankedHypothesis.Strength) {
        let word = strength.rawValue
        switch strength {
        case .strong: self.init("●", word, .hypothesisStrong)
        case .moderate: self.init("◕", word, .hypothesisModerate)
        case .weak: self.init("○", word, .hypothesisWeak)
        case .ruledOut: self.init("✗", word, .hypothesisRuledOut)
        }
    }

    init(_ state: SourceHealth.State) {
        switch state {
        case .loading: self.init("◌", state.word, .stateLoading)
        case .ok: self.init("✓", state.word, .stateOK)
        case .stale: self.init("◔", state.word, .stateStale)
        case .silent: self.init("–", state.word, .stateSilent)
        case .error: self.init("✗", state.word, .stateError)
        }
    }

    init(_ level: LogLevel?) {
        switch level {
        case .fatal, .critical, .error: self.init("✗", level?.word ?? "", .levelError)
        case .warning: self.init("▲", "warning", .levelWarning)
        case .notice, .info: self.init("·", level?.word ?? "", .levelInfo)
        case .debug, .trace: self.init(" ", level?.word ?? "", .levelDebug)
        case nil: self.init(" ", "–", .textDim)
        }
    }

    init(_ signal: SignalState) {
        switch signal.isBad {
        case true?: self.init("✗", "out of band", .conditionNotMet)
        case false?: self.init("✓", "in band", .conditionMet)
        case nil where signal.value != nil && signal.definition.harm == .none:
            self.init("·", "not judged", .textDim)
        case nil: self.init("?", "unknown", .conditionUnknown)
        }
    }

    init(_ direction: Situation.Direction) {
        switch direction {
        case .worse: self.init("↑", "getting worse", .conditionNotMet)
        case .steady: self.init("→", "steady", .text)
        case .better: self.init("↓", "getting better", .conditionMet)
        case .unknown: self.init("?", "unknown", .conditionUnknown)
        }
    }

    /// The risk of an action, as its word says it.
    init(risk: String) {
        switch risk {
        case "low": self.init("○", "low", .riskLow)
        case "medium": self.init("◕", "medium", .riskMedium)
        case "high": self.init("●", "high", .riskHigh)
        default: self.init("?", risk.isEmpty ? "unknown" : risk, .riskHigh)
        }
    }

    init(_ state: Mitigation.State) {
        switch state {
        case .proposed: self.init("▲", "proposed", .gateReview)
        case .approved: self.init("▲", "approved", .gateReview)
        case .running: self.init("◔", "running", .gateReview)
        case .succeeded: self.init("✓", "done", .gatePass)
        case .failed: self.init("✗", "failed", .gateBlocked)
        case .denied: self.init("–", "refused", .gateSkipped)
        case .expired: self.init("–", "expired", .gateSkipped)
        case .unknown: self.init("?", "outcome unknown", .conditionUnknown)
        }
    }

    /// What failed because it was stopped, or took too long, says so.
    init(_ state: Mitigation.State, _ outcome: AttemptOutcome?) {
        switch (state, outcome) {
        case (.failed, .stopped): self.init("■", "stopped", .gateBlocked)
        case (.failed, .timedOut): self.init("✗", "timed out", .gateBlocked)
        default: self.init(state)
        }
    }

    init(_ verdict: Verdict) {
        switch verdict {
        case .effective: self.init("✓", verdict.rawValue, .conditionMet)
        case .ineffective: self.init("✗", verdict.rawValue, .conditionNotMet)
        case .worse: self.init("▲", verdict.rawValue, .alertFiring)
        case .inconclusive: self.init("?", verdict.rawValue, .conditionUnknown)
        }
    }
}
