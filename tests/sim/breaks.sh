#!/usr/bin/env bash
# Shows that the simulator can fail: breaks one rule of the engine after the other, in a copy, and expects that a promise is
# seen broken. Those marked * are the sentences of the design without which its first model showed doubles.
#
#   tests/sim/breaks.sh [--seeds N] [--list] [--update] [NAME…]
#
#   --seeds N  how many runs of the simulator each gets (3000, as in tests/run.sh), and a tenth of that long ones
#   --list     names the breaks
#   --update   writes down who caught each
#
# Asked is first who caught it before (tests/sim/breaks.caught); then what answers soonest: a tenth of the seeds, the engine's
# stories (tests/unit/engine_*_test.c) and the table of answers, all seeds, the long runs, and the explorer (tests/explore/) with one fault.
#
# Not here is a rule that is a margin: that an event in doubt must be "absent" twice in a row (in a world whose lists are never
# behind, one readback after the settle time is enough). Neither simulator nor explorer miss it.
#
# Nor, because the engine has no part in them: that a second process takes no name in the group that another has
# (tests/e2e/test_instance.py), that "nothing was sent" is known by the body's own callback and that a timed-out request is
# not sent after all (test_standin_faults.py, test_answers.py).
#
# Exit codes: 0 every break was caught, 1 one was not, 2 wrong use, 5 a break does not fit the code any more.
set -uo pipefail
cd "$(dirname "$0")/../.."
. deploy/setup.sh

cache=tests/.cache/breaks
copy=$cache/source build=$cache/build
stories=(tests/unit/{engine_*,reply}_test.c) stories=("${stories[@]##*/}") stories=("${stories[@]%.c}")
caught=tests/sim/breaks.caught # lines "NAME PROGRAM ARGUMENT…"
seeds=3000 list=false update=false wanted=()
while [ $# -gt 0 ]; do
    case $1 in
    --seeds)
        [[ "${2-}" =~ ^[0-9]+$ ]] || { echo "breaks.sh: $1 needs a number" >&2; exit 2; }
        seeds=$2
        shift
        ;;
    --list) list=true ;;
    --update) update=true ;;
    --help | -h)
        setup_usage
        exit 0
        ;;
    -*)
        echo "breaks.sh: unknown option '$1': say --seeds N, --list, --update or the name of a break" >&2
        exit 2
        ;;
    *) wanted+=("$1") ;;
    esac
    shift
done

tried=0 found=() missed=()

fail() { # EXIT_CODE TEXT
    echo "breaks.sh: $2" >&2
    exit "$1"
}

prepare() {
    setup build
    rm -rf "$copy" && mkdir -p "$copy" && cp -r CMakeLists.txt worker include deploy "$copy" || fail 5 "no copy"
    mkdir "$copy/tests" && cp -r tests/CMakeLists.txt tests/engine tests/sim tests/explore tests/unit tests/fuzz \
        tests/producers tests/documents "$copy/tests" || fail 5 "no copy"
    cmake -G Ninja -S "$copy" -B "$build" >"$cache/build.log" 2>&1 &&
        cmake --build "$build" --target sim explore >>"$cache/build.log" 2>&1 || fail 5 "the build failed: $cache/build.log"
}

# Whether a run saw a promise broken, or an assertion failed: it says which, in $cache/NAME.log. One that ends for another
# reason, that its time is over or there are too many states, has seen nothing, unless it has said so before. A story that
# takes ten seconds of the processor turns for ever.
limit_s=120
sees_it_broken() { # NAME PROGRAM ARGUMENT…: of the build
    local log=$cache/$1.log code=0 limit=$limit_s
    shift
    by="$*"
    if [[ $1 == *_test ]]; then
        limit=10
        cmake --build "$build" --target "$1" >"$cache/build.log" 2>&1 || fail 5 "$1 does not compile: $cache/build.log"
    fi
    { (ulimit -St $limit && exec "$build/tests/${1/#explore/explore/explore}" "${@:2}") || code=$?; } >"$log" 2>&1
    case $code in
    0) return 1 ;;
    152) [[ $1 == *_test ]] || grep -q '^again: ' "$log" ;; # SIGXCPU
    134 | 139) return 0 ;; # aborted; or it has run astray
    *) grep -qE '^(again: |found at a depth|BREACH: |\[  FAILED  \])' "$log" ;;
    esac
}

caught_as_before() { # NAME
    local words
    read -ra words < <(sed -n "s/^$1 //p" "$caught") && sees_it_broken "$1" "${words[@]}"
}

# The simulator says how to see one seed again; not where it was aborted.
caught_by_seeds() { # NAME OPTION…: of the simulator
    local again
    sees_it_broken "$1" sim "${@:2}" || return 1
    again=$(sed -n 's/^again: \(sim .*\) --trace$/\1/p; /^again: /q' "$cache/$1.log")
    by=${again:-$by}
}

caught_by_explorer() { # NAME
    local scenario
    for scenario in order repeat reach spaced young closed logs late narrow apart; do
        sees_it_broken "$1" explore --scenario $scenario --faults 1 && return 0
    done
    return 1
}

# The stories of single workers, for what random runs meet too rarely.
caught_by_stories() { # NAME
    local story
    cmake --build "$build" --target "${stories[@]}" >"$cache/build.log" 2>&1 || fail 5 "$1 does not compile: $cache/build.log"
    for story in "${stories[@]}"; do
        sees_it_broken "$1" "$story" && return 0
    done
    return 1
}

is_caught() { # NAME
    caught_as_before "$1" || limit_s=20 caught_by_seeds "$1" --seeds $((seeds / 10)) || caught_by_stories "$1" ||
        caught_by_seeds "$1" --seeds "$seeds" ||
        caught_by_seeds "$1" --seeds $((seeds / 10)) --steps 2000 --events 150 || caught_by_explorer "$1"
}

# A break is a substitution in one file that fits exactly once, over line ends too.
broken() { # NAME FILE PERL_PATTERN REPLACEMENT WHAT
    local name=$1 file=$copy/worker/$2 by=
    $list && { printf '%-26s %s\n' "$name" "$5"; return; }
    [ ${#wanted[@]} = 0 ] || [[ " ${wanted[*]} " == *" $name "* ]] || return 0
    tried=$((tried + 1))
    cp "$file" "$cache/whole"
    FROM=$3 TO=$4 perl -0777 -i -pe '$n = s/$ENV{FROM}/$ENV{TO}/g; END { exit($n == 1 ? 0 : 1) }' "$file" ||
        fail 5 "$name does not fit worker/$2 once"
    cmake --build "$build" --target sim explore >"$cache/build.log" 2>&1 || fail 5 "$name does not compile: $cache/build.log"
    if is_caught "$name"; then
        found+=("$name $by")
    else
        by="NOBODY"
        missed+=("$name")
    fi
    printf '%-26s %s\n%26s caught by %s\n' "$name" "$5" "" "$by$(said "$name")"
    cp "$cache/whole" "$file"
}

# The promise that was seen broken, in the simulator's words, or the story that failed.
said() { # NAME
    sed -nE '/^\[  FAILED  \] [a-z_]*[a-z]$/ { s/^\[  FAILED  \] /: /p; q }; /^again: / { x; s/^/: /; s/^(.{110}).*/\1/; p; q }; h' "$cache/$1.log"
}

$list || prepare

broken lost-commit engine/partition.c 'return partition->reach < partition->lost_reach \? partition->reach : partition->lost_reach;' \
    'return partition->reach;' '* a commit that got no answer does not bound the reach'
broken own-producer engine/turn.c 'if \(!release_has_orphans\(engine, partition->id\) && mono_reached' \
    'if (mono_reached' '* receipts are read while some of one'"'"'s own are still under way'
broken window-from-now engine/assign.c 'progress.admitted_ms > engine->options.window_ms\s+\? progress.admitted_ms - engine->options.window_ms' \
    'engine->now.wall.ms > engine->options.window_ms ? engine->now.wall.ms - engine->options.window_ms' \
    '* the window is read from now, not from when the record at c was admitted'
broken left-forgotten engine/partition.c 'if \(partition->left.ms < oldest.ms\)\s+oldest = partition->left;' '' \
    '* the last commit does not tell when the oldest of the records was admitted that are left to the next owner'
broken offset-alone progress/receipted.c 'if \(one->offset == record->offset && one->timestamp_ms == record->timestamp_ms &&\s+one->fingerprint == [^;]*?\)\)\s+told' \
    '(void)event_id; if (one->offset == record->offset) told' '* a receipt is matched by its offset alone'
broken absent-at-once engine/admit.c 'job->partition->in_doubt_absent_from, 2,' 'engine->now.mono, 2,' \
    '* "absent" counts from the assignment on'
broken duplicate-when-read engine/judge.c 'window_find\(&job->partition->window, &job->marks\[0\], admitted_at, &failed_signed_at_s\);' \
    'WINDOW_NEW; (void)admitted_at;' '* a repetition is not looked for at the head of the queue'
broken failed-makes-way engine/settle.c 'if \(settle_is_certain\(engine, outcome\)\)\s+job_leave_queue' 'job_leave_queue' \
    '* the next starts before the receipt of a failed one is acknowledged'
broken unknown-gives-up delivery/delivery.c 'if \(!d->unknown\) \{' 'if (true) {' '* what may be shown ends as gave_up'
broken in-doubt-expires engine/judge.c 'job->judged \|\| job->delivery.unknown \|\|' 'job->judged ||' \
    '* an event in doubt is judged by its times before it is proven absent'
broken window-admitted dedup/window.c 'return admitted_at_ms > finished_at_ms \? admitted_at_ms : finished_at_ms;' \
    '(void)finished_at_ms; return admitted_at_ms;' '* the window does not run from when it was finished'
broken inherited-forgotten engine/commit.c 'PARTITION_COMMITTING && !partition->inherited\)' 'PARTITION_COMMITTING)' \
    '* reach = c is committed with events left in doubt'
broken lease-from-answer engine/commit.c 'lease_extend\(engine, partition->commit_sent\)' 'lease_extend(engine, engine->now.mono)' \
    '* the lease runs from the answer, not from when the commit was sent'
broken no-lease engine/lease.c 'if \(engine->options.lease_ms == 0\)' 'if (true)' '* nobody asks whether the partitions are still his'
broken write-outlives-lease engine/accounts.c 'partition == NULL \? MONO_NEVER : lease_end\(engine\)' 'MONO_NEVER' \
    'what was decided on before a freeze leaves after it'
broken first-customer delivery/readback.c 'readback_add\(&search->customers, &search->customer_count, answer\);' \
    '{ struct answer first = *answer; first.id_count = first.id_count > 0; readback_add(&search->customers, &search->customer_count, &first); }' \
    '* a readback reads the first customer row alone'
broken widgets-row-alone delivery/readback.c 'CALL_LIST_CUSTOMERS,' 'CALL_FIND_CUSTOMERS,' \
    '* a readback reads the rows alone that the widget finds now'
broken any-host papercups/content.c '!asked_is_found\(&r->asked, &thing\)' 'false' 'any row that a question lets in is taken'
broken others-answer papercups/asked.c 'return span_equal\(id, span_of\(asked->call->id.text\)\);' 'return (void)id, (void)asked, true;' \
    'whose conversation, and which one, is in an answer is not held against the question'
broken others-post papercups/asked.c '\(!asked->by_mark \|\| message->marked\)' 'true' \
    'the answer to another post is taken for that to this one'
broken others-row papercups/asked.c 'row->external_id.data != NULL && json_raw_equal' 'true || json_raw_equal' \
    'the row of another external id is taken'
broken page-forgotten engine/known.c 'known_add\(out, &job->message.host\);' '' \
    'what is known of a customer is known of every page'
broken email-forgotten engine/known.c 'known_add\(out, &job->message.email\);' '' \
    'what is known of a customer is known of every e-mail'
broken first-page delivery/resolve.c 'd->page = answer->incomplete \? call->page \+ 1 : 0;\s+if \(answer->incomplete\)' \
    'if (false)' 'the first page of the rows is taken for all of them'
broken oldest-row delivery/resolve.c 'strcmp\(answer->updated_at, d->customer_updated_at\) > 0' \
    'strcmp(answer->updated_at, d->customer_updated_at) < 0' 'of several pages the row is taken that is not the newest'
broken open-chat-alone delivery/readback.c 'readback_add\(&search->conversations, &search->conversation_count, answer\);' \
    '{ struct answer first = *answer; first.id_count = first.id_count > 0; readback_add(&search->conversations, &search->conversation_count, &first); }' \
    '* a readback reads one conversation of each customer'
broken named-row-unread delivery/readback.c 'else if \(call->kind == CALL_READ_CUSTOMER\)\s+readback_add' \
    'else if (call->kind == CALL_READ_CUSTOMER && d->step == STEP_READBACK_LIST) readback_add' \
    'a readback for the row that an event names reads none of its conversations'
broken named-not-reopened delivery/resolve.c 'd->limits.reopen \|\| d->address == ADDRESS_CONVERSATION_ID' 'd->limits.reopen' \
    'a closed conversation that an event names gets its message as it is'
broken named-unread delivery/delivery.c 'memcpy\(d->to.text, payload->to.data, 36\);' \
    '{ memcpy(d->to.text, payload->to.data, 36); if (payload->address == ADDRESS_CONVERSATION_ID) { d->conversation = d->to; d->resolved_at = deadline; d->step = STEP_POST; } }' \
    'a conversation that an event names is taken for one of its account, unread'
broken complete-is-absent delivery/delivery.c 'delivery_doubt\(d, settled, complete' 'delivery_doubt(d, complete ? now : settled, complete' \
    '* after a complete 5xx "absent" counts at once'
broken no-readback engine/admit.c 'bool in_doubt = job->record->offset < job->partition->in_doubt_end;' 'bool in_doubt = false;' \
    'what an earlier owner may have posted is not read back'
broken posts-again delivery/delivery.c 'if \(d->step == STEP_POST\)\s+delivery_take_unknown\(d, answer, delay_ms, now\);' \
    'if (d->step == STEP_POST) step_retry(d, STEP_POST, delay_ms, now, "");' 'a post without a good answer is made again'
broken later-posts-again delivery/delivery.c '\(answer->kind == ANSWER_LATER && answer->status >= 500\) \|\|' \
    '' 'a 503 that says when to come again counts as "not done"'
broken too-large-posts-again papercups/reply.c 'reply->too_large && call_lists\(call\)' 'reply->too_large' \
    'a post whose answer is too large is made again'
broken long-lists-fail engine/accounts.c 'pending->aside = account_set_aside\(pending->account, pending->started\);' '' \
    'a list that is long under way keeps its place'
broken one-too-far engine/commit.c 'partition->committing = offsets_settled\(&partition->offsets\);' 'partition->committing = offsets_settled(&partition->offsets) + 1;' \
    'one offset too many is committed'
broken unreadable-is-absent delivery/readback.c '\(cut && !answer->mark_found\)\) \{\s+readback_unreadable\(d, delay_ms, now, cut [^;]*;' '(cut && !answer->mark_found)) { (void)delay_ms; readback_absent(d, now);' \
    '"cannot be read" counts as "absent"'
broken reach-ignored engine/partition.c 'offset < partition_reach\(partition\) &&' '' 'deliveries start beyond the committed reach'
broken receipts-from-end engine/partition.c 'partition_has_none_beyond\(partition\) \? partition->receipts_end\s+: partition->receipts_from' \
    'partition->receipts_end' 'the commit names a place behind receipts that are still needed'
broken released-early engine/turn.c 'if \(partition->job_count > 0 \|\| partition->glance_count > 0 \|\| partition->committing >= 0 \|\|\s+release_has_orphans\(engine, partition->id\) \|\| ' \
    'while (!TAILQ_EMPTY(&partition->jobs)) release_job(engine, TAILQ_FIRST(&partition->jobs)); if (partition->committing >= 0 || ' 'a partition is given up with receipts under way'
broken untouched engine/rebuild.c 'if \(partition->untouched\)' 'if (true)' 'nothing is in doubt in a partition that has receipts'
broken in-doubt-from-commit engine/assign.c 'partition->in_doubt_end = progress.reach < input->end \? progress.reach : input->end;' \
    'partition->in_doubt_end = input->offset;' 'nothing beyond the committed offset is in doubt'
broken generations base/slots.c 'slot->thing != NULL && slot->generation == handle >> 32' 'slot->thing != NULL' \
    'a late answer is taken for that of another request'
broken commit-of-another engine/commit.c 'partition->committing < 0 \|\| handle != partition->commit_handle' 'partition->committing < 0' \
    'the answer to an earlier commit is taken for that of the last one'
broken dead-letter-late engine/settle.c 'bool written = job->lettered && outcome == OUTCOME_GAVE_UP;\s+settle_produce\(engine, job, [^;]*;' 'settle_produce(engine, job, JOB_RECEIPT);' \
    'a failed event has a receipt and no dead letter'
broken repeats-failed engine/judge.c 'if \(state == WINDOW_DELIVERED \|\| repeats_failed\)' 'if (state == WINDOW_DELIVERED)' \
    'the same bytes of a failed event are tried again'
broken failed-unread engine/judge.c 'delivery_doubt\(&job->delivery, engine->now.mono, 1, [^;]*;' '' \
    'a failed event that comes again is not read back'
broken no-spacing engine/run.c 'mono_later\(queue->not_before, job->partition->first_from\)' 'queue->not_before' \
    'the pause between two messages does not hold over an assignment'
broken new-unspaced engine/settle.c 'job->delivery.opened \? engine->options.limits.new_spacing_ms : 0' '0' \
    'the next message comes while the widget joins the conversation that was begun with the one before'
broken young-unread delivery/resolve.c 'answer->age_ms >= 0 && answer->age_ms < d->limits.new_spacing_ms' 'false' \
    'nobody reads how old the conversation is that somebody else has begun'
broken never-looked engine/settle.c 'if \(outcome == OUTCOME_DELIVERED\)\s+glance_want' 'if (outcome == OUTCOME_COUNT) glance_want' \
    'nobody looks after a post whether its conversation was closed'
broken looked-not-reopened engine/glance.c 'if \(ok && reads && answer->closed\)' 'if (false)' \
    'a conversation that was closed while a message came stays closed'
broken looks-unheld engine/run.c 'not_before = mono_later\(not_before, hold\);' '(void)hold;' \
    'a new conversation is begun before the one before has been looked at'
broken looks-left engine/release.c 'glances_hurry\(engine, partition\);' 'glances_drop(engine, partition);' \
    'a partition is given up without the glances that its posts want'
broken clock-is-certain engine/settle.c 'return !engine->options.admit_by_clock;' 'return true;' \
    'the next starts before the receipt of one that the worker'"'"'s own clock found expired'
broken pause-stays engine/release.c 'if \(partition->paused\)\s+effect_add\(engine, EFFECT_RESUME, partition->id\);' '' \
    'a partition that is paused is given back so'
broken other-log engine/assign.c '&& found != stamp;' '&& found != stamp && false;' \
    'what was committed is believed though another record stands below it'
broken unproved engine/partition.c '\(!partition->unproved \|\| offset < partition->in_doubt_end\)' 'true' \
    'what is read of a log of which nothing was known goes by a commit that may be gone with the log before it'
broken last-unnamed engine/assign.c 'else if \(progress->has_secret && !progress->has_last && !progress->inside && input->offset > input->begin\)' 'else if (false)' \
    'what was committed without a record below it is believed though the log begins below it'
broken room-undecided engine/commit.c 'if \(job->state == JOB_QUEUED\)\s+commit_refuse\(engine, job\);' '' \
    'what had no room when nothing could be decided stays in memory'
broken log-unchecked engine/log_check.c 'if \(partition->witness.stamp == 0\)\s+return;' 'return;' \
    'nobody looks whether the log is still the one that was read'
broken check-too-new engine/log_check.c 'partition->witness = partition->asked_at;' 'partition->witness = partition->newest;' \
    'the log is asked about a record that may have been read of the one that came after it'
broken seen-unnamed engine/partition.c '.has_seen = partition->witness.stamp != 0 &&' '.has_seen = false &&' \
    'a commit names no record but the last one, which may be of the log that came after'
broken shorter-log engine/assign.c 'else if \(input->offset > input->end\)' 'else if (false)' \
    'what was committed is believed though the log ends before it'
broken committed-gap progress/offsets.c 'return offsets->last < offsets->start \? offsets->start : offsets->last \+ 1;' 'return offsets->low;' \
    'an offset behind a gap is committed'
broken went-back engine/admit.c 'if \(!offsets_knows\(&partition->offsets, record->offset, stamp\)\)\s+release_changed\(engine, partition, record->offset\);' \
    '' 'a record below what was read is taken for an old one'
broken other-secret engine/assign.c 'if \(names_secret && !engine_knows_secret\(engine, progress.secret\)\)' 'if (false)' \
    'a worker with another mark secret begins a partition'
broken secret-not-renewed engine/assign.c 'partition->commit_again = renewed \|\| !partition->announced;' '(void)renewed; partition->commit_again = !partition->announced;' \
    'an idle partition names the mark secret before for ever'
broken namesake engine/assign.c 'bool namesake = named &&' 'bool namesake = false && named &&' \
    'who has taken the name of another begins while that one goes on'
broken namesake-reach engine/assign.c 'if \(partition->in_doubt_end < by_namesake->reach\)' 'if (false)' \
    'what comes while another goes on under the same name is not read back'
broken namesake-absent engine/assign.c 'in_doubt_absent_from = mono_after\(from,' 'in_doubt_absent_from = mono_after(engine->now.mono,' \
    '"absent" counts while another goes on under the same name'
broken namesake-receipts engine/turn.c '!release_has_orphans\(engine, partition->id\) && mono_reached\(partition->namesake_until, engine->now.mono\)' \
    '!release_has_orphans(engine, partition->id)' 'receipts are read while another goes on under the same name'
broken namesake-released engine/turn.c '\|\| !mono_reached\(partition->namesake_until, engine->now.mono\)' '' \
    'a partition is given back while another goes on with it under the same name'
broken unannounced engine/partition.c '&& partition->announced &&' '&&' \
    'deliveries start before a commit names the worker'
broken backlog-unleased engine/job.c 'return job->no_room && lease_is_held\(engine\) && partition->announced && !partition->unproved;' \
    '(void)engine; (void)partition; return job->no_room;' 'an account is called full by who may not have the partition any more'
broken no-limit engine/engine.c 'engine->full = engine->memory_used >= limit;' 'engine->full = false; (void)limit;' 'memory has no bound'
broken grant-when-read engine/admit.c 'outcome == OUTCOME_NONE \|\| \(outcome == OUTCOME_ACCOUNT_NOT_GRANTED && event.has_route\)' \
    'outcome == OUTCOME_NONE' 'what an earlier owner may have posted by another keyring is refused unread'
broken grant-certain engine/settle.c '&& outcome != OUTCOME_ACCOUNT_NOT_GRANTED' '' \
    'the next starts before the receipt of one that this worker'"'"'s keyring does not grant'
broken grant-once engine/run.c 'call_posts\(&job->call\) && !keyring_entry_grants' \
    'false && !keyring_entry_grants' 'what waits is posted though its key is not granted its account any more'
broken revoked-once engine/run.c 'entry == NULL \|\| entry->revoked' 'entry == NULL' 'what waits is posted though its key is revoked meanwhile'
broken no-share engine/admit.c 'job->no_room = !in_doubt && share > 0' 'job->no_room = false && !in_doubt && share > 0' \
    'what waits for an account that is away takes the memory of the others'
broken probed-once engine/accounts.c 'if \(account->hold != ACCOUNT_OPEN\)\s+timer_set\(&engine->timers, &account->timer, mono_after\(engine->now.mono, PROBE_EVERY_MS\)\);' '' \
    'a key that was refused once more is not asked about again'
broken left-delivered delivery/delivery.c '\|\| d->outcome == OUTCOME_DELIVERED' '' \
    'one that is delivered, and dropped without its receipt, is not in doubt for the next owner'
broken left-unknown delivery/delivery.c '\|\| d->outcome == OUTCOME_UNKNOWN' '' \
    'one that is unknown, and dropped without its receipt, is not in doubt for the next owner'
broken own-clock engine/deadline.c 'remote_clock_reaches\(&engine->broker_clock, job->until\)' \
    '(struct mono){job->until.ms - engine->now.wall.ms + engine->now.mono.ms}' 'deadlines are counted on the worker'"'"'s own clock'
broken clock-unasked engine/deadline.c '\.ms >= job->until\.ms;' '.ms >= job->until.ms && false;' \
    'an old event is posted late while the broker'"'"'s clock is not known'
broken clock-most base/remote_clock.c 'at\.ms - clock->least_ms\}' 'at.ms - clock->most_ms}' \
    'it is as late as the broker'"'"'s clock may be at the most'
broken young-asked engine/deadline.c 'return mono_reached\(job->open_until, engine->now\.mono\) &&' 'return' \
    'what was published under the worker has a dead letter that asks for the time'
broken deadline-later engine/deadline.c 'timer_set\(&engine->timers, &job->timer, at\);' '(void)at;' \
    'what waits for its deadline does not hear that it comes sooner'
broken never-over engine/deadline.c 'mono_earlier\(job->over_from, (?=remote)' '(' \
    'where the broker tells no time, what is read is never given up'
broken lettered-twice engine/settle.c 'job->lettered && outcome == OUTCOME_GAVE_UP' 'false' \
    'an event is given up with a second dead letter'
broken unknown-held engine/run.c 'timer_set\(&engine->timers, &job->timer, delivery_ends\(&job->delivery\)\);' \
    'if (!job->delivery.unknown) timer_set(&engine->timers, &job->timer, delivery_ends(&job->delivery));' \
    'what may be shown waits for a held account for ever'
broken late-receipt engine/admit.c 'return record->offset < partition->in_doubt_end && told' 'return false && told' \
    'a receipt that calls an event failed is believed, however late it came'
broken doubted-forgotten engine/partition.c '&& partition->doubted == 0' '' \
    'the commit names a place behind receipts that are read back'
broken lost-reach-last engine/commit.c 'if \(partition->committing_reach < partition->lost_reach\)' 'if (true)' \
    'of two commits without an answer the last one bounds the reach, not the lower'
broken lost-reach-lifted engine/commit.c 'if \(partition->lost_until.ms == MONO_NEVER.ms\)' 'if (true)' \
    'a commit that was lost meanwhile does not bound the reach any more'
broken refused-in-outage engine/run.c 'delivery->refusals >= REFUSALS_MAX && job->refused_since' 'delivery->refusals >= REFUSALS_MAX' \
    'five 500s refuse an event while Papercups fails for everybody'
broken in-doubt-one-readback engine/judge.c 'state == WINDOW_FAILED && !job->delivery.unknown' 'state == WINDOW_FAILED' \
    'an event in doubt that had failed before gets one readback, from now'
broken cache-kept engine/run.c 'known_forget\(engine, job\);' '{}' \
    'what was known of a customer is not forgotten after a bad answer'
broken receipts-of-others engine/rebuild.c 'span_equal\(receipt.topic, span_of\(engine->options.events_topic\)\) &&' '' \
    'receipts of another topic of events count'
broken held-unasked engine/accounts.c 'account->doubted = true;' 'account->hold = ACCOUNT_UNAUTHORIZED; accounts_tell(engine, account);' \
    'one call that is refused holds its account'
broken doubted-goes-on delivery/account.c '\|\| account->doubted\)' ')' \
    'others post while it is open whether the account is refused'
broken doubtful-is-absent delivery/delivery.c '\(answer_is_doubtful\(answer\) && \(!answer->own \|\| answer->kind == ANSWER_FORBIDDEN\)\)' 'false' \
    'a 403 or a login of something in between counts as "not done"'
broken stray-is-papercups papercups/reply.c '!own \? ANSWER_UNREADABLE :' '(void)own,' 'a 4xx of something in between is taken for Papercups'"'"' own'
broken one-404 delivery/step.h 'return mono_reached\(mono_after\(d->missing_since, d->limits.settle_ms\), now\);' 'return true;' \
    'one 404 is believed'
broken refused-at-once engine/run.c '#define REFUSALS_MAX 5' '#define REFUSALS_MAX 1' 'one 500 or 403 refuses an event'
broken lost-is-refusal delivery/readback.c 'if \(d->refused_by != 0\)' '' \
    'a post that never arrived counts as one that was refused'
broken lease-kept engine/assign.c 'engine->leased = false;' '' 'the lease of the assignment before counts'
broken cache-unacked engine/settle.c 'if \(job->delivery.acknowledged\)' 'if (true)' \
    'where a message was found counts as where to post'
broken resolved-long-ago delivery/delivery.c 'd->step == STEP_POST && mono_reached\(mono_after\(d->resolved_at, CACHE_TTL_MS\), now\)' 'false' \
    'a post that waited goes where the conversation was long ago'
broken behind-all engine/run.c 'if \(job->goes_on\)' 'if (false)' \
    'each step of a delivery waits behind all others, until what it has found out is too old'
broken anew-unlooked engine/run.c 'if \(run_is_held\(engine, job\)\)' 'if (run_is_held(engine, job) && false)' \
    'where to post is found out anew while a glance at the customer'"'"'s conversation is under way'
broken stranger-rejected engine/judge.c 'else if \(!job->delivery.unknown\)' 'else if (true)' \
    'what an earlier owner may have posted for an account that is none of this worker'"'"'s is rejected'
broken stranger-forgotten engine/admit.c 'if \(in_doubt\)' 'if (in_doubt && job->account != NULL)' \
    'such a one that is given back undecided is not in doubt any more'
broken stranger-unqueued engine/admit.c 'OUTCOME_ACCOUNT_NOT_GRANTED && event.has_route' \
    'OUTCOME_ACCOUNT_NOT_GRANTED && event.has_route && job->account != NULL' \
    'an event of an unknown account is rejected at once, without a place in its queue or a lease'
broken stranger-behind engine/settle.c 'if \(queue != NULL\)' 'if (queue != NULL && account != NULL)' \
    'who is behind one of an unknown account, and came when that was known, is not made to begin'
broken job-no-lease engine/run.c 'if \(!run_has_lease\(engine, job\)\)\s+return;\s+if \(job->told' 'if (job->told' \
    'a job asks for no lease before it goes on'
broken trace-untold engine/settle.c '\.traceparent = traceparent_of\(job->record\),' '' 'a receipt does not have the traceparent of its record'
broken trace-of-two event/traceparent.c 'if \(found != NULL\)\s+return SPAN_NONE;' '' 'of two headers traceparent the last one is taken'
broken trace-any event/traceparent.c 'found != NULL && traceparent_is_valid\(found->value\)' 'found != NULL' \
    'a header traceparent is taken whatever its form'

$list && exit 0
[ $tried -gt 0 ] || fail 2 "there is no such break: say --list"
$update && { printf '%s\n' "${found[@]}"; cat "$caught"; } | awk '!known[$1]++' | sort -o "$caught"
echo "breaks tried=$tried caught=$((tried - ${#missed[@]})) missed=${#missed[@]} ${missed[*]}"
[ ${#missed[@]} = 0 ]
