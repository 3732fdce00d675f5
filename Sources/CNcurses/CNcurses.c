#include "CNcurses.h"

#include <curses.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <term.h>
#include <unistd.h>
#include <wchar.h>

static SCREEN *screen;
static FILE *input_stream;
static FILE *output_stream;
static int has_colour;

// Codes for define_key, above every code that terminfo uses.
enum { PASTE_BEGIN = 1500, PASTE_END, FOCUS_GAINED, FOCUS_LOST, MOUSE_REPORT };

int cncurses_use_locale(void) {
    if (setlocale(LC_CTYPE, "") == NULL) setlocale(LC_CTYPE, "C");
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

int cncurses_check(const char *terminal) {
    int error = 0;
    int result = CNCURSES_UNKNOWN_TERMINAL;
    TERMINAL *before = set_curterm(NULL);
    if (setupterm(terminal, STDOUT_FILENO, &error) == OK) {
        char *address = tigetstr("cup");
        int is_missing = address == NULL || address == (char *)-1;
        result = is_missing ? CNCURSES_NO_CURSOR_ADDRESSING : CNCURSES_OPENED;
        del_curterm(cur_term);
    }
    set_curterm(before);
    return result;
}

// Sequences that terminals send although their terminfo entry names others (a Home key has four
// forms in the wild), and those that terminfo has no name for.
static void define_keys(void) {
    static const struct {
        const char *sequence;
        int code;
    } keys[] = {
        {"\033[A", KEY_UP}, {"\033OA", KEY_UP}, {"\033[B", KEY_DOWN}, {"\033OB", KEY_DOWN},
        {"\033[C", KEY_RIGHT}, {"\033OC", KEY_RIGHT}, {"\033[D", KEY_LEFT}, {"\033OD", KEY_LEFT},
        {"\033[H", KEY_HOME}, {"\033OH", KEY_HOME}, {"\033[1~", KEY_HOME}, {"\033[7~", KEY_HOME},
        {"\033[F", KEY_END}, {"\033OF", KEY_END}, {"\033[4~", KEY_END}, {"\033[8~", KEY_END},
        {"\033[2~", KEY_IC}, {"\033[3~", KEY_DC}, {"\033[5~", KEY_PPAGE}, {"\033[6~", KEY_NPAGE},
        {"\033[Z", KEY_BTAB}, {"\033OM", KEY_ENTER},
        {"\033OP", KEY_F(1)}, {"\033OQ", KEY_F(2)}, {"\033OR", KEY_F(3)}, {"\033OS", KEY_F(4)},
        {"\033[11~", KEY_F(1)}, {"\033[12~", KEY_F(2)}, {"\033[13~", KEY_F(3)},
        {"\033[14~", KEY_F(4)}, {"\033[15~", KEY_F(5)}, {"\033[17~", KEY_F(6)},
        {"\033[18~", KEY_F(7)}, {"\033[19~", KEY_F(8)}, {"\033[20~", KEY_F(9)},
        {"\033[21~", KEY_F(10)}, {"\033[23~", KEY_F(11)}, {"\033[24~", KEY_F(12)},
        {"\033[200~", PASTE_BEGIN}, {"\033[201~", PASTE_END},
        {"\033[I", FOCUS_GAINED}, {"\033[O", FOCUS_LOST}, {"\033[<", MOUSE_REPORT},
    };
    // X10 mouse reports share a prefix with nothing we want, and their three raw bytes would be
    // read as keys; undefining the key makes the decoder see a complete sequence instead.
    define_key(NULL, KEY_MOUSE);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        define_key(keys[i].sequence, keys[i].code);
    }
}

static void set_modes(void) {
    raw();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    intrflush(stdscr, FALSE);
    scrollok(stdscr, FALSE);
    curs_set(0);
    define_keys();
    has_colour = has_colors() && start_color() == OK;
    if (has_colour) use_default_colors();
}

static void close_streams(void) {
    if (input_stream != NULL) fclose(input_stream);
    if (output_stream != NULL) fclose(output_stream);
    input_stream = output_stream = NULL;
}

int cncurses_open(const char *terminal, int input, int output, int escape_delay) {
    static const int signals[] = {SIGWINCH, SIGTSTP, SIGINT, SIGTERM};
    struct sigaction saved[4];
    int input_copy = dup(input);
    int output_copy = dup(output);
    input_stream = input_copy < 0 ? NULL : fdopen(input_copy, "r");
    output_stream = output_copy < 0 ? NULL : fdopen(output_copy, "w");
    if (input_stream == NULL || output_stream == NULL) {
        close_streams();
        return CNCURSES_NO_STREAM;
    }
    for (int i = 0; i < 4; i++) sigaction(signals[i], NULL, &saved[i]);
    screen = newterm(terminal, output_stream, input_stream);
    for (int i = 0; i < 4; i++) sigaction(signals[i], &saved[i], NULL);
    if (screen == NULL) {
        close_streams();
        return CNCURSES_UNKNOWN_TERMINAL;
    }
    set_escdelay(escape_delay);
    set_modes();
    return CNCURSES_OPENED;
}

void cncurses_close(void) {
    if (screen == NULL) return;
    endwin();
    delscreen(screen);
    screen = NULL;
    has_colour = 0;
    close_streams();
}

void cncurses_suspend(void) { endwin(); }

void cncurses_resume(void) {
    reset_prog_mode();
    clearok(curscr, TRUE);
}

int cncurses_colours(void) { return has_colour ? COLORS : 0; }

int cncurses_pair(int foreground, int background) {
    if (!has_colour || (foreground < 0 && background < 0)) return 0;
    int pair = alloc_pair(foreground, background);
    return pair < 0 ? 0 : pair;
}

void cncurses_reset_pairs(void) {
    if (has_colour) reset_color_pairs();
}

int cncurses_put(
    int row, int column, const uint32_t *scalars, int count, int attributes, int pair) {
    wchar_t text[CCHARW_MAX + 1];
    cchar_t cell;
    attr_t look = A_NORMAL;
    if (attributes & CNCURSES_BOLD) look |= A_BOLD;
    if (attributes & CNCURSES_DIM) look |= A_DIM;
    if (attributes & CNCURSES_UNDERLINE) look |= A_UNDERLINE;
    if (attributes & CNCURSES_REVERSE) look |= A_REVERSE;
    if (attributes & CNCURSES_ITALIC) look |= A_ITALIC;
    if (count > CCHARW_MAX) count = CCHARW_MAX;
    for (int i = 0; i < count; i++) text[i] = (wchar_t)scalars[i];
    text[count] = L'\0';
    if (setcchar(&cell, text, look, 0, &pair) == ERR) {
        // Marks that the C library does not know as such: the base alone.
        text[count > 0 ? 1 : 0] = L'\0';
        if (setcchar(&cell, text, look, 0, &pair) == ERR) return -1;
    }
    return mvadd_wchnstr(row, column, &cell, 1) == ERR ? -1 : 0;
}

void cncurses_clear(void) {
    erase();
    clearok(curscr, TRUE);
}

int cncurses_refresh(void) { return refresh() == ERR ? -1 : 0; }

void cncurses_cursor(int row, int column) {
    if (row < 0) {
        curs_set(0);
        move(0, 0);
    } else {
        curs_set(1);
        move(row, column);
    }
}

// <term.h> defines `lines` and `columns` as macros.
int cncurses_resize(int height, int width) {
    if (resizeterm(height, width) == ERR) return -1;
    clearok(curscr, TRUE);
    return 0;
}

int cncurses_rows(void) { return LINES; }
int cncurses_columns(void) { return COLS; }

static int translated(int code) {
    switch (code) {
    case KEY_UP: return CNCURSES_KEY_UP;
    case KEY_DOWN: return CNCURSES_KEY_DOWN;
    case KEY_LEFT: return CNCURSES_KEY_LEFT;
    case KEY_RIGHT: return CNCURSES_KEY_RIGHT;
    case KEY_PPAGE: return CNCURSES_KEY_PAGE_UP;
    case KEY_NPAGE: return CNCURSES_KEY_PAGE_DOWN;
    case KEY_HOME: return CNCURSES_KEY_HOME;
    case KEY_END: return CNCURSES_KEY_END;
    case KEY_ENTER: return CNCURSES_KEY_ENTER;
    case KEY_BTAB: return CNCURSES_KEY_BACK_TAB;
    case KEY_BACKSPACE: return CNCURSES_KEY_BACKSPACE;
    case KEY_DC: return CNCURSES_KEY_DELETE;
    case KEY_IC: return CNCURSES_KEY_INSERT;
    case PASTE_BEGIN: return CNCURSES_KEY_PASTE_BEGIN;
    case PASTE_END: return CNCURSES_KEY_PASTE_END;
    case FOCUS_GAINED: return CNCURSES_KEY_FOCUS_GAINED;
    case FOCUS_LOST: return CNCURSES_KEY_FOCUS_LOST;
    case MOUSE_REPORT: return CNCURSES_KEY_MOUSE;
    default:
        if (code > KEY_F0 && code <= KEY_F(63)) return CNCURSES_KEY_FUNCTION + code - KEY_F0;
        return CNCURSES_KEY_OTHER;
    }
}

int cncurses_read(void) {
    wint_t value = 0;
    switch (get_wch(&value)) {
    case OK: return (int)value;
    case KEY_CODE_YES: return translated((int)value);
    default: return CNCURSES_NOTHING;
    }
}

int cncurses_width(uint32_t scalar) { return wcwidth((wchar_t)scalar); }

const char *cncurses_exit_string(void) {
    char *text = tigetstr("rmcup");
    return text == NULL || text == (char *)-1 ? "" : text;
}
