#include "TextBlocks.h"

#include <stdbool.h>
#include <string.h>

// Compilers turn these into the widest vectors that the target of the enclosing function has.
typedef uint8_t bytes64 __attribute__((vector_size(64)));
typedef bool bits64 __attribute__((ext_vector_type(64)));

#define MASK(condition)                                             \
    ({                                                              \
        bits64 bits_ = __builtin_convertvector((condition), bits64); \
        uint64_t mask_;                                             \
        memcpy(&mask_, &bits_, sizeof mask_);                       \
        mask_;                                                      \
    })

__attribute__((always_inline)) static inline void classify(
    const uint8_t *bytes, csystem_text_block *block) {
    bytes64 v;
    memcpy(&v, bytes, sizeof v);
    // Unsigned ranges by wrapping: x - low < count.
    uint64_t letter = MASK((((v | 0x20) - 'a') < 26) | (v == '_'));
    block->quote = MASK(v == '"');
    block->unusual = MASK((v == '\n') | (v == '\\') | (v >= 0x80));
    block->letter = letter;
    block->word = letter | MASK((v - '0') < 10);
    block->equals = MASK(v == '=');
    block->comma = MASK(v == ',');
    block->close = MASK(v == '}');
}

__attribute__((always_inline)) static inline void classify_all(
    const uint8_t *bytes, size_t length, csystem_text_block *blocks) {
    while (length >= 64) {
        classify(bytes, blocks);
        bytes += 64;
        length -= 64;
        blocks += 1;
    }
    if (length > 0) {
        uint8_t rest[64];
        memset(rest, '\n', sizeof rest);
        memcpy(rest, bytes, length);
        classify(rest, blocks);
    }
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void classify_wide(
    const uint8_t *bytes, size_t length, csystem_text_block *blocks) {
    classify_all(bytes, length, blocks);
}
#endif

void csystem_text_blocks(const uint8_t *bytes, size_t length, csystem_text_block *blocks) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) {
        classify_wide(bytes, length, blocks);
        return;
    }
#endif
    classify_all(bytes, length, blocks);
}
