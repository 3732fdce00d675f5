import Basics
import Incidents
import Playbooks
import Testing

@testable import Safety

@Suite("Slots, templates, digests and reach")
struct RuleTests {
    static let configuration = Fixture.configuration

    // MARK: slots

    /// N01, N02, N04, N05, N08: none of these is a service.
    @Test(arguments: [
        "", "checkout\n", "checkout\r\n", "checkout\u{2028}", " checkout", "checkout ",
        "chec\u{212A}out", "\u{441}heckout", "ｃheckout", "checkout\u{37E}", "checkout\u{0}",
        "poweroff.target", "-rf", "a..", "a", String(repeating: "a", count: 65), "inventory",
        "--kubeconfig=/x", "-H", "--root=/", "Checkout", "checkout/../x", "a@b", "a:b", "a=b",
    ])
    func thisIsNoService(_ value: String) {
        #expect(
            SlotRule.validate(value, type: .service, configuration: Self.configuration) != nil)
    }

    /// N12: moving names and anything that is not a known artefact.
    @Test(arguments: [
        "0", "00", "latest", "LATEST", "stable", "main", "HEAD", "previous", "deadbee", "",
        "9c1e07b\n", "-9c1e07b", "9c1e07b/../x", "9C1E07B", "sha256:9c", "9c1e07b\u{301}",
    ])
    func thisIsNoVersion(_ value: String) {
        var configuration = Self.configuration
        configuration.services["cart"]?.versions = ["latest", "0", "00", "stable", "main"]
        for type in [CatalogueAction.SlotType.version, .revision] {
            #expect(SlotRule.validate(value, type: type, configuration: configuration) != nil)
        }
    }

    @Test func versionsBelongToTheirService() {
        let configuration = Self.configuration
        func check(_ service: String?, deployed: [String] = []) -> String? {
            SlotRule.validate(
                "9c1e07b", type: .version, configuration: configuration, service: service,
                deployed: deployed)
        }
        #expect(check(nil) == nil)
        #expect(check("checkout") == nil)
        #expect(check("payments") != nil)
        #expect(check("payments", deployed: ["9c1e07b"]) == nil)
        #expect(check("cart")?.contains("no artefact versions are known") == true)
    }

    @Test func deployRecordsCountOnlyWhereTheRegistrySaysSo() {
        var fixture = Fixture()
        fixture.log(
            ChangeRecorded(
                changeKind: .deploy, service: "checkout", version: "4f2a91c", previous: "77aa001",
                summary: "", source: "deploys.jsonl", at: Fixture.start))
        #expect(fixture.incident.deployedVersions(of: "checkout", fixture.configuration).isEmpty)
        fixture.configuration.services["checkout"]?.versionsFrom = "deploys.jsonl"
        let known = fixture.incident.deployedVersions(of: "checkout", fixture.configuration)
        #expect(known == ["4f2a91c", "77aa001"])
        #expect(
            fixture.verdict(
                .input, fixture.proposal(slots: ["service": "checkout", "revision": "77aa001"])
            ).outcome == .pass)
    }

    @Test(arguments: [
        ("production", CatalogueAction.SlotType.environment, true),
        ("staging", .environment, false), ("Production", .environment, false),
        ("prod", .environment, false), ("production ", .environment, false),
        ("0", .integer, true), ("12", .integer, true), ("007", .integer, false),
        ("-1", .integer, false), ("١٢", .integer, false), ("1e3", .integer, false),
        ("1234567890", .integer, false), ("new_pricing", .flagID, true),
        ("a;b", .flagID, false), ("$(id)", .flagID, false), ("`id`", .flagID, false),
        ("payments-oncall", .contact, true), ("a@b.example", .contact, false),
        ("a|b", .contact, false), ("a&b", .contact, false),
        (String(repeating: "x", count: 4097), .flagID, false),
    ])
    func otherSlots(_ value: String, _ type: CatalogueAction.SlotType, _ isValid: Bool) {
        let why = SlotRule.validate(value, type: type, configuration: Self.configuration)
        #expect((why == nil) == isValid, "\(why ?? "accepted")")
    }

    // MARK: templates

    @Test func slotsAreFilledInsideOneArgument() throws {
        let steps = [["/bin/x", "a/{service}", "--n={n}", "{service}{service}"]]
        let filled = try ArgvTemplate.fill(steps, slots: ["service": "web", "n": "3"])
        #expect(filled == [["/bin/x", "a/web", "--n=3", "webweb"]])
    }

    @Test func valuesAreNeverFilledAgainAndBracesStay() throws {
        let steps = [["/bin/x", "{a}", #"{"enabled": false}"#, "{", "{}", "{A}", "}{"]]
        let filled = try ArgvTemplate.fill(steps, slots: ["a": "{b}", "b": "no"])
        #expect(
            filled == [["/bin/x", "{b}", #"{"enabled": false}"#, "{", "{}", "{A}", "}{"]])
    }

    /// N10, N11, N13, N16.
    @Test(arguments: [
        [], [[]], [["kubectl", "x"]], [["{service}"]], [["/bin/{service}"]],
        [["/bin/x", "{missing}"]], [["/bin/x", "a\u{0}b"]],
        [["/bin/x", String(repeating: "y", count: 128 * 1024)]], [["./x"]], [[""]],
    ])
    func thisIsNoCommandLine(_ steps: [[String]]) {
        #expect(throws: ArgvTemplate.Defect.self) {
            try ArgvTemplate.fill(steps, slots: ["service": "web"])
        }
    }

    // MARK: digests

    @Test func theDigestIsStableAndKnowsWhatRuns() throws {
        let id = try #require(IncidentID("INC-2041"))
        let otherID = try #require(IncidentID("INC-2042"))
        func digest(
            _ action: String = "a", _ steps: [[String]] = [["/bin/x", "y"]],
            _ environment: DeploymentEnvironment = .production,
            _ variables: [String: String] = ["A": "1", "B": "2"], _ target: String = "web",
            _ incident: IncidentID? = nil
        ) -> String {
            ActionDigest.hex(
                action: action, steps: steps, environment: environment, variables: variables,
                target: target, incident: incident ?? id)
        }
        #expect(digest() == digest())
        // Fixed for ever: approvals of older records must still match.
        let known = "83e91ed38fcd274faa9808f214c7f40576f1c8a909acdb453e39e64d3c2187f7"
        #expect(digest() == known)
        let others = [
            digest("b"), digest("a", [["/bin/x"], ["y"]]), digest("a", [["/bin/xy"]]),
            digest("a", [["/bin/x", "y", ""]]), digest("a", [["/bin/x", "y"]], .staging),
            digest("a", [["/bin/x", "y"]], .production, ["A": "12", "B": ""]),
            digest("a", [["/bin/x", "y"]], .production, ["A": "1", "B": "2"], "we"),
            digest("a", [["/bin/x", "y"]], .production, ["A": "1", "B": "2"], "web", otherID),
            digest("a", [["/bin/x", "\u{FFFD}"]]),
        ]
        #expect(Set(others + [digest()]).count == others.count + 1)
    }

    // MARK: blast radius

    @Test func dependantsAreTransitive() {
        let radius = Blast.radius(
            of: ["payments"], services: Self.configuration.services, isFleetWide: false)
        #expect(radius.dependants == ["checkout", "web"])
        #expect(radius.customers == 0.31)
        #expect(!radius.isUnknown)
        #expect(radius.text == "touches 1 service, 2 dependants, ~31 % of customers")
    }

    /// N58: what is missing or runs in a circle is unknown, and unknown is everything.
    @Test func whatCannotBeKnownIsUnknown() {
        var services = Self.configuration.services
        #expect(Blast.radius(of: [], services: services, isFleetWide: false).isUnknown)
        #expect(Blast.radius(of: ["web"], services: [:], isFleetWide: false).isUnknown)
        #expect(Blast.radius(of: ["nope"], services: services, isFleetWide: false).isUnknown)
        #expect(Blast.radius(of: ["web"], services: [:], isFleetWide: true).isUnknown)
        services["payments"]?.dependsOn = ["web"]
        let circle = Blast.radius(of: ["checkout"], services: services, isFleetWide: false)
        #expect(circle.isUnknown && circle.unknownReason.contains("circle"))
        #expect(circle.dependants == ["payments", "web"])
        #expect(circle.customers == nil)
        services["cart"]?.dependsOn = ["cart"]
        #expect(Blast.radius(of: ["cart"], services: services, isFleetWide: false).isUnknown)
    }

    @Test func anUnknownShareIsNotGuessed() {
        var services = Self.configuration.services
        services["web"]?.customers = nil
        #expect(
            Blast.radius(of: ["payments"], services: services, isFleetWide: false).customers == nil)
        let fleet = Blast.radius(of: ["payments"], services: services, isFleetWide: true)
        #expect(fleet.targets.count == 4 && fleet.customers == 1)
    }

    @Test func aLongChainEnds() {
        var services: [String: Service] = [:]
        for number in 0..<2000 {
            let name = "s\(number)"
            services[name] = Service(name: name, dependsOn: number == 0 ? [] : ["s\(number - 1)"])
        }
        let radius = Blast.radius(of: ["s0"], services: services, isFleetWide: false)
        #expect(radius.dependants.count == 1999)
    }
}
