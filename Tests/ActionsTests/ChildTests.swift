import Basics
import Incidents
import Playbooks
import Testing

@testable import Actions

#if canImport(Glibc)
    import Glibc
#endif

@Suite("What a child gets")
struct ChildTests {
    /// N15, N28: nothing is inherited.
    @Test func theEnvironmentIsExactlyTheList() {
        var bench = Bench("env | sort; ls -A \"$HOME\" | wc -l; echo \"$HOME\" > $SCRATCH/home")
        bench.action.environment = ["REGION": "eu-1"]
        setenv("WARROOM_LEAK_PROBE", "1", 1)
        let sink = bench.sink()
        #expect(bench.run(sink) == .succeeded)
        let names = sink.blobText.split(separator: "\n").filter { $0.contains("=") }
            .map { String($0.prefix { $0 != "=" }) }
        // The shell itself adds PWD and its like.
        let own = Set(names).subtracting(["PWD", "SHLVL", "_", "OLDPWD"])
        #expect(own == ["HOME", "LC_ALL", "NO_COLOR", "PAGER", "PATH", "REGION"])
        let home = bench.scratch.read("home")?.split(separator: "\n").first.map(String.init) ?? ""
        #expect(home.hasPrefix("/tmp/warroom-home-"))
        #expect(access(home, F_OK) != 0)
    }

    @Test func theHomeGoesAwayWithWhatWasLeftInIt() {
        let bench = Bench(
            "echo \"$HOME\" > $SCRATCH/home; mkdir -p \"$HOME/a/b\"; touch \"$HOME/a/b/c\"\n"
                + "ln -s $SCRATCH \"$HOME/link\"; chmod 0 \"$HOME/a\"")
        #expect(bench.run(bench.sink()) == .succeeded)
        let home = bench.scratch.read("home")?.split(separator: "\n").first.map(String.init) ?? ""
        #expect(access(home, F_OK) != 0)
        #expect(bench.scratch.exists("home"))
    }

    @Test(arguments: [
        "LD_PRELOAD", "LD_LIBRARY_PATH", "BASH_ENV", "GIT_SSH_COMMAND", "https_proxy",
        "HTTP_PROXY", "PATH", "HOME", "PYTHONPATH", "SSL_CERT_FILE", "A=B", "", "1A", "ENV",
        "PAGER", "DOCKER_HOST",
    ])
    func dangerousVariablesAreRefused(_ name: String) {
        var bench = Bench("touch $SCRATCH/ran")
        bench.action.environment = [name: "x"]
        let sink = bench.sink()
        #expect(bench.run(sink) == .failed)
        #expect(sink.kinds == ["gate.blocked"])
        #expect(!bench.scratch.exists("ran"))
    }

    /// N14.
    @Test(arguments: [
        "users: [{name: a, user: {exec: {command: /bin/sh}}}]",
        "users:\n- name: a\n  user:\n    \"exec\" :\n      command: sh\n",
        "users:\n- user:\n    auth-provider:\n      name: gcp\n",
        "{\"users\": [{\"user\": {\"\\u0065xec\": {}}}]}",
    ])
    func aKubeconfigThatRunsProgramsIsRefused(_ text: String) {
        let scratch = Scratch()
        let path = scratch.write("kubeconfig", text, mode: 0o600)
        #expect(ChildEnvironment.defect(of: ["KUBECONFIG": path]) != nil)
    }

    @Test func aPlainKubeconfigIsAccepted() {
        let scratch = Scratch()
        let path = scratch.write("kubeconfig", "users: [{user: {token: abc}}]\n", mode: 0o600)
        #expect(ChildEnvironment.defect(of: ["KUBECONFIG": path]) == nil)
        chmod(path, 0o666)
        #expect(ChildEnvironment.defect(of: ["KUBECONFIG": path]) != nil)
        #expect(ChildEnvironment.defect(of: ["KUBECONFIG": "kubeconfig"]) != nil)
        #expect(ChildEnvironment.defect(of: ["KUBECONFIG": path + ":" + path]) != nil)
        #expect(ChildEnvironment.defect(of: ["KUBECONFIG": scratch.path]) != nil)
    }

    /// N10.
    @Test func everyByteOfAnArgumentArrives() {
        let hostile = [";id", "a|b", "$(id)", "`id`", "a & b", "*", "~", "\\", "'\"", "ü\n€", ""]
        let bench = Bench(#"printf '<%s>\n' "$@""#, arguments: hostile)
        let sink = bench.sink()
        #expect(bench.run(sink) == .succeeded)
        let expected = hostile.map { "<\($0)>" }.joined(separator: "\n")
        #expect(sink.blobText.hasPrefix(expected))
    }
}
