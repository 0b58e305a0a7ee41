#include "event/recipient.h"

#include <string.h>

static json_t *object_of(const char *name, json_t *value)
{
    json_t *object = value == NULL ? NULL : json_object();
    if (object != NULL)
        json_object_set_new(object, name, value);
    return object;
}

/* The letter of the routing key's form, 0 where it is none. */
static char key_read(struct span routing_key, struct span *id)
{
    *id = routing_key;
    span_cut(id, '/');
    struct span form = span_cut(id, '/');
    return id->size > 0 && form.size == 1 && memchr("ecv", form.data[0], 3) != NULL ? form.data[0] : 0;
}

struct span recipient_id(struct span routing_key)
{
    struct span id;
    return key_read(routing_key, &id) == 0 ? SPAN_NONE : id;
}

json_t *recipient_of(struct span routing_key)
{
    struct span id;
    char form = key_read(routing_key, &id);
    if (form == 0)
        return NULL;
    json_t *to = json_stringn(id.data, id.size); /* NULL where it is no UTF-8 */
    if (form == 'e')
        return object_of("customer", object_of("external_id", to));
    return object_of(form == 'c' ? "customer_id" : "conversation_id", to);
}
