import Basics
import Logs

/// `Measure index PATH`: the whole log's places, times and levels, as history search builds them.
enum MeasureIndex {
    static func run(_ arguments: [String]) throws {
        guard let path = arguments.first else { return print("index PATH") }
        let index = try LogIndex(path: path, zoneOffset: 0, includesUnfinished: true)
        var isWhole = false
        let seconds = Cost.rounds(1) { isWhole = IndexBuilder.build(index) }
        guard isWhole else { return print("\(path): not indexed to its end") }
        let megabytes = Double(index.end) / 1e6
        Figure.print("index MB per processor second", megabytes / seconds[0], "MB/s")
        Figure.print("index size", Double(index.bytes) / 1_048_576, "MiB")
        Figure.print("resident", Double(Cost.residentBytes) / 1_048_576, "MiB")
    }
}
