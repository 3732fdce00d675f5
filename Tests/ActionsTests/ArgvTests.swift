import Basics
import Incidents
import Playbooks
import Safety
import Testing

@testable import Actions

#if canImport(Glibc)
    import Glibc
#endif

/// What may stand in a command line, down to the bytes that the child sees.
@Suite("Argv")
struct ArgvTests {
    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.environment = .staging
        configuration.services["checkout"] = Service(name: "checkout", versions: ["v1.2"])
        configuration.actions["act"] = CatalogueAction(
            id: "act", title: "act", tier: .contained, risk: .low,
            steps: [["/usr/bin/printf", "%s", "{service}", "{version}", "{flag}", "{count}"]],
            slots: [
                "service": .service, "version": .version, "flag": .flagID, "count": .integer,
            ])
        return configuration
    }

    private func refusal(_ slots: [String: String]) -> String? {
        var all = ["service": "checkout", "version": "v1.2", "flag": "f", "count": "1"]
        all.merge(slots) { $1 }
        guard let id = IncidentID("INC-2041") else { return "no id" }
        do throws(Failure) {
            _ = try Planner(configuration: Self.configuration).propose(
                id: "M1", action: "act", target: "checkout", slots: all, reason: "r",
                incident: Incident(id: id))
            return nil
        } catch { return error.code }
    }

    @Test(
        "N08: a slot's value is never an option",
        arguments: ["--kubeconfig=/x", "-H", "--root=/", "-", "--", "-rf", "--to-revision=0"])
    func noOptions(_ value: String) {
        #expect(refusal([:]) == nil)
        for slot in ["service", "version", "flag", "count"] {
            #expect(refusal([slot: value]) == "plan.slot", "\(slot)")
        }
    }

    @Test("N09: no slot's value names a file", arguments: ["@/etc/shadow", "a@b", "/etc/shadow"])
    func noFiles(_ value: String) {
        for slot in ["version", "flag", "count"] {
            #expect(refusal([slot: value]) == "plan.slot", "\(slot)")
        }
    }

    @Test(
        "N09: a command line that would send a file is not run",
        arguments: [
            ["--data", "@/etc/shadow"], ["-d", "@/etc/shadow"], ["-d@/etc/shadow"],
            ["--data=@/etc/shadow"], ["--data-binary", "@/etc/shadow"], ["--json", "@/etc/shadow"],
            ["-sd@/etc/shadow"], ["-F", "f=@/etc/shadow"], ["-Ff=@/etc/shadow"],
            ["-F", "f=</etc/shadow"],
            ["--form", "f=@/etc/shadow"], ["-T", "/etc/shadow"], ["-sT", "/etc/shadow"],
            ["--upload-file", "/etc/shadow"], ["--upload-file=/etc/shadow"], ["-K", "/tmp/x"],
            ["--config", "/tmp/x"], ["-H", "@/etc/shadow"], ["-s", "-K/tmp/x"],
        ])
    func noUpload(_ arguments: [String]) {
        #expect(ArgvRule.defect(of: ["/usr/bin/curl"] + arguments) != nil)
        var bench = Bench("true")
        bench.action.steps = [["/usr/bin/curl"] + arguments]
        let sink = bench.sink()
        #expect(bench.run(sink) == .failed)
        #expect(sink.kinds == ["gate.blocked"])
        #expect(sink.payload(GateBlocked.self)?.gate == "input")
    }

    @Test(
        "N09: a body given as text is sent as it stands",
        arguments: [
            ["-q", "-sS", "-XPATCH", "--data-raw", "@{\"enabled\": false}", "http://127.0.0.1/"],
            ["-X", "POST", "-H", "Content-Type: application/json", "--data", "{}"],
            ["--max-time", "5", "-o", "/dev/null", "-w", "%{http_code}"], ["--data-raw=@x"],
        ])
    func textIsAllowed(_ arguments: [String]) {
        #expect(ArgvRule.defect(of: ["/usr/bin/curl"] + arguments) == nil)
        #expect(ArgvRule.defect(of: ["/usr/bin/echo", "-d", "@x", "-K"]) == nil)
    }

    @Test(
        "N08: options that act on another machine or system are not run",
        arguments: [
            ["/usr/bin/systemctl", "-H", "db1", "restart", "x.service"],
            ["/usr/bin/systemctl", "--host=db1", "restart", "x.service"],
            ["/usr/bin/systemctl", "--root=/mnt", "enable", "x.service"],
            ["/usr/bin/systemctl", "-qM", "web", "stop", "x.service"],
            ["/usr/bin/docker", "-H", "tcp://10.0.0.1", "ps"],
            ["/usr/bin/docker", "--context=x", "ps"],
            ["/usr/bin/docker", "--config", "/tmp/x", "ps"],
            ["/usr/bin/kubectl", "rollout", "undo", "deployment/x", "--to-revision=0"],
            ["/usr/bin/kubectl", "rollout", "undo", "deployment/x", "--to-revision", "00"],
        ])
    func elsewhere(_ argv: [String]) {
        #expect(ArgvRule.defect(of: argv) != nil)
    }

    @Test(arguments: [
        ["/usr/bin/systemctl", "restart", "checkout.service"],
        ["/usr/bin/docker", "restart", "-t", "5", "checkout"],
        ["/usr/bin/kubectl", "rollout", "undo", "deployment/x", "--to-revision=42"],
        ["/usr/bin/kubectl", "-n", "shop", "get", "pods"],
    ])
    func plainCommandsPass(_ argv: [String]) {
        #expect(ArgvRule.defect(of: argv) == nil)
    }

    @Test("N10: every byte of an argument arrives")
    func everyByteOfAnArgumentArrives() {
        let hostile = [
            ";id", "a|b", "$(id)", "`id`", "a & b", "*", "~", "\\", "'\"", "ü\n€", "", "%s",
            "\u{1}\u{7F}\u{1B}[31m",
        ]
        let bench = Bench(
            #"for a in "$@"; do printf '%s' "$a" | od -An -v -tx1; done"#,
            arguments: hostile)
        let sink = bench.sink()
        #expect(bench.run(sink) == .succeeded)
        let lines = hostile.map { text in
            text.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
        }
        let found = sink.blobText.split(separator: "\n").map { $0.split(separator: " ") }
        let expected = lines.filter { !$0.isEmpty }.map { $0.split(separator: " ") }
        #expect(found == expected)
    }

    @Test("N14: a kubeconfig that a command line names is looked at")
    func kubeconfigInTheCommandLine() {
        let scratch = Scratch()
        let bad = scratch.write("bad", "users: [{user: {exec: {command: x}}}]\n", mode: 0o600)
        let good = scratch.write("good", "users: [{user: {token: abc}}]\n", mode: 0o600)
        let kubectl = "/usr/bin/kubectl"
        for argv in [
            [kubectl, "--kubeconfig=\(bad)", "get", "pods"],
            [kubectl, "get", "pods", "--kubeconfig", bad], [kubectl, "--kubeconfig"],
            [kubectl, "--kubeconfig="], [kubectl, "--kubeconfig=relative"],
        ] { #expect(ArgvRule.defect(of: argv) != nil, "\(argv)") }
        #expect(ArgvRule.defect(of: [kubectl, "--kubeconfig=\(good)", "get", "pods"]) == nil)
        var bench = Bench("touch $SCRATCH/ran")
        bench.action.steps = [bench.action.steps[0] + ["--kubeconfig=\(bad)"]]
        #expect(bench.run(bench.sink()) == .failed)
        #expect(!bench.scratch.exists("ran"))
    }

    @Test(
        "N14: a kubeconfig that runs programs is refused",
        arguments: [
            "users: [{name: a, user: {exec: {command: /usr/bin/id}}}]",
            "users:\n- name: a\n  user:\n    \"exec\" :\n      command: sh\n",
            "users:\n- user:\n    auth-provider:\n      name: gcp\n",
            "{\"users\": [{\"user\": {\"\\u0065xec\": {}}}]}",
            "users:\n- user:\n    !!binary ZXhlYw==:\n      command: sh\n",
            "users:\n- user:\n    ? exec\n    : {command: sh}\n",
            "users:\n- user:\n    EXEC: {command: sh}\n", "users: &a\n  'exec': {}\n",
            "u\0s\0e\0r\0s\0:\0", "\u{FEFF}users: [{user: {exec: {}}}]",
        ])
    func kubeconfigThatRunsPrograms(_ text: String) {
        let scratch = Scratch()
        let path = scratch.write("kubeconfig", text, mode: 0o600)
        #expect(ChildEnvironment.defect(of: ["KUBECONFIG": path]) != nil)
        var bench = Bench("touch $SCRATCH/ran")
        bench.action.environment = ["KUBECONFIG": path]
        let sink = bench.sink()
        #expect(bench.run(sink) == .failed)
        #expect(sink.payload(GateBlocked.self)?.reason.contains("kubeconfig") == true)
        #expect(!bench.scratch.exists("ran"))
    }

    /// As `aws eks update-kubeconfig` and `gcloud` write it, the command an absolute path.
    private static func execKubeconfig(_ command: String, more: String = "") -> String {
        """
        apiVersion: v1
        preferences: {}
        users:
        # Fetches a token.
        - name: arn:aws:eks:eu-west-1:1:cluster/shop
          user:
            exec:
              apiVersion: client.authentication.k8s.io/v1beta1
              args:
              - --region
              - eu-west-1
              command: \(command)
              env:
              - name: AWS_PROFILE
                value: shop
              installHint: Install it
                https://example.com/how
              provideClusterInfo: false\(more)

        """
    }

    @Test("N14: a kubeconfig whose only programs are allow-listed passes")
    func allowedKubeconfigProgram() {
        let scratch = Scratch()
        let aws = scratch.script("aws", "touch \(scratch.path)/token")
        let path = scratch.write("kubeconfig", Self.execKubeconfig(aws), mode: 0o600)
        #expect(Kubeconfig.defect(of: path, allowing: ["/usr/bin/x", aws]) == nil)
        #expect(Kubeconfig.defect(of: path)?.contains("policy: kubeconfig_exec:") == true)
        #expect(Kubeconfig.defect(of: path, allowing: [aws + "2"]) != nil)
        #expect(
            ArgvRule.defect(of: ["/usr/bin/kubectl", "--kubeconfig", path], kubeconfigExec: [aws])
                == nil)
        var bench = Bench("touch $SCRATCH/ran")
        bench.action.environment = ["KUBECONFIG": path]
        #expect(bench.run(bench.sink()) == .failed)
        #expect(!bench.scratch.exists("ran"))
        bench.kubeconfigExec = [aws]
        #expect(bench.run(bench.sink()) == .succeeded)
        #expect(bench.scratch.exists("ran"))
        chmod(aws, 0o777)
        #expect(Kubeconfig.defect(of: path, allowing: [aws])?.contains("not safe") == true)
    }

    @Test(
        "N14: an allow-list lets no other program of a kubeconfig in",
        arguments: [
            "", "\n      command: /usr/bin/id", "\n      Command: /usr/bin/id",
            "\n      \"command\": /usr/bin/id", "\n- user:\n    exec:\n      args:\n      - x",
            "\n- user: {exec: {command: /usr/bin/id}}", "\n- user:\n    'exec':\n      x: y",
            "\n- user:\n    auth-provider:\n      name: gcp", "\n- user: &a\n    b: c",
            "\n# x\u{85}      command: /usr/bin/id", "\n- user:\n    \\x65xec: y",
            "\n      x: |\n        y", "\n- user: !!map\n    x: y", "\r- y: z", "\n\tx: y",
            "\n      env2:\n      - name: LD_PRELOAD", "\n- ? exec\n  : x",
            "\n      z:\n      - name: https_proxy",
        ])
    func otherKubeconfigPrograms(_ more: String) {
        let scratch = Scratch()
        let aws = scratch.script("aws", "true")
        let text = Self.execKubeconfig(aws, more: more)
        let path = scratch.write("kubeconfig", text, mode: 0o600)
        #expect((Kubeconfig.defect(of: path, allowing: [aws]) == nil) == more.isEmpty)
    }

    @Test(
        "N14: a command that is only nearly the allowed one is none",
        arguments: ["aws", "\"$\"", "$ x", "$ # x", "$\n        x", "$\n      - x", "", "$/../id"])
    func nearlyAllowedKubeconfigPrograms(_ command: String) {
        let scratch = Scratch()
        let aws = scratch.script("aws", "true")
        let text = Self.execKubeconfig(command.replacing("$", with: aws))
        let path = scratch.write("kubeconfig", text, mode: 0o600)
        #expect(Kubeconfig.defect(of: path, allowing: [aws]) != nil)
    }

    @Test("N14: a plain kubeconfig passes, one that others can change does not")
    func plainKubeconfig() {
        let scratch = Scratch()
        let path = scratch.write("kubeconfig", "users: [{user: {token: abc}}]\n", mode: 0o600)
        #expect(ChildEnvironment.defect(of: ["KUBECONFIG": path]) == nil)
        symlink(path, scratch.file("link"))
        #expect(ChildEnvironment.defect(of: ["KUBECONFIG": scratch.file("link")]) == nil)
        chmod(path, 0o666)
        #expect(ChildEnvironment.defect(of: ["KUBECONFIG": path]) != nil)
        #expect(ChildEnvironment.defect(of: ["KUBECONFIG": "kubeconfig"]) != nil)
        #expect(ChildEnvironment.defect(of: ["KUBECONFIG": path + ":" + path]) != nil)
        #expect(ChildEnvironment.defect(of: ["KUBECONFIG": scratch.path]) != nil)
    }

    @Test("N16: a program of the same name in the working directory or first in PATH is not run")
    func pathHijack() {
        var bench = Bench("kubectl; ls --version | head -1")
        let scratch = bench.scratch
        for name in ["kubectl", "ls"] {
            _ = scratch.script(name, "touch \(scratch.path)/evil")
        }
        let before = getenv("PATH").map { String(cString: $0) } ?? ""
        setenv("PATH", scratch.path + ":" + before, 1)
        defer { setenv("PATH", before, 1) }
        let sink = bench.sink()
        _ = bench.run(sink)
        #expect(!scratch.exists("evil"))
        for relative in ["kubectl", "./kubectl", "../kubectl", ""] {
            bench.action.steps = [[relative]]
            #expect(bench.run(bench.sink()) == .failed, "\(relative)")
        }
        #expect(!scratch.exists("evil"))
    }
}
