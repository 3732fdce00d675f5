/// The older files of a log, as far as they can be searched.
package enum RotatedFiles {
    /// Uncompressed ones, oldest first.
    package static func beside(_ path: String) -> [String] {
        RotatedNames.list(besides: path).filter {
            RotatedNames.isNumberedOrDated(name($0), of: name(path))
        }
    }

    /// How many compressed ones there are.
    package static func compressed(beside path: String) -> Int {
        RotatedNames.compressedNames(besides: path).count
    }

    private static func name(_ path: String) -> String { RotatedNames.split(path).name }
}
