/* Which dead letters of a partition may be sent again, and what became of the rest. Only what a sender signed and a worker
 * judged: the signature is verified (all but its time), and the receipt that says the same of this event must be there, of this very
 * signature, and none that says delivered; so neither a forgery, nor what lies in the topic without a receipt, nor what its sender
 * has corrected since is ever signed anew. Of several of one
 * event the last counts, whether it was chosen or not: it may be unknown, and so may have been shown. Nothing marks what was sent
 * again: that is told by what the logs say, its receipt, or its record among the events that have none yet. So who runs it twice,
 * or again after it was killed, sends nothing twice. A letter takes 64 bytes. */
#ifndef AUDIT_RESEND_H
#define AUDIT_RESEND_H

#include "audit/ledger.h"
#include "event/event.h"

enum resend_verdict {
#define RESEND(name, state, text) RESEND_##name,
#include "audit/resend.def"
#undef RESEND
    RESEND_NOT_CHOSEN, /* it was not asked for */
};

const char *resend_text(enum resend_verdict verdict);

enum resend_state {
#define STATE(name, word, text) RESEND_STATE_##name,
#include "audit/resend_state.def"
#undef STATE
    RESEND_STATES,
};

enum resend_state resend_state(enum resend_verdict verdict); /* not of RESEND_NOT_CHOSEN */
const char *resend_state_word(enum resend_state state);
const char *resend_state_text(enum resend_state state);
/* RESEND_STATES where there is none of that word. */
enum resend_state resend_state_find(struct span word);

struct resend_rules {
    struct ledger ledger;
    struct event_rules event;      /* without partitions: a dead letter lies where its record lay */
    int32_t partition_count;       /* by which an event's place is found now */
    bool outcomes[OUTCOME_COUNT];  /* which are asked for */
    /* Those alone, where they are not SPAN_NONE. `from` is the sender whose signature is good, `recipient` what a routing key
     * has behind its account: "e/user_42". */
    struct span account, event_id, from, recipient;
    bool one_place; /* only the letter of the record that lay there */
    int64_t place;
    struct span sender;            /* of the key that will sign; SPAN_NONE: it is not known yet */
    int64_t now_ms, window_ms;     /* of deduplication: for so long workers remember what failed */
};

/* A dead letter, opened: the record as it was, and what is known of it. */
struct resend_opened {
    struct record record; /* its headers are the caller's array */
    int64_t source;       /* the offset that it had */
    enum outcome outcome; /* what became of it there */
    struct event event;
    struct detail detail; /* why it is not authentic, or refused */
};

/* RESEND_YES when all holds that does not need receipts. `own` has room for all its headers. resend_opened_done it in any
 * case. */
enum resend_verdict resend_open(const struct resend_rules *rules, const struct record *letter,
                                struct header *own, struct resend_opened *out);
void resend_opened_done(struct resend_opened *opened);

struct resend_letter {
    int64_t offset; /* in the dead letters' partition */
    int64_t source;
    uint64_t identity; /* ledger_identity */
    int64_t signed_at_s;
    int64_t remembered_until_ms;
    int64_t again; /* where its event lies once more among those that may have no receipt yet; -1: nowhere */
    int32_t home; /* the partition of events where it belongs: another one than its own when it was put elsewhere */
    uint8_t outcome, verdict;
    bool has_receipt, was_delivered, failed_later;
    bool before_receipts; /* of what it was before it was rejected no receipt would be left */
    bool other_version; /* a receipt speaks of the event of which this version cannot tell who wrote it */
};

struct resend {
    const struct resend_rules *rules;
    struct resend_letter *letters; /* by identity while receipts are read, by offset once finished */
    size_t count, capacity;
    size_t next, missed; /* of those that are told: which comes next, how many never came */
    uint64_t foreign; /* records that are no dead letters of this partition's events */
};

void resend_init(struct resend *resend, const struct resend_rules *rules);
void resend_done(struct resend *resend);

/* First every record of the dead letters' partition, */
void resend_letter(struct resend *resend, const struct record *letter);
/* then, when that is said, */
void resend_letters_end(struct resend *resend);
/* of each partition of the events where some of them belong, every record from what the group has committed, which was asked for
 * before the receipts were read, */
bool resend_belongs_to(const struct resend *resend, int32_t partition);
void resend_event(struct resend *resend, const struct record *event);
/* every record of the receipts' partition (true: it tells of one of the letters' events), */
bool resend_receipt(struct resend *resend, const struct record *record);
/* and, where that is so, of another partition's, where some of them would be sent, or were before, */
bool resend_goes_to(const struct resend *resend, int32_t partition);
bool resend_receipt_of(struct resend *resend, int32_t partition, const struct record *record);
/* and of each of these partitions from when on all its receipts were read (audit_known_from): what was rejected as expired or for
 * its place may be a replay of what was delivered long before. */
void resend_receipts_from(struct resend *resend, int32_t partition, int64_t from_ms);
/* then the verdicts are final, */
void resend_finish(struct resend *resend);
/* and each letter is told by its offset, in their order; NULL: it was not chosen. */
const struct resend_letter *resend_told(struct resend *resend, int64_t offset);
/* How many were there before, and were not asked for when all was told: they were deleted meanwhile, and nobody says so otherwise. */
size_t resend_missed(const struct resend *resend);
/* All is final but for this, which is asked anew for each that is sent, however long those before it took: whether a worker that reads it then
 * looks before it posts, where it may have been shown. Else it is RESEND_MAY_BE_SHOWN. */
bool resend_is_remembered(const struct resend_letter *letter, int64_t now_ms);

#endif
