import SafeText
import Testing

/// What people add to the built-in rules, and the tags by which equal secrets are known.
@Suite struct AddedRulesTests {
    private static let key = TagKey(1, 2)

    private func redact(_ line: String, _ change: (inout RedactionRules) -> Void) -> String {
        var rules = RedactionRules()
        change(&rules)
        return Redactor(rules, key: Self.key).redact(line).text
    }

    @Test(
        arguments: [
            "customer_pin=48213377", "customerPin: \"48213377\"", "<pin>48213377</pin>",
            "{\"PIN\":\"48213377\"}", "kunden-nummer=48213377", "x --pin 48213377 y",
        ])
    func addedNames(_ line: String) {
        let text = redact(line) { $0.names = ["pin", "kundennummer"] }
        #expect(
            !text.contains("48213377") && text.contains("[REDACTED:kv#")
                || text.contains("[REDACTED:flag#"), "\(text)")
        #expect(redact(line) { _ in } == line, "it is the added word that announces it")
    }

    @Test func addedNamesAreEndsOfNames() {
        let line = "spinning=48213377 pinned=48213377 pins=48213377"
        #expect(redact(line) { $0.names = ["pin"] } == line)
    }

    @Test func addedPrefixes() {
        let line = "using acme_4f7a1b2c9 and acme_x"
        let text = redact(line) { $0.prefixes = ["acme_"] }
        #expect(text.hasPrefix("using [REDACTED:added#") && text.hasSuffix(" and acme_x"))
    }

    @Test func addedPatterns() {
        let line = "order ORD-12345678 and ORD-12"
        let text = redact(line) {
            $0.patterns = [
                RedactionRules.Pattern(literal: "ORD-") { bytes in
                    let digits = bytes.dropFirst(4).prefix { (0x30...0x39).contains($0) }
                    return digits.count >= 8 ? digits.indices : nil
                }
            ]
        }
        #expect(text.hasPrefix("order ORD-[REDACTED:added#") && text.hasSuffix(" and ORD-12"))
    }

    @Test func exceptionsTouchOnlyWhatWasAdded() {
        let line = "pin=48213377 public_pin=48213377 password=48213377 demo_pin=00000000"
        let text = redact(line) {
            $0.names = ["pin"]
            $0.exceptions = ["public_pin", "00000000", "password", "48213377x"]
        }
        #expect(text.contains(" public_pin=48213377 "))
        #expect(text.hasSuffix("demo_pin=00000000"))
        #expect(text.contains("password=[REDACTED:kv#"), "a built-in rule has no exceptions")
        #expect(text.hasPrefix("pin=[REDACTED:kv#"))
    }

    @Test func anExceptionDoesNotFreeAKnownValue() {
        let text = redact("x swordfish-9 y") {
            $0.values = ["swordfish-9"]
            $0.exceptions = ["swordfish-9"]
        }
        #expect(!text.contains("swordfish"))
    }

    /// One value has one tag, however it travels.
    @Test func allFormsOfAValueHaveItsTag() {
        let redactor = Redactor(.knowing(["pa ss/w0rd"]), key: Self.key)
        let tags = [
            "pa ss/w0rd", "pa%20ss%2Fw0rd", "pa%20ss%2fw0rd", "pa+ss%2Fw0rd", "password=pa ss/w0rd",
            "cGEgc3MvdzByZA==", "dTpwYSBzcy93MHJk", "dXM6cGEgc3MvdzByZA==",
        ].flatMap { redactor.redact($0).findings.filter { $0.cls == "known" }.map(\.tag) }
        #expect(tags.count == 8)
        #expect(Set(tags).count == 1, "\(tags)")
    }

    @Test func nothingOfAValueIsLeftInBase64() {
        let redactor = Redactor(.knowing(["swordfish-9"]), key: Self.key)
        for text in ["c3dvcmRmaXNoLTk=", "eHN3b3JkZmlzaC05", "eHhzd29yZGZpc2gtOQ=="] {
            let left = redactor.redact("[" + text + "]").text
            #expect(left.utf8.count == "[[REDACTED:known#0000]]".utf8.count, "\(left)")
        }
    }

    @Test func tagsAreTheKeysAlone() throws {
        let one = Redactor(key: TagKey(1, 2)).redact("password=hunter2").findings
        #expect(Redactor(key: TagKey(1, 2)).redact("password: hunter2").findings == one)
        #expect(Redactor(key: TagKey(1, 3)).redact("password=hunter2").findings != one)
        let key = TagKey.random()
        #expect(TagKey(text: key.text) == key)
        #expect(key.text.count == 32)
        for text in ["", "0", String(repeating: "g", count: 32), key.text + "0"] {
            #expect(TagKey(text: text) == nil)
        }
    }

    /// The example of the paper's appendix: key 00…0f, text 00…0e.
    @Test func theHashIsSipHash() {
        let key = TagKey(0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908)
        #expect(key.hash((0..<15).map { UInt8($0) }) == 0xa129_ca61_49be_45e5)
        #expect(key.hash([]) == 0x726f_db47_dd0e_0e31)
    }

    @Test(arguments: ["[FILTERED]", "[object Object]", "(hidden)", "var.db_password"])
    func marksAndReferencesAreNoSecrets(_ value: String) {
        #expect(redact("password=\(value)") { _ in } == "password=\(value)")
    }

    @Test(arguments: ["\"[a1b2c3d4\"", "[REDACTED:kv#a91f]hunter2", "\"[REDACTED:x] hunter2\""])
    func aBracketHidesNothing(_ value: String) {
        let text = redact("password=\(value)") { _ in }
        #expect(!text.contains("hunter2") && !text.contains("a1b2c3d4"), "\(text)")
    }
}
