#include "demo/standin/calls.h"

#include "demo/standin/fields.h"

bool standin_call_begins(const struct standin_call *call, char id[STANDIN_ID_SIZE])
{
    if (!standin_id_read(call->request->parts[3], id)) {
        standin_reply_detail(call->reply, 400);
        return false;
    }
    standin_store_lock(call->store);
    return true;
}

bool standin_call_goes_on(const struct standin_call *call, const struct standin_owner *owner)
{
    if (owner != NULL && owner == call->owner)
        return true;
    standin_store_unlock(call->store);
    if (owner == NULL)
        standin_reply_detail(call->reply, 404);
    else
        standin_reply_error(call->reply, 404, "Not found");
    return false;
}

struct standin_owner *standin_call_owner_named(const struct standin_call *call, struct standin_fields *fields)
{
    char id[STANDIN_ID_SIZE];
    if (!standin_field_id(fields, "account_id", id) || id[0] == 0)
        return NULL;
    struct standin_owner *owner = standin_store_owner(call->store, id);
    if (owner == NULL)
        standin_field_error(fields, "account_id", "does not exist");
    return owner;
}
