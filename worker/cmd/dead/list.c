#include <stdio.h>

#include "cmd/age.h"
#include "cmd/dead/dead.h"
#include "cmd/dead/letter.h"
#include "cmd/dead/tally.h"
#include "cmd/escape.h"
#include "cmd/help.h"

struct list {
    struct desk *desk;
    const struct dead_choice *choice;
    struct tally tally;
    struct desk_sums sums;
    bool outcomes[OUTCOME_COUNT]; /* that occurred */
};

static int64_t age_of(const struct list *list, const struct desk_letter *letter)
{
    return list->choice->now_ms - letter->record->timestamp_ms;
}

/* Of what is not authentic the id is whatever somebody wrote, and not told: `show` finds it by its place. */
static void each_print(const struct list *list, const struct desk_letter *letter)
{
    char age[AGE_TEXT], place[40];
    const struct event *event = &letter->opened->event;
    age_write(age, age_of(list, letter));
    snprintf(place, sizeof(place), "%d/%lld", (int)letter->partition, (long long)letter->told->source);
    if (list->sums.letters == 1)
        printf("%-7s %-9s %-22s %-10s %s\n", "AGE", "PLACE", "REASON", "STATE", "EVENT");
    printf("%-7s %-9s %-22s %-10s ", age, place, outcome_reason(letter->opened->outcome),
           resend_state_word(resend_state(letter->verdict)));
    if (event->authentic)
        printf("%.*s\n", SPAN_ARGS(event->envelope.event_id));
    else
        puts("-");
}

static void json_print(const struct desk_letter *letter)
{
    json_t *object = letter_json(letter);
    escape_print_object(stdout, object);
    json_decref(object);
}

static int list_take(void *context, const struct desk_letter *letter, struct err *err)
{
    struct list *list = context;
    (void)err;
    struct letter_facts facts;
    enum resend_state state = resend_state(letter->verdict);
    progress_step(&list->desk->progress);
    if (list->choice->state != RESEND_STATES && list->choice->state != state)
        return 0;
    letter_facts(letter, &facts);
    desk_sums_add(&list->sums, letter->verdict);
    list->outcomes[letter->opened->outcome] = true;
    tally_add(&list->tally, letter->opened->outcome, facts.account, age_of(list, letter), state);
    if (list->choice->json || list->choice->each)
        progress_hide(&list->desk->progress);
    if (list->choice->json)
        json_print(letter);
    else if (list->choice->each)
        each_print(list, letter);
    return 0;
}

static void advice_print(const struct list *list)
{
    for (int i = OUTCOME_NONE + 1; i < OUTCOME_COUNT; i++) {
        if (!list->outcomes[i])
            continue;
        printf("\n%s: ", outcome_reason((enum outcome)i));
        printf("%s\n", outcome_text((enum outcome)i));
        help_item_print("  ", 2, outcome_advice((enum outcome)i));
    }
}

static void list_end(const struct list *list)
{
    tally_print(&list->tally, stdout);
    if (list->sums.letters > 0)
        putchar('\n');
    desk_sums_print(&list->sums, NULL);
    if (list->desk->foreign > 0)
        printf("%llu record%s of %s: not a dead letter of these workers' events, ignored\n",
               (unsigned long long)list->desk->foreign, list->desk->foreign == 1 ? "" : "s",
               list->desk->config->dead_topic);
    advice_print(list);
}

int dead_list(struct desk *desk, const struct dead_choice *choice, struct err *err)
{
    struct list list = {.desk = desk, .choice = choice};
    tally_init(&list.tally, desk->config);
    desk->take = list_take;
    desk->context = &list;
    int result = desk_read(desk, err);
    if (result == 0 && !choice->json && !choice->each)
        list_end(&list);
    else if (result == 0 && !choice->json)
        desk_sums_print(&list.sums, NULL);
    tally_done(&list.tally);
    return result;
}
