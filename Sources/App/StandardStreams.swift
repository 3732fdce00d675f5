#if canImport(Glibc)
    import Glibc
#endif

/// write(2) on standard error.
func writeToStandardError(_ bytes: UnsafeRawBufferPointer) -> Int {
    write(STDERR_FILENO, bytes.baseAddress, bytes.count)
}
