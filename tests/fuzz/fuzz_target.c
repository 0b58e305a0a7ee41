/* What a request asks for. A path that is one has parts that are names, whatever stood for their characters. */
#include <stdlib.h>

#include "fuzz/fuzz.h"
#include "gate/http/target.h"

static void check_text(const struct target *target, struct span text)
{
    if (text.data < target->bytes || text.data + text.size > target->bytes + sizeof(target->bytes))
        abort();
    for (size_t i = 0; i < text.size; i++)
        if ((unsigned char)text.data[i] < 0x20 || text.data[i] == 0x7f)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct target target;
    if (!target_read(&target, (struct span){(const char *)data, size}))
        return 0;
    for (size_t i = 0; i < target.part_count; i++) {
        struct span part = target.parts[i];
        check_text(&target, part);
        if (part.size == 0 || span_equal(part, SPAN(".")) || span_equal(part, SPAN("..")) ||
            memchr(part.data, '/', part.size) != NULL || memchr(part.data, '\\', part.size) != NULL)
            abort();
    }
    for (size_t i = 0; i < target.param_count; i++) {
        check_text(&target, target.params[i].name);
        check_text(&target, target.params[i].value);
    }
    if (target_is(&target, "v1/events/*/receipt") && target.part_count != 4)
        abort();
    if (target_param(&target, "wait").size > size)
        abort();
    return 0;
}
