// Fetching memory ahead of its use.
#ifndef WARROOM_CSYSTEM_PREFETCH_H
#define WARROOM_CSYSTEM_PREFETCH_H

/// Asks the processor to fetch the cache line at `address` for writing. Any address will do: nothing
/// is read or written. In C because Swift has no such instruction.
static inline void csystem_prefetch_for_write(const void *address) {
    __builtin_prefetch(address, 1, 3);
}

/// As `csystem_prefetch_for_write`, for reading.
static inline void csystem_prefetch_for_read(const void *address) {
    __builtin_prefetch(address, 0, 3);
}

#endif
