// The Linux calls that Swift's Glibc module does not show. Each says why it exists.
#ifndef WARROOM_CSYSTEM_H
#define WARROOM_CSYSTEM_H

#include "Terminal.h"

#include <stdint.h>
#include <sys/types.h>

/// A counter that wakes a poll loop from any thread. eventfd(2) is not in Swift's Glibc module.
/// Non-blocking and close-on-exec. Returns the descriptor or -errno.
int csystem_eventfd(void);

#endif
