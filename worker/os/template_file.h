/* One message's file in an open directory; the half of os/template_store that reads and writes. */
#ifndef OS_TEMPLATE_FILE_H
#define OS_TEMPLATE_FILE_H

#include "os/template_store.h"

#define TEMPLATE_FILE_NAME_SIZE (TEMPLATE_NAME_MAX + sizeof(".json"))

/* "NAME.json". The name must be a message's. */
void template_file_name(struct span name, char out[TEMPLATE_FILE_NAME_SIZE]);

/* Reads it; a file that is broken is one in out->broken. 0; 1: there is none; -1 with err. template_file_done it. */
int template_file_read(int directory, struct span name, struct template_file *out, struct err *err);

/* Puts bytes there, whole and on disk, or leaves all as it was. `replace`: over the file that is there, else only where
 * there is none. 0; 1: there is one; -1 with err. */
int template_file_write(int directory, struct span name, struct span bytes, bool replace, struct err *err);

/* Gives `from` the name `to`, which must be free. 0; 1: it is taken; -1 with err. */
int template_file_move(int directory, const char *from, const char *to, struct err *err);

#endif
