#include "cmd/audit/print.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "cmd/output.h"

bool audit_print_holds(const struct audit_print *print)
{
    return print->deviation_count == 0 && print->sum.other_version_only == 0 && print->sum.not_read == 0;
}

bool audit_print_differs(const struct audit_print *print)
{
    return print->deviation_count > 0 || print->sum.other_version_only > 0;
}

/* ---- for people ---- */

/* ": 5 rejected (3 expired, 2 bad_signature), ..." for the outcomes that occurred; those of one word stand together. */
static void print_outcomes(const struct audit_counts *counts)
{
    const char *before = ": ";
    for (int first = OUTCOME_NONE + 1, next; first < OUTCOME_COUNT; first = next) {
        uint64_t sum = 0;
        const char *word = outcome_word((enum outcome)first);
        for (next = first; next < OUTCOME_COUNT && strcmp(outcome_word((enum outcome)next), word) == 0;
             next++)
            sum += counts->outcomes[next];
        if (sum == 0)
            continue;
        printf("%s%llu %s", before, (unsigned long long)sum, word);
        before = " (";
        for (int i = first; i < next; i++) {
            if (counts->outcomes[i] == 0 || outcome_reason((enum outcome)i)[0] == 0)
                continue;
            printf("%s%llu %s", before, (unsigned long long)counts->outcomes[i],
                   outcome_reason((enum outcome)i));
            before = ", ";
        }
        printf("%s", strcmp(before, ", ") == 0 ? ")" : "");
        before = ", ";
    }
}

static void print_counts(const struct audit_counts *counts)
{
    printf("%llu record%s", (unsigned long long)counts->records, counts->records == 1 ? "" : "s");
    print_outcomes(counts);
    printf("; %llu not settled yet, %llu without an outcome\n", (unsigned long long)counts->pending,
           (unsigned long long)counts->without_outcome);
}

static void print_note(uint64_t count, const char *text)
{
    if (count > 0)
        printf("%llu %s\n", (unsigned long long)count, text);
}

static void print_sum(const struct audit_print *print)
{
    const struct audit_counts *sum = &print->sum;
    printf("all: ");
    print_counts(sum);
    print_note(sum->repeated, "receipts repeat what another says of the same record: counted once");
    print_note(sum->foreign, "records of the receipts topic have no good cupbearer-mac: ignored. If the mark "
                             "secret was changed, name the one before it: mark_secret_previous_file");
    print_note(sum->other_version, "receipts are of another version of cupbearer: ignored");
    print_note(sum->other_version_only, "records have only such receipts, so this version cannot judge them: audit with "
                                        "the newer cupbearer");
    print_note(sum->not_judged, "records have no receipt, but are older than the receipts that are left: "
                                "nothing can be said of them");
    print_note(sum->letters_not_judged,
               "records should have a dead letter, but are older than the dead letters "
               "that are left: not looked for");
    if (print->papercups)
        printf("%llu messages looked for in Papercups, not read: %llu\n", (unsigned long long)sum->read_back,
               (unsigned long long)sum->not_read);
    print_note(sum->unknown_absent, "receipts say unknown, and their messages are proven not to be in Papercups: "
                                    "where they are still wanted, send them again (cupbearer dead resend)");
    output_tone(stdout, audit_print_holds(print) ? TONE_GOOD : TONE_BAD);
    if (audit_print_holds(print))
        printf("records = outcomes\n");
    else if (print->deviation_count > 0)
        printf("records and outcomes differ, %llu time%s:\n", (unsigned long long)print->deviation_count,
               print->deviation_count == 1 ? "" : "s");
    output_tone(stdout, TONE_PLAIN);
}

/* Of each kind that occurred, once. */
static void print_advice(const struct audit_print *print)
{
    for (int kind = 0; kind < DEVIATION_COUNT; kind++)
        if (print->kinds[kind])
            printf("what to do about %s: %s\n", deviation_word((enum deviation_kind)kind),
                   deviation_advice((enum deviation_kind)kind));
}

/* ---- for programs ---- */

static void print_json(json_t *object)
{
    json_dumpf(object, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(object);
}

static void put_number(json_t *object, const char *name, int64_t number)
{
    json_object_set_new(object, name, json_integer(number));
}

/* {"delivered": 5, "rejected": {"expired": 1}}: what did not occur is left out. */
static json_t *json_outcomes(const struct audit_counts *counts)
{
    json_t *outcomes = json_object();
    for (int i = OUTCOME_NONE + 1; i < OUTCOME_COUNT; i++) {
        const char *word = outcome_word((enum outcome)i), *reason = outcome_reason((enum outcome)i);
        if (counts->outcomes[i] == 0)
            continue;
        if (reason[0] != 0 && json_object_get(outcomes, word) == NULL)
            json_object_set_new(outcomes, word, json_object());
        put_number(reason[0] != 0 ? json_object_get(outcomes, word) : outcomes,
                   reason[0] != 0 ? reason : word, (int64_t)counts->outcomes[i]);
    }
    return outcomes;
}

static void put_counts(json_t *object, const struct audit_counts *counts)
{
    put_number(object, "records", (int64_t)counts->records);
    json_object_set_new(object, "outcomes", json_outcomes(counts));
    put_number(object, "not_settled", (int64_t)counts->pending);
    put_number(object, "without_outcome", (int64_t)counts->without_outcome);
    put_number(object, "not_judged", (int64_t)counts->not_judged);
    put_number(object, "dead_letters_not_judged", (int64_t)counts->letters_not_judged);
    put_number(object, "repeated_receipts", (int64_t)counts->repeated);
    put_number(object, "foreign_receipts", (int64_t)counts->foreign);
    put_number(object, "other_version_receipts", (int64_t)counts->other_version);
    put_number(object, "other_version_only", (int64_t)counts->other_version_only);
}

static void json_partition(const struct audit_partition *partition, const struct audit *audit)
{
    json_t *object = json_object();
    put_number(object, "partition", partition->id);
    put_number(object, "begin", partition->span.begin);
    put_number(object, "end", partition->span.end);
    json_object_set_new(object, "committed",
                        partition->committed < 0 ? json_null() : json_integer(partition->committed));
    put_counts(object, &audit->counts);
    put_number(object, "deviations", (int64_t)audit->deviations.count);
    print_json(object);
}

static void json_deviation(int32_t partition, const struct deviation *deviation, const char *sentence)
{
    json_t *object = json_object();
    put_number(object, "partition", partition);
    put_number(object, "offset", deviation->offset);
    json_object_set_new(object, "deviation", json_string(deviation_word(deviation->kind)));
    json_object_set_new(object, "detail", json_string(sentence));
    json_object_set_new(object, "advice", json_string(deviation_advice(deviation->kind)));
    print_json(object);
}

static void json_sum(const struct audit_print *print)
{
    json_t *object = json_object();
    put_counts(object, &print->sum);
    if (print->papercups) {
        put_number(object, "read_back", (int64_t)print->sum.read_back);
        put_number(object, "not_read", (int64_t)print->sum.not_read);
        put_number(object, "unknown_absent", (int64_t)print->sum.unknown_absent);
    }
    put_number(object, "deviations", (int64_t)print->deviation_count);
    json_object_set_new(object, "holds", json_boolean(audit_print_holds(print)));
    print_json(object);
}

/* ---- either ---- */

static void keep_deviations(struct audit_print *print, int32_t partition, const struct deviations *found)
{
    size_t room = AUDIT_LINES_MAX - print->kept, count = found->count < room ? found->count : room;
    print->deviation_count += found->count;
    for (size_t i = 0; i < found->count; i++)
        print->kinds[found->list[i].kind] = true;
    if (count == 0)
        return;
    print->deviations = mem_grow(print->deviations, print->kept + count, sizeof(*print->deviations));
    for (size_t i = 0; i < count; i++) {
        print->deviations[print->kept].partition = partition;
        print->deviations[print->kept++].deviation = found->list[i];
    }
}

void audit_print_partition(struct audit_print *print, const struct audit_partition *partition,
                           const struct audit *audit)
{
    audit_counts_add(&print->sum, &audit->counts);
    keep_deviations(print, partition->id, &audit->deviations);
    if (print->json) {
        json_partition(partition, audit);
    } else {
        printf("partition %d, from offset %lld to before %lld, ", (int)partition->id,
               (long long)partition->span.begin, (long long)partition->span.end);
        if (partition->committed < 0)
            printf("nothing committed: ");
        else
            printf("committed %lld: ", (long long)partition->committed);
        print_counts(&audit->counts);
    }
    fflush(stdout); /* the next one may take its time */
}

void audit_print_end(const struct audit_print *print)
{
    if (!print->json)
        print_sum(print);
    for (size_t i = 0; i < print->kept; i++) {
        const struct deviation *deviation = &print->deviations[i].deviation;
        struct buf sentence;
        buf_init(&sentence, 1024);
        deviation_tell(&sentence, deviation);
        if (print->json)
            json_deviation(print->deviations[i].partition, deviation, sentence.data);
        else
            printf("%d/%lld %s: %s\n", (int)print->deviations[i].partition, (long long)deviation->offset,
                   deviation_word(deviation->kind), sentence.data);
        buf_done(&sentence);
    }
    if (print->json) {
        json_sum(print);
        return;
    }
    if (print->deviation_count > print->kept)
        printf("... and %llu more\n", (unsigned long long)(print->deviation_count - print->kept));
    print_advice(print);
}

void audit_print_done(struct audit_print *print)
{
    free(print->deviations);
    *print = (struct audit_print){0};
}
