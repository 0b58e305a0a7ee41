/* A backend as one that installs libcupbearer-dev writes it: prints the event that it signs with the key on stdin, as JSON. */
#include <cupbearer/cupbearer.h>
#include <stdio.h>
#include <time.h>

static const char payload[] = "{\"account\":\"acme\",\"to\":{\"customer\":{\"external_id\":\"user_42\"}},"
                              "\"message\":{\"body\":\"from a package\"}}";

int main(void)
{
    char text[1024], error[CUPBEARER_ERROR_SIZE] = "";
    struct cupbearer_key *key = NULL;
    struct cupbearer_record *record = NULL;
    char *json = NULL;
    size_t size = fread(text, 1, sizeof(text), stdin);
    int result = cupbearer_key_read(text, size, &key, error, sizeof(error));
    if (result == CUPBEARER_OK)
        result = cupbearer_sign(key, "backend-1", NULL, time(NULL), payload, sizeof(payload) - 1, &record, error,
                                sizeof(error));
    if (result == CUPBEARER_OK)
        result = cupbearer_record_json(record, &json, &size, error, sizeof(error));
    if (result == CUPBEARER_OK)
        printf("%s\n", json);
    else
        fprintf(stderr, "%s: %s\n", cupbearer_strerror(result), error);
    cupbearer_text_free(json);
    cupbearer_record_free(record);
    cupbearer_key_free(key);
    return result;
}
