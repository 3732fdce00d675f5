import Basics
import Incidents

/// One line from a peer: what it asks of the room.
///
/// ```
/// {"v":1,"do":"approve","proposal":"M3","digest":"9f…","confirm":"CONFIRM checkout"}\n
/// ```
package struct Request: Sendable, Codable, Hashable {
    /// The only version there is.
    package static let version = 1

    package enum Deed: String, Sendable, Codable, CaseIterable {
        /// How the incident stands.
        case status
        /// A proposal as an approver must see it, judged for that person.
        case card
        case note, propose, object, approve, refuse
        /// Says that an escalation has reached somebody.
        case acknowledge
        /// Stay connected: one line comes for everything that happens.
        case attend
        case takeCommand = "take-command"
    }

    package var version: Int
    package var deed: Deed
    /// A note, a reason, an objection.
    package var text: String?
    /// The proposal's id: `M3`.
    package var proposal: String?
    /// The escalation's id: `E1`.
    package var escalation: String?
    // propose
    package var action: String?
    package var target: String?
    package var slots: [String: String]?
    // approve
    /// As the card showed it: another one is refused.
    package var digest: String?
    /// What was typed for the class `confirm`.
    package var confirm: String?
    /// The review gates that the card showed.
    package var reviewed: [String]?
    package var reviewReason: String?
    /// Do not wait for the end of the objection window.
    package var proceed: Bool?
    /// Why one person goes on where two are asked for.
    package var breakGlass: String?

    private enum CodingKeys: String, CodingKey {
        case version = "v"
        case deed = "do"
        case text, proposal, escalation, action, target, slots, digest, confirm, reviewed
        case reviewReason, proceed, breakGlass
    }

    package init(_ deed: Deed, proposal: String? = nil, text: String? = nil) {
        version = Self.version
        self.deed = deed
        self.proposal = proposal
        self.text = text
    }
}

/// One line from the room.
package struct Answer: Sendable, Codable {
    /// A failure as it goes over the wire: the same five answers.
    package struct Problem: Sendable, Codable, Hashable {
        package var code: String
        package var what: String
        package var subject: String
        package var why: String
        package var unchanged: String
        package var next: String
        package var exit: Int32
    }

    package var version: Int
    package var ok: Bool
    /// What happened, in a sentence.
    package var did: String?
    package var problem: Problem?
    /// The proposal this is about.
    package var proposal: String?
    /// What was asked for, where an answer is more than a sentence.
    package var status: JSONTree?
    package var card: JSONTree?

    private enum CodingKeys: String, CodingKey {
        case version = "v"
        case ok, did, problem, proposal, status, card
    }

    package init(did: String, proposal: String? = nil) {
        version = Request.version
        ok = true
        self.did = did
        self.proposal = proposal
    }

    package init(_ failure: Failure) {
        version = Request.version
        ok = false
        problem = Problem(
            code: failure.code, what: failure.what, subject: failure.subject, why: failure.why,
            unchanged: failure.unchanged, next: failure.next, exit: failure.exit.rawValue)
    }

    /// What went wrong; nil when it was done.
    package var failure: Failure? {
        if ok { return nil }
        guard let problem else {
            return Failure("control.noReason", "The room refused and gave no reason")
        }
        return Failure(
            problem.code, problem.what, subject: problem.subject, why: problem.why,
            unchanged: problem.unchanged, next: problem.next,
            exit: ExitStatus(rawValue: problem.exit) ?? .environment)
    }
}

/// One line to those who attend, for each thing that happens.
package struct Push: Sendable, Codable, Hashable {
    package enum Kind: String, Sendable, Codable {
        /// An entry of the journal.
        case event
        /// Something waits for a decision.
        case proposal
        /// Others may still object for so long.
        case window
        /// The room ends.
        case end
    }
    package var version: Int
    package var push: Kind
    /// Sequence number of the entry; 0 where there is none.
    package var sequence: UInt64
    /// RFC 3339.
    package var time: String
    package var actor: String
    package var text: String
    package var proposal: String?
    package var seconds: Double?

    private enum CodingKeys: String, CodingKey {
        case version = "v"
        case push, sequence, time, actor, text, proposal, seconds
    }

    package init(
        _ push: Kind, sequence: UInt64 = 0, time: String, actor: String, text: String,
        proposal: String? = nil, seconds: Double? = nil
    ) {
        version = Request.version
        self.push = push
        self.sequence = sequence
        self.time = time
        self.actor = actor
        self.text = text
        self.proposal = proposal
        self.seconds = seconds
    }
}

/// Lines on the wire.
package enum WireText {
    /// One line of printable ASCII with its newline, so that a plain `nc` shows it safely.
    package static func line(_ value: some Encodable) -> [UInt8] {
        let json = (try? JSONText.encode(value)) ?? Array(Self.unsayable.utf8)
        return JSONText.asciiOnly(json) + [0x0A]
    }

    private static let unsayable = #"{"ok":false,"v":1}"#

    /// - Throws: `control.notUnderstood`, `control.version`.
    package static func request(_ line: some Collection<UInt8>) throws(Failure) -> Request {
        let request: Request
        do {
            request = try JSONText.decode(Request.self, from: line)
        } catch {
            throw Failure(
                "control.notUnderstood", "The room does not understand this line",
                why: "it expects one JSON object such as {\"v\":1,\"do\":\"status\"}",
                unchanged: "Nothing was changed", exit: .usage)
        }
        guard request.version == Request.version else {
            throw Failure(
                "control.version", "The room does not speak this version",
                subject: "v \(request.version)", why: "it speaks v \(Request.version)",
                unchanged: "Nothing was changed", exit: .usage)
        }
        return request
    }
}
