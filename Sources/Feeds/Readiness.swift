import Basics
import CSystem

/// Tells which of many descriptors can be read, by one descriptor that a queue can wait for.
///
/// Edge-triggered: whoever is named must be read until nothing waits, or be read again unasked.
final class Readiness {
    /// Shared with the dispatch source that waits for it, which must outlive the descriptor's use.
    let owner: OwnedDescriptor

    init() { owner = OwnedDescriptor(max(-1, csystem_readiness())) }

    /// Reports `descriptor` as `number` from now on until it is closed. Without the kernel's help
    /// it is looked at with every rescan only.
    func add(_ descriptor: Int32, as number: Int) {
        guard owner.value >= 0, descriptor >= 0 else { return }
        _ = csystem_readiness_add(owner.value, descriptor, UInt64(number))
    }

    /// The numbers that became readable since the last call.
    func take() -> Set<Int> {
        var numbers: Set<Int> = []
        guard owner.value >= 0 else { return numbers }
        var values = [UInt64](repeating: 0, count: 64)
        while true {
            let count = Int(csystem_readiness_take(owner.value, &values, Int32(values.count)))
            for value in values.prefix(max(0, count)) { numbers.insert(Int(value)) }
            if count < values.count { return numbers }
        }
    }
}
