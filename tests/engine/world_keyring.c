/* Keyrings: two keys of one sender, which workers have as they were when each has last read the file. */
#include <assert.h>
#include <stdio.h>

#include "engine/accounts.h"
#include "engine/internal.h"
#include "world_take.h"

static const char *const keys[WORLD_KEYS] = {"whsec_QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB",
                                             "whsec_RUVFRUVFRUVFRUVFRUVFRUVFRUVFRUVF"};
static const char *const ids[WORLD_KEYS] = {"shop-1", "shop-2"};

const char *world_key_id(size_t key)
{
    return ids[key];
}

struct key world_signing_key(size_t key)
{
    return world_key(keys[key]);
}

struct world_keyring world_keyring(void)
{
    return (struct world_keyring){.has = {true}, .grants = {~0u, ~0u}};
}

static void write_accounts(struct buf *out, unsigned grants)
{
    const char *comma = "";
    for (size_t i = 0; i < WORLD_ACCOUNTS_MAX; i++) {
        if ((grants >> i & 1) == 0)
            continue;
        buf_printf(out, "%s\"%s\"", comma, world_account_name(i));
        comma = ",";
    }
}

struct keyring *world_keyring_read(const struct world_keyring *what, const unsigned char hash_key[16])
{
    struct buf text;
    const char *comma = "";
    buf_init(&text, 1024);
    buf_add_text(&text, "{\"keys\":[");
    for (size_t i = 0; i < WORLD_KEYS; i++) {
        if (!what->has[i])
            continue;
        buf_printf(&text, "%s{\"id\":\"%s\",\"sender\":\"shop\",\"key\":\"%s\",\"revoked\":%s,\"accounts\":[", comma,
                   ids[i], keys[i], what->revoked[i] ? "true" : "false");
        write_accounts(&text, what->grants[i]);
        buf_add_text(&text, "]}");
        comma = ",";
    }
    buf_add_text(&text, "]}");
    struct keyring *keyring = keyring_read(buf_span(&text), hash_key, NULL);
    assert(keyring != NULL);
    buf_done(&text);
    return keyring;
}

void world_note_keyring(struct world *world, const struct world_keyring *keyring)
{
    for (size_t i = 0; i < WORLD_KEYS; i++) {
        world->was_revoked[i] = world->was_revoked[i] || keyring->revoked[i];
        world->was_withheld[i] |= ~keyring->grants[i];
    }
}

void world_give_keyring(struct world *world, int worker, const struct world_keyring *keyring)
{
    static const unsigned char hash_key[16];
    world->workers[worker].keyring = *keyring;
    world_note_keyring(world, keyring);
    for (size_t i = 0; i < WORLD_KEYS; i++)
        if (keyring->has[i])
            world_tell(world, worker, "reads of key %s: %saccounts %x", ids[i], keyring->revoked[i] ? "revoked, " : "",
                       keyring->grants[i] & 7);
    world_take(world, worker, &(struct input){.type = INPUT_KEYRING, .keyring = world_keyring_read(keyring, hash_key)});
}

static size_t key_of(const struct record *record)
{
    return span_equal(fake_log_header(record, HEADER_KEY), span_of(ids[1]));
}

void world_check_key(struct world *world, const struct world_request *request)
{
    const struct worker *w = &world->workers[request->worker];
    const struct pending *pending = slots_find(&w->engine->requests, request->handle);
    const struct job *job = slots_find(&w->engine->jobs, pending->job);
    const size_t key = key_of(job->record);
    const size_t account = world_account_of(span_of(request->account));
    if (!w->keyring.has[key] || w->keyring.revoked[key])
        world_fail(world, "%s is posted, and its key is revoked", request->what.event);
    else if ((w->keyring.grants[key] >> account & 1) == 0)
        world_fail(world, "%s is posted, and its key is not granted %s any more", request->what.event,
                   request->account);
}

void world_check_key_outcome(struct world *world, const struct record *record, enum outcome outcome)
{
    const size_t key = key_of(record), account = world_account_of(world_target(record->key).account);
    bool revoked = world->was_revoked[key], withheld = world->was_withheld[key] >> account & 1;
    bool unknown = world->was_unknown >> account & 1;
    if (outcome == OUTCOME_UNKNOWN_KEY || (outcome == OUTCOME_KEY_NOT_ACTIVE && !revoked) ||
        (outcome == OUTCOME_ACCOUNT_NOT_GRANTED && !withheld && !unknown) ||
        (outcome == OUTCOME_KEY_REVOKED && !revoked && !withheld))
        world_fail(world, "%d/%lld is %s, and its key was always good for it", (int)record->partition,
                   (long long)record->offset, outcome_reason(outcome));
}
