#include "Inflate.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

struct csystem_inflate {
    z_stream stream;
};

// 15 bits of window, the most there is; 16 more ask for a gzip header.
static const int gzip_window_bits = 15 + 16;

csystem_inflate *csystem_inflate_new(void) {
    csystem_inflate *state = calloc(1, sizeof *state);
    if (state != NULL && inflateInit2(&state->stream, gzip_window_bits) != Z_OK) {
        free(state);
        return NULL;
    }
    return state;
}

int csystem_inflate_step(csystem_inflate *state, const uint8_t *input, size_t input_length,
                         uint8_t *output, size_t output_length, size_t *read, size_t *written) {
    z_stream *stream = &state->stream;
    uInt in = input_length > UINT_MAX ? UINT_MAX : (uInt)input_length;
    uInt out = output_length > UINT_MAX ? UINT_MAX : (uInt)output_length;
    // zlib does not write to its input; the cast is for its old declaration.
    stream->next_in = (Bytef *)input;
    stream->avail_in = in;
    stream->next_out = output;
    stream->avail_out = out;
    int result = inflate(stream, Z_NO_FLUSH);
    *read += in - stream->avail_in;
    *written += out - stream->avail_out;
    switch (result) {
    case Z_STREAM_END: return 1;
    case Z_OK:
    case Z_BUF_ERROR: return 0;
    case Z_MEM_ERROR: return -ENOMEM;
    default: return -EILSEQ;
    }
}

int csystem_inflate_next_member(csystem_inflate *state) {
    return inflateReset(&state->stream) == Z_OK ? 0 : -EINVAL;
}

void csystem_inflate_free(csystem_inflate *state) {
    if (state != NULL) {
        inflateEnd(&state->stream);
        free(state);
    }
}
