#include "Terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

// Crash handler

static const int crash_signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGABRT};
enum { CRASH_COUNT = sizeof crash_signals / sizeof crash_signals[0], RESET_MAX = 512 };

static struct sigaction crash_saved[CRASH_COUNT];
static struct termios guarded_modes;
static char reset_bytes[RESET_MAX];
static size_t reset_length;
static int guarded_terminal = -1;
static volatile sig_atomic_t guard_is_armed;

static int saved_stderr = -1;
static int captured_stderr = -1;

static void write_all(int descriptor, const char *bytes, size_t length) {
    while (length > 0) {
        ssize_t count = write(descriptor, bytes, length);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return;
        bytes += count;
        length -= (size_t)count;
    }
}

// Copies what was captured to the real standard error. The text may hold anything, so bytes that
// would command the terminal become `?`.
static void replay_stderr(void) {
    if (captured_stderr < 0) return;
    char buffer[1024];
    unsigned char previous = 0;
    dup2(saved_stderr, STDERR_FILENO);
    lseek(captured_stderr, 0, SEEK_SET);
    for (;;) {
        ssize_t count = read(captured_stderr, buffer, sizeof buffer);
        if (count <= 0) return;
        for (ssize_t i = 0; i < count; i++) {
            unsigned char byte = (unsigned char)buffer[i];
            int is_control = (byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7F;
            int is_c1 = previous == 0xC2 && byte >= 0x80 && byte < 0xA0;
            if (is_control || is_c1) buffer[i] = '?';
            previous = byte;
        }
        write_all(STDERR_FILENO, buffer, (size_t)count);
    }
}

static void restore_former(int number) {
    for (int i = 0; i < CRASH_COUNT; i++) {
        if (crash_signals[i] == number) sigaction(number, &crash_saved[i], NULL);
    }
}

static void on_crash(int number, siginfo_t *info, void *context) {
    (void)context;
    int error = errno;
    if (guard_is_armed) {
        guard_is_armed = 0;
        write_all(guarded_terminal, reset_bytes, reset_length);
        tcsetattr(guarded_terminal, TCSANOW, &guarded_modes);
        replay_stderr();
    }
    restore_former(number);
    errno = error;
    // A faulting instruction runs again on return and finds the former handler. A signal that was
    // sent, abort() included, and a trap that already moved on, must be raised again.
    if (info->si_code <= 0 || number == SIGTRAP || number == SIGABRT) raise(number);
}

int csystem_guard_remember(int terminal) {
    if (guard_is_armed) return -EBUSY;
    if (tcgetattr(terminal, &guarded_modes) != 0) return -errno;
    guarded_terminal = terminal;
    return 0;
}

int csystem_guard_arm(const char *reset, size_t length) {
    static char *stack;
    if (guard_is_armed || guarded_terminal < 0) return -EBUSY;
    if (length > RESET_MAX) return -E2BIG;
    memcpy(reset_bytes, reset, length);
    reset_length = length;
    stack_t present;
    if (sigaltstack(NULL, &present) == 0 && (present.ss_flags & SS_DISABLE)) {
        // A stack overflow has no stack left to run a handler on.
        size_t size = 64 * 1024;
        if (stack == NULL) stack = malloc(size);
        stack_t alternate = {.ss_sp = stack, .ss_size = size, .ss_flags = 0};
        if (stack != NULL) sigaltstack(&alternate, NULL);
    }
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_crash;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < CRASH_COUNT; i++) sigaction(crash_signals[i], &action, &crash_saved[i]);
    guard_is_armed = 1;
    return 0;
}

void csystem_guard_disarm(void) {
    if (!guard_is_armed) return;
    guard_is_armed = 0;
    for (int i = 0; i < CRASH_COUNT; i++) sigaction(crash_signals[i], &crash_saved[i], NULL);
    guarded_terminal = -1;
}

// Standard error

int csystem_stderr_capture(void) {
    if (captured_stderr >= 0 || !isatty(STDERR_FILENO)) return 0;
    int memory = memfd_create("stderr", MFD_CLOEXEC);
    if (memory < 0) return -errno;
    // O_APPEND, so that a reader that moved the offset never makes a writer overwrite.
    fcntl(memory, F_SETFL, O_APPEND);
    int copy = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    if (copy < 0 || dup2(memory, STDERR_FILENO) < 0) {
        int error = errno;
        if (copy >= 0) close(copy);
        close(memory);
        return -error;
    }
    saved_stderr = copy;
    captured_stderr = memory;
    return 1;
}

int csystem_stderr_release(void) {
    if (captured_stderr < 0) return -1;
    dup2(saved_stderr, STDERR_FILENO);
    close(saved_stderr);
    int memory = captured_stderr;
    saved_stderr = captured_stderr = -1;
    lseek(memory, 0, SEEK_SET);
    return memory;
}

// Signals

enum { SIGNALS_MAX = 16 };

static int signal_pipe[2] = {-1, -1};
static int piped_signals[SIGNALS_MAX];
static struct sigaction piped_saved[SIGNALS_MAX];
static int piped_count;

static void on_signal(int number) {
    int error = errno;
    char byte = (char)number;
    // A full pipe already holds enough to wake the loop.
    ssize_t ignored = write(signal_pipe[1], &byte, 1);
    (void)ignored;
    errno = error;
}

int csystem_signals_open(const int *signals, int count) {
    if (signal_pipe[0] >= 0) return -EBUSY;
    if (count > SIGNALS_MAX) return -EINVAL;
    if (pipe2(signal_pipe, O_CLOEXEC | O_NONBLOCK) != 0) {
        signal_pipe[0] = signal_pipe[1] = -1;
        return -errno;
    }
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < count; i++) {
        piped_signals[i] = signals[i];
        sigaction(signals[i], &action, &piped_saved[i]);
    }
    piped_count = count;
    return signal_pipe[0];
}

void csystem_signals_close(void) {
    if (signal_pipe[0] < 0) return;
    for (int i = 0; i < piped_count; i++) sigaction(piped_signals[i], &piped_saved[i], NULL);
    piped_count = 0;
    close(signal_pipe[0]);
    close(signal_pipe[1]);
    signal_pipe[0] = signal_pipe[1] = -1;
}
