#include "Files.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/vfs.h>

int csystem_filesystem_type(const char *path, int64_t *type) {
    struct statfs status;
    if (statfs(path, &status) != 0) {
        return -errno;
    }
    *type = (int64_t)status.f_type;
    return 0;
}

int csystem_reserve(int descriptor, int64_t offset, int64_t length) {
    int result;
    do {
        result = fallocate(descriptor, FALLOC_FL_KEEP_SIZE, offset, length);
    } while (result != 0 && errno == EINTR);
    return result != 0 ? -errno : 0;
}
