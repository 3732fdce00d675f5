#include "Events.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int csystem_eventfd(void) {
    int descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return descriptor < 0 ? -errno : descriptor;
}

// Moves `descriptor` to 3 or higher, so that it can never be mistaken for a standard stream.
static int move_up(int descriptor) {
    if (descriptor > 2) {
        return descriptor;
    }
    int moved = fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
    int error = errno;
    close(descriptor);
    return moved < 0 ? -error : moved;
}

int csystem_pipe(int ends[2]) {
    int raw[2];
    if (pipe2(raw, O_CLOEXEC) != 0) {
        return -errno;
    }
    raw[0] = move_up(raw[0]);
    raw[1] = move_up(raw[1]);
    if (raw[0] < 0 || raw[1] < 0) {
        int error = raw[0] < 0 ? raw[0] : raw[1];
        if (raw[0] >= 0) {
            close(raw[0]);
        }
        if (raw[1] >= 0) {
            close(raw[1]);
        }
        return error;
    }
    ends[0] = raw[0];
    ends[1] = raw[1];
    return 0;
}

int csystem_pidfd(int32_t pid) {
    int descriptor = (int)syscall(SYS_pidfd_open, pid, 0);
    return descriptor < 0 ? -errno : descriptor;
}

int csystem_memfd(const char *name) {
    int descriptor = memfd_create(name, MFD_CLOEXEC);
    return descriptor < 0 ? -errno : descriptor;
}

int csystem_readiness(void) {
    int descriptor = epoll_create1(EPOLL_CLOEXEC);
    return descriptor < 0 ? -errno : descriptor;
}

int csystem_readiness_add(int readiness, int descriptor, uint64_t value) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data.u64 = value};
    return epoll_ctl(readiness, EPOLL_CTL_ADD, descriptor, &event) != 0 ? -errno : 0;
}

int csystem_readiness_take(int readiness, uint64_t *values, int count) {
    struct epoll_event events[64];
    int taken = epoll_wait(readiness, events, count < 64 ? count : 64, 0);
    if (taken < 0) {
        return errno == EINTR ? 0 : -errno;
    }
    for (int index = 0; index < taken; index++) {
        values[index] = events[index].data.u64;
    }
    return taken;
}
