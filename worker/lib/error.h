/* From a struct err to what the public functions return and write. */
#ifndef LIB_ERROR_H
#define LIB_ERROR_H

#include "base/err.h"
#include "cupbearer/cupbearer.h"

/* Copies err's text to `error` (may be NULL), cut to error_size bytes with its 0. Returns err's code as a result. */
int error_report(const struct err *err, char *error, size_t error_size);

/* The same for a lack of memory. */
int error_no_memory(char *error, size_t error_size);

#endif
