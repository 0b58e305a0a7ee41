/* Templates as files: one NAME.json each in a directory, fit for git. What is saved replaces a file whole or
 * not at all, and only if the writer has seen what it replaces: of two who save at once the second is told. A file that
 * is broken, or is none (a link, a directory, a pipe), is shown as that and never followed or overwritten. Files whose
 * names no message may have are left alone. Between programs that use this a lock on the directory keeps looking and
 * replacing together; an editor that writes in just between does not take it. */
#ifndef OS_TEMPLATE_STORE_H
#define OS_TEMPLATE_STORE_H

#include "template/template.h"

#define TEMPLATE_VERSION_SIZE 32   /* the first digits of the SHA-256 of the file's bytes */
#define TEMPLATE_STORE_MAX    1000 /* messages that are listed */
#define TEMPLATE_STORE_TEMP   ".saving.tmp"

struct template_file {
    char name[TEMPLATE_NAME_MAX + 1];
    char version[TEMPLATE_VERSION_SIZE + 1]; /* "": there is none, or it is no file */
    json_t *message;                         /* as it stands in the file; NULL where it is broken */
    struct template *template;               /* likewise */
    char *broken;                            /* why, else NULL */
};

enum template_store_result {
    TEMPLATE_STORE_OK,
    TEMPLATE_STORE_MISSING, /* there is no such message */
    TEMPLATE_STORE_CHANGED, /* it is another than the caller has seen, or its new name is taken */
    TEMPLATE_STORE_REFUSED, /* the message or its name is no good */
    TEMPLATE_STORE_BROKEN,  /* what is there is broken, and stays */
    TEMPLATE_STORE_FAILED,  /* the directory or the system */
};

void template_file_done(struct template_file *file);

/* All messages, sorted by name; *out is the caller's, each to be done, then free. 0, or -1 with err. */
int template_store_list(const char *directory, struct template_file **out, size_t *count, struct err *err);

/* One; OK also where it is broken, see out->broken. Fills err where the result is not OK. */
enum template_store_result template_store_read(const char *directory, struct span name,
                                               struct template_file *out, struct err *err);

/* Those below fill err where the result is not OK. `version`: what the caller has seen; "" for a new message.
 *
 * Saves a message; *now is what is there afterwards, or what somebody else has put there (CHANGED); to be done. */
enum template_store_result template_store_write(const char *directory, struct span name, const char *version,
                                                const json_t *message, struct template_file *now,
                                                struct err *err);
enum template_store_result template_store_rename(const char *directory, struct span name, struct span to,
                                                 const char *version, struct err *err);
enum template_store_result template_store_delete(const char *directory, struct span name, const char *version,
                                                 struct err *err);

#endif
