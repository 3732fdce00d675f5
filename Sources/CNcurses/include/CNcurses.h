// An opaque wrapper around ncursesw. Nothing of <curses.h> is visible from Swift: its macros do not
// import, its globals are data races to the compiler, and its names (move, clear, filter, timeout)
// are too common to let in.
//
// Every prototype is fenced to the main actor: curses knows one screen and no locks.
#ifndef WARROOM_CNCURSES_H
#define WARROOM_CNCURSES_H

#include <stddef.h>
#include <stdint.h>

#if defined(__clang__)
#define CNCURSES_MAIN __attribute__((swift_attr("@MainActor")))
#else
#define CNCURSES_MAIN
#endif

// Attributes of a cell. A_BOLD and friends are macros with shifts that Swift does not import.
enum {
    CNCURSES_BOLD = 1,
    CNCURSES_DIM = 2,
    CNCURSES_UNDERLINE = 4,
    CNCURSES_REVERSE = 8,
    CNCURSES_ITALIC = 16,
};

// Results of cncurses_open.
enum {
    CNCURSES_OPENED = 0,
    CNCURSES_UNKNOWN_TERMINAL = 1,
    CNCURSES_NO_CURSOR_ADDRESSING = 2,
    CNCURSES_NO_STREAM = 3,
};

// What cncurses_read returns: -1 for nothing, a Unicode scalar, or a key code from here on.
enum {
    CNCURSES_NOTHING = -1,
    CNCURSES_KEY = 0x1000000,
    CNCURSES_KEY_UP = CNCURSES_KEY,
    CNCURSES_KEY_DOWN,
    CNCURSES_KEY_LEFT,
    CNCURSES_KEY_RIGHT,
    CNCURSES_KEY_PAGE_UP,
    CNCURSES_KEY_PAGE_DOWN,
    CNCURSES_KEY_HOME,
    CNCURSES_KEY_END,
    CNCURSES_KEY_ENTER,
    CNCURSES_KEY_BACK_TAB,
    CNCURSES_KEY_BACKSPACE,
    CNCURSES_KEY_DELETE,
    CNCURSES_KEY_INSERT,
    CNCURSES_KEY_PASTE_BEGIN,
    CNCURSES_KEY_PASTE_END,
    CNCURSES_KEY_FOCUS_GAINED,
    CNCURSES_KEY_FOCUS_LOST,
    CNCURSES_KEY_MOUSE, // the beginning of an SGR report, ESC [ <
    CNCURSES_KEY_OTHER,
    CNCURSES_KEY_FUNCTION = CNCURSES_KEY + 64, // + n for Fn
};

/// Adopts the environment's character set (LC_CTYPE alone: LC_NUMERIC would change strtod).
/// Returns 1 when it is UTF-8. nl_langinfo needs the locale set first, so both happen here.
CNCURSES_MAIN int cncurses_use_locale(void);

/// Whether terminfo has an entry that can place text: CNCURSES_OPENED, CNCURSES_UNKNOWN_TERMINAL or
/// CNCURSES_NO_CURSOR_ADDRESSING. newterm would accept TERM=dumb and draw nothing.
CNCURSES_MAIN int cncurses_check(const char *terminal);

/// newterm with the signal handlers it installs undone, raw mode, keypad, colours if there are any.
/// `escape_delay` is how long a lone ESC waits for the rest of a sequence, in milliseconds.
CNCURSES_MAIN int cncurses_open(const char *terminal, int input, int output, int escape_delay);

/// endwin and delscreen; the terminal's modes are as before cncurses_open.
CNCURSES_MAIN void cncurses_close(void);

/// Leaves curses mode for a while; cncurses_resume returns.
CNCURSES_MAIN void cncurses_suspend(void);

/// Sets the program's terminal modes again (they may have been changed while stopped).
CNCURSES_MAIN void cncurses_resume(void);

/// Colours the terminal shows: 0 without colour. COLORS is a global variable.
CNCURSES_MAIN int cncurses_colours(void);

/// A pair number for two colours (-1: the terminal's own), 0 when there are no colours or pairs.
/// alloc_pair crashes before start_color and on colourless terminals.
CNCURSES_MAIN int cncurses_pair(int foreground, int background);

/// Forgets all pairs, when a theme changes.
CNCURSES_MAIN void cncurses_reset_pairs(void);

/// Puts one glyph: `count` scalars, the first of which takes cells. 0, or -1 on error.
/// cchar_t and the attribute macros are not importable.
CNCURSES_MAIN int cncurses_put(
    int row, int column, const uint32_t *scalars, int count, int attributes, int pair);

/// Blanks the virtual screen and has the next cncurses_refresh draw all of it.
CNCURSES_MAIN void cncurses_clear(void);

/// Sends what differs to the terminal. 0, or -1 on error.
CNCURSES_MAIN int cncurses_refresh(void);

/// Shows the cursor at a place, or hides it when `row` is negative.
CNCURSES_MAIN void cncurses_cursor(int row, int column);

/// Takes over a new size. 0, or -1 on error.
CNCURSES_MAIN int cncurses_resize(int rows, int columns);

/// Rows and columns as curses has them. LINES and COLS are global variables.
CNCURSES_MAIN int cncurses_rows(void);
CNCURSES_MAIN int cncurses_columns(void);

/// The next key or CNCURSES_NOTHING; never blocks, but for the escape delay.
/// KEY_F and BUTTON macros are not importable, so codes are translated here.
CNCURSES_MAIN int cncurses_read(void);

/// The cells the C library (and with it curses) counts for a scalar, -1 when it knows none.
/// A glyph on which it disagrees with our table is replaced, or curses would lose its place.
CNCURSES_MAIN int cncurses_width(uint32_t scalar);

/// The terminal's string that ends full-screen mode ("" when it has none), for the crash handler.
CNCURSES_MAIN const char *cncurses_exit_string(void);

#endif
