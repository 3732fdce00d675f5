// Classes of bytes for the reader of text dumps, 64 bytes at a time.
#ifndef WARROOM_CSYSTEM_TEXTBLOCKS_H
#define WARROOM_CSYSTEM_TEXTBLOCKS_H

#include <stddef.h>
#include <stdint.h>

/// Which of 64 bytes belong to which class; bit i speaks of byte i.
typedef struct {
    uint64_t quote;    // "
    uint64_t unusual;  // a line end, a backslash, 0x80 and above
    uint64_t letter;   // a-z A-Z _
    uint64_t word;     // a-z A-Z _ 0-9
    uint64_t equals;   // =
    uint64_t comma;    // ,
    uint64_t close;    // }
} csystem_text_block;

/// Classifies `length` bytes into ceil(length / 64) blocks; bytes missing in the last block count
/// as line ends. In C because Swift has no vector compare that yields a bit mask, and no way to
/// choose at run time between code for wide vectors (AVX2) and code for every processor.
void csystem_text_blocks(const uint8_t *bytes, size_t length, csystem_text_block *blocks);

#endif
