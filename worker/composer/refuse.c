#include "composer/refuse.h"

void composer_refuse(struct gate_reply *reply, unsigned status, const struct err *err)
{
    gate_reply_error(reply, status, NULL, err->place[0] != 0 ? err->place : NULL, "%s", err->text);
}

void composer_refuse_payload(struct gate_reply *reply, const struct detail *detail)
{
    struct err err;
    detail_err(detail, &err);
    composer_refuse(reply, 422, &err);
}
