import Basics
import Dispatch
import Synchronization
import Testing

@Suite struct MailboxTests {
    @Test func keepsOrderAndWakesOnce() {
        let wakes = Mutex(0)
        let box = Mailbox<Int>(capacity: nil) { wakes.withLock { $0 += 1 } }
        for value in 0..<5 { box.send(value) }
        #expect(wakes.withLock { $0 } == 1)
        let first = box.receive()
        #expect(first.values == [0, 1, 2, 3, 4] && first.dropped == 0)
        #expect(box.receive().values.isEmpty)
        box.send(9)
        #expect(wakes.withLock { $0 } == 2)
    }

    @Test func dropsTheOldestAndCounts() {
        let box = Mailbox<Int>(capacity: 2)
        for value in 0..<5 { box.send(value) }
        let got = box.receive()
        #expect(got.values == [3, 4] && got.dropped == 3)
        #expect(box.receive().dropped == 0)
    }

    @Test func losesNothingBetweenThreads() {
        let box = Mailbox<Int>(capacity: nil)
        DispatchQueue.concurrentPerform(iterations: 8) { thread in
            for value in 0..<500 { box.send(thread * 1000 + value) }
        }
        let values = box.receive().values
        #expect(values.count == 4000)
        for thread in 0..<8 {
            let own = values.filter { $0 / 1000 == thread }
            #expect(own == own.sorted())
        }
    }
}
