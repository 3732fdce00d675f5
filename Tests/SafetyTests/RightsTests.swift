import Incidents
import Playbooks
import Testing

@testable import Safety

@Suite("Rights")
struct RightsTests {
    private let owner = Actor(uid: 1000, name: "ops1")
    private let other = Actor(uid: 1001, name: "ops2")

    private func settings(_ people: [Person]?) -> SafetySettings {
        var settings = SafetySettings()
        settings.people = people.map { people in
            Dictionary(uniqueKeysWithValues: people.map { ($0.user, $0) })
        }
        return settings
    }

    @Test func whileNobodyIsNamedTheOwnerHasEveryRightAndOthersNone() {
        #expect(
            Rights.of(owner, owner: owner, settings: settings(nil)) == Set(Person.Right.allCases))
        #expect(Rights.of(other, owner: owner, settings: settings(nil)).isEmpty)
        let sameName = Actor(uid: 1001, name: "ops1")
        #expect(Rights.of(sameName, owner: owner, settings: settings(nil)).isEmpty)
    }

    @Test("N49: an empty list of people is nobody, the owner included")
    func anEmptyListIsNobody() {
        #expect(Rights.of(owner, owner: owner, settings: settings([])).isEmpty)
        #expect(Rights.of(other, owner: owner, settings: settings([])).isEmpty)
    }

    @Test func onlyTheNamedHaveTheirRights() {
        let named = settings([
            Person(user: "ops2", rights: [.approve]), Person(user: "ops3", rights: []),
        ])
        #expect(Rights.of(owner, owner: owner, settings: named).isEmpty)
        #expect(Rights.of(other, owner: owner, settings: named) == [.approve])
        #expect(Rights.of(Actor(uid: 7, name: "ops3"), owner: owner, settings: named).isEmpty)
    }

    @Test(
        "N02: a login that only looks like a named one has no rights",
        arguments: [
            ("Kim", "\u{212A}im"), ("ops1", "ops\u{FF11}"), ("ops", "\u{43E}ps"), ("ops1", "ops1 "),
            ("ops1", "ops1\n"), ("ops1", "OPS1"), ("a;b", "a\u{37E}b"),
        ])
    func lookAlikesHaveNone(_ name: String, _ alike: String) {
        let named = settings([Person(user: name, rights: Set(Person.Right.allCases))])
        #expect(Rights.of(Actor(uid: 9, name: alike), owner: owner, settings: named).isEmpty)
        #expect(!Rights.of(Actor(uid: 9, name: name), owner: owner, settings: named).isEmpty)
    }

    @Test func agentsAndTheProgramNeverApproveOrCommand() {
        var agent = Person(user: "ops2", rights: [.note], isAgent: true)
        // However it got them.
        agent.rights = Set(Person.Right.allCases)
        let rights = Rights.of(other, owner: owner, settings: settings([agent]))
        #expect(rights == [.note, .propose, .object])
        #expect(Rights.of(.automation, owner: .automation, settings: settings(nil)).isEmpty)
        let named = settings([Person(user: "warroom", rights: [.approve])])
        #expect(Rights.of(.automation, owner: owner, settings: named).isEmpty)
    }
}
