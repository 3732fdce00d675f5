#include "Checksums.h"

#include <string.h>

static uint32_t table[256];

// Runs before main, so that no reader ever sees a half-filled table.
__attribute__((constructor)) static void fill_table(void) {
    for (uint32_t index = 0; index < 256; index++) {
        uint32_t value = index;
        for (int bit = 0; bit < 8; bit++) {
            value = value & 1 ? (value >> 1) ^ 0x82F63B78 : value >> 1;
        }
        table[index] = value;
    }
}

static uint32_t by_table(uint32_t value, const uint8_t *bytes, size_t length) {
    for (size_t index = 0; index < length; index++) {
        value = table[(value ^ bytes[index]) & 0xFF] ^ (value >> 8);
    }
    return value;
}

#if defined(__x86_64__)

__attribute__((target("sse4.2"))) static uint32_t by_instruction(
    uint32_t value, const uint8_t *bytes, size_t length) {
    uint64_t wide = value;
    while (length >= 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        wide = __builtin_ia32_crc32di(wide, word);
        bytes += 8;
        length -= 8;
    }
    uint32_t narrow = (uint32_t)wide;
    while (length > 0) {
        narrow = __builtin_ia32_crc32qi(narrow, *bytes);
        bytes++;
        length--;
    }
    return narrow;
}

static int has_instruction(void) { return __builtin_cpu_supports("sse4.2"); }

#else

static uint32_t by_instruction(uint32_t value, const uint8_t *bytes, size_t length) {
    return by_table(value, bytes, length);
}

static int has_instruction(void) { return 0; }

#endif

uint32_t csystem_crc32c(uint32_t before, const void *bytes, size_t length) {
    return ~(has_instruction() ? by_instruction(~before, bytes, length)
                               : by_table(~before, bytes, length));
}
