import Canvas
import Room

extension Bindings {
    /// Keys that mean something in screen 6 alone.
    static let logs: [Binding] = [
        keyed(
            .nextError, ")", "next error", "Go to the next line at error or worse.", isShown: true),
        keyed(.previousError, "(", "error before", "Go to the error before."),
        keyed(
            .level, "l", "level",
            "Show all lines, warnings and worse, errors and worse; or name it.",
            isShown: true),
        keyed(
            .patterns, "p", "patterns",
            "Show the patterns, new ones first; Enter shows their lines.",
            isShown: true),
        keyed(
            .samePattern, "f", "this pattern", "Show only lines of this line's pattern, and back."),
        keyed(.hidePattern, "-", "hide pattern", "Leave out the lines of this line's pattern."),
        keyed(
            .sameService, "s", "this service", "Show only lines of this line's service, and back."),
        Binding(
            .removeFilter, [.backspace], "less filter",
            "Remove the part of the filter that is shown last; Esc removes all of it.",
            scope: .pane(.logs)),
        keyed(.goTo, "@", "go to time", "Go to a time: goto 14:02, goto -15m."),
        keyed(.wrap, "w", "wrap", "Show long and joined lines whole, and back.", isShown: true),
    ]

    private static func keyed(
        _ command: Command, _ key: Character, _ title: String, _ hint: String,
        isShown: Bool = false
    ) -> Binding {
        Binding(
            command, [.character(key)], title, hint, scope: .pane(.logs),
            footer: isShown ? .panes([.logs]) : .never)
    }
}
