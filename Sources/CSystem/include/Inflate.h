// Unpacking of gzip'd files by zlib.
#ifndef WARROOM_CSYSTEM_INFLATE_H
#define WARROOM_CSYSTEM_INFLATE_H

#include <stddef.h>
#include <stdint.h>

/// The state of one unpacking. Opaque, because <zlib.h> is in none of Swift's modules.
typedef struct csystem_inflate csystem_inflate;

/// A state for gzip data, or NULL without memory. inflateInit2 is a macro, which Swift cannot call.
csystem_inflate *csystem_inflate_new(void);

/// Unpacks from `input` to `output` as much as both allow; adds what it read and wrote to `read` and
/// `written`. At most 2^32 - 1 bytes of each are used in one call. Returns 1 at the end of a member
/// (its length and checksum were right), 0 when more input or more room is needed, -EILSEQ for
/// damaged data, -ENOMEM without memory.
int csystem_inflate_step(csystem_inflate *state, const uint8_t *input, size_t input_length,
                         uint8_t *output, size_t output_length, size_t *read, size_t *written);

/// Begins the next member. Returns 0 or -EINVAL.
int csystem_inflate_next_member(csystem_inflate *state);

/// Frees a state; NULL is allowed.
void csystem_inflate_free(csystem_inflate *state);

#endif
