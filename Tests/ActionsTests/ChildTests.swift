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
    @Test("N28: a child's environment is exactly the list")
    func theEnvironmentIsExactlyTheList() {
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

    @Test("N23: an action can start so many processes and no more")
    func processesAreBounded() throws {
        let bench = Bench("exec grep \"Max processes\" /proc/self/limits")
        let sink = bench.sink()
        #expect(bench.run(sink) == .succeeded)
        let limits = sink.blobText.split(separator: " ").compactMap { Int($0) }
        #expect(limits.count == 2)
        #expect(limits.allSatisfy { $0 <= ChildEnvironment.processesMax })
    }
}
