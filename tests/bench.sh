#!/usr/bin/env bash
# The bench: what one worker costs, with a real Kafka, the stand-in, receipts, and the default configuration but for
# message_spacing, new_conversation_spacing, closed_look and flood_limit (which only measure pauses, and one request more). The events are signed first; a tenth is published and settled; the rest,
# published at once into 12 partitions, is what is measured, to its last receipt. The same run measures what the parts of
# that work cost by themselves, in small loops: fetch, verify, parse, POST, receipt, produce.
#
#   tests/bench.sh [--events N] [--customers N] [--body SIZE] [--quick] [--perf]
#   tests/bench.sh --takeover [--ids N] [--partitions N]
#   tests/bench.sh --concurrency [--conversations N] [--round-trip MS]
#
#   --events N      how many, for HMAC and for ed25519 (200000)
#   --customers N   whose chats they go to, in turn (10000)
#   --body SIZE     how long each message is, in bytes: 77, or up to 10000, which 10k is too. Long ones are signed slowly and
#                   kept in memory until they are published: take 20,000 or so
#   --quick         20,000 events of 1,000 customers, the idle worker measured briefly: shows that it works, its figures
#                   are rough
#   --perf          perf's 40 first symbols of the worker, by self time, while it takes the HMAC events
#   --takeover      measures instead how long a worker takes until it reads events when it is assigned partitions whose
#                   dedup window is full, and what it remembers them in. The receipts of the events in it are made
#                   beforehand, with the mark secret, as a worker before it would have left them. Five workers, one
#                   after the other; each must know the first and the last of these events when they are published again
#   --ids N         how many events are in the dedup window (1000000)
#   --partitions N  in how many partitions (1)
#   --concurrency   measures instead what the account's concurrency limit makes of a Papercups that serves less the
#                   harder it is pushed: the stand-in with its service model (worker/demo/standin/service.h).
#                   First messages/s with a fixed number in flight, 4 to 16, posted by the bench itself, which asks for
#                   each conversation as often as a worker does; then of a worker with the default configuration,
#                   steady; then the same while the capacity is halved, and when it is back, each from 10 s after the
#                   change on. 4 minutes; nothing else should run
#   --conversations N  how many customers are written to in turn (30)
#   --round-trip MS    of the road to Papercups (0)
#
# Directories: BUILD_DIRECTORY (build-bench); all else is made in a temporary one and removed, but for failures.
# The last line: bench hmac_us=… ed25519_us=… rss_mb=… idle_wakeups=… events_s=… parts_ratio=…
#   hmac_us, ed25519_us  CPU µs per event of the worker's process, all threads, user and system
#   rss_mb               the most that a worker held (VmHWM), the larger of both kinds
#   idle_wakeups         per second, of the loop's thread, the larger of before and after the events
#   events_s             with HMAC, 16 in flight
#   parts_ratio          hmac_us by the sum of the parts
# With --concurrency: concurrency conversations=… round_trip_ms=… best=… default=… ratio=… half_best=… half=… half_ratio=… back=… back_ratio=…
#   best, half_best      of the fixed numbers in flight, messages/s
#   default, half, back  the worker's; the ratios are by the best
# With --takeover: takeover ids=… seconds=… bytes_per_id=…
#   seconds              from the log line "assigned" to "started", the median worker's
#   bytes_per_id         what its VmRSS is larger by than that of a worker without receipts
#
# Exit codes: 0 done, 2 wrong use, 5 something failed.
set -euo pipefail
cd "$(dirname "$0")/.."
. deploy/setup.sh

events=200000 customers=10000 refused=50000 requests=50000 idle_seconds=10 perf=false
concurrency=false conversations=30 round_trip=0 concurrency_seconds=30
body=77 # as bench.c writes it
takeover=false ids=1000000 partitions=12 takeover_partitions=1 takeover_workers=3
while [ $# -gt 0 ]; do
    case $1 in
    --events | --customers | --ids)
        [[ "${2-}" =~ ^[1-9][0-9]*$ ]] || { echo "bench.sh: $1 needs a number from 1" >&2; exit 2; }
        declare "${1#--}=$2"
        shift
        ;;
    --quick) events=20000 customers=1000 refused=5000 requests=10000 idle_seconds=2 ;;
    --partitions)
        [[ "${2-}" =~ ^([1-9][0-9]?|100)$ ]] || { echo "bench.sh: $1 needs a number from 1 to 100" >&2; exit 2; }
        takeover_partitions=$2
        shift
        ;;
    --body)
        body=${2-}
        body=${body/%k/000}
        [[ "$body" =~ ^[1-9][0-9]{0,4}$ && $body -le 10000 ]] || { echo "bench.sh: --body needs bytes, 1 to 10000" >&2; exit 2; }
        shift
        ;;
    --conversations)
        [[ "${2-}" =~ ^[1-9][0-9]{0,3}$ ]] || { echo "bench.sh: $1 needs a number from 1 to 9999" >&2; exit 2; }
        conversations=$2
        shift
        ;;
    --round-trip)
        [[ "${2-}" =~ ^(0|[1-9][0-9]{0,3})$ ]] || { echo "bench.sh: $1 needs milliseconds, 0 to 9999" >&2; exit 2; }
        round_trip=$2
        shift
        ;;
    --concurrency) concurrency=true ;;
    --perf) perf=true ;;
    --takeover) takeover=true ;;
    --help | -h)
        setup_usage
        exit 0
        ;;
    *)
        echo "bench.sh: unknown option '$1': say --events N, --customers N, --body SIZE, --quick, --perf, --takeover, --ids N, --partitions N, --concurrency, --conversations N or --round-trip MS" >&2
        exit 2
        ;;
    esac
    shift
done
[ "$events" -ge 1000 ] || { echo "bench.sh: --events: at least 1000, or nothing is steady" >&2; exit 2; }
! $perf || command -v perf >/dev/null || { echo "bench.sh: --perf needs perf (package linux-perf)" >&2; exit 2; }

build=${BUILD_DIRECTORY:-build-bench}
api_key=standin-api-key account=5b1a2c3d-0001-4000-8000-000000000001 # what `cupbearer-demo standin` has by itself
worker='' standin='' profiler='' whole=false
declare -A told # what each round and the parts came to, as words NAME=VALUE
# Settings by environment would reach the worker too.
unset "${!CUPBEARER_@}"

fail() { # TEXT
    echo "bench.sh: $1" >&2
    exit 5
}

cleanup() {
    local pid
    for pid in $profiler $worker $standin; do
        kill -KILL "$pid" 2>/dev/null && wait "$pid" 2>/dev/null || :
    done
    [ ! -e "$work/kafka/server.properties" ] || deploy/kafka.sh kill "$work/kafka" || :
    if $whole; then rm -rf "$work"; else echo "bench.sh: what it left: $work" >&2; fi
}

bench() { "$build/tests/bench/bench" --body "$body" "$@"; }

# The value of NAME in words NAME=VALUE on stdin.
word() { tr ' ' '\n' | sed -n "s/^$1=//p"; }

calculate() { # FORMAT EXPRESSION
    awk "BEGIN { printf \"$1\", $2 }"
}

largest() { printf '%s\n' "$@" | sort -n | tail -n 1; }

wait_for() { # PATTERN LOG PID
    local deadline=$((SECONDS + 60))
    until grep -q -e "$1" "$2" 2>/dev/null; do
        kill -0 "$3" 2>/dev/null || { tail -n 5 "$2" >&2; fail "a process ended before it said '$1'"; }
        [ $SECONDS -lt $deadline ] || { tail -n 5 "$2" >&2; fail "no '$1' within 60 s in $2"; }
        sleep 0.05
    done
}

# ---- the sandbox ----

# What the worker needs but its topics.
files_make() {
    "$build/cupbearer" keygen bench-hmac --hmac --sender backend --account acme --dir "$work" >"$work/hmac.json" 2>/dev/null
    "$build/cupbearer" keygen bench-ed25519 --sender backend --account acme --dir "$work" >"$work/ed25519.json" 2>/dev/null
    "$build/cupbearer" keygen --mark "$work/mark.key" 2>/dev/null
    echo "{\"keys\": [$(cat "$work/hmac.json"), $(cat "$work/ed25519.json")]}" >"$work/keyring.json"
    (umask 077 && echo "$api_key" >"$work/acme.key")
}

# All at once: each call of Kafka's tool starts a Java.
topics_make() { # NAME…
    local name words=(produced "$partitions")
    for name in "$@"; do
        words+=(-- "events.$name" "$partitions" message.timestamp.type=LogAppendTime)
        words+=(-- "receipts.$name" "$partitions" -- "dead.$name" "$partitions")
    done
    deploy/kafka.sh topic "$work/kafka" "${words[@]}"
}

standin_start() { # NAME
    "$build/cupbearer-demo" standin >"$work/standin.$1.log" 2>&1 &
    standin=$!
    wait_for '^standin url=' "$work/standin.$1.log" "$standin"
    url=$(word url <"$work/standin.$1.log")
}

standin_stop() {
    kill -TERM "$standin"
    wait "$standin" || fail "the stand-in failed"
    standin=
}

worker_start() { # NAME
    cat >"$work/$1.conf" <<CONF
[kafka]
bootstrap_servers = $bootstrap
group_id = $1
[topics]
events = events.$1
receipts = receipts.$1
dead = dead.$1
[worker]
keyring_file = $work/keyring.json
mark_secret_file = $work/mark.key
message_spacing = 0s
new_conversation_spacing = 0s
closed_look = 0s
flood_limit = 0
[account acme]
url = $url
api_key_file = $work/acme.key
papercups_account = $account
widget_host = shop.example
CONF
    : >"$work/worker.$1.log" # of the worker before it
    "$build/cupbearer" run --config "$work/$1.conf" 2>>"$work/worker.$1.log" &
    worker=$!
    wait_for ' event=started\b' "$work/worker.$1.log" "$worker"
}

worker_stop() { # NAME
    kill -TERM "$worker"
    wait "$worker" || { tail -n 5 "$work/worker.$1.log" >&2; fail "the worker failed"; }
    worker=
}

# ---- what is measured ----

switches() { sed -n 's/^voluntary_ctxt_switches:[^0-9]*//p' "/proc/$worker/task/$worker/status"; }

# Wake-ups a second of the loop's thread, which is the process's first.
idle_wakeups() {
    local before
    sleep 3 # what the last events left to do: commits, connections
    before=$(switches)
    sleep "$idle_seconds"
    calculate %.2f "($(switches) - $before) / $idle_seconds"
}

peak_mb() { awk '/^VmHWM:/ { printf "%.1f", $2 / 1024 }' "/proc/$worker/status"; }

profile_start() {
    perf record -q -g -F 999 -p "$worker" -o "$work/perf.data" >"$work/perf.log" 2>&1 &
    profiler=$!
}

profile_end() {
    kill -INT "$profiler"
    wait "$profiler" || :
    profiler=
    local by
    for by in comm dso dso,symbol; do
        echo
        echo "perf, the worker's process with HMAC: self time by $by"
        perf report -i "$work/perf.data" --no-children -g none --stdio --sort "$by" 2>/dev/null |
            grep -E '^ +[0-9]' | sed 's/ [- ]*$//' | head -n 40 || :
    done >"$work/perf.txt"
}

# What the stand-in has counted: requests, bot_messages, …
standin_count() { # NAME
    exec 3<>"/dev/tcp/127.0.0.1/${url##*:}"
    printf 'GET /_standin/counts HTTP/1.0\r\n\r\n' >&3
    tr ',' '\n' <&3 | sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p"
    exec 3>&-
}

# One kind of events, from the first to the last receipt.
round() { # NAME KEY_FILE KEY_ID EVENTS OUTCOME
    local words
    echo "-- $1: $4 events" >&2
    standin_start "$1"
    worker_start "$1"
    if $perf && [ "$1" = hmac ]; then profile_start; fi
    words=$(bench run "$bootstrap" "events.$1" "receipts.$1" "$partitions" "$2" "$3" "$4" "$customers" \
        "$worker" "$standin" "$broker")
    [ -z "$profiler" ] || profile_end
    words+=" requests=$(calculate %.2f "$(standin_count requests) / $4")"
    [ "$1" = unknown ] || words+=" idle=$(idle_wakeups)"
    words+=" peak=$(peak_mb)"
    worker_stop "$1"
    told[$1]="$words $(bench count "$bootstrap" "receipts.$1" "$partitions" "$4" "$5")"
}

parts_measure() {
    echo "-- the parts" >&2
    told[parts]="$(bench parts "$work/bench-hmac.key" "$work/bench-ed25519.key")
$(bench post "$url" "$api_key" "$requests")
$(bench produce "$bootstrap" produced "$partitions" "$events")
$(bench fetch "$bootstrap" events.hmac "$partitions" "$events")"
}

# ---- the takeover ----

# From the log line "assigned" to "started", in seconds.
takeover_seconds() { # LOG
    local from to
    from=$(sed -n 's/^ts=\([^ ]*\) .* event=assigned .*/\1/p' "$1" | tail -n 1)
    to=$(sed -n 's/^ts=\([^ ]*\) .* event=started .*/\1/p' "$1" | tail -n 1)
    calculate %.3f "$(date -d "$to" +%s.%3N) - $(date -d "$from" +%s.%3N)"
}

resident_kb() { sed -n "s/^$1:[^0-9]*\([0-9]*\).*/\1/p" "/proc/$worker/status"; } # VmRSS|VmHWM

# Of all its threads, user and system.
cpu_seconds() {
    sed 's/.*) //' "/proc/$worker/stat" | awk -v ticks="$(getconf CLK_TCK)" '{ printf "%.2f", ($12 + $13) / ticks }'
}

median() { printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"; }

takeover_measure() {
    local i peak=0 seconds=() cpu=() resident=() empty=()
    partitions=$takeover_partitions
    topics_make empty full
    standin_start takeover
    for ((i = 1; i <= takeover_workers; i++)); do
        worker_start empty
        empty+=("$(resident_kb VmRSS)")
        worker_stop empty
    done
    echo "-- $ids events into the past of $partitions partitions" >&2
    bench past "$bootstrap" full events.full receipts.full "$partitions" "$work/mark.key" "$ids" "$customers"
    for ((i = 1; i <= takeover_workers; i++)); do
        worker_start full
        resident+=("$(resident_kb VmRSS)")
        peak=$(largest "$peak" "$(resident_kb VmHWM)")
        seconds+=("$(takeover_seconds "$work/worker.full.log")")
        cpu+=("$(cpu_seconds)")
        bench again "$bootstrap" events.full receipts.full "$partitions" "$work/bench-hmac.key" bench-hmac \
            "$((ids + i - 1))" "$customers"
        worker_stop full
    done
    standin_stop
    echo "$ids events in the dedup windows of $partitions partitions, $(nproc) cores; $takeover_workers workers one after the other"
    echo "seconds: ${seconds[*]}; CPU seconds from the process's start to then: ${cpu[*]}"
    echo "VmRSS, KB: ${resident[*]}, at most $peak on the way; without receipts: ${empty[*]}"
    echo "the first and the last event, published again, were duplicates; a new one was delivered"
    echo
    echo "takeover ids=$ids seconds=$(median "${seconds[@]}")" \
        "bytes_per_id=$(calculate %.1f "($(median "${resident[@]}") - $(median "${empty[@]}")) * 1024 / $ids")"
}

# ---- the concurrency limit ----

standin_service() { # JSON
    exec 3<>"/dev/tcp/127.0.0.1/${url##*:}"
    printf 'POST /_standin/service HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s' \
        "${#1}" "$1" >&3
    grep -q '"capacity"' <&3 || fail "the stand-in refuses the service $1"
    exec 3>&-
}

# Messages/s that the stand-in takes for so long.
goodput() { # SECONDS
    local before began
    before=$(standin_count bot_messages) began=$EPOCHREALTIME
    sleep "$1"
    calculate %.1f "($(standin_count bot_messages) - $before) / ($EPOCHREALTIME - $began)"
}

# The most of words NUMBER:GOODPUT.
best_of() { tr ' ' '\n' <<<"$1" | sed -n 's/.*://p' | sort -n | tail -n 1; }

concurrency_measure() {
    local fixed best half_best steady half back service="{\"round_trip_ms\":$round_trip}"
    topics_make concurrency
    standin_start fixed
    echo "-- fixed numbers in flight" >&2
    fixed=$(bench fixed "$url" "$api_key" "$conversations" 6 "$service;{\"capacity\":2}" 4,8,12,16)
    standin_stop
    best=$(best_of "$(sed -n 1p <<<"$fixed")") half_best=$(best_of "$(sed -n 2p <<<"$fixed")")
    standin_start concurrency
    standin_service "$service"
    worker_start concurrency
    echo "-- the worker" >&2
    bench publish "$bootstrap" events.concurrency "$work/bench-hmac.key" bench-hmac 12000 "$conversations"
    sleep 10
    steady=$(goodput "$concurrency_seconds")
    standin_service '{"capacity":2}'
    sleep 10
    half=$(goodput "$concurrency_seconds")
    standin_service '{"capacity":4}'
    sleep 10
    back=$(goodput "$concurrency_seconds")
    { kill -KILL "$worker" && wait "$worker"; } 2>/dev/null || : # it has events left
    worker=
    standin_stop
    echo "$conversations conversations, a round trip of $round_trip ms, $(nproc) cores; in flight:messages/s"
    echo "fixed:          $(sed -n 1p <<<"$fixed")"
    echo "half capacity:  $(sed -n 2p <<<"$fixed")"
    echo
    echo "concurrency conversations=$conversations round_trip_ms=$round_trip best=$best default=$steady" \
        "ratio=$(calculate %.2f "$steady / $best") half_best=$half_best half=$half" \
        "half_ratio=$(calculate %.2f "$half / $half_best") back=$back back_ratio=$(calculate %.2f "$back / $best")"
}

setup build kafka
cmake -G Ninja -B "$build" -DCUPBEARER_BENCH=ON >/dev/null
cmake --build "$build" --target cupbearer cupbearer-demo bench >/dev/null || fail "the build failed: cmake --build $build"

work=$(mktemp -d "${TMPDIR:-/tmp}/cupbearer-bench.XXXXXX")
trap cleanup EXIT
trap 'exit 5' INT TERM
files_make
started=$(deploy/kafka.sh start "$work/kafka")
bootstrap=$(word bootstrap <<<"$started") broker=$(word pid <<<"$started")
if $concurrency; then
    concurrency_measure
    whole=true
    exit 0
fi
if $takeover; then
    takeover_measure
    whole=true
    exit 0
fi
topics_make idle hmac ed25519 unknown

standin_start idle
worker_start idle
idle_before=$(idle_wakeups)
rss_idle=$(peak_mb)
worker_stop idle
standin_stop

round hmac "$work/bench-hmac.key" bench-hmac "$events" delivered
standin_stop
round ed25519 "$work/bench-ed25519.key" bench-ed25519 "$events" delivered
standin_stop
# A key id that the keyring lacks: refused before any cryptography, yet each has its dead letter, receipt and log line.
round unknown "$work/bench-hmac.key" bench-nobody "$refused" unknown_key
parts_measure
standin_stop

# ---- what is told ----

figure() { word "$2" <<<"${told[$1]}"; } # hmac|ed25519|unknown|parts NAME

row() { printf '%-42s %9s %9s\n' "$@"; }

row_of() { # LABEL NAME
    row "$1" "$(figure hmac "$2")" "$(figure ed25519 "$2")"
}

row_part() { # LABEL NAME
    row "  $1" "$(figure parts "$2")" "$(figure parts "$2")"
}

shared="$(figure parts fetch) + $(figure parts parse) + $(figure parts post) + $(figure parts receipt) + $(figure parts produce)"
hmac_sum=$(calculate %.2f "$(figure parts verify_hmac) + $shared")
ed25519_sum=$(calculate %.2f "$(figure parts verify_ed25519) + $shared")
ratio=$(calculate %.2f "$(figure hmac us) / $hmac_sum")

if $perf; then cat "$work/perf.txt"; fi
echo
echo "$events events of $customers customers with bodies of $body bytes, $partitions partitions, $(nproc) cores;" \
    "receipts of $(figure hmac receipt_bytes) bytes"
row "" HMAC ed25519
row_of "events/s" events_s
row_of "CPU µs per event, worker" us
row_of "  cores it kept busy" cores
row_of "CPU µs per event, stand-in" standin_us
row_of "CPU µs per event, Kafka" broker_us
row_of "requests to Papercups per event" requests
row_of "peak RSS, MB (without events: $rss_idle)" peak
row "wake-ups/s of the loop, idle before" "$idle_before" "$idle_before"
row_of "wake-ups/s of the loop, idle after" idle
echo "The parts alone, CPU µs:"
row_part "fetch" fetch
row "  verify (headers and signature)" "$(figure parts verify_hmac)" "$(figure parts verify_ed25519)"
row_part "parse" parse
row_part "POST, 16 in flight ($(figure parts post_s)/s)" post
row_part "receipt and its MAC" receipt
row_part "produce" produce
row "  sum" "$hmac_sum" "$ed25519_sum"
row "worker / sum" "$ratio" "$(calculate %.2f "$(figure ed25519 us) / $ed25519_sum")"
echo "ed25519 less HMAC: $(calculate %.2f "$(figure ed25519 us) - $(figure hmac us)") µs," \
    "$(calculate %.2f "($(figure ed25519 us) - $(figure hmac us)) / $(figure parts verify_ed25519)")" \
    "of a verification alone"
echo "refused before any cryptography (unknown_key): $(figure parts unknown_key) µs to decide;" \
    "$(figure unknown us) µs in the worker with dead letter, receipt and log line, $(figure unknown events_s)/s"
echo
echo "bench hmac_us=$(figure hmac us) ed25519_us=$(figure ed25519 us)" \
    "rss_mb=$(largest "$(figure hmac peak)" "$(figure ed25519 peak)")" \
    "idle_wakeups=$(largest "$idle_before" "$(figure hmac idle)" "$(figure ed25519 idle)")" \
    "events_s=$(figure hmac events_s) parts_ratio=$ratio"
whole=true
