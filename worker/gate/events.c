#include "cupbearer/cupbearer.h"
#include "gate/admission.h"
#include "gate/handlers.h"
#include "lib/record.h"

void events_answer(struct gate *gate, const struct gate_request *request, struct gate_reply *reply)
{
    struct cupbearer_record *record;
    char why[CUPBEARER_ERROR_SIZE];
    if (!admission_admits_address(gate, request, reply))
        return;
    int result =
        cupbearer_record_from_json(request->body.data, request->body.size, &record, why, sizeof(why));
    if (result != CUPBEARER_OK) {
        gate_reply_error(reply, result == CUPBEARER_LIMIT ? 413 : 400, NULL, NULL, "%s", why);
        return;
    }
    struct record view = record_view(record, 0);
    admission_pass(gate, request, &view, true, reply);
    cupbearer_record_free(record);
}
