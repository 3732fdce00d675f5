import Basics
import CSystem
import Canvas
import Feeds
import Panes
import Room
import Terminal
import Themes

#if canImport(Glibc)
    import Glibc
#endif

/// The loop on the main thread: poll, keys, update, draw. It owns the screen and the model.
///
/// Duties, in this order for every message: `update`, hand the effects to the backend (which
/// journals, then acts), publish the model, draw. A key is drawn at once; data at most 30 times a
/// second, and only when something changed.
@MainActor
package final class Runtime {
    private let screen: any Screen
    private let backend: Backend
    private let inbox: Mailbox<Message>
    private let wake: WakeUp
    private let signals: SignalPipe
    private let options: Options
    private var model: Model
    /// The model as it is now.
    package var current: Model { model }
    private var isDirty = true
    private var pace = Runtime.dataPace
    private var lastTick = BootTime(nanoseconds: 0)
    private let real = SystemClock()
    private var recordsDrawn = 0

    package struct Options: Sendable {
        package var isASCII = false
        package var isMono = false
        package init() {}
    }

    /// Least time between two frames that only data asked for, and between two of the log view in
    /// a flood that lasts.
    private static let dataPace = Pace(
        gap: .milliseconds(33), interval: .milliseconds(500), burst: 8)
    /// As many new records since the last frame make it one of a flood.
    private static let floodRecords = 2_000.0

    package init(
        screen: any Screen, backend: Backend, inbox: Mailbox<Message>, wake: WakeUp,
        signals: SignalPipe, model: Model, options: Options
    ) {
        self.screen = screen
        self.backend = backend
        self.inbox = inbox
        self.wake = wake
        self.signals = signals
        self.model = model
        self.options = options
    }

    /// Runs until somebody leaves or the terminal goes away. A running action is left to finish
    /// headless; the caller then calls `backend.finish()`.
    package func run() {
        draw()
        while !model.isLeaving {
            wait()
            takeSignals()
            takeKeys()
            takeMessages()
            tickIfDue()
            drawIfDue()
        }
    }

    // MARK: One round

    private func wait() {
        var descriptors = [
            pollfd(fd: screen.inputDescriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: signals.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: wake.descriptor, events: Int16(POLLIN), revents: 0),
        ]
        _ = poll(&descriptors, nfds_t(descriptors.count), timeoutMilliseconds)
        let gone = Int16(POLLHUP) | Int16(POLLERR) | Int16(POLLNVAL)
        if descriptors[0].revents & gone != 0 || screen.hasHungUp { model.isLeaving = true }
    }

    private var timeoutMilliseconds: Int32 {
        let now = real.now.boot
        var next = Duration.seconds(1) - (now - lastTick)
        if isDirty { next = min(next, pace.wait(weight: frameWeight, now: now)) }
        return Int32(max(0, min(1_000, next.inMilliseconds + 1)))
    }

    /// Frames of the log view are seldom in a flood: nobody reads so fast, and terminals are slow.
    private var frameWeight: Double {
        guard model.focus == .logs else { return 0 }
        return min(1, Double((model.feeds?.totalRecords ?? 0) - recordsDrawn) / Self.floodRecords)
    }

    private func takeSignals() {
        for signal in signals.drain() {
            switch signal {
            case .windowChanged, .continued:
                screen.terminalResized()
                take(.resized(screen.size))
                isDirty = true
            case .terminate, .hangUp, .interrupt: model.isLeaving = true
            }
        }
    }

    private func takeKeys() {
        let keys = screen.readKeys()
        guard !keys.isEmpty else { return }
        for key in keys {
            guard let message = Bindings.message(for: key, in: model) else { continue }
            take(message)
        }
        draw()
    }

    private func takeMessages() {
        wake.clear()
        let (messages, _) = inbox.receive()
        guard !messages.isEmpty else { return }
        // What was observed may be newer than the last tick: ages must not become negative.
        take(.tick(backend.clock.now))
        for message in messages { take(message) }
        isDirty = true
    }

    private func tickIfDue() {
        let now = real.now.boot
        guard now - lastTick >= .seconds(1) else { return }
        lastTick = now
        take(.tick(backend.clock.now))
        isDirty = true
    }

    private func drawIfDue() {
        guard isDirty, pace.wait(weight: frameWeight, now: real.now.boot) == .zero else { return }
        draw()
    }

    private func draw() {
        screen.present(RoomView.frame(model))
        pace.spend(weight: frameWeight, now: real.now.boot)
        recordsDrawn = model.feeds?.totalRecords ?? 0
        isDirty = false
    }

    // MARK: Messages and effects

    private func take(_ message: Message) {
        // A key has the time at which it came: how fast keys follow each other tells typing from a
        // held key.
        switch message {
        case .command, .key: model.now = backend.clock.now
        default: break
        }
        let effects = model.update(message)
        backend.publish(model)
        for effect in effects { perform(effect) }
    }

    private func perform(_ effect: Effect) {
        switch effect {
        case .suspend: suspend()
        case .redraw:
            screen.terminalResized()
            isDirty = true
        case .quit: model.isLeaving = true
        case .setTheme(let name): setTheme(name)
        case .copy(let text): screen.copy(text)
        default: backend.perform(effect, model)
        }
    }

    private func suspend() {
        screen.suspendAndStop()
        take(.resized(screen.size))
        draw()
    }

    private func setTheme(_ name: String) {
        do throws(Failure) {
            let theme = try Theme.named(name)
            let depth: ColourDepth = options.isMono ? .mono : screen.colourDepth
            screen.styles = theme.styleSheet(depth: depth, ascii: screen.isASCII)
            model.themeName = name
            screen.terminalResized()
        } catch {
            take(.failed(error))
        }
        isDirty = true
    }
}

/// Wakes the main loop from any thread, through an eventfd.
package final class WakeUp: Sendable {
    package let descriptor: Int32

    package init() throws(Failure) {
        descriptor = csystem_eventfd()
        guard descriptor >= 0 else {
            throw Failure(
                "room.noEventfd", "The room cannot be opened", subject: "eventfd",
                why: "\(SystemError(-descriptor))")
        }
    }

    deinit { close(descriptor) }

    package func signal() {
        var one: UInt64 = 1
        _ = write(descriptor, &one, 8)
    }

    package func clear() {
        var count: UInt64 = 0
        _ = read(descriptor, &count, 8)
    }
}
