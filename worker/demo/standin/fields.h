/* The members of a request's object, cast as Papercups casts them: what has the wrong type is collected for one 422;
 * what only its database refuses (a string over 255 characters, U+0000, a malformed id) makes it a 500. */
#ifndef DEMO_STANDIN_FIELDS_H
#define DEMO_STANDIN_FIELDS_H

#include "demo/standin/request_reply.h"
#include "demo/standin/store.h"

struct standin_fields {
    const json_t *object; /* borrowed */
    struct buf errors;    /* "field":["…"] of each wrong member, with commas between */
    bool broken;          /* the database would refuse it */
};

/* Reads the wrapping member ("customer"). False where there is none, or it is no object; `reply` is then filled. */
bool standin_fields_init(struct standin_fields *fields, const struct standin_request *request,
                         const char *wrapper, struct standin_reply *reply);
/* For an object inside: a nested message. */
void standin_fields_init_object(struct standin_fields *fields, const json_t *object);
void standin_fields_done(struct standin_fields *fields);
/* True where something was wrong; `reply` is then filled. */
bool standin_fields_refused(const struct standin_fields *fields, struct standin_reply *reply);

bool standin_field_given(const struct standin_fields *fields, const char *name);
void standin_field_error(struct standin_fields *fields, const char *name, const char *text);

/* The string as JSON, to be freed; NULL for "", null and what is wrong. At most `max_characters` (0: any). */
char *standin_field_text(struct standin_fields *fields, const char *name, size_t max_characters);
/* The object as JSON, to be freed; NULL for null and what is wrong. */
char *standin_field_object(struct standin_fields *fields, const char *name);
bool standin_field_bool(struct standin_fields *fields, const char *name, bool otherwise);
/* One of `choices` (ended by NULL): static, never freed; the first one for null and what is left out. */
const char *standin_field_choice(struct standin_fields *fields, const char *name, const char *const *choices);
/* A time to the second; "" for null. */
void standin_field_time(struct standin_fields *fields, const char *name, char out[STANDIN_TIME_SIZE]);
/* True where there is a string; `out` is its UUID, or "" (and broken) where it is none. A missing one is an error. */
bool standin_field_id(struct standin_fields *fields, const char *name, char out[STANDIN_ID_SIZE]);

#endif
