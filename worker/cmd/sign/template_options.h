/* A template as the payload of `sign` and `send`: which one, and what its placeholders hold. */
#ifndef CMD_SIGN_TEMPLATE_OPTIONS_H
#define CMD_SIGN_TEMPLATE_OPTIONS_H

#include "template/template.h"

#define MESSAGE_DIRECTORY "messages" /* without --messages-dir */

struct template_options {
    struct template_value *values; /* owned, as is what follows; they point into argv */
    size_t value_count;
    struct span *hosts;
    size_t host_count;
};

/* NAME=VALUE of --set, HOST of --link-host. 0, or -1 with ERR_USAGE. */
int template_options_set(struct template_options *options, const char *value, struct err *err);
int template_options_host(struct template_options *options, const char *value, struct err *err);
void template_options_done(struct template_options *options);

/* Reads the message of that name and fills it: *members as of template_fill. -1 with err. */
int template_options_fill(const struct template_options *options, const char *directory, const char *name,
                         json_t **members, struct err *err);

#endif
