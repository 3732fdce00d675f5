import Basics
import Incidents
import Playbooks
import Testing

@testable import Safety

@Suite("Slots, templates, digests and reach")
struct RuleTests {
    static let configuration = Fixture.configuration

    // MARK: slots

    @Test(
        "N01: a name with something behind it is another name",
        arguments: [
            "payments\n", "payments\r\n", "payments\u{2028}", "payments\u{2029}", "payments\u{85}",
            " payments", "payments ", "payments\t", "\npayments", "payments\u{200B}", "",
        ])
    func noServiceWithATail(_ value: String) { expectNoService(value) }

    /// Each is equal to a registered name for Swift, or looks like one.
    @Test(
        "N02: a look-alike of a registered name is refused",
        arguments: [
            "\u{212A}8s", "\u{441}heckout", "ｃheckout", "checkout\u{37E}", "che\u{301}ckout",
            "checkout\u{301}", "Checkout", "CHECKOUT", "ch\u{435}ckout", "c\u{AD}heckout",
        ])
    func noLookAlike(_ value: String) { expectNoService(value) }

    @Test("N02: Swift takes the Kelvin sign for a K, the registry does not")
    func theKelvinSign() {
        #expect("K8s" == "\u{212A}8s")
        #expect(SlotRule.entry("\u{212A}8s", in: Self.withKubernetes.services) == nil)
        #expect(SlotRule.entry("K8s", in: Self.withKubernetes.services) != nil)
    }

    @Test(
        "N04: what is in the pattern and not in the registry is refused",
        arguments: [
            "poweroff.target", "-rf", "a..", "a", String(repeating: "a", count: 65), "inventory",
            "checkout/../x", "a@b", "a:b", "a=b", "..", ".checkout", "_x",
        ])
    func notInTheRegistry(_ value: String) { expectNoService(value) }

    @Test(
        "N05: a NUL is refused in every type of slot", arguments: CatalogueAction.SlotType.allCases)
    func noNul(_ type: CatalogueAction.SlotType) {
        for value in ["checkout\u{0}", "\u{0}", "checkout\u{0}.x", "production\u{0}", "1\u{0}"] {
            #expect(
                SlotRule.validate(value, type: type, configuration: Self.configuration) != nil)
        }
    }

    @Test(
        "N08: a value that a program would read as an option is refused",
        arguments: [
            "--kubeconfig=/x", "-H", "--root=/", "-", "--", "-checkout", "--to-revision=0",
        ])
    func noOption(_ value: String) {
        for type in CatalogueAction.SlotType.allCases {
            #expect(
                SlotRule.validate(value, type: type, configuration: Self.configuration) != nil)
        }
    }

    static var withKubernetes: Configuration {
        var configuration = configuration
        configuration.services["K8s"] = Service(name: "K8s")
        return configuration
    }

    private func expectNoService(_ value: String) {
        let configuration = Self.withKubernetes
        #expect(SlotRule.validate(value, type: .service, configuration: configuration) != nil)
        // And as the target of a whole proposal.
        var fixture = Fixture()
        fixture.configuration = configuration
        let proposal = fixture.proposal(
            target: value, slots: ["service": value, "revision": "9c1e07b"])
        #expect(fixture.verdict(.input, proposal).outcome == .blocked)
    }

    @Test(
        "N12: a moving name or an unknown artefact is no version",
        arguments: [
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

    @Test(
        "N07: no other spelling of an environment is one",
        arguments: [
            "Production", "prod", "production ", "PRODUCTION", "production\n", "",
            "pr\u{43E}duction",
        ])
    func noOtherEnvironment(_ name: String) {
        #expect(DeploymentEnvironment(exactly: name) == nil)
        #expect(
            SlotRule.validate(name, type: .environment, configuration: Self.configuration) != nil)
    }

    @Test(
        "N03: no other form of an incident's id is one",
        arguments: [
            "INC-\u{661}\u{662}\u{663}\u{664}", "INC-1234\n", "xINC-1234", "INC-123",
            "INC-123456789",
            "inc-1234", "Inc-1234", "INC-12a4", "INC\u{2010}1234", "INC-1234 ", " INC-1234", "",
            "INC-\u{FF11}234",
        ])
    func noOtherIncident(_ text: String) {
        #expect(IncidentID(text) == nil)
    }

    @Test("N13: a slot of more than 4 KiB is refused", arguments: CatalogueAction.SlotType.allCases)
    func noLongSlot(_ type: CatalogueAction.SlotType) {
        let value = String(repeating: "1", count: 4 * 1024 + 1)
        #expect(
            SlotRule.validate(value, type: type, configuration: Self.configuration)
                == "is longer than 4 KiB")
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

    @Test(
        "N11, N13: a missing slot or a line of 128 KiB makes no command line",
        arguments: [
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
            _ incident: IncidentID? = nil, capture: [[String]] = [], readyCheck: [[String]] = []
        ) -> String {
            ActionDigest.hex(
                action: action, steps: steps, environment: environment, variables: variables,
                target: target, incident: incident ?? id, capture: capture,
                readyCheck: readyCheck)
        }
        #expect(digest() == digest())
        // Made by another program from the description: the form must not change by itself.
        let known = "d0f1854d8bd33f5a2bf788c5809b0ab9bc63b3decb3710811c73b5e7f6384080"
        #expect(digest() == known)
        let others = [
            digest("b"), digest("a", [["/bin/x"], ["y"]]), digest("a", [["/bin/xy"]]),
            digest("a", [["/bin/x", "y", ""]]), digest("a", [["/bin/x", "y"]], .staging),
            digest("a", [["/bin/x", "y"]], .production, ["A": "12", "B": ""]),
            digest("a", [["/bin/x", "y"]], .production, ["A": "1", "B": "2"], "we"),
            digest("a", [["/bin/x", "y"]], .production, ["A": "1", "B": "2"], "web", otherID),
            digest("a", [["/bin/x", "\u{FFFD}"]]), digest(capture: [["/bin/x", "y"]]),
            digest(capture: [["/bin/x"], ["y"]]), digest(readyCheck: [["/bin/x", "y"]]),
            digest(capture: [[]]), digest(readyCheck: [[]]),
            digest("a", [], capture: [["/bin/x", "y"]]),
        ]
        #expect(Set(others + [digest()]).count == others.count + 1)
    }

    @Test("N51: an approval holds for the captures and ready checks that its card showed")
    func theDigestKnowsWhatRunsBeside() {
        let fixture = Fixture()
        let proposal = fixture.proposal("M1")
        let changes: [(inout MitigationProposed) -> Void] = [
            { $0.capture = [["/usr/bin/id"]] }, { $0.readyCheck = [["/usr/bin/id"]] },
        ]
        for change in changes {
            var other = proposal
            change(&other)
            let digest = ActionDigest.hex(
                of: other, variables: fixture.action.environment, incident: fixture.incident.id)
            #expect(digest != proposal.digest)
            #expect(fixture.verdict(.input, other).outcome == .blocked)
        }
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

    @Test("N58: what is missing or runs in a circle is unknown, and unknown is everything")
    func whatCannotBeKnownIsUnknown() {
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

    @Test("N58: a customer share that is unknown or no share is not guessed")
    func anUnknownShareIsNotGuessed() {
        var services = Self.configuration.services
        services["web"]?.customers = nil
        #expect(
            Blast.radius(of: ["payments"], services: services, isFleetWide: false).customers == nil)
        for share in [Double.nan, .infinity, -0.1, 1.1] {
            services["web"]?.customers = share
            let radius = Blast.radius(of: ["payments"], services: services, isFleetWide: false)
            #expect(radius.customers == nil && radius.customerShare == 1)
        }
        let fleet = Blast.radius(of: ["payments"], services: services, isFleetWide: true)
        #expect(fleet.targets.count == 4 && fleet.customers == 1)
    }

    @Test("N58: a dependency outside of the registry and an outdated registry are unknown")
    func anIncompleteRegistryIsUnknown() {
        var services = Self.configuration.services
        services["cart"]?.dependsOn = ["ledger"]
        let radius = Blast.radius(of: ["checkout"], services: services, isFleetWide: false)
        #expect(radius.isUnknown && radius.unknownReason.contains("ledger"))
        #expect(radius.serviceShare == 1 && radius.customerShare == 1)
        let outdated = Blast.radius(
            of: ["checkout"], services: Self.configuration.services, isFleetWide: false,
            outdated: "changed")
        #expect(outdated.isUnknown && outdated.customers == nil)
    }

    @Test func zonesAreNamed() {
        var services = Self.configuration.services
        services["checkout"]?.zones = ["a": 2, "b": 1, "c": 1, "d": 0]
        let radius = Blast.radius(of: ["checkout"], services: services, isFleetWide: false)
        #expect(radius.text.hasSuffix(", 4 zones (a, b, c, …)"))
        #expect(radius.shareText == "touches 1 of 4 services, ~31 % of customers")
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
