/* A record as it stands in the topic, in the library's JSON form: headers, key lookup, signature. */
#include <stdlib.h>

#include "cupbearer/cupbearer.h"
#include "fuzz/fuzz.h"

static const char keys[] =
    "{\"keys\":[{\"id\":\"backend-1\",\"sender\":\"backend\",\"key\":"
    "\"whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\",\"accounts\":[\"acme\"]}]}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct cupbearer_keyring *keyring;
    struct cupbearer_record *record;
    struct cupbearer_verdict *verdict;
    if (keyring == NULL && cupbearer_keyring_read(keys, sizeof(keys) - 1, &keyring, NULL, 0) != CUPBEARER_OK)
        abort();
    if (cupbearer_record_from_json((const char *)data, size, &record, NULL, 0) != CUPBEARER_OK)
        return 0;
    int result = cupbearer_verify(keyring, record, CUPBEARER_MURMUR2, 0, 6, 1767225600000, &verdict);
    if (result == CUPBEARER_OK || result == CUPBEARER_NO)
        cupbearer_verdict_free(verdict);
    cupbearer_record_free(record);
    return 0;
}
