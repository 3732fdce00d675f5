import Basics
import Canvas
import Incidents
import Metrics
import Panes
import Playbooks
import Room
import SafeText
import Terminal
import Themes

/// Opens the room on a terminal and runs it to its end.
@MainActor
package enum RoomLauncher {
    package struct Options: Sendable {
        package var theme = "dark"
        package var isASCII = false
        package var isMono = false
        package var usesMouse = true
        /// Why the incident is taken over from a room that no longer answers; nil when it is not.
        package var takeOver: String?
        package init() {}
    }

    /// A terminal that is ready, with its theme: the first frame can be drawn before anything is
    /// read.
    package static func openScreen(_ options: Options) throws(Failure) -> CursesScreen {
        let screen = try CursesScreen.open(
            mouse: options.usesMouse, ascii: options.isASCII ? true : nil,
            noColour: options.isMono)
        do throws(Failure) {
            let theme = try Theme.named(options.theme)
            screen.styles = theme.styleSheet(
                depth: options.isMono ? .mono : screen.colourDepth, ascii: screen.isASCII)
            return screen
        } catch {
            screen.close()
            throw error
        }
    }

    /// Gives the terminal back when the room could not be opened after all.
    package static func leave(_ screen: any Screen) { screen.close() }

    /// The first frame, before configuration and journal are read: nothing in it claims to be
    /// known.
    package static func greet(_ id: IncidentID, on screen: any Screen, isNew: Bool) {
        let incident = Incident(id: id)
        let clock = SystemClock()
        var model = Model(
            incident: incident, access: .writer, configuration: Configuration(),
            actor: Actor(uid: 0, name: ""), now: clock.now, bootID: clock.bootID,
            size: screen.size)
        if isNew { model.overlay = Overlay.declaration(model.openingDeclaration) }
        screen.present(RoomView.frame(model))
    }

    /// Runs the room on `screen` until somebody leaves. The screen is closed in every case; a
    /// running action is finished before this returns.
    package static func run(
        _ setup: RoomSetup, clock: any TimeSource, rules: [RuleGroup], screen: any Screen,
        options: Options, beforeFeeds: (Backend) -> Void = { _ in }
    ) throws(Failure) -> Model {
        defer { screen.close() }
        let signals = try SignalPipe()
        let wake = try WakeUp()
        let inbox = Mailbox<Message>(capacity: nil, wake: { wake.signal() })
        let backend = try Backend(
            setup: setup, clock: clock, rules: rules, post: { inbox.send($0) })
        var model = try backend.openModel(size: screen.size)
        model.themeName = options.theme
        if let reason = options.takeOver { try backend.recordTakeOver(reason) }
        if shouldAsk(setup, model) { model.overlay = Overlay.declaration(model.openingDeclaration) }
        beforeFeeds(backend)
        backend.start()
        var runtimeOptions = Runtime.Options()
        runtimeOptions.isASCII = options.isASCII
        runtimeOptions.isMono = options.isMono
        let runtime = Runtime(
            screen: screen, backend: backend, inbox: inbox, wake: wake, signals: signals,
            model: model, options: runtimeOptions)
        runtime.run()
        screen.close()
        if runtime.current.incident.runningAttempt != nil {
            Talk.say("Waiting for the running action to finish; it is recorded in the journal.")
        }
        backend.finish()
        return runtime.current
    }

    /// The declaration is asked once, for a new incident whose environment nobody stated.
    private static func shouldAsk(_ setup: RoomSetup, _ model: Model) -> Bool {
        model.canWrite && !setup.isDrill && !model.incident.environmentAnswered
            && model.incident.milestones[.acknowledged] == nil
    }
}

/// What is said on standard error: talk, never data. Everything is cleaned first.
package enum Talk {
    package static func say(_ text: String) {
        var bytes = Array((Clean.document(text) + "\n").utf8)
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { writeToStandardError($0) }
            guard count > 0 else { return }
            bytes.removeFirst(count)
        }
    }
}
