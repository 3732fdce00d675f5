import Canvas

/// The terminal as the room sees it: frames go out, keys come in.
@MainActor
package protocol Screen: AnyObject {
    /// The size at the last look; follow `terminalResized()`.
    var size: Size { get }
    /// To poll for reading; -1 when keys do not come from a descriptor.
    var inputDescriptor: Int32 { get }
    var colourDepth: ColourDepth { get }
    /// Whether ASCII glyphs are drawn; `styles.glyphs` decides which.
    var isASCII: Bool { get }
    /// How tokens look. Setting it draws everything again at the next `present`.
    var styles: StyleSheet { get set }
    /// Bytes given to the terminal since it was opened, 0 where nobody counts them.
    var bytesWritten: Int { get }

    /// Shows `frame`, drawing what differs from the last one.
    func present(_ frame: Frame)
    /// The keys that have arrived; never blocks.
    func readKeys() -> [Key]
    /// Whether the terminal hung up: no key will come any more.
    var hasHungUp: Bool { get }
    /// Takes over the terminal's present size (after SIGWINCH or SIGCONT) and draws all anew.
    func terminalResized()
    /// Offers `text` to the terminal's clipboard (OSC 52). Outward only and only on a key; a
    /// terminal that does not know the sequence ignores it.
    func copy(_ text: String)
    /// Gives the terminal back, stops the process group (Ctrl-Z) and takes it again when continued.
    /// false when nobody could continue the process: then nothing happens.
    @discardableResult
    func suspendAndStop() -> Bool
    /// Gives the terminal back for good. May be called twice.
    func close()
}
