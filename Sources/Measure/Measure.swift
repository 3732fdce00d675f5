/// Measures parts of warroom inside one process, for `scripts/bench`; never installed.
@main
enum Measure {
    static func main() {
        print("usage: Measure PART …")
    }
}
