// Descriptors that carry events between threads and processes.
#ifndef WARROOM_CSYSTEM_EVENTS_H
#define WARROOM_CSYSTEM_EVENTS_H

#include <stdint.h>

/// A counter that wakes a poll loop from any thread. eventfd(2) is not in Swift's Glibc module.
/// Non-blocking and close-on-exec. Returns the descriptor or -errno.
int csystem_eventfd(void);

/// A pipe whose two ends are close-on-exec from birth: between pipe(2) and fcntl(2) another thread
/// could spawn a child that inherits them. pipe2(2) is not in Swift's Glibc module. Both ends are
/// numbered 3 or higher. Returns 0 or -errno.
int csystem_pipe(int ends[2]);

/// A descriptor that becomes readable when the child `pid` ends, so that a poll loop can wait for
/// output and exit together. pidfd_open(2) has no wrapper in this glibc's Swift module.
/// Close-on-exec. Returns the descriptor or -errno.
int csystem_pidfd(int32_t pid);

/// Anonymous memory with a descriptor (diagnostics written while the screen is taken).
/// memfd_create(2) is not in Swift's Glibc module. Close-on-exec. Returns the descriptor or -errno.
int csystem_memfd(const char *name);

/// One descriptor that becomes readable when any of many does, for programs that are read while
/// they run. epoll(7) is not in Swift's Glibc module. Close-on-exec. Returns it or -errno.
int csystem_readiness(void);

/// Reports each time `descriptor` becomes readable or its writers are gone (edge-triggered: it must
/// then be read until it would block), as `value`. Closing the descriptor ends it. Returns 0 or
/// -errno.
int csystem_readiness_add(int readiness, int descriptor, uint64_t value);

/// Takes what became readable since the last call, without waiting: at most `count` values.
/// Returns how many or -errno.
int csystem_readiness_take(int readiness, uint64_t *values, int count);

#endif
