// Checksums of what is written to disk.
#ifndef WARROOM_CSYSTEM_CHECKSUMS_H
#define WARROOM_CSYSTEM_CHECKSUMS_H

#include <stddef.h>
#include <stdint.h>

/// CRC-32C (Castagnoli, reflected polynomial 0x82F63B78), as in RFC 3720 appendix B.4, of `before`
/// followed by `length` bytes. `before` is the checksum of what came earlier, 0 at the beginning.
/// The processor's instruction for it (SSE 4.2) cannot be reached from Swift; where there is
/// none a table does the work.
uint32_t csystem_crc32c(uint32_t before, const void *bytes, size_t length);

#endif
