#include "cmd/sign/signer.h"

#include "os/secret.h"

#define KEY_FILE_MAX 256 /* bytes; the longest key has 95 */

static const struct option_row key_rows[] = {
    OPTION(SIGNER_KEY_FILE, "key-file", "FILE",
           "the secret to sign with: whsk_ or whsec_, as `cupbearer keygen` writes it",
           .completion = COMPLETE_FILE),
    OPTION(SIGNER_KEY_ID, "key-id", "ID", "the key's id in the workers' keyring"),
};
const struct option_group signer_group_key = OPTION_GROUP("key", "Who signs", key_rows);

static const struct option_row event_rows[] = {
    OPTION(SIGNER_EVENT_ID, "event-id", "ID", "what deduplication goes by; default: a random one"),
};
const struct option_group signer_group_event = OPTION_GROUP("event", NULL, event_rows);

void signer_take(struct signer *signer, int option, const char *value)
{
    if (option == SIGNER_KEY_FILE)
        signer->key_file = value;
    else if (option == SIGNER_KEY_ID)
        signer->key_id = value;
    else
        signer->event_id = value;
}

int signer_open(struct signer *signer, struct err *err)
{
    if (signer->key_file == NULL)
        return err_set(err, ERR_USAGE,
                       "say what to sign with: --key-file FILE (`cupbearer keygen` makes one)");
    if (signer->key_id == NULL)
        return err_set(err, ERR_USAGE, "say what the key is called in the workers' keyring: --key-id ID");
    struct secret secret;
    if (secret_read_stream(signer->key_file, KEY_FILE_MAX, &secret, err) != 0)
        return -1;
    char why[CUPBEARER_ERROR_SIZE];
    int result = cupbearer_key_read((const char *)secret.data, secret.size, &signer->key, why, sizeof(why));
    secret_done(&secret);
    if (result == CUPBEARER_OK)
        return 0;
    return err_set(err, (enum err_code)result, "%.200s: %.280s", signer->key_file, why);
}

void signer_done(struct signer *signer)
{
    cupbearer_key_free(signer->key);
    *signer = (struct signer){0};
}

int signer_sign(const struct signer *signer, const char *event_id, int64_t signed_at_s, struct span payload,
                struct cupbearer_record **out, struct err *err)
{
    char why[CUPBEARER_ERROR_SIZE];
    int result = cupbearer_sign(signer->key, signer->key_id, event_id, signed_at_s, payload.data,
                                payload.size, out, why, sizeof(why));
    if (result == CUPBEARER_OK)
        return 0;
    return err_set(err, (enum err_code)result, "%s", why);
}
