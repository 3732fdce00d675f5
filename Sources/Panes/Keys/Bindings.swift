import Canvas
import Room

/// The one table of keys.
package enum Bindings {
    /// One record for every command, in the order of the help page.
    package static let all: [Binding] = panes + moving + logs + deciding + room + palette

    private static let panes: [Binding] = [
        Binding(
            .situation, [.character("1")], "situation",
            "Go to the situation: what, since when, for whom, and the signals."),
        Binding(
            .hypotheses, [.character("2")], "hypotheses",
            "Go to the hypotheses, ranked, with evidence for and against."),
        Binding(
            .mitigations, [.character("3")], "mitigations",
            "Go to the mitigations: what could be done, what was done."),
        Binding(
            .conditions, [.character("4")], "resolve when",
            "Go to the six conditions that must hold before the incident is resolved."),
        Binding(.timeline, [.character("5")], "timeline", "Go to the timeline of all entries."),
        Binding(.logs, [.character("6")], "logs", "Go to the logs and their patterns."),
        Binding(
            .metrics, [.character("7")], "metrics", "Go to the metrics, the alerts and the sources."
        ),
        Binding(.report, [.character("9")], "report", "Go to the report as it stands now."),
        Binding(.nextPane, [.tab], "next pane", "Go to the next pane."),
        Binding(.previousPane, [.backTab], "previous pane", "Go to the pane before."),
    ]

    private static let moving: [Binding] = [
        Binding(.up, [.up, .character("k")], "up", "Select the row above; stops following."),
        Binding(.down, [.down, .character("j")], "down", "Select the row below."),
        Binding(.pageUp, [.pageUp], "page up", "Move up by a page; stops following."),
        Binding(.pageDown, [.pageDown], "page down", "Move down by a page."),
        Binding(.top, [.character("g"), .home], "top", "Select the first row."),
        Binding(
            .bottom, [.character("G"), .end], "bottom",
            "Select the last row; the timeline and the logs follow again."),
        Binding(
            .open, [.enter], "open", "Show everything about the selected row.", footer: .always),
        Binding(.back, [.escape], "back", "Go out one level; never leaves the room."),
        Binding(
            .zoom, [.character("+")], "zoom", "Give the pane the whole screen, and back.",
            footer: .panes([.situation, .timeline])),
        Binding(
            .find, [.character("/")], "find",
            "Find text in this pane; in the logs: filter by text, ~regexp, level: and more.",
            footer: .panes([.timeline, .logs, .report])),
        Binding(.nextMatch, [.character("]")], "next match", "Go to the next match."),
        Binding(.previousMatch, [.character("[")], "previous match", "Go to the match before."),
        Binding(
            .follow, [.character(" ")], "follow/pause",
            "Follow the newest rows of the timeline or the logs, or stand still.",
            footer: .panes([.timeline, .logs])),
    ]

    private static let deciding: [Binding] = [
        Binding(
            .approve, [.character("a")], "approve",
            "Open the approval card of the selected mitigation; nothing runs by this key alone.",
            risk: .dangerous, footer: .panes([.situation, .hypotheses, .mitigations, .conditions])),
        Binding(
            .refuse, [.character("x")], "refuse",
            "Refuse the selected proposal; the reason is recorded.", risk: .writes,
            footer: .panes([.mitigations])),
        Binding(
            .undo, [.character("r")], "undo last",
            "Open the card that undoes the newest action with a rollback; the footer names it.",
            risk: .dangerous, footer: .panes(Pane.room)),
        Binding(
            .byHand, [.character("m")], "done by hand",
            "Record work that somebody did outside this room.", risk: .writes,
            footer: .panes([.mitigations])),
        Binding(
            .test, [.character("t")], "test",
            "Run the fastest test of the selected hypothesis, a command that changes nothing; "
                + "without one, mark it as being tested.",
            risk: .writes, footer: .panes([.hypotheses])),
        Binding(
            .hypothesis, [.character("h")], "hypothesis", "Add a hypothesis of your own.",
            risk: .writes, footer: .panes([.situation, .hypotheses])),
        Binding(
            .evidence, [.character("e")], "evidence",
            "Attach evidence to a hypothesis; in the logs the line or pattern is pinned as it is.",
            risk: .writes, footer: .panes([.hypotheses, .logs])),
        Binding(
            .explain, [.character("i")], "explain",
            "Explain the selected row: arithmetic, sources, gates.",
            footer: .panes([.hypotheses, .conditions])),
        Binding(
            .note, [.character("n")], "note", "Write a note into the timeline.", risk: .writes,
            footer: .always),
        Binding(
            .update, [.character("u")], "update", "Publish a status update from a draft.",
            risk: .writes, footer: .panes(Pane.room)),
        Binding(
            .catchUp, [.character("c")], "catch up", "Copy and show a situation report.",
            footer: .panes([.situation, .timeline, .report])),
    ]

    private static let room: [Binding] = [
        Binding(
            .stop, [.character("!"), .control("X")], stopTitle,
            "Set the emergency stop at once: nothing runs until the IC clears it. "
                + "Ctrl-X works from anywhere, also inside a text field.",
            risk: .dangerous, footer: .always),
        Binding(
            .palette, [.character(":")], "command", "Open the command palette.", footer: .always),
        Binding(
            .help, [.character("?"), .function(1)], "help", "Show this page.", footer: .always),
        Binding(
            .quit, [.character("q"), .control("C")], "leave",
            "Ask whether to leave the room; then y leaves."),
        Binding(
            .suspend, [.control("Z")], "suspend",
            "Go to the shell; refused while an action runs.", scope: .everywhere),
        Binding(.redraw, [.control("L")], "redraw", "Draw the screen again.", scope: .everywhere),
    ]
}
