import Basics
import Canvas
import Feeds
import Incidents
import Logs
import Room

/// What screen 6 can look like.
extension Scene {
    static let logs: [Scene] = [
        logScene("filtered") { $0.run(.filter, "level:warning service:checkout ~timeout") },
        logScene("paused") {
            for _ in 0..<9 { $0.run(.up) }
            var feeds = Fixture.feeds
            feeds.generation = 9
            feeds.recent = (0..<1_500).map { index in
                var record = Fixture.feeds.recent[index % 40]
                record.id = UInt64(41 + index)
                record.place.offset = Int64(10_000 + index)
                return record
            }
            _ = $0.update(.feeds(feeds))
        },
        logScene("patterns") { $0.run(.patterns) },
        logScene("pattern-detail") {
            $0.run(.patterns)
            $0.run(.explain)
        },
        logScene("wrapped") { $0.run(.wrap) },
        logScene("behind") {
            var feeds = Fixture.feeds
            feeds.generation = 9
            feeds.sources[0].bytesBehind = 3 << 20
            for index in feeds.recent.indices {
                feeds.recent[index].time = feeds.recent[index].time - .seconds(12)
            }
            _ = $0.update(.feeds(feeds))
        },
        logScene("no-sources") { _ = $0.update(.feeds(FeedSnapshot(generation: 9))) },
        logScene("nothing-matches") {
            $0.run(.filter, "service:nobody -healthz")
            var page = LogPage(request: $0.logs.question?.id ?? 0)
            page.reachedStart = true
            page.unread = ["/var/log/old.log.gz: it is damaged"]
            _ = $0.update(.logPage(page))
        },
        logScene("searching") {
            $0.run(.filter, "level:fatal")
            var page = LogPage(request: $0.logs.question?.id ?? 0)
            page.bytesSearched = 340 << 20
            page.isPartial = true
            page.next = .newest
            _ = $0.update(.logPage(page))
        },
        logScene("prompt") {
            $0.run(.find)
            for character in "level:warning ~time(" {
                _ = $0.update(.key(.character(character)))
            }
        },
        logScene("yesterday") {
            $0.run(.goTo, "2026-08-20T09:00Z")
            var page = LogPage(request: $0.logs.question?.id ?? 0)
            page.records = Fixture.feeds.recent.map { record in
                var record = record
                record.id = 0
                record.time = record.time - .hours(29)
                record.place.generation = 7
                return record
            }
            _ = $0.update(.logPage(page))
        },
    ]

    private static func logScene(
        _ name: String, _ change: @escaping @Sendable (inout Model) -> Void
    ) -> Scene {
        Scene("logs", name) { model in
            model.run(.logs)
            change(&model)
        }
    }
}

extension Model {
    fileprivate mutating func run(_ command: Command, _ argument: String = "") {
        _ = update(.command(command, argument: argument))
    }
}
