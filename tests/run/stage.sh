# Sourced by tests/run.sh: runs stages, in turn or in lanes beside each other, counts what they say, and tells their times.
#
# A stage is a function; it says how many tests it has run by stage_count. What it says of itself lies in $stages, in files
# NUMBER.counts (a line "PASSED FAILED SKIPPED" for each call of stage_count) and NUMBER.time ("SECONDS HEADING"). What a
# lane prints goes to lane-NUMBER.log, and to the terminal when the lane has ended.

stages=$cache/stages
stage_number=0 lane_number=0 lane=
declare -A lanes=() # number of each that runs, by its process
rm -rf "$stages" && mkdir -p "$stages"

stage_count() { # PASSED FAILED SKIPPED
    echo "$1 $2 $3" >>"$stages/$lane$stage_number.counts"
    echo "$1 passed, $2 failed, $3 skipped (this stage)"
}

# Runs a stage under a heading. What it returns says whether the next ones make sense.
stage() { # HEADING FUNCTION ARGUMENT…
    local heading=$1 began=$EPOCHREALTIME status=0
    shift
    stage_number=$((stage_number + 1))
    echo
    echo "== $heading"
    "$@" || status=$?
    awk -v a="$began" -v b="$EPOCHREALTIME" -v h="$heading" 'BEGIN { printf "%.1f %s\n", b - a, h }' |
        tee "$stages/$lane$stage_number.time" | sed -E 's/^(\S+) (.*)/-- \2: \1 s/'
    return $status
}

# The same for a stage without which nothing else can run.
stage_needed() { # HEADING FUNCTION ARGUMENT…
    stage "$@" && return
    echo "run.sh: '$1' failed: nothing behind it was run" >&2
    stage_count 0 1 0
    stage_finish
}

# Runs stages beside what comes next, in a process group of their own.
lane_start() { # COMMAND…
    lane_number=$((lane_number + 1))
    set -m
    (
        trap - EXIT
        lane=lane-$lane_number. stage_number=0
        "$@"
    ) >"$stages/lane-$lane_number.log" 2>&1 </dev/null &
    set +m
    lanes[$!]=$lane_number
}

# Waits for all lanes. One that was killed, or that failed where it should only count, has failed.
lane_await() {
    local pid status
    while [ ${#lanes[@]} -gt 0 ]; do
        status=0
        wait -n -p pid "${!lanes[@]}" || status=$?
        cat "$stages/lane-${lanes[$pid]}.log"
        if [ $status != 0 ]; then
            echo "run.sh: lane ${lanes[$pid]} ended with $status" >&2
            echo "0 1 0" >>"$stages/lane-${lanes[$pid]}.counts"
        fi
        unset "lanes[$pid]"
    done
}

# For traps: lanes end with the run, their children too.
lane_stop() {
    local pid
    for pid in "${!lanes[@]}"; do kill -TERM -- "-$pid" 2>/dev/null; done
    for pid in "${!lanes[@]}"; do wait "$pid" 2>/dev/null; done
}

# Each stage's time and the sum, and the end of the run.
stage_finish() {
    local passed failed skipped
    read -r passed failed skipped < <(find "$stages" -name '*.counts' -exec cat {} + |
        awk '{ p += $1; f += $2; s += $3 } END { print p + 0, f + 0, s + 0 }')
    [ $((passed + failed)) -gt 0 ] || { echo "run.sh: no test was run" >&2; failed=1; }
    echo
    echo "== times"
    find "$stages" -name '*.time' | sort -V | xargs awk '{ s = $1; sub(/^[^ ]* /, ""); printf "%7.1f s  %s\n", s, $0 }'
    slowest_tests
    echo "all stages: $SECONDS s"
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" = 0 ]
    exit
}
