#include <stdio.h>

#include "doctor/examination.h"
#include "kafka/topic_checks.h"

/* As a worker's, but that it is in no group. NULL with err. */
static rd_kafka_t *cluster_client(const struct config *config, struct err *err)
{
    const struct kafka_setting settings[] = {{"group.id", config->group_id}, {NULL, NULL}};
    return kafka_bystander_new(config, KAFKA_READ_ALL, settings, err);
}

static void library_look(struct examination *examination)
{
    const char *note = kafka_login_note(examination->config);
    if (note == NULL)
        examination_say(examination, FINDING_OK, "librdkafka %s", rd_kafka_version_str());
    else
        examination_say(examination, FINDING_WARNING, "%s", note);
}

static void topics_look(struct examination *examination, rd_kafka_t *rk)
{
    struct err err;
    examination_begin(examination, "topics");
    if (topic_checks_all(rk, examination->config, &examination->here, examination->places, &err) != 0) {
        struct finding rest = {.level = FINDING_UNCHECKED, .what = "the topics", .why = "no broker answers"};
        examination_begin(examination, "kafka");
        examination_err(examination, &err);
        examination_take(examination, &rest);
        return;
    }
    examination->topics_known = true;
    examination->in_topics = examination->in_area;
    for (int i = 0; i < TOPICS; i++) {
        const struct topic_place *place = &examination->places[i];
        if (place->partition_count > 0)
            examination_say(examination, FINDING_OK, "topic %s is there: %d partition%s, replication factor %d",
                            topic_name(examination->config, (enum topic)i), (int)place->partition_count,
                            place->partition_count == 1 ? "" : "s", place->replicas);
    }
}

void examine_cluster(struct examination *examination)
{
    struct err err;
    examination_begin(examination, "kafka");
    library_look(examination);
    rd_kafka_t *rk = cluster_client(examination->config, &err);
    if (rk == NULL) {
        examination_err(examination, &err);
        return;
    }
    topics_look(examination, rk);
    rd_kafka_destroy_flags(rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE); /* it is in no group */
}
