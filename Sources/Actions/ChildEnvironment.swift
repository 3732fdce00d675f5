import Basics
import Incidents

#if canImport(Glibc)
    import Glibc
#endif

/// The environment of an action's programs, built from nothing.
enum ChildEnvironment {
    /// The fixed variables and those that the action declares.
    static func build(declared: [String: String], home: String) -> [String: String] {
        var variables = declared
        variables["PATH"] = "/usr/bin:/bin"
        variables["LC_ALL"] = "C.UTF-8"
        variables["HOME"] = home
        variables["PAGER"] = "cat"
        variables["NO_COLOR"] = "1"
        return variables
    }

    /// Why a catalogue may not declare these variables, or nil when it may.
    static func defect(of declared: [String: String]) -> String? {
        for (name, value) in declared.sorted(by: { $0.key < $1.key }) {
            guard isName(name) else { return "\(JSONText.quoted(name)) is not a variable's name" }
            if isForbidden(name) {
                return "\(name) would change which code runs or where it connects"
            }
            if value.utf8.contains(0) { return "\(name) contains a NUL byte" }
            if name == "KUBECONFIG", let why = Kubeconfig.defect(of: value) { return why }
        }
        return nil
    }

    private static let fixed = ["PATH", "LC_ALL", "HOME", "PAGER", "NO_COLOR"]
    private static let forbidden = [
        "BASH_ENV", "ENV", "IFS", "SHELLOPTS", "BASHOPTS", "PS4", "PROMPT_COMMAND", "EDITOR",
        "VISUAL", "BROWSER", "GCONV_PATH", "LOCPATH", "NLSPATH", "GLIBC_TUNABLES", "HOSTALIASES",
        "LOCALDOMAIN", "RES_OPTIONS", "NODE_OPTIONS", "NODE_PATH", "JAVA_TOOL_OPTIONS",
        "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS", "CLASSPATH", "RUBYOPT", "RUBYLIB", "DOCKER_CONFIG",
        "DOCKER_HOST", "DOCKER_CONTEXT", "KUBERC", "SSH_ASKPASS", "CURL_HOME", "WGETRC",
    ]
    private static let forbiddenPrefixes = [
        "LD_", "DYLD_", "BASH_FUNC_", "GIT_", "PYTHON", "PERL", "FLYWAY_", "MALLOC_", "SYSTEMD_",
        "SSL",
    ]

    private static func isName(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        guard let first = bytes.first, !(0x30...0x39).contains(first) else { return false }
        return bytes.allSatisfy { NameRule.isAlphanumeric($0) || $0 == 0x5F }
    }

    private static func isForbidden(_ name: String) -> Bool {
        let upper = name.uppercased()
        return fixed.contains(upper) || forbidden.contains(upper) || upper.hasSuffix("_PROXY")
            || forbiddenPrefixes.contains { upper.hasPrefix($0) }
    }
}

/// A kubeconfig can name a program to fetch credentials with; such a file runs anything.
enum Kubeconfig {
    private static let bytesMax = 1024 * 1024

    /// Why this kubeconfig must not be handed to a child, or nil.
    static func defect(of path: String) -> String? {
        guard path.utf8.first == 0x2F, !path.utf8.contains(0x3A) else {
            return "KUBECONFIG is not one absolute path"
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            return "the kubeconfig \(path) cannot be read (\(SystemError.current))"
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            return "the kubeconfig \(path) is not a regular file"
        }
        guard status.st_uid == 0 || status.st_uid == geteuid(), status.st_mode & 0o022 == 0 else {
            return "the kubeconfig \(path) can be changed by others"
        }
        guard let text = FileBytes.read(descriptor, atMost: bytesMax) else {
            return "the kubeconfig \(path) cannot be read whole"
        }
        // Any spelling of the key counts: block or flow YAML, JSON, quoted or not, escaped or not.
        let words = text.split { !(NameRule.isAlphanumeric($0) || $0 == 0x2D) }
        let plugin = words.first {
            ["exec", "auth-provider"].contains(String(decoding: $0, as: UTF8.self))
        }
        guard plugin == nil, !text.contains(0x5C) else {
            return "the kubeconfig \(path) may run a program to get credentials"
        }
        return nil
    }
}

enum FileBytes {
    /// Everything from here on, or nil on an error or when there is more than `limit`.
    static func read(_ descriptor: Int32, atMost limit: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return nil }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
            if bytes.count > limit { return nil }
        }
    }
}
