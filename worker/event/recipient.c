#include "event/recipient.h"

static json_t *object_of(const char *name, json_t *value)
{
    json_t *object = value == NULL ? NULL : json_object();
    if (object != NULL)
        json_object_set_new(object, name, value);
    return object;
}

json_t *recipient_of(struct span routing_key)
{
    struct span rest = routing_key;
    span_cut(&rest, '/');
    struct span form = span_cut(&rest, '/');
    if (rest.size == 0 || form.size != 1)
        return NULL;
    json_t *to = json_stringn(rest.data, rest.size); /* NULL where it is no UTF-8 */
    switch (form.data[0]) {
    case 'e':
        return object_of("customer", object_of("external_id", to));
    case 'c':
        return object_of("customer_id", to);
    case 'v':
        return object_of("conversation_id", to);
    default:
        json_decref(to);
        return NULL;
    }
}
