#include <inttypes.h>

#include "doctor/examination.h"

/* What topics that are otherwise cost was said of each. */
static void outcomes_check(struct examination *examination)
{
    struct finding finding = {.level = FINDING_OK,
                              .what = "every record gets exactly one outcome, before its offset is committed"};
    if (!examination->topics_known) {
        finding.level = FINDING_UNCHECKED;
        FINDING_PUT(finding.why, "no broker answered: what the topics keep is not known");
    } else if (examination->in_topics > 0) {
        finding.level = FINDING_WARNING;
        FINDING_PUT(finding.what, "every record gets exactly one outcome, as far as the topics keep records and receipts");
        FINDING_PUT(finding.why, "they are not all that it needs");
        FINDING_PUT(finding.fix, "Fix what is said of the topics above");
    }
    examination_take(examination, &finding);
}

static void once_check(struct examination *examination)
{
    struct finding finding = {.level = FINDING_UNCHECKED};
    FINDING_PUT(finding.what, "whether Papercups' database has the index of deploy/papercups-once.sql");
    FINDING_PUT(finding.why, "its API does not tell. With it an event is shown at most once, but where somebody edits messages; "
                             "without it there are three more narrow windows (deploy/README.md, \"The guarantee, in full\")");
    FINDING_PUT(finding.command, "psql \"$DATABASE_URL\" -f deploy/papercups-once.sql");
    examination_take(examination, &finding);
}

static void window_check(struct examination *examination)
{
    const struct config *config = examination->config;
    examination_say(examination, FINDING_OK,
                    "an event that is published again within %" PRId64 " minutes is a duplicate ([dedup] window)",
                    config->window_ms / 60000);
}

static void clock_check(struct examination *examination)
{
    struct finding finding = {.level = FINDING_OK, .what = "the brokers' clock decides which events are expired"};
    if (!examination->topics_known)
        return; /* whose stamps the topic bears is not known */
    if (examination->config->allow_create_time) {
        finding.level = FINDING_WARNING;
        FINDING_PUT(finding.what, "this machine's clock decides which events are expired, when it reads them");
        FINDING_PUT(finding.why, "after an outage what was published in time may be rejected, and two workers may differ");
        FINDING_PUT(finding.fix, "Give the events' topic message.timestamp.type=LogAppendTime, and take out allow_create_time");
    }
    examination_take(examination, &finding);
}

static void replication_check(struct examination *examination)
{
    struct finding finding = {.level = FINDING_OK};
    int least = 0;
    for (int i = 0; i < TOPICS; i++)
        if (examination->places[i].partition_count > 0 && (least == 0 || examination->places[i].replicas < least))
            least = examination->places[i].replicas;
    if (least == 0)
        return;
    FINDING_PUT(finding.what, "what brokers have acknowledged outlives %d of them (replication factor %d)", least - 1, least);
    if (least == 1) {
        finding.level = FINDING_WARNING;
        FINDING_PUT(finding.what, "what a broker has acknowledged is gone with its disk (replication factor 1)");
        FINDING_PUT(finding.why,
                    "events that are not read yet are lost then, and without their receipts others may be shown twice");
        FINDING_PUT(finding.fix, "Three brokers, replication factor 3 and min.insync.replicas=2 for all three topics");
    }
    examination_take(examination, &finding);
}

void examine_guarantee(struct examination *examination)
{
    examination_begin(examination, "guarantee");
    outcomes_check(examination);
    once_check(examination);
    window_check(examination);
    clock_check(examination);
    replication_check(examination);
}
