import Basics
import Incidents

#if canImport(Glibc)
    import Glibc
#endif

/// The environment of an action's programs, built from nothing.
enum ChildEnvironment {
    /// RLIMIT_NPROC of every child: it ends a fork bomb, and root's alone it does not.
    static let processesMax = 8192

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
    static func defect(of declared: [String: String], kubeconfigExec: [String] = []) -> String? {
        for (name, value) in declared.sorted(by: { $0.key < $1.key }) {
            guard isName(name) else { return "\(JSONText.quoted(name)) is not a variable's name" }
            if isForbidden(name) {
                return "\(name) would change which code runs or where it connects"
            }
            if value.utf8.contains(0) { return "\(name) contains a NUL byte" }
            if name == "KUBECONFIG",
                let why = Kubeconfig.defect(of: value, allowing: kubeconfigExec)
            {
                return why
            }
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
        "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS",
        "NETRC", "AWS_CONFIG_FILE", "KUBECTL_EXTERNAL_DIFF",
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

    /// Whether this variable would change which code runs or where it connects.
    static func isForbidden(_ name: String) -> Bool {
        let upper = name.uppercased()
        return fixed.contains(upper) || forbidden.contains(upper) || upper.hasSuffix("_PROXY")
            || forbiddenPrefixes.contains { upper.hasPrefix($0) }
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
