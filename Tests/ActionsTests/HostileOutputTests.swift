import Basics
import Incidents
import SafeText
import Safety
import Testing

@testable import Actions

#if canImport(Glibc)
    import Glibc
#endif

/// What programs print, with the cleaner that the room uses.
@Suite("Hostile output and surroundings")
struct HostileOutputTests {
    /// Conformance data beside the package; samples of our own where it is not.
    private static var corpus: [[UInt8]] {
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
        let path = root.joined(separator: "/") + "/../shared/suites/terminal/injection.txt"
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            print("suite not present: \(path)")
            return samples
        }
        defer { close(descriptor) }
        let text = FileBytes.read(descriptor, atMost: 1 << 24) ?? []
        return samples
            + text.split(separator: 0x0A).compactMap { line in
                line.split(separator: 0x09).last.map { base64(Array($0)) }
            }
    }

    private static let samples: [[UInt8]] = [
        Array("\u{1B}]0;title\u{7}\u{1B}[2J\u{1B}[31mred".utf8),
        [0xFF, 0xFE, 0x00, 0x80, 0x9B, 0x41],
        Array("abc\u{202E}gpj.exe\u{2066}\u{200B}".utf8), Array("\u{85}\u{2028}next\r\nover".utf8),
        [UInt8](0...255),
    ]

    private static func base64(_ text: [UInt8]) -> [UInt8] {
        let alphabet = Array(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var out: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for byte in text {
            guard let value = alphabet.firstIndex(of: byte) else { continue }
            bits = bits << 6 | UInt32(value)
            count += 6
            guard count >= 8 else { continue }
            count -= 8
            out.append(UInt8(bits >> UInt32(count) & 255))
        }
        return out
    }

    private func executor(_ sink: MemorySink, _ bench: Bench) -> Executor {
        Executor(
            journal: sink, clock: SystemClock(), stopFiles: StopFiles(paths: [bench.stopPath]),
            scrub: {
                var cleaner = LineCleaner()
                return { line in
                    let clean = cleaner.clean(line)
                    return ScrubbedLine(
                        clean.text,
                        credentials: clean.findings.map {
                            .init(credentialClass: $0.cls, tag: $0.tag)
                        })
                }
            })
    }

    private func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0A: true
        case 0..<0x20, 0x7F..<0xA0: false
        case 0x200B...0x200C, 0x200E...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF,
            0xE0000...0xE007F:
            false
        default: true
        }
    }

    @Test("N31: hostile and binary output on both streams is sanitised before it is kept")
    func hostileOutput() throws {
        let bench = Bench("cat $SCRATCH/corpus; cat $SCRATCH/corpus >&2")
        let corpus = Self.corpus
        let descriptor = open(bench.scratch.file("corpus"), O_WRONLY | O_CREAT, 0o600)
        for sample in corpus {
            _ = write(descriptor, sample + [0x0A], sample.count + 1)
        }
        close(descriptor)
        let sink = bench.sink()
        #expect(bench.run(sink, with: executor(sink, bench)) == .succeeded)
        let kept = sink.blobText
        #expect(kept.utf8.count > corpus.count)
        let bad = kept.unicodeScalars.first { !isHarmless($0) }
        #expect(bad == nil, "U+\(String(bad?.value ?? 0, radix: 16)) was kept")
        let last = sink.payload(ActionOutput.self)?.lastLine ?? ""
        #expect(last.unicodeScalars.allSatisfy { $0 != "\n" && isHarmless($0) })
    }

    @Test("N32: credentials that a program prints are in no event and no blob")
    func credentials() {
        let secret = "ghp" + "_" + String(repeating: "Zx9Q", count: 9)
        let key = ["-----BEGIN RSA PRIVATE", " KEY-----\nMIIEpAIBAAKCAQEAplantedplanted\n"].joined()
        let bench = Bench(
            "cat $SCRATCH/out; echo \"token=\(secret)\" >&2; echo \"failed with \(secret)\"; exit 3"
        )
        bench.scratch.write(
            "out", "Authorization: Bearer \(secret)\npassword=planted-one\n\(key)more\n")
        let sink = bench.sink()
        #expect(bench.run(sink, with: executor(sink, bench)) == .failed)
        for planted in [secret, "planted-one", "plantedplanted"] {
            #expect(!sink.everything.contains(planted), "\(planted)")
        }
        #expect(sink.blobText.contains("[REDACTED:"))
        #expect(sink.kinds.contains("credential.seen"))
        #expect(sink.payload(ActionFailed.self)?.detail.contains("[REDACTED:") == true)
    }

    @Test("N15: a hostile HOME of the operator has no effect")
    func hostileHome() {
        let bench = Bench(
            """
            [ -z "$(ls -A "$HOME")" ] && echo empty
            for f in .curlrc .kube/kuberc .docker/config.json .netrc .bashrc; do
                [ -e "$HOME/$f" ] && echo "found $f"
            done
            [ -x /usr/bin/curl ] && /usr/bin/curl -sS file://$SCRATCH/body; echo
            """)
        let scratch = bench.scratch
        scratch.write("body", "the body")
        for folder in ["home", "home/.kube", "home/.docker"] { mkdir(scratch.file(folder), 0o755) }
        scratch.write(
            "home/.curlrc", "output = \"\(scratch.path)/stolen\"\nurl = \"file:///etc/passwd\"\n")
        scratch.write("home/.kube/kuberc", "x")
        scratch.write("home/.docker/config.json", "{\"credsStore\": \"evil\"}")
        scratch.write("home/.netrc", "default login x password y\n")
        let before = getenv("HOME").map { String(cString: $0) } ?? "/"
        setenv("HOME", scratch.file("home"), 1)
        setenv("CURL_HOME", scratch.file("home"), 1)
        defer {
            setenv("HOME", before, 1)
            unsetenv("CURL_HOME")
        }
        let sink = bench.sink()
        #expect(bench.run(sink) == .succeeded)
        #expect(sink.blobText.hasPrefix("empty\n") && !sink.blobText.contains("found"))
        #expect(!scratch.exists("stolen"))
        if access("/usr/bin/curl", X_OK) == 0 { #expect(sink.blobText.contains("the body")) }
    }
}
