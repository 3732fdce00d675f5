import Canvas

/// Where the parts of screen 6 stand inside its border: a row of figures, the bars of levels over
/// time, what is new, and the list. Depends on the size alone, so that nothing moves when figures
/// grow or sources fall behind.
package struct LogLayout: Sendable, Hashable {
    package var figures: Rect
    /// Bars, milestones and times; zero rows where the screen is too low or too narrow.
    package var bars: Rect
    /// One row that names the newest patterns.
    package var news: Rect
    package var list: Rect

    /// Rows under the bars: the milestones and the times.
    package static let axisRows = 2

    /// - Parameter pane: the whole pane, with its border.
    package static func arrange(_ pane: Rect, mode: LogView.Mode) -> LogLayout {
        let inner = pane.height >= 4 && pane.width >= 4 ? pane.inset(1) : pane.splitTop(1).rest
        let height = inner.height
        let figures = inner.splitTop(height >= 4 ? 1 : 0)
        let barRows =
            inner.width < 44 ? 0 : height >= 40 ? 5 : height >= 28 ? 4 : height >= 14 ? 2 : 0
        let bars = figures.rest.splitTop(barRows > 0 ? barRows + axisRows : 0)
        let news = bars.rest.splitTop(mode == .lines && height >= 12 ? 1 : 0)
        return LogLayout(
            figures: figures.top, bars: bars.top, news: news.top, list: news.rest)
    }
}
