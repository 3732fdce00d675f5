import Basics

/// Every kind this version writes and reads.
package enum EventKinds {
    package static let all: [any EventPayload.Type] =
        lifecycle + observed + hypotheses + acting + guarding

    private static let lifecycle: [any EventPayload.Type] = [
        IncidentOpened.self, SeverityChanged.self, PhaseChanged.self, StatusChanged.self,
        MilestoneSet.self, TitleChanged.self, RoleAssigned.self, NoteAdded.self, NoteAmended.self,
        UpdatePublished.self, FollowUpAdded.self, EnvironmentAnswered.self,
        IncidentResolved.self, IncidentClosed.self, IncidentReopened.self,
    ]
    private static let observed: [any EventPayload.Type] = [
        ChangeRecorded.self, AlertFiring.self, AlertResolved.self, PatternNew.self,
        PatternSpike.self, PatternVanished.self, SourceStale.self, SourceRecovered.self,
        SourceLoss.self,
        PatternsMany.self,
        CredentialSeen.self,
        BaselineFrozen.self, SituationRecorded.self, ConditionMet.self, ConditionLost.self,
        ConditionUnknown.self,
        ConditionCheckedByHand.self, ConditionNotApplicable.self,
    ]
    private static let hypotheses: [any EventPayload.Type] = [
        HypothesisAdded.self, HypothesisStatusChanged.self, HypothesisPinned.self,
        EvidenceAdded.self,
    ]
    private static let acting: [any EventPayload.Type] = [
        MitigationProposed.self, MitigationObjected.self, MitigationApproved.self,
        MitigationDenied.self, MitigationExpired.self, GateBlocked.self, ActionIntent.self,
        ActionStarted.self, ActionOutput.self, ActionSucceeded.self, ActionFailed.self,
        ActionTimedOut.self, ActionStopped.self, ActionUnknown.self, ActionAcknowledged.self,
        ActionManual.self, ActionJudged.self, StopSet.self, StopCleared.self,
    ]
    private static let guarding: [any EventPayload.Type] = [
        CommandTransferred.self, GateReviewed.self, TicketStated.self, EscalationRaised.self,
        EscalationAcknowledged.self, EscalationExpired.self, CommandRan.self, RollbackArmed.self,
        RollbackNotArmed.self, RollbackMinute.self, RollbackJudged.self, RollbackDisarmed.self,
        CanaryWatched.self, BreakerOpened.self, BreakerClosed.self, ConfigurationChanged.self,
        ConfigurationAcknowledged.self,
    ]
}
