#include "Locks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

static int set_lock(int descriptor, short type) {
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = 0, .l_len = 0};
    int result;
    do {
        result = fcntl(descriptor, F_OFD_SETLK, &lock);
    } while (result != 0 && errno == EINTR);
    if (result == 0) {
        return 0;
    }
    return errno == EACCES ? -EAGAIN : -errno;
}

int csystem_lock(int descriptor) {
    return set_lock(descriptor, F_WRLCK);
}

int csystem_unlock(int descriptor) {
    return set_lock(descriptor, F_UNLCK);
}
