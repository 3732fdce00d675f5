import Testing

@testable import Metrics

@Suite struct TemplateTests {
    private let labels = Labels([
        "__name__": "bad", "instance": "db1.example.com:9100", "job": "node", "empty": "",
    ])

    private func engine() -> EmbeddedEngine {
        let store = SeriesStore(retention: .seconds(1e6))
        store.append(labels, t: 0, v: 0.07251)
        store.append(Labels(["__name__": "up", "instance": "b"]), t: 0, v: 1)
        store.append(Labels(["__name__": "up", "instance": "a"]), t: 0, v: 0)
        return EmbeddedEngine(snapshot: store.snapshot())
    }

    private func expand(_ text: String, _ value: Double = 0.07251) -> String {
        AlertTemplate(text, alert: "A").expand(
            labels: labels, value: value,
            surroundings: AlertTemplate.Surroundings(
                externalLabels: ["cluster": "eu"], externalURL: "http://prom.example/x"),
            engine: engine(), at: 0)
    }

    @Test(arguments: [
        ("plain", "plain"), ("{{ 0x1F }} {{ 1_000 }} {{ 'a' }}", "31 1000 97"),
        ("{{ $value }}", "0.07251"),
        ("{{$labels.instance}}!", "db1.example.com:9100!"),
        ("{{ .Value }} {{ .Labels.job }}", "0.07251 node"), ("{{ $labels.nope }}", ""),
        ("{{ $externalLabels.cluster }} {{ $externalURL }}", "eu http://prom.example/x"),
        ("{{ .ExternalLabels.cluster }}", "eu"), ("a {{- /* b */ -}} c", "ac"),
        ("a {{- $value -}} c", "a0.07251c"), ("a\n{{- if true }}\nb\n{{- end }}", "a\nb"),
        ("{{ if gt $value 0.05 }}high{{ else }}low{{ end }}", "high"),
        ("{{ if gt $value 1.0 }}a{{ else if eq $labels.job \"node\" }}b{{ else }}c{{ end }}", "b"),
        ("{{ if and $labels.job (not $labels.nope) }}x{{ end }}", "x"),
        ("{{ or $labels.nope \"none\" }}", "none"),
        ("{{ with $labels.job }}[{{ . }}]{{ end }}", "[node]"),
        ("{{ with $labels.nope }}a{{ else }}b{{ end }}", "b"),
        ("{{ $x := $labels.job }}{{ $x }}{{ $x = \"y\" }}{{ $x }}", "nodey"),
        (
            "{{ range $i, $s := query \"up\" | sortByLabel \"instance\" }}"
                + "{{ $i }}{{ .Labels.instance }}={{ .Value }};{{ end }}",
            "0a=0;1b=1;"
        ),
        ("{{ range query \"nothing\" }}x{{ else }}none{{ end }}", "none"),
        ("{{ query \"up == 1\" | first | value }}", "1"),
        ("{{ query \"up == 1\" | first | label \"instance\" }}", "b"),
        ("{{ len $labels.job }}{{ index $labels \"job\" }}", "4node"),
        ("{{ range $k, $v := $externalLabels }}{{ $k }}:{{ $v }}{{ end }}", "cluster:eu"),
        (#"{{ printf "%.2f" $value }} s"#, "0.07 s"), (#"{{ $value | printf "%.1f%%" }}"#, "0.1%"),
        (
            #"{{ printf "%s is %d of %5.1f|%-6s|%q" $labels.job 3 $value "a" "b" }}"#,
            #"node is 3 of   0.1|a     |"b""#
        ),
        (#"{{ printf "%d" $value }}"#, "%!d(float64=0.07251)"),
        (
            #"{{ printf "%e %g %v" $value $value $value }}"#,
            "7.251000e-02 0.07251 0.07251"
        ),
        (#"{{ printf "%s" }}"#, "%!s(MISSING)"), (#"{{ printf "a" 1 }}"#, "a%!(EXTRA int=1)"),
        (#"{{ printf "%06.2f|%+d|%x" 3.14159 5 255 }}"#, "003.14|+5|ff"),
        ("{{ $labels.instance | toUpper }}", "DB1.EXAMPLE.COM:9100"),
        ("{{ \"ab cd\" | title }}", "Ab Cd"),
        ("{{ $labels.instance | stripPort }}", "db1.example.com"),
        ("{{ stripPort \"[::1]:9\" }}", "::1"),
        ("{{ $labels.instance | stripDomain }}", "db1:9100"),
        ("{{ stripDomain \"10.0.0.1:9\" }}", "10.0.0.1:9"),
        ("{{ match \"^db[0-9]\" $labels.instance }}", "true"),
        ("{{ match \"x$\" \"xy\" }}", "false"),
        ("{{ reReplaceAll \"(.*):(\\\\d+)\" \"$2/$1\" $labels.instance }}", "9100/db1.example.com"),
        ("{{ reReplaceAll \"a*\" \"-\" \"baac\" }}", "-b-c-"),
        ("{{ reReplaceAll \"(?P<x>b)\" \"<${x}>\" \"abab\" }}", "a<b>a<b>"),
        ("{{ parseDuration \"1h30m\" }}", "5400"), ("{{ safeHtml \"<b>\" }}", "<b>"),
        ("{{ humanize $value }}", "72.51m"), ("{{ humanizePercentage $value }}", "7.251%"),
        ("{{ \"1234567\" | humanize }}", "1.235M"), ("{{ \"1536\" | humanize1024 }}", "1.5ki"),
        ("{{ \"93784\" | humanizeDuration }}", "1d 2h 3m 4s"),
        ("{{ humanizeDuration 0.001 }}", "1ms"),
        ("{{ humanizeDuration 45.5 }}", "45.5s"),
        ("{{ humanizeTimestamp 1435065584.128 }}", "2015-06-23 13:19:44.128 +0000 UTC"),
        (
            "{{ (toTime 0).Year }}",
            "<error expanding template: error executing template __alert_A: template: __alert_A: "
                + "can't evaluate field Year in type *time.Time>"
        ),
        ("{{ define \"x\" }}[{{ .arg0 }}]{{ end }}{{ template \"x\" (args 5) }}", "[5]"),
        ("{{ define \"x\" }}({{ . }}){{ end }}{{ tmpl \"x\" \"y\" }}", "(y)"),
        ("{{ graphLink \"up == 0\" }}", "/graph?g0.expr=up+%3D%3D+0&g0.tab=0"),
        ("{{ pathPrefix }}", "/x"),
        ("{{ 1e6 }} {{ 1000000.5 }} {{ 0.00001 }}", "1e+06 1.0000005e+06 1e-05"),
        (
            "{{ range $i := query \"up\" }}{{ if eq $i.Labels.instance \"a\" }}{{ continue }}"
                + "{{ end }}{{ $i.Value }}{{ end }}",
            "1"
        ),
    ])
    func fills(text: String, result: String) { #expect(expand(text) == result) }

    @Test(arguments: [
        ("{{ $value", "unclosed action"), ("{{ foo }}", "function \"foo\" not defined"),
        ("{{ $x }}", "undefined variable \"$x\""), ("{{ if }}a{{ end }}", "missing value for if"),
        ("{{ if true }}a", "unexpected EOF"), ("a{{ end }}", "unexpected {{end}}"),
        ("{{ else }}", "unexpected {{else}}"), ("{{ \"a }}", "unterminated quoted string"),
        ("{{ }}", "missing value for command"), ("{{ (1 }}", "unclosed left paren"),
        ("{{ 1 | 2 }}", "non executable command in pipeline stage 2"),
        ("{{ /* a }}", "unclosed comment"),
        ("{{ $labels.a.b: }}", "unexpected"), ("{{ break }}", "{{break}} outside {{range}}"),
    ])
    func saysWhatIsWrong(text: String, message: String) throws {
        let problem = try #require(AlertTemplate.problem(text, alert: "A"))
        #expect(problem.hasPrefix("template: __alert_A:1: "))
        #expect(problem.contains(message))
        #expect(expand(text).hasPrefix("<error expanding template: error parsing template"))
    }

    @Test(arguments: [
        ("{{ if gt $value 5 }}a{{ end }}", "incompatible types for comparison"),
        ("{{ nil }}", "nil is not a command"),
        ("{{ $labels.a.b }}", "can't evaluate field b in type string"),
        ("{{ query \"nothing\" | first }}", "first() called on vector with no elements"),
        ("{{ query \"sum(\" }}", "unclosed left parenthesis"),
        ("{{ humanize \"x\" }}", "invalid syntax"),
        ("{{ template \"nope\" }}", "template \"nope\" not defined"),
        ("{{ match \"(\" \"a\" }}", "missing closing )"),
        ("{{ define \"a\" }}{{ template \"a\" }}{{ end }}{{ template \"a\" }}", "exceeded maximum"),
        ("{{ range 1000000 }}{{ range 1000 }}{{ end }}{{ end }}", "steps"),
        ("{{ range 1000 }}{{ printf \"%200s\" \"\" }}{{ end }}", "64 KiB"),
    ])
    func failuresAreShown(text: String, message: String) {
        let shown = expand(text)
        #expect(shown.hasPrefix("<error expanding template: error executing template __alert_A"))
        #expect(shown.contains(message))
    }

    @Test func anyTextIsFilledOrRefused() {
        let samples = [
            #"{{ if gt $value 0.5 }}{{ printf "%.2f" $value | title }}{{ else }}-{{ end }}"#,
            #"{{ range $i, $x := query "up" }}{{ $x.Labels.job }}{{- end -}} {{/* c */}}"#,
        ]
        let alphabet = Array("{}()$.|\"`:=-/* abcd%é".unicodeScalars)
        var state: UInt64 = 5
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        for round in 0..<600 {
            var text = Array(samples[round % 2].unicodeScalars)
            for _ in 0...random(4) {
                let place = random(text.count)
                if random(2) == 0 {
                    text.remove(at: place)
                } else {
                    text[place] = alphabet[random(alphabet.count)]
                }
            }
            let shown = String(String.UnicodeScalarView(text))
            #expect(expand(shown).utf8.count < 70_000)
        }
        #expect(expand(String(repeating: "{{ if true }}", count: 5000)).contains("nest"))
        #expect(expand("{{ " + String(repeating: "(", count: 5000)).contains("nest"))
    }
}
