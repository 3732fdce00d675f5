// What must keep the terminal usable when the program cannot: the crash handler, captured standard
// error, and the pipe through which signals reach the loop. All of it runs inside signal handlers,
// where Swift may not run.
#ifndef WARROOM_CSYSTEM_TERMINAL_H
#define WARROOM_CSYSTEM_TERMINAL_H

#include <stddef.h>

/// Remembers the modes that `terminal` has now; to be called before the screen changes them.
/// Returns 0 or -errno.
int csystem_guard_remember(int terminal);

/// Arms the crash handler on SEGV, BUS, ILL, TRAP, FPE and ABRT: it writes `reset` to the remembered
/// terminal, restores its remembered modes, gives back standard error with what was captured, and
/// lets the handler that was there before have the signal. Returns 0 or -errno.
int csystem_guard_arm(const char *reset, size_t length);

/// Puts the former handlers back.
void csystem_guard_disarm(void);

/// Redirects standard error into memory (anything written there would tear the screen); nothing
/// happens when it is not a terminal. Returns 1 when captured, 0 when not, or -errno.
/// memfd_create is not in Swift's Glibc module.
int csystem_stderr_capture(void);

/// Gives standard error back. Returns a descriptor to read what was captured from (rewound, to be
/// closed by the caller), or -1 when nothing was captured.
int csystem_stderr_release(void);

/// Sends the given signals as single bytes into a pipe and returns its reading end (non-blocking,
/// close-on-exec), or -errno. One pipe at a time: -EBUSY otherwise.
int csystem_signals_open(const int *signals, int count);

/// Restores the former handlers and closes the pipe.
void csystem_signals_close(void);

#endif
