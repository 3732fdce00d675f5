/// What a journal writer can be told besides its place.
package struct JournalOptions: Sendable {
    /// A new segment begins when the next record would pass this size.
    package var segmentBytesMax: Int = 16 * 1024 * 1024
    /// Space kept allocated beyond the end, because a full disk may be the incident.
    package var preallocatedBytes: Int = 8 * 1024 * 1024
    /// Size of the file that is given up when the disk is full, so that a running action's result
    /// can still be recorded.
    package var reserveBytes: Int = 256 * 1024
    /// Network and user-space file systems are refused otherwise: their locks and syncs do not
    /// promise what the journal needs.
    package var allowsRemoteFileSystem = false
    /// An operator has seen that the journal is damaged and wants to go on: a new segment begins,
    /// whose first record names the damage and the last good record.
    package var acceptsDamage = false
    /// Where the outcome of a running action goes when the journal takes nothing any more; the
    /// first directory that is ours alone is used.
    package var outcomeDirectories: [String] = OutcomePlaces.standard
    /// Written into the first record.
    package var programVersion = "unknown"
    package var fileSystem: any FileSystem = SystemFileSystem()

    package init() {}
}

/// File systems whose locks and syncs are not trusted, by their statfs(2) magic number.
enum RemoteFileSystems {
    static func name(of type: Int64) -> String? { names[type & 0xFFFF_FFFF] }

    private static let names: [Int64: String] = [
        0x6969: "NFS", 0x6573_5546: "FUSE", 0xFF53_4D42: "CIFS", 0xFE53_4D42: "SMB2", 0x517B: "SMB",
        0x0102_1997: "9P", 0x00C3_6400: "Ceph", 0x5346_414F: "AFS", 0x564C: "NCP",
        0x7375_7245: "Coda", 0x0BD0_0BD0: "Lustre",
    ]
}
