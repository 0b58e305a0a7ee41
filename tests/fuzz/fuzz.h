/* A fuzz target takes any bytes and must neither crash, nor read outside of them, nor take long. With clang and
 * -DCUPBEARER_FUZZ=ON it is a libFuzzer program; else replay.c gives it a main that feeds it seeds and mutations. */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
