import Basics
import Incidents

extension JournalKinds {
    static func decode(kind: String, json: [UInt8]) -> (any EventPayload)? {
        switch kind {
        case Opened.kind: try? JSONText.decode(Opened.self, from: json)
        case Recovered.kind: try? JSONText.decode(Recovered.self, from: json)
        case Continued.kind: try? JSONText.decode(Continued.self, from: json)
        case Elsewhere.kind: try? JSONText.decode(Elsewhere.self, from: json)
        case Adopted.kind: try? JSONText.decode(Adopted.self, from: json)
        case AnchorSkipped.kind: try? JSONText.decode(AnchorSkipped.self, from: json)
        default: nil
        }
    }
}
