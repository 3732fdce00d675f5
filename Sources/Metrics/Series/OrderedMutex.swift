import Synchronization

/// A mutex whose order ThreadSanitizer sees.
///
/// `Mutex` locks inside a library that the sanitizer does not watch, so that it takes everything
/// behind one for a race. Here each turn ends by counting on with release order and begins by
/// reading the count with acquire order, in code that it does watch. Costs a nanosecond.
struct OrderedMutex<Value: ~Copyable>: ~Copyable, Sendable {
    private let mutex: Mutex<Value>
    private let turn = Atomic<UInt64>(0)

    init(_ value: consuming sending Value) { mutex = Mutex(value) }

    borrowing func withLock<Result: ~Copyable, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        try mutex.withLock { (value) throws(Failure) -> sending Result in
            _ = turn.load(ordering: .acquiring)
            defer { turn.wrappingAdd(1, ordering: .releasing) }
            return try body(&value)
        }
    }
}
