import Basics
import Playbooks
import Testing

/// Commands that are read as logs, as the configuration and the command line name them.
@Suite struct CommandWordsTests {
    private func load(_ logs: String) throws -> (Configuration, [String]) {
        let (configuration, problems) = try ConfigurationLoader.parse(
            text: "sources:\n  logs:\n    - " + logs + "\n", file: "/etc/w.yaml")
        return (configuration, problems.map(\.description))
    }

    @Test func readsACommand() throws {
        let (configuration, problems) = try load(
            "{command: [journalctl, -f, -o, json, -n, 100, -u, 'a b'], service: checkout}")
        #expect(problems == [])
        let source = try #require(configuration.sources.first)
        #expect(source.kind == .logs)
        #expect(source.command == ["journalctl", "-f", "-o", "json", "-n", "100", "-u", "a b"])
        #expect(source.service == "checkout")
        #expect(source.path.isEmpty)
    }

    @Test(
        arguments: [
            ("{command: journalctl -f}", "/etc/w.yaml:3:17: a text stands here"),
            ("{command: []}", "/etc/w.yaml:3:17: no program is named"),
            ("{command: ['', -f]}", "/etc/w.yaml:3:17: no program is named"),
            ("{command: [tail, [a]]}", "/etc/w.yaml:3:17: a list stands here"),
            (
                "{command: [bin/tail, -F]}",
                #"/etc/w.yaml:3:17: "bin/tail" is neither an absolute path nor a name alone"#
            ),
            ("{command: [tail, -F], path: a.log}", "a path beside a command"),
            ("{command: [tail, -F], file: x}", #"unknown key "file""#),
        ]) func refuses(entry: String, problem: String) throws
    {
        let (configuration, problems) = try load(entry)
        #expect(problems.contains { $0.contains(problem) }, "\(problems)")
        #expect(configuration.sources.allSatisfy { !$0.command.isEmpty })
    }

    @Test func onlyLogsComeFromCommands() throws {
        let (configuration, problems) = try ConfigurationLoader.parse(
            text: "sources: {metrics: [{command: [cat, /x]}]}", file: "/etc/w.yaml")
        #expect(configuration.sources.isEmpty)
        #expect(problems.contains { $0.description.contains(#"unknown key "command""#) })
    }

    @Test(
        arguments: [
            ("[journalctl, -o, json]", "journalctl ends by itself without -f"),
            ("[/usr/bin/tail, -n, 5, a]", "tail ends by itself without -f"),
            ("[kubectl, logs, pod]", "kubectl ends by itself without -f"),
            ("[bash, -c, 'x | y']", "a shell is started here"),
        ]) func advises(command: String, advice: String) throws
    {
        let (configuration, problems) = try load("{command: \(command)}")
        #expect(problems.count == 1)
        #expect(problems.first?.contains(advice) == true, "\(problems)")
        #expect(configuration.sources.count == 1)
    }

    @Test(
        arguments: [
            ["journalctl", "-fu", "a"], ["tail", "-F", "a"], ["kubectl", "logs", "--follow=true"],
            ["ssh", "-n", "web1", "tail", "-F", "/var/log/a"],
        ]) func isContent(words: [String])
    { #expect(CommandWords.advice(on: words) == nil) }

    @Test(
        arguments: [
            ("journalctl -f  -o\tjson", ["journalctl", "-f", "-o", "json"]),
            (#"["tail", "-F", "/var/log/a b.log"]"#, ["tail", "-F", "/var/log/a b.log"]),
            (
                #"["grep", "--line-buffered", "a|b \"c\" $x"]"#,
                ["grep", "--line-buffered", #"a|b "c" $x"#]
            ),
        ]) func parsesTheOption(text: String, words: [String]) throws
    {
        #expect(try CommandWords.parse(text) == words)
    }

    @Test(
        arguments: [
            ("", "no program is named"), ("  ", "no program is named"),
            ("tail -F 'a b'", "no shell reads it, so ' would mean nothing special"),
            ("tail -F a | grep b", "no shell reads it, so | would mean nothing special"),
            ("tail -F $HOME/a", "no shell reads it, so $ would mean nothing special"),
            ("tail -F *.log", "no shell reads it, so * would mean nothing special"),
            ("tail -F ~/a", "no shell reads it, so ~ would mean nothing special"),
            ("tail -F a\nb", "no shell reads it, so a new line would mean nothing special"),
            ("bin/tail -F", #""bin/tail" is neither an absolute path nor a name alone"#),
            ("[]", "this is no JSON array of texts"), ("[[1]]", "this is no JSON array of texts"),
            (#"["tail""#, "this is no JSON array ("), (#"["a\u0000b"]"#, "NUL"),
        ]) func refusesTheOption(text: String, why: String)
    {
        let failure = #expect(throws: Failure.self) { try CommandWords.parse(text) }
        #expect(failure?.why.contains(why) == true, "\(failure.map(\.why) ?? "")")
        #expect(failure?.exit == .usage)
    }
}
