import Basics

/// The drills that come with the program.
package enum Drill {
    /// Name and title of each, in the order they are offered.
    package static func list() -> [(name: String, title: String)] {
        BuiltinScenarios.files.map { file in
            let scenario = try? Scenario.load(text: file.text, file: file.name + ".yaml")
            return (file.name, scenario?.title ?? file.name)
        }
    }

    /// `[{"name":"bad-deploy","title":"…"}]`.
    package static func listJSON() -> String {
        let items = list().map {
            #"{"name":\#(JSONText.quoted($0.name)),"title":\#(JSONText.quoted($0.title))}"#
        }
        return "[" + items.joined(separator: ",") + "]"
    }

    /// The built-in scenario of that name.
    package static func builtin(_ name: String) throws(Failure) -> Scenario {
        guard let file = BuiltinScenarios.files.first(where: { $0.name == name }) else {
            let names = BuiltinScenarios.files.map(\.name).joined(separator: ", ")
            throw Failure(
                "drill.unknown", "There is no such drill", subject: name,
                unchanged: "Nothing was started", next: "Choose one of: \(names)", exit: .usage)
        }
        return try Scenario.load(text: file.text, file: file.name + ".yaml")
    }
}
