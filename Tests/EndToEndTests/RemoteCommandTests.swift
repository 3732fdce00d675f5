import Support
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// A log of another machine, by ssh: of this one, through a server of the test's own.
@Suite(.serialized) struct RemoteCommandTests {
    static let isPossible =
        getenv("WARROOM_SLOW") != nil && geteuid() == 0 && access("/usr/sbin/sshd", X_OK) == 0

    private func started(_ home: TemporaryFolder, port: Int) throws -> Tmux {
        for name in ["host", "user"] {
            let made = try ChildProcess.run([
                "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", home.file(name),
            ])
            #expect(made.status == 0, "\(made.errors)")
        }
        try home.write(try home.text("user.pub"), to: "authorized")
        mkdir("/run/sshd", 0o755)
        return try Tmux(
            "/usr/sbin/sshd -D -e -p \(port) -h \(home.file("host")) -f /dev/null "
                + "-o ListenAddress=127.0.0.1 -o AuthorizedKeysFile=\(home.file("authorized")) "
                + "-o StrictModes=no -o UsePAM=no -o PidFile=none")
    }

    @Test(.enabled(if: isPossible)) func comesBackAfterTheConnectionWasLost() throws {
        let home = try TemporaryFolder()
        let port = 20_000 + Int(getpid()) % 20_000
        let server = try started(home, port: port)
        try server.wait(forText: "listening on")
        try home.write("2026-08-21T10:00:00Z ERROR line 1\n", to: "far.log")
        let words =
            "ssh -n -p \(port) -i \(home.file("user")) -o BatchMode=yes "
            + "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null "
            + "127.0.0.1 tail -n 100 -F \(home.file("far.log"))"
        let room = try RoomUnderTest("open --log-command '\(words)'", home: home)
        try room.ready()
        try room.tmux.press("6")
        try room.tmux.wait(forText: "line 1")
        let writer = Writer(home.file("far.log"))
        for round in 2...4 {
            for pid in RunningProcess.having("-i")
            where RunningProcess.arguments(of: pid).first == "/usr/bin/ssh"
                && RunningProcess.arguments(of: pid).contains(home.file("user"))
            { kill(pid, SIGKILL) }
            writer.write("2026-08-21T10:00:0\(round)Z ERROR line \(round)\n")
            try room.tmux.wait(forText: "line \(round)", patience: .seconds(40))
        }
        let screen = try room.tmux.screen()
        for line in 1...4 {
            #expect(screen.split(separator: "line \(line) ").count <= 3, "\(screen)")
        }
        kill(try room.pid, SIGKILL)
        try poll("the end of ssh") {
            !RunningProcess.having(home.file("user")).contains { pid in
                RunningProcess.arguments(of: pid).first == "/usr/bin/ssh"
            }
        }
    }
}
