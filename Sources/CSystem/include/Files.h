// File calls for the journal.
#ifndef WARROOM_CSYSTEM_FILES_H
#define WARROOM_CSYSTEM_FILES_H

#include <stdint.h>

/// The magic number of the file system that holds `path` (statfs(2), `f_type`), which tells a
/// network file system from a local one. Swift's Glibc module has no statfs. Writes it to `type`.
/// Returns 0 or -errno.
int csystem_filesystem_type(const char *path, int64_t *type);

/// Reserves blocks for `length` bytes from `offset` without changing the file's size, so that
/// appending still works when something else has filled the disk. fallocate(2) with
/// FALLOC_FL_KEEP_SIZE is not in Swift's Glibc module. Returns 0 or -errno.
int csystem_reserve(int descriptor, int64_t offset, int64_t length);

#endif
