#include "run/clocks.h"

#include "os/log.h"

static bool is_apart(int64_t ms)
{
    return ms > CLOCKS_APART_MS || ms < -CLOCKS_APART_MS;
}

enum clocks_verdict clocks_judge(const struct remote_clock *broker, const struct remote_clock *papercups,
                                 struct moment now)
{
    bool worker_broker = is_apart(remote_clock_ahead_ms(broker, now));
    bool worker_papercups = is_apart(remote_clock_ahead_ms(papercups, now));
    bool others = is_apart(remote_clock_apart_ms(broker, papercups));
    bool all_known = broker->known && papercups->known;
    if (!worker_broker && !worker_papercups && !others)
        return CLOCKS_AGREE;
    if (all_known && worker_broker && worker_papercups && !others)
        return CLOCKS_WORKER;
    if (worker_broker && !worker_papercups && others)
        return CLOCKS_BROKER;
    return !worker_broker && worker_papercups && others ? CLOCKS_PAPERCUPS : CLOCKS_UNCLEAR;
}

static void clocks_tell(enum clocks_verdict verdict, const struct remote_clock *broker,
                        const struct account *account, struct moment now)
{
    static const char *const words[] = {
        [CLOCKS_AGREE] = "they agree again",
        [CLOCKS_WORKER] = "this worker's clock is wrong: is its machine's time synchronised? Deadlines are counted on the "
                          "brokers' clock as soon as that is known",
        [CLOCKS_BROKER] = "the clock of a Kafka broker is wrong: its stamps decide which events are expired, and until when "
                          "they are delivered",
        [CLOCKS_PAPERCUPS] = "the clock of Papercups is wrong: messages are shown with its time",
        [CLOCKS_UNCLEAR] = "the clocks of this worker, of Kafka and of Papercups are apart, and which one is wrong cannot be "
                           "told: is their machines' time synchronised?",
    };
    struct log_line line;
    log_begin(&line, verdict == CLOCKS_AGREE ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR, "clock");
    if (broker->known)
        log_number(&line, "ahead_of_kafka_ms", remote_clock_ahead_ms(broker, now));
    if (account != NULL && account->clock.known)
        log_number(&line, "ahead_of_papercups_ms", remote_clock_ahead_ms(&account->clock, now));
    if (account != NULL)
        log_text(&line, "account", span_of(account->options.name));
    log_text(&line, "detail", span_of(words[verdict]));
    log_end(&line);
}

void clocks_turn(struct clocks *clocks, const struct engine *engine, struct moment now)
{
    if (!mono_reached(clocks->next, now.mono))
        return;
    clocks->next = mono_after(now.mono, CLOCKS_EVERY_MS);
    const struct remote_clock *broker = engine_broker_clock(engine);
    const struct account *account = engine_next_account(engine, NULL);
    enum clocks_verdict verdict = CLOCKS_AGREE;
    while (account != NULL && (verdict = clocks_judge(broker, &account->clock, now)) == CLOCKS_AGREE)
        account = engine_next_account(engine, account);
    bool again = verdict != CLOCKS_AGREE && now.mono.ms - clocks->told_at.ms >= CLOCKS_AGAIN_MS;
    if (verdict == clocks->told && !again)
        return;
    clocks_tell(verdict, broker, account, now);
    clocks->told = verdict;
    clocks->told_at = now.mono;
}
