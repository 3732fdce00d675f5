#if canImport(Glibc)
    import Glibc
#endif

/// How many files this process may have open.
enum DescriptorLimit {
    /// Enough for the most logs that may be followed, each with some rotated parts.
    private static let wanted: rlim_t = 8_192

    /// Raises the soft limit, 1,024 by default, towards `wanted` as far as the hard one allows. A
    /// log that still cannot be opened says so in its health.
    static func raise() {
        let resource = __rlimit_resource_t(7)  // RLIMIT_NOFILE, a macro that Glibc's module lacks
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0, limit.rlim_cur < wanted else { return }
        limit.rlim_cur = min(wanted, limit.rlim_max)
        setrlimit(resource, &limit)
    }
}
