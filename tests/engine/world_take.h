/* What the world's own files share. */
#ifndef TESTS_ENGINE_WORLD_TAKE_H
#define TESTS_ENGINE_WORLD_TAKE_H

#include "world.h"

/* One input to a worker's engine, now; its effects are performed. */
void world_take(struct world *world, int worker, const struct input *input);

/* Papercups does what a write asks: what was made, 0 for nothing. */
unsigned world_store(struct world *world, const char *account, const struct fake_request *request);
/* Of ids that are e and a number; false for others. */
bool world_event_number(struct span event_id, unsigned *out);
/* world_log.c: what is committed, of whichever records. */
void world_store_commit(struct world *world, const struct world_commit *commit);
/* What it asks for is out of the log's range by now: it goes on at the log's beginning. */
void world_reset(struct world *world, int worker, int32_t partition);
/* That record is read by who may not have read what stands before it. */
void world_note_ahead(struct world *world, int worker, const struct record *record);

/* world_address.c: what stands behind "to", and that a request was answered well. */
void world_write_target(struct buf *out, const struct publication *publication);
void world_mark_answered(struct world *world, const struct world_request *request);

/* world_accounts.c: what becomes of what nobody is there to do; whether it has a key that is taken. */
enum fate world_fate_away(const struct world *world, const struct world_request *request, enum fate fate);
bool world_takes_key(const struct world *world, const struct world_request *request);
/* world_reply.c: what becomes of a request, and what is told of it. */
bool world_fate_stores(enum fate fate);
struct reply world_reply(const struct world_request *request, enum fate fate);

/* world_keyring.c: keyring_free it; the key, to sign with; a worker begins with that keyring. */
struct keyring *world_keyring_read(const struct world_keyring *what, const unsigned char hash_key[16]);
struct key world_signing_key(size_t key);
const char *world_key_id(size_t key);
void world_note_keyring(struct world *world, const struct world_keyring *keyring);

/* world_trace.c: the headers that a record gets; those of an engine's effects are its record's. */
struct world_trace {
    char text[64];
    struct header headers[3];
    size_t count;
};
void world_trace_init(struct world_trace *trace, uint64_t number);
void world_check_produced_trace(struct world *world, const struct world_produce *produce);
void world_check_effect_trace(struct world *world, int worker, const struct effect *effect);

/* world_swap.c: it is answered. */
void world_keep_answer(struct world *world, const struct world_request *request);
void world_forget_answers(struct world *world);

/* world_tell.c: what happens, in words, where the trace is verbose. */
void world_tell_published(struct world *world, const struct record *record, const char *how);
void world_tell_request(struct world *world, int worker, const struct fake_request *request,
                        const char *what);
void world_tell_answered(struct world *world, const struct world_request *request, enum fate fate);
void world_tell_produced(struct world *world, const struct world_produce *produce, enum produced produced);
void world_tell_committed(struct world *world, const struct world_commit *commit, bool applied, bool ok);
void world_tell_assigned(struct world *world, int worker, int32_t partition);
/* world_why.c: the same of what an engine tells (struct trace), whose context is its struct worker. */
void world_hear(void *context, const struct transition *transition);

#endif
