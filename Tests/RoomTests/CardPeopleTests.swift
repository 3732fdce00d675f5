import Basics
import Canvas
import Incidents
import Playbooks
import Room
import Safety
import Testing

/// Who must agree: the second person, break-glass, objections.
@Suite struct CardPeopleTests {
    private static let other = Actor(uid: 2001, name: "ops2")

    private func opened(
        _ action: CatalogueAction = RoomProbe.drop, by proposer: Actor = RoomProbe.commander,
        as actor: Actor = RoomProbe.commander
    ) -> RoomProbe {
        var probe = RoomProbe(actor: actor)
        probe.observe(probe.observation(errorRatio: 0.07))
        probe.openCard(action, by: proposer)
        _ = probe.takeEffects()
        return probe
    }

    /// Everything but break-glass.
    private func confirm(_ probe: inout RoomProbe) {
        for _ in 0..<6 where probe.card?.focus != .confirm {
            probe.press(.tab)
            if probe.card?.focus == .reason, probe.card?.reason.text.isEmpty == true {
                probe.type("its turn")
            }
        }
        probe.type("CONFIRM checkout")
        probe.press(.enter)
        probe.wait(.milliseconds(300))
        probe.press(.enter)
    }

    @Test("N50: who proposed an irreversible action does not approve it alone")
    func proposerIsNotEnough() throws {
        var probe = opened()
        let card = try #require(probe.card)
        #expect(card.secondPerson != nil)
        #expect(card.stations == [.cancel, .reason, .breakGlass, .confirm, .approve])
        confirm(&probe)
        #expect(probe.takeApproval() == nil)
        #expect(probe.card?.message.contains("another user runs warroom approve M1") == true)
    }

    @Test func somebodyElsesProposalNeedsOnePerson() {
        var probe = opened(by: Self.other)
        #expect(probe.card?.needsBreakGlass == false)
        confirm(&probe)
        let approval = probe.takeApproval()
        #expect(approval != nil)
        #expect(approval?.breakGlass == nil)
    }

    @Test("N50: break-glass carries its reason into the record") func breakGlassIsCarried() {
        var probe = opened()
        probe.tab(to: .breakGlass)
        probe.type("nobody else is awake!")
        confirm(&probe)
        #expect(probe.takeApproval()?.breakGlass == "nobody else is awake!")
    }

    @Test func breakGlassNeedsTheCommander() {
        var probe = opened(by: Self.other, as: Self.other)
        #expect(probe.card?.needsBreakGlass == true)
        probe.tab(to: .breakGlass)
        probe.type("I know what I do")
        confirm(&probe)
        #expect(probe.takeApproval() == nil)
        #expect(probe.card?.message.isEmpty == false)
    }

    @Test func blanksAreNoReason() {
        var probe = opened()
        probe.tab(to: .breakGlass)
        probe.type("   ")
        confirm(&probe)
        #expect(probe.takeApproval() == nil)
    }

    @Test func thePolicyMayAskForTwoInAllOfProduction() {
        var probe = RoomProbe()
        probe.model.configuration.safety.twoPersons = [.production]
        probe.observe(probe.observation(errorRatio: 0.07))
        probe.openCard(RoomProbe.flag)
        #expect(probe.card?.secondPerson == "it is production")
        probe.press(.character("Y"))
        #expect(probe.takeApproval() == nil)
    }

    @Test func thePolicyMayAskForOne() {
        var probe = RoomProbe()
        probe.model.configuration.safety.twoPersons = []
        probe.observe(probe.observation(errorRatio: 0.07))
        probe.openCard(RoomProbe.drop)
        #expect(probe.card?.secondPerson == nil)
    }

    // MARK: Objections

    @Test func anObjectionUnderTheOpenCardIsSeen() {
        var probe = opened(RoomProbe.flag)
        probe.record(
            MitigationObjected(proposal: "M1", reason: "the cache is cold"), by: Self.other)
        #expect(probe.card?.objection == "ops2 objects: the cache is cold")
        probe.press(.character("Y"))
        #expect(probe.takeApproval() == nil)
        #expect(probe.card != nil)
    }

    @Test func anObjectionStandsBesideTheGates() {
        var probe = opened(RoomProbe.flag)
        probe.run(.back)
        probe.observe(probe.observation(errorRatio: 0.07))
        #expect(probe.model.gateText("M1").hasSuffix("gates pass"))
        probe.record(
            MitigationObjected(proposal: "M1", reason: "the cache is cold"), by: Self.other)
        #expect(probe.model.gateText("M1").hasSuffix("gates pass, 1 objects"))
        #expect(probe.model.nextStep.text.contains("1 objects"))
    }

    @Test func anObjectionToSomethingElseIsNone() {
        var probe = opened(RoomProbe.flag)
        probe.record(probe.proposal(RoomProbe.untested, id: "M2"))
        probe.record(MitigationObjected(proposal: "M2", reason: "no"), by: Self.other)
        #expect(probe.card?.objection == nil)
    }

    @Test func objectingAsksForTheReason() {
        var probe = opened(RoomProbe.flag)
        probe.run(.back)
        probe.run(.object)
        probe.press(.enter)
        #expect(probe.model.overlay != nil, "nothing typed is no reason")
        probe.type("not now!")
        probe.press(.enter)
        #expect(probe.takeJournalled(MitigationObjected.self).map(\.reason) == ["not now!"])
    }

    @Test func objectingByIdNeedsNoSelection() {
        var probe = opened(RoomProbe.flag)
        probe.run(.back)
        probe.record(probe.proposal(RoomProbe.untested, id: "M2"))
        probe.run(.object, "M2 wait for the backup")
        let journalled = probe.takeJournalled(MitigationObjected.self)
        #expect(journalled.map(\.proposal) == ["M2"])
        #expect(journalled.map(\.reason) == ["wait for the backup"])
    }

    // MARK: The inverse of a rollback

    private static let rollBack: CatalogueAction = {
        var action = CatalogueAction(
            id: "roll-back", title: "roll back", tier: .aggressive, risk: .medium,
            steps: [["/bin/roll"]], slots: [:], inverse: "redeploy", isRollback: true,
            testedIn: ["staging"])
        action.rollbackSteps = []
        return action
    }()
    private static let redeploy = CatalogueAction(
        id: "redeploy", title: "redeploy", tier: .aggressive, risk: .high,
        steps: [["/bin/deploy"]], slots: ["version": .version], inverse: "roll-back",
        testedIn: ["staging"])

    private func rolledBack() -> RoomProbe {
        var probe = RoomProbe()
        for action in [Self.rollBack, Self.redeploy] {
            probe.model.configuration.actions[action.id] = action
        }
        let proposal = probe.proposal(Self.rollBack, id: "M1")
        probe.record(proposal)
        probe.record(
            ActionIntent(
                proposal: "M1", attempt: "A1", action: "roll-back", target: "checkout",
                environment: .production, steps: proposal.steps, digest: proposal.digest,
                rollbackOf: nil, executables: []))
        probe.record(ActionSucceeded(attempt: "A1", seconds: 1))
        _ = probe.takeEffects()
        return probe
    }

    @Test("N63: a rollback is not undone by r, only by its inverse, by hand")
    func inverseIsAsked() {
        var probe = rolledBack()
        #expect(probe.model.availability(of: .undo) != .enabled)
        probe.run(.inverse)
        let requests = probe.takeEffects().compactMap { effect -> ProposalRequest? in
            if case .propose(let request) = effect { return request }
            return nil
        }
        #expect(requests.map(\.basis) == [.inverse(of: "M1")])
    }

    @Test("N63: the inverse warns that it restores the suspect and is never armed")
    func inverseWarns() throws {
        var probe = rolledBack()
        var proposal = probe.proposal(Self.redeploy, id: "M2")
        proposal.slots = ["version": "4f2a91c"]
        probe.record(proposal)
        probe.send(.openCard(proposal: "M2"))
        let card = try #require(probe.card)
        #expect(card.warning?.contains("re-deploys the suspected 4f2a91c") == true)
        #expect(ArmingText.card(proposal, probe.model).hasPrefix("never"))
    }

    @Test func withoutARollbackThereIsNoInverse() {
        let probe = RoomProbe()
        #expect(probe.model.availability(of: .inverse) != .enabled)
    }

    // MARK: The objection window

    /// ops1 proposes while ops2, who may object, is connected.
    private func windowed() -> RoomProbe {
        var probe = RoomProbe()
        probe.observe(probe.observation(errorRatio: 0.07))
        probe.send(.connected([ConnectedPerson(actor: Self.other, rights: [.object])]))
        probe.openCard(RoomProbe.flag)
        _ = probe.takeEffects()
        return probe
    }

    @Test func othersMayObjectFirst() throws {
        var probe = windowed()
        probe.wait(.seconds(12))
        let card = try #require(probe.card)
        #expect(probe.model.windowLeft(card) == .seconds(18))
        #expect(probe.model.nextStep.text.contains("others may object for 18s"))
        probe.press(.character("Y"))
        #expect(probe.takeApproval() == nil)
        #expect(probe.card?.message == "others may still object: wait, or P proceeds now")
    }

    @Test func aRefusalByTheWindowEndsWithIt() throws {
        var probe = windowed()
        probe.press(.character("Y"))
        #expect(try probe.model.message(of: #require(probe.card)).contains("may still object"))
        for _ in 0..<40 { probe.advance(.seconds(1)) }
        #expect(try probe.model.message(of: #require(probe.card)).isEmpty)
    }

    @Test func silenceExecutesNothing() {
        var probe = windowed()
        for _ in 0..<40 { probe.advance(.seconds(1)) }
        #expect(probe.takeApproval() == nil)
        #expect(probe.card != nil)
        probe.press(.character("Y"))
        let approval = probe.takeApproval()
        #expect(approval != nil && approval?.proceededEarly == nil)
    }

    @Test func proceedingNowIsOneKeyAndApprovesNothingByItself() {
        var probe = windowed()
        probe.press(.character("P"))
        #expect(probe.takeApproval() == nil)
        #expect(probe.card?.proceedsEarly == true)
        probe.press(.character("Y"))
        #expect(probe.takeApproval()?.proceededEarly == true)
    }

    @Test func whoMayOnlyReadIsNotWaitedFor() {
        var probe = RoomProbe()
        probe.observe(probe.observation(errorRatio: 0.07))
        probe.send(.connected([ConnectedPerson(actor: Self.other, rights: [.note])]))
        probe.openCard(RoomProbe.flag)
        _ = probe.takeEffects()
        probe.press(.character("P"))
        #expect(probe.card?.message == "nobody has to be waited for")
        probe.press(.character("Y"))
        #expect(probe.takeApproval() != nil)
    }

    @Test("N06: Y held down until the window ends approves nothing")
    func heldYDoesNotWaitForTheWindow() {
        var probe = windowed()
        probe.wait(.seconds(28))
        for _ in 0..<100 {
            probe.press(.character("Y"))
            probe.wait(.milliseconds(33))
        }
        #expect(probe.takeApproval() == nil)
        probe.wait(.milliseconds(500))
        probe.press(.character("Y"))
        #expect(probe.takeApproval() != nil)
    }
}
