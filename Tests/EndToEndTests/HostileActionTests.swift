import Support
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// What an action writes comes back to the room as text, whatever it tries.
@Suite(.serialized) struct HostileActionTests {
    private func prepare(_ samples: [HostileTextTests.Sample], _ home: TemporaryFolder) throws {
        let output = Writer(home.file("output"))
        for sample in samples { output.write(Array("\(sample.name) ".utf8) + sample.bytes + [10]) }
        try home.write("failing 0.5\n", to: "a.prom")
        try home.write(
            """
            id: hostile
            title: Errors
            applies_when: [error_ratio above baseline]
            mitigations:
              - {action: show-output, why: to see it, could_break: nothing, monitor: error_ratio}
            do_nothing: nothing changes
            """, to: "playbook.yaml")
        try home.write(
            """
            environment: dev
            tickets: false
            on_call: false
            sources: {metrics: [{path: \(home.file("a.prom")), every: 60s}]}
            signals: {error_ratio: {promql: failing, unit: ratio, harm: up, target: 0.01}}
            services: {checkout: {tier: edge, customers: 10%}}
            playbooks: [\(home.file("playbook.yaml"))]
            actions:
              show-output:
                tier: contained
                risk: low
                containment: true
                steps:
                  - [/bin/cat, \(home.file("output"))]
                  - [/bin/sh, -c, "cat $0 >&2; printf '\\\\033[2Jlast \\\\033]0;x\\\\007words'", \
            \(home.file("output"))]
                rollback: {steps: [[/bin/true]]}
            """, to: "warroom.yaml")
    }

    @Test func actsNowhere() throws {
        guard let samples = try HostileTextTests.samples() else { return }
        let home = try TemporaryFolder()
        try prepare(samples, home)
        let room = try RoomUnderTest("open --config \(home.file("warroom.yaml"))", home: home)
        try room.tmux.record(to: home.file("pty"))
        try room.ready()
        try room.tmux.press("3")
        try room.tmux.wait(forText: "show-output")
        try room.tmux.press("g", "a")
        try room.tmux.wait(for: "the card") { $0.contains("approve nothing") }
        try room.approve()
        try room.waitForJournal("action.succeeded")
        try room.tmux.press("5", "G")
        try room.tmux.wait(forText: "succeeded")
        try room.tmux.press("3", "g", "Enter")
        usleep(300_000)
        #expect(try room.tmux.screen().contains("INC-0001"))
        kill(try room.pid, SIGTERM)
        try poll("the end") { room.tmux.isDead }
        let stream = TerminalStream(try home.bytes("pty"))
        #expect(stream.kinds.subtracting(HostileTextTests.allowed) == [])
        let kept = home.allFiles().filter { $0.contains("/blobs/") || $0.hasSuffix(".wj") }
        #expect(kept.contains { $0.contains("/blobs/") }, "\(kept)")
        for name in kept {
            // The journal's file is allocated in advance.
            let bytes = try home.bytes(name).filter { $0 != 0 || !name.hasSuffix(".wj") }
            #expect(TerminalStream.acts(in: bytes) == [], "\(name)")
        }
        let report = try room.command("report", "INC-0001")
        #expect(TerminalStream.acts(in: Array(report.output.utf8)) == [])
    }
}
