import Basics
import Incidents

/// Command lines that do more than their words say, whoever wrote them into the catalogue.
enum ArgvRule {
    /// Why this command line must not be run, or nil.
    ///
    /// - Parameter kubeconfigExec: programs that a kubeconfig may name.
    static func defect(of argv: [String], kubeconfigExec: [String] = []) -> String? {
        words(of: argv) ?? kubeconfig(argv, kubeconfigExec)
    }

    /// What can be told from the words alone, without looking at a file.
    static func words(of argv: [String]) -> String? {
        guard let program = argv.first else { return "it is empty" }
        switch name(of: program) {
        case "curl": return curl(argv.dropFirst())
        case "systemctl", "journalctl": return remote(argv.dropFirst(), program)
        case "docker", "podman": return docker(argv.dropFirst())
        case "kubectl": return kubectl(argv.dropFirst())
        default: return nil
        }
    }

    private static func name(of program: String) -> String {
        String(decoding: program.utf8.split(separator: 0x2F).last ?? [], as: UTF8.self)
    }

    /// The kubeconfigs that a command line names, looked at before it runs.
    private static func kubeconfig(_ argv: [String], _ allowed: [String]) -> String? {
        for (index, argument) in argv.enumerated().dropFirst() {
            var path = value(of: "--kubeconfig", in: argument)
            if NameRule.same(argument, "--kubeconfig") {
                guard index + 1 < argv.count else { return "--kubeconfig names no file" }
                path = argv[index + 1]
            }
            if let path, let why = Kubeconfig.defect(of: path, allowing: allowed) { return why }
        }
        return nil
    }

    private static func value(of option: String, in argument: String) -> String? {
        let prefix = Array((option + "=").utf8)
        guard argument.utf8.starts(with: prefix) else { return nil }
        return String(decoding: argument.utf8.dropFirst(prefix.count), as: UTF8.self)
    }

    // MARK: curl

    /// Short options of curl that take a value, which may stand in the same argument.
    private static let curlWithValue = Set("AbcCdDeEFhHKmoPQrtTuUwxXyYz".utf8)

    /// No file of this machine leaves it by `@`, and no options come from a file.
    private static func curl(_ arguments: ArraySlice<String>) -> String? {
        var before = ""
        for argument in arguments {
            defer { before = argument }
            // `--data-raw` sends what stands here, byte by byte.
            if NameRule.same(before, "--data-raw") { continue }
            if argument.utf8.first == 0x40 { return sendsFile(argument) }
            if let why = argument.utf8.starts(with: "--".utf8)
                ? curlLong(argument, before) : curlShort(argument, before)
            {
                return why
            }
        }
        return nil
    }

    private static func curlLong(_ argument: String, _ before: String) -> String? {
        let name = argument.utf8.prefix { $0 != 0x3D }
        for option in ["--config", "--upload-file"] where name.elementsEqual(option.utf8) {
            return "\(option) of curl would read a file of this machine"
        }
        guard name.count < argument.utf8.count, !name.elementsEqual("--data-raw".utf8) else {
            return nil
        }
        return argument.utf8.dropFirst(name.count + 1).first == 0x40 ? sendsFile(argument) : nil
    }

    private static func curlShort(_ argument: String, _ before: String) -> String? {
        let bytes = Array(argument.utf8)
        if isForm(before), let why = formDefect(bytes[...], argument) { return why }
        guard bytes.first == 0x2D, bytes.count > 1 else { return nil }
        guard let place = bytes.dropFirst().firstIndex(where: curlWithValue.contains) else {
            return nil
        }
        let rest = bytes[(place + 1)...]
        switch bytes[place] {
        case 0x4B, 0x54: return "\(argument) of curl would read a file of this machine"
        case 0x46: return formDefect(rest, argument)
        default: return rest.first == 0x40 ? sendsFile(argument) : nil
        }
    }

    private static func isForm(_ option: String) -> Bool {
        NameRule.same(option, "--form")
            || (option.utf8.first == 0x2D && option.utf8.dropFirst().first != 0x2D
                && option.utf8.last == 0x46)
    }

    /// `name=@file` uploads the file, `name=<file` its text.
    private static func formDefect(_ bytes: ArraySlice<UInt8>, _ argument: String) -> String? {
        guard let equals = bytes.firstIndex(of: 0x3D) else { return nil }
        let first = bytes[(equals + 1)...].first
        return first == 0x40 || first == 0x3C ? sendsFile(argument) : nil
    }

    private static func sendsFile(_ argument: String) -> String {
        "\(argument) would send a file of this machine: give the text after --data-raw"
    }

    // MARK: Other programs

    /// `-H` and `-M` act on another machine, `--root` and `--image` on another system.
    private static func remote(_ arguments: ArraySlice<String>, _ program: String) -> String? {
        for argument in arguments {
            let bytes = Array(argument.utf8)
            if bytes.first == 0x2D, bytes.count > 1, bytes[1] != 0x2D {
                if bytes.contains(0x48) || bytes.contains(0x4D) { return elsewhere(argument) }
                continue
            }
            for option in ["--host", "--machine", "--root", "--image"]
            where NameRule.same(argument, option) || value(of: option, in: argument) != nil {
                return elsewhere(argument)
            }
        }
        return nil
    }

    /// The daemon and the plug-ins are the machine's own.
    private static func docker(_ arguments: ArraySlice<String>) -> String? {
        for argument in arguments.prefix(while: { $0.utf8.first == 0x2D }) {
            for option in ["--host", "--config", "--context", "--connection", "--url"]
            where NameRule.same(argument, option) || value(of: option, in: argument) != nil {
                return elsewhere(argument)
            }
            if argument.utf8.starts(with: "-H".utf8) || argument.utf8.starts(with: "-c".utf8) {
                return elsewhere(argument)
            }
        }
        return nil
    }

    /// Revision 0 means "the previous one", whatever that is by then.
    private static func kubectl(_ arguments: ArraySlice<String>) -> String? {
        var before = ""
        for argument in arguments {
            let revision =
                value(of: "--to-revision", in: argument)
                ?? (NameRule.same(before, "--to-revision") ? argument : nil)
            if let revision, revision.utf8.allSatisfy({ $0 == 0x30 }) {
                return "--to-revision=0 means the previous one, whatever that is by then"
            }
            before = argument
        }
        return nil
    }

    private static func elsewhere(_ argument: String) -> String {
        "\(argument) would act somewhere else than this command says"
    }
}
