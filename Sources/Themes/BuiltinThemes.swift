// swift-format-ignore-file
// Written by scripts/embed from themes/*.yaml; edit those files and run it again.

/// The themes that come with the program.
package enum BuiltinThemes {
    /// Each file without its extension, and its text.
    package static let files: [(name: String, text: String)] = [
        (
            name: "colour-blind",
            text: ##"""
                # Nothing rests on red against green: good is blue, waiting is yellow, bad is vermilion.
                # Shades after Okabe and Ito, lightened for a dark page.
                name: colour-blind
                kind: dark
                inherits: dark

                palette:
                  accent:  ['#c3cbe8', 189, bright-white]
                  deep:    ['#39425c', 60, blue]
                  green:   ['#62bdf0', 75, bright-blue]
                  teal:    ['#8fd0f5', 117, bright-cyan]
                  yellow:  ['#f2e75a', 227, bright-yellow]
                  orange:  ['#e9a93a', 214, yellow]
                  red:     ['#ff8a5c', 209, bright-red]
                  alarm:   ['#9c3a00', 88, red]
                  violet:  ['#dd93bb', 175, bright-magenta]
                """## + "\n"
        ),
        (
            name: "dark",
            text: ##"""
                # A calm dark room: grey text, one accent, and red only for what is wrong.
                #
                # palette: a name gives up to three shades, for true colour, 256 and 16 colours.
                # tokens:  a list of a colour and attributes, or {fg, bg, attributes}. A token that is not named
                #          takes its dotted parent's look, then that of `text`.
                name: dark
                kind: dark

                palette:
                  page:    ['#14171c', 233, default]
                  raised:  ['#232a35', 235, default]
                  strong:  ['#eef1f6', 255, bright-white]
                  plain:   ['#c5cad3', 251, default]
                  quiet:   ['#929bab', 247, default]
                  line:    ['#4a5363', 240, bright-black]
                  accent:  ['#82b4f2', 111, bright-blue]
                  deep:    ['#2c4a72', 24, blue]
                  green:   ['#8cc084', 108, green]
                  teal:    ['#6cc2bb', 73, cyan]
                  yellow:  ['#e2b860', 179, yellow]
                  orange:  ['#eb9a66', 209, bright-yellow]
                  red:     ['#f4797f', 210, bright-red]
                  alarm:   ['#a4202c', 124, red]
                  violet:  ['#b9a0ec', 141, bright-magenta]

                tokens:
                  text: {fg: plain, bg: page}
                  text.dim: [quiet]
                  text.strong: [strong, bold]
                  link: [accent, underline]
                  match: {fg: page, bg: yellow}
                  input: {fg: strong, bg: raised}
                  selection: {fg: strong, bg: raised}

                  title: [plain, bold]
                  title.focused: [accent, bold]
                  border: [line]
                  border.focused: [accent]
                  key: [accent]
                  hint: [quiet]

                  header: [plain]
                  header.production: [orange, bold]
                  header.drill: [teal, bold]
                  next: {fg: strong, bg: raised, attributes: [bold]}
                  severity.1: {fg: strong, bg: alarm, attributes: [bold]}
                  severity.2: [orange, bold]
                  severity.3: [yellow]
                  severity.4: [quiet]
                  phase.done: [green]
                  phase.current: {fg: strong, bg: deep, attributes: [bold]}
                  phase.todo: [quiet]
                  stop.off: [quiet]
                  stop.on: {fg: strong, bg: alarm, attributes: [bold]}

                  state.ok: [green]
                  state.stale: [yellow]
                  state.error: [red, bold]
                  state.silent: [violet]
                  state.loading: [quiet, italic]

                  condition.met: [green]
                  condition.holding: [yellow]
                  condition.notMet: [red, bold]
                  condition.unknown: [violet]
                  condition.notApplicable: [quiet]

                  gate.pass: [green]
                  gate.review: [yellow]
                  gate.blocked: [red, bold]
                  gate.skipped: [quiet]
                  risk.low: [green]
                  risk.medium: [yellow]
                  risk.high: [red, bold]

                  evidence.for: [teal]
                  evidence.against: [orange]
                  hypothesis.strong: [strong, bold]
                  hypothesis.moderate: [strong]
                  hypothesis.weak: [quiet]
                  hypothesis.ruledOut: [quiet, italic]

                  alert.firing: [red, bold]
                  alert.pending: [yellow]
                  level.error: [red]
                  level.warning: [yellow]
                  level.info: [plain]
                  level.debug: [quiet, italic]
                  chart.line: [teal]
                  chart.bar: [accent]
                  chart.bad: [red]
                  timeline.time: [quiet]
                  timeline.kind: [teal]

                  card: [plain]
                  card.title: [strong, bold]
                  card.danger: [red, bold]
                  button: {fg: plain, bg: raised}
                  button.focused: {fg: strong, bg: deep, attributes: [bold, underline]}
                  toast: {fg: strong, bg: raised}
                  toast.error: {fg: strong, bg: alarm, attributes: [bold]}
                """## + "\n"
        ),
        (
            name: "high-contrast",
            text: ##"""
                # Black and white with few strong colours: every text at least 7 to 1.
                name: high-contrast
                kind: dark
                inherits: dark

                palette:
                  page:    ['#000000', 16, black]
                  raised:  ['#262626', 235, black]
                  strong:  ['#ffffff', 231, bright-white]
                  plain:   ['#ffffff', 231, bright-white]
                  quiet:   ['#c6c6c6', 251, white]
                  line:    ['#9e9e9e', 247, white]
                  accent:  ['#7cc4ff', 117, bright-cyan]
                  deep:    ['#00335c', 17, blue]
                  green:   ['#6dff7a', 83, bright-green]
                  teal:    ['#5cf2e4', 87, bright-cyan]
                  yellow:  ['#ffe45c', 227, bright-yellow]
                  orange:  ['#ffb35c', 215, yellow]
                  red:     ['#ff9191', 210, bright-red]
                  alarm:   ['#8b0000', 88, red]
                  violet:  ['#dcb8ff', 183, bright-magenta]

                tokens:
                  selection: {fg: strong, bg: raised, attributes: [underline]}
                  border.focused: [yellow, bold]
                  title.focused: [yellow, bold]
                  button.focused: {fg: page, bg: strong, attributes: [bold]}
                """## + "\n"
        ),
        (
            name: "light",
            text: ##"""
                # The same room on paper, for bright offices and projectors.
                name: light
                kind: light
                inherits: dark

                palette:
                  page:    ['#fbfaf7', 231, bright-white]
                  raised:  ['#e6e9ef', 255, white]
                  strong:  ['#11151b', 232, black]
                  plain:   ['#2c323b', 236, black]
                  quiet:   ['#5e6673', 241, bright-black]
                  line:    ['#b4bac5', 250, bright-black]
                  accent:  ['#1d5bb8', 25, blue]
                  deep:    ['#cfe0f8', 189, white]
                  green:   ['#2a6f31', 22, green]
                  teal:    ['#0b6a64', 23, cyan]
                  yellow:  ['#7a5200', 58, magenta]
                  orange:  ['#a3420c', 94, red]
                  red:     ['#b3151f', 124, red]
                  alarm:   ['#b3151f', 124, red]
                  violet:  ['#6638b6', 55, blue]
                  paper:   ['#ffffff', 231, bright-white]
                  marker:  ['#ffe08a', 222, yellow]

                tokens:
                  match: {fg: strong, bg: marker}
                  severity.1: {fg: paper, bg: alarm, attributes: [bold]}
                  stop.on: {fg: paper, bg: alarm, attributes: [bold]}
                  toast.error: {fg: paper, bg: alarm, attributes: [bold]}
                """## + "\n"
        ),
        (
            name: "mono",
            text: ##"""
                # No colour at all: chosen by NO_COLOR, by --no-color, and by terminals without colours.
                # Within each family no two states look the same; words and glyphs say the rest.
                name: mono
                kind: mono

                tokens:
                  text: []
                  text.dim: [dim]
                  text.strong: [bold]
                  link: [underline]
                  match: [reverse]
                  input: [underline]
                  selection: [reverse]

                  title: []
                  title.focused: [bold, underline]
                  border: [dim]
                  border.focused: [bold]
                  key: [bold]
                  hint: []

                  header: []
                  header.production: [bold, underline]
                  header.drill: [italic, bold]
                  next: [bold]
                  severity.1: [bold, reverse]
                  severity.2: [bold, underline]
                  severity.3: [bold]
                  severity.4: []
                  phase.done: []
                  phase.current: [bold, reverse]
                  phase.todo: [dim]
                  stop.off: []
                  stop.on: [bold, reverse]

                  state.ok: []
                  state.stale: [underline]
                  state.error: [bold, reverse]
                  state.silent: [bold, underline]
                  state.loading: [dim]

                  condition.met: []
                  condition.holding: [underline]
                  condition.notMet: [bold]
                  condition.unknown: [italic]
                  condition.notApplicable: [dim]

                  gate.pass: []
                  gate.review: [underline]
                  gate.blocked: [bold, reverse]
                  gate.skipped: [dim]
                  risk.low: []
                  risk.medium: [underline]
                  risk.high: [bold]

                  evidence.for: []
                  evidence.against: [underline]
                  hypothesis.strong: [bold]
                  hypothesis.moderate: []
                  hypothesis.weak: [dim]
                  hypothesis.ruledOut: [dim, italic]

                  alert.firing: [bold, reverse]
                  alert.pending: [underline]
                  level.error: [bold]
                  level.warning: [underline]
                  level.info: []
                  level.debug: [dim]
                  chart.line: []
                  chart.bar: []
                  chart.bad: [bold]
                  timeline.time: [dim]
                  timeline.kind: []

                  card: []
                  card.title: [bold]
                  card.danger: [bold, reverse]
                  button: []
                  button.focused: [reverse]
                  toast: [bold]
                  toast.error: [bold, reverse]
                """## + "\n"
        ),
        (
            name: "sixteen",
            text: ##"""
                # The terminal's own sixteen colours on its own background: whatever you have chosen there stays.
                name: sixteen
                kind: sixteen
                inherits: dark

                palette:
                  page:    [default]
                  raised:  [default]
                  strong:  [default]
                  plain:   [default]
                  quiet:   [default]
                  line:    [bright-black]
                  accent:  [cyan]
                  deep:    [blue]
                  green:   [green]
                  teal:    [cyan]
                  yellow:  [yellow]
                  orange:  [magenta]
                  red:     [red]
                  alarm:   [red]
                  violet:  [magenta]
                  ink:     [bright-white]
                  black:   [black]

                tokens:
                  text: [plain]
                  text.dim: [plain, dim]
                  match: {fg: black, bg: yellow}
                  input: [plain, underline]
                  selection: [reverse]
                  hint: [plain, dim]
                  severity.1: {fg: ink, bg: alarm, attributes: [bold]}
                  severity.2: [red, bold]
                  severity.4: [plain, dim]
                  next: [plain, bold, reverse]
                  phase.current: {fg: ink, bg: deep, attributes: [bold]}
                  phase.todo: [plain, dim]
                  stop.off: [plain, dim]
                  stop.on: {fg: ink, bg: alarm, attributes: [bold]}
                  state.loading: [plain, dim]
                  condition.notApplicable: [plain, dim]
                  gate.skipped: [plain, dim]
                  hypothesis.weak: [plain, dim]
                  hypothesis.ruledOut: [plain, dim, italic]
                  level.debug: [plain, dim]
                  timeline.time: [plain, dim]
                  button: [plain, underline]
                  button.focused: [plain, reverse, bold]
                  toast: [plain, reverse]
                  toast.error: {fg: ink, bg: alarm, attributes: [bold]}
                """## + "\n"
        ),
    ]
}
