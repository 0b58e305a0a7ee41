#include "kafka/inquiry_round.h"

#define COMMITTED_MS 5000 /* each call's deadline */
#define METADATA_MS  5000
#define OFFSETS_MS   3000 /* for what one leader is asked */

static void question_trouble(struct inquiry *inquiry, struct inquiry_question *question, const char *trouble,
                             rd_kafka_resp_err_t code)
{
    pthread_mutex_lock(&inquiry->mutex);
    question->trouble = trouble;
    question->code = code;
    pthread_mutex_unlock(&inquiry->mutex);
}

static void question_done(struct inquiry *inquiry, struct inquiry_question *question)
{
    pthread_mutex_lock(&inquiry->mutex);
    question->done = true;
    pthread_mutex_unlock(&inquiry->mutex);
    kafka_queue_fd_set(inquiry->fd);
}

static bool is_open(const struct inquiry_question *question, enum inquiry_kind kind)
{
    return question != NULL && question->answer.kind == kind;
}

static rd_kafka_topic_partition_t *list_add(const struct round *round, rd_kafka_topic_partition_list_t *list,
                                            const struct inquiry_question *question)
{
    return rd_kafka_topic_partition_list_add(list, round->inquiry->topics[question->answer.kind],
                                             question->answer.partition);
}

static void committed_take(struct inquiry_question *question, rd_kafka_topic_partition_t *one)
{
    question->has_committed = true;
    question->answer.committed = one->offset;
    question->answer.metadata_size = one->metadata_size;
    if (one->metadata_size > 0) {
        question->answer.metadata = one->metadata;
        one->metadata = NULL; /* else the list's */
        one->metadata_size = 0;
    }
}

/* While the group's coordinator moves, or a broker that has just begun loads what it knows, it is asked again in the next
 * round. */
static void round_committed(struct round *round)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    for (size_t i = 0; i < round->count; i++)
        if (is_open(round->list[i], INQUIRY_EVENTS) && !round->list[i]->has_committed)
            list_add(round, list, round->list[i])->opaque = round->list[i];
    if (list->cnt > 0) {
        rd_kafka_resp_err_t code = rd_kafka_committed(round->inquiry->clients[INQUIRY_EVENTS], list, COMMITTED_MS);
        for (int i = 0; i < list->cnt; i++) {
            rd_kafka_topic_partition_t *one = &list->elems[i];
            rd_kafka_resp_err_t error = code != RD_KAFKA_RESP_ERR_NO_ERROR ? code : one->err;
            if (error == RD_KAFKA_RESP_ERR_NO_ERROR)
                committed_take(one->opaque, one);
            else
                question_trouble(round->inquiry, one->opaque, "Kafka does not tell what the group has committed of it", error);
        }
    }
    rd_kafka_topic_partition_list_destroy(list);
}

static bool wants_offsets(const struct inquiry_question *question, enum inquiry_kind kind)
{
    return is_open(question, kind) && (kind != INQUIRY_EVENTS || question->has_committed);
}

static int32_t leader_of(const struct rd_kafka_metadata_topic *topic, int32_t partition)
{
    for (int i = 0; i < topic->partition_cnt; i++)
        if (topic->partitions[i].id == partition)
            return topic->partitions[i].leader;
    return -1;
}

/* Who leads each, or why none is known. */
static void round_leaders(struct round *round, enum inquiry_kind kind)
{
    struct inquiry *inquiry = round->inquiry;
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_topic_t *topic = rd_kafka_topic_new(inquiry->clients[kind], inquiry->topics[kind], NULL);
    rd_kafka_resp_err_t code = rd_kafka_metadata(inquiry->clients[kind], 0, topic, &metadata, METADATA_MS);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        code = metadata->topic_cnt == 1 ? metadata->topics[0].err : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    bool known = code == RD_KAFKA_RESP_ERR_NO_ERROR;
    for (size_t i = 0; i < round->count; i++) {
        struct inquiry_question *question = round->list[i];
        if (!wants_offsets(question, kind))
            continue;
        question->leader = known ? leader_of(&metadata->topics[0], question->answer.partition) : -1;
        if (question->leader < 0)
            question_trouble(inquiry, question, known ? "its partition has no leader" : "Kafka does not tell who leads it",
                             known ? RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE : code);
    }
    if (metadata != NULL)
        rd_kafka_metadata_destroy(metadata);
    rd_kafka_topic_destroy(topic);
}

enum wanted { WANTED_BEGIN, WANTED_END, WANTED_SINCE };

static int64_t *wanted_place(struct inquiry_question *question, enum wanted wanted)
{
    return wanted == WANTED_BEGIN ? &question->answer.begin
           : wanted == WANTED_END ? &question->answer.end
                                  : &question->answer.since;
}

static int64_t wanted_time(const struct inquiry_question *question, enum wanted wanted)
{
    return wanted == WANTED_BEGIN || (wanted == WANTED_SINCE && question->since.ms <= 0) ? RD_KAFKA_OFFSET_BEGINNING
           : wanted == WANTED_END                                                        ? RD_KAFKA_OFFSET_END
                                                                                         : question->since.ms;
}

/* Those of the round that this leader is asked for. */
static rd_kafka_topic_partition_list_t *leader_list(const struct round *round, enum inquiry_kind kind, int32_t leader,
                                                    enum wanted wanted)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    for (size_t i = 0; i < round->count; i++)
        if (wants_offsets(round->list[i], kind) && round->list[i]->leader == leader) {
            rd_kafka_topic_partition_t *one = list_add(round, list, round->list[i]);
            one->offset = wanted_time(round->list[i], wanted);
            one->opaque = round->list[i];
        }
    return list;
}

static void leader_refuses(const struct round *round, struct inquiry_question *question, rd_kafka_resp_err_t code)
{
    question->leader = -1; /* not in this round */
    question_trouble(round->inquiry, question,
                     code > RD_KAFKA_RESP_ERR_NO_ERROR ? "its leader refuses" : "its leader does not answer", code);
}

/* The list's code. The times -2 and -1 are a log's beginning and its end to Kafka; unlike rd_kafka_query_watermark_offsets, which
 * before 2.3 waits for a broker that has died until it is back (librdkafka's issue 2588), this has its deadline. */
static rd_kafka_resp_err_t list_ask(const struct round *round, enum inquiry_kind kind, rd_kafka_topic_partition_list_t *list,
                                    enum wanted wanted)
{
    rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(round->inquiry->clients[kind], list, OFFSETS_MS);
    for (int i = 0; i < list->cnt && code == RD_KAFKA_RESP_ERR_NO_ERROR; i++) {
        const rd_kafka_topic_partition_t *one = &list->elems[i];
        if (one->err == RD_KAFKA_RESP_ERR_NO_ERROR)
            *wanted_place(one->opaque, wanted) = one->offset;
        else
            leader_refuses(round, one->opaque, one->err);
    }
    return code;
}

/* Stops when the leader does not answer: it is waited for only once. */
static void each_ask(const struct round *round, enum inquiry_kind kind, const rd_kafka_topic_partition_list_t *list,
                     enum wanted wanted)
{
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
    for (int i = 0; i < list->cnt; i++) {
        struct inquiry_question *question = list->elems[i].opaque;
        if (code >= RD_KAFKA_RESP_ERR_NO_ERROR) {
            rd_kafka_topic_partition_list_t *alone = rd_kafka_topic_partition_list_new(1);
            rd_kafka_topic_partition_t *one = list_add(round, alone, question);
            one->offset = wanted_time(question, wanted);
            one->opaque = question;
            code = list_ask(round, kind, alone, wanted);
            rd_kafka_topic_partition_list_destroy(alone);
        }
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
            leader_refuses(round, question, code);
    }
}

/* Takes the answers of those that have one, which go on in this round. If the leader refuses the list (the code is Kafka's;
 * librdkafka's own are negative), the error is that of its first partition and says nothing of the others: then each is asked
 * alone. */
static void leader_ask(const struct round *round, enum inquiry_kind kind, int32_t leader, enum wanted wanted)
{
    rd_kafka_topic_partition_list_t *list = leader_list(round, kind, leader, wanted);
    rd_kafka_resp_err_t code = list->cnt == 0 ? RD_KAFKA_RESP_ERR_NO_ERROR : list_ask(round, kind, list, wanted);
    if (code > RD_KAFKA_RESP_ERR_NO_ERROR && list->cnt > 1)
        each_ask(round, kind, list, wanted);
    else if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        for (int i = 0; i < list->cnt; i++)
            leader_refuses(round, list->elems[i].opaque, code);
    rd_kafka_topic_partition_list_destroy(list);
}

static void leader_round(struct round *round, enum inquiry_kind kind, int32_t leader)
{
    static const struct {
        enum wanted first, last;
    } wants[INQUIRY_KINDS] = {[INQUIRY_EVENTS] = {WANTED_BEGIN, WANTED_END},
                              [INQUIRY_RECEIPTS] = {WANTED_BEGIN, WANTED_SINCE},
                              [INQUIRY_ENDS] = {WANTED_END, WANTED_END}};
    for (enum wanted wanted = wants[kind].first; wanted <= wants[kind].last; wanted++)
        leader_ask(round, kind, leader, wanted);
    for (size_t i = 0; i < round->count; i++)
        if (wants_offsets(round->list[i], kind) && round->list[i]->leader == leader) {
            struct inquiry_answer *answer = &round->list[i]->answer;
            if (answer->since < answer->begin || answer->since > answer->end)
                answer->since = answer->begin; /* a broker that does not know says "the end": then all is read */
            question_done(round->inquiry, round->list[i]);
            round->list[i] = NULL;
        }
}

static void round_offsets(struct round *round, enum inquiry_kind kind)
{
    bool any = false;
    for (size_t i = 0; i < round->count; i++)
        any = any || wants_offsets(round->list[i], kind);
    if (!any)
        return;
    round_leaders(round, kind);
    /* One leader after the other: if one does not answer, only its own partitions wait. */
    for (size_t i = 0; i < round->count; i++) {
        if (!wants_offsets(round->list[i], kind) || round->list[i]->leader < 0)
            continue;
        int32_t leader = round->list[i]->leader;
        leader_round(round, kind, leader);
        for (size_t j = i; j < round->count; j++) /* asked: whether well or not */
            if (wants_offsets(round->list[j], kind) && round->list[j]->leader == leader)
                round->list[j]->leader = -1;
    }
}

/* Those that are not answered are not asked again. */
static void round_give_up(struct round *round, enum inquiry_kind kind)
{
    pthread_mutex_lock(&round->inquiry->mutex);
    for (size_t i = 0; i < round->count; i++)
        if (is_open(round->list[i], kind))
            round->list[i]->forgotten = true;
    pthread_mutex_unlock(&round->inquiry->mutex);
}

void round_ask(struct round *round)
{
    round_committed(round);
    round_offsets(round, INQUIRY_RECEIPTS); /* of partitions that have come further */
    round_offsets(round, INQUIRY_EVENTS);
    bool idle = true;
    for (size_t i = 0; i < round->count; i++)
        idle = idle && (round->list[i] == NULL || round->list[i]->answer.kind == INQUIRY_ENDS);
    if (!idle)
        return;
    round_offsets(round, INQUIRY_ENDS);
    round_give_up(round, INQUIRY_ENDS);
}
