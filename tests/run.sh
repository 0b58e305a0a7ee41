#!/usr/bin/env bash
# Runs every test there is, on a machine that needs nothing but bash, git and apt: installs what is missing, builds with
# warnings as errors (plain and with sanitizers, both with the points at which a test may kill the worker), then unit
# tests in both builds, the core's purity, the simulator with 3,000 seeds (build-tests/tests/sim --seeds N for more), how
# much of the core the unit tests run, every order of two events and one fault (tests/explore.sh), fuzz targets for five
# seconds each (where there is a clang with its fuzzer: it is not installed for that), the tests from outside against a real
# Kafka, with their crash matrix, and a minute of chaos (tests/chaos.sh). The last line is the sum: "N passed, N failed,
# N skipped".
#
#   tests/run.sh [--unit] [-k EXPRESSION] [--keep]
#
#   --unit         only what needs neither Python nor Kafka
#   -k EXPRESSION  of the tests from outside only these (pytest's -k)
#   --keep         leave the directories of the tests from outside in tests/.cache/e2e, also when all passed
#
# Exit codes: 0 all passed, 1 some did not, 2 wrong use.
set -uo pipefail
cd "$(dirname "$0")/.."
. deploy/setup.sh
. tests/environment.sh

unit_only=false keep=false expression=
while [ $# -gt 0 ]; do
    case $1 in
    --unit) unit_only=true ;;
    --keep) keep=true ;;
    -k)
        [ $# -ge 2 ] || { echo "run.sh: -k needs an expression" >&2; exit 2; }
        expression=$2
        shift
        ;;
    --help | -h)
        setup_usage
        exit 0
        ;;
    *)
        echo "run.sh: unknown option '$1': say --unit, -k EXPRESSION or --keep" >&2
        exit 2
        ;;
    esac
    shift
done

cache=tests/.cache
passed=0 failed=0 skipped=0
mkdir -p "$cache"

count() { # PASSED FAILED SKIPPED
    passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
    echo "$1 passed, $2 failed, $3 skipped (this stage)"
}

finish() {
    [ $((passed + failed)) -gt 0 ] || { echo "run.sh: no test was run" >&2; failed=1; }
    echo
    echo "all stages: $SECONDS s"
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" = 0 ]
    exit
}

# Runs a stage under a heading, with its time. What a stage returns says whether the next ones make sense.
stage() { # HEADING FUNCTION ARGUMENT…
    local heading=$1 began=$EPOCHREALTIME status=0
    shift
    echo
    echo "== $heading"
    "$@" || status=$?
    awk -v a="$began" -v b="$EPOCHREALTIME" -v h="$heading" 'BEGIN { printf "-- %s: %.1f s\n", h, b - a }'
    return $status
}

# The same for a stage without which nothing else can run.
needed_stage() { # HEADING FUNCTION ARGUMENT…
    stage "$@" && return
    echo "run.sh: '$1' failed: nothing behind it was run" >&2
    count 0 1 0
    finish
}

build() { # DIRECTORY CMAKE_OPTION…
    local directory=$1 log=$cache/$1.log
    shift
    if cmake -G Ninja -B "$directory" -DCUPBEARER_WERROR=ON "$@" >"$log" 2>&1 &&
        cmake --build "$directory" >>"$log" 2>&1; then
        return 0
    fi
    grep -E -A 6 'error:|Error|FAILED|undefined' "$log" | head -n 60 >&2
    echo "run.sh: the whole log: $log" >&2
    return 1
}

# Counts cmocka's tests in ctest's report; a program that failed without saying so (it crashed) is one failure.
unit_count() { # JUNIT_FILE
    awk '
        function close_program() { if (bad && !told) failed++; bad = told = 0 }
        /<testcase / { close_program(); bad = /status="fail"/ }
        /\[       OK \]/ { passed++ }
        /\[  FAILED  \].* [0-9]+ test\(s\)/ { failed += number(); told = 1 }
        /\[  SKIPPED \].* [0-9]+ test\(s\)/ { skipped += number() }
        function number() { match($0, /[0-9]+ test\(s\)/); return substr($0, RSTART, RLENGTH) + 0 }
        END { close_program(); print passed + 0, failed + 0, skipped + 0 }' "$1"
}

unit() { # DIRECTORY
    local report=$PWD/$cache/unit-$1.xml status=0
    rm -f "$report"
    # Whole outputs: ctest cuts those of tests that passed, and with them the lines that are counted.
    ctest --test-dir "$1" -j 2 --output-on-failure --no-tests=error --output-junit "$report" \
        --test-output-size-passed 1000000 >"$cache/unit-$1.log" 2>&1 ||
        status=$?
    [ $status = 0 ] || grep -v '^\[ *\(RUN\|OK\) ' "$cache/unit-$1.log"
    if [ ! -f "$report" ]; then
        count 0 1 0
        return 1
    fi
    # shellcheck disable=SC2046 # three numbers
    count $(unit_count "$report")
}

purity() {
    if tests/purity.sh build-tests; then count 1 0 0; else count 0 1 0; fi
}

# The engine in random runs; the last line says how many there were, and of what.
simulator() { # SEEDS
    local log=$cache/sim.log status=0
    build-tests/tests/sim --seeds "$1" >"$log" 2>&1 || status=$?
    if [ $status = 0 ] && tail -n 1 "$log" | grep -q "^sim seeds=$1 failed=0 "; then
        tail -n 1 "$log"
        count "$1" 0 0
    else
        tail -n 60 "$log"
        count 0 1 0
    fi
}

# Fewer lines than this in a room means that somebody forgot the tests of something.
coverage() {
    if tests/coverage.sh --least 97; then count 1 0 0; else count 0 1 0; fi
}

exploring() {
    local log=$cache/explore.log last
    tests/explore.sh 2>&1 | tee "$log" # and not into /dev/stderr, which would empty a file that stands behind it
    last=$(tail -n 1 "$log")
    if [[ $last =~ ^explore\ scenarios=([0-9]+)\ .*\ broken=([0-9]+)$ ]]; then
        count $((BASH_REMATCH[1] - BASH_REMATCH[2])) "${BASH_REMATCH[2]}" 0
    else
        count 0 1 0
    fi
}

# A target that does not crash has passed; without a clang all of them are one that is skipped.
fuzzing() { # SECONDS
    local log=$cache/fuzz.log last
    if ! setup_clang >/dev/null; then
        echo "no clang with its fuzzer is here, so nothing is fuzzed; deploy/setup.sh fuzz would bring it"
        count 0 0 1
        return
    fi
    tests/fuzz.sh --seconds "$1" 2>&1 | tee "$log"
    last=$(tail -n 1 "$log")
    if [[ $last =~ ^fuzz\ targets=([0-9]+)\ executions=[0-9]+\ crashes=([0-9]+)$ ]]; then
        count $((BASH_REMATCH[1] - BASH_REMATCH[2])) "${BASH_REMATCH[2]}" 0
    else
        count 0 1 0
    fi
}

# kafkajs for the README's Node snippet and the composer's; axe-core looks for what keeps people out of its pages.
node_environment() {
    [ ! -d "$cache/node/node_modules/kafkajs" ] || [ ! -d "$cache/node/node_modules/axe-core" ] || return 0
    mkdir -p "$cache/node" &&
        npm install --prefix "$cache/node" --silent --no-audit --no-fund kafkajs@2.2.4 axe-core@4.14.1
}

# franz-go for the composer's program in Go; nothing of it lands outside the cache.
go_environment() {
    local go=$PWD/$cache/go
    [ ! -d "$go/build" ] || return 0
    mkdir -p "$go" && cp tests/producers/go.mod tests/producers/go.sum "$go/" &&
        (cd "$go" && GOPATH=$go/path GOCACHE=$go/building GOFLAGS=-modcacherw GOTOOLCHAIN=local \
            go build github.com/twmb/franz-go/pkg/kgo && mv building build)
}

outside_tools() {
    setup python kafka java node go load kcat browser deploy && python_environment && node_environment &&
        deploy/kafka.sh fetch >/dev/null || return
    go_environment || echo "run.sh: franz-go cannot be had, so the composer's program in Go is not run" >&2
}

outside() {
    # After ten failures the rest would only wait for the same thing, each to its deadline.
    local report=$cache/e2e.xml
    local arguments=(tests/e2e --maxfail 10 --basetemp "$cache/e2e" -o cache_dir="$PWD/$cache/pytest")
    [ -z "$expression" ] || arguments+=(-k "$expression")
    rm -f "$report"
    "$cache/venv/bin/python" -B -m pytest "${arguments[@]}" -q -rs --durations 5 --junitxml "$report"
    local status=$?
    if [ ! -f "$report" ] || [ $status -gt 1 ]; then # 0 and 1 are pytest's words about tests
        echo "run.sh: pytest itself failed ($status)" >&2
        count 0 1 0
        return
    fi
    # shellcheck disable=SC2046 # three numbers
    count $(awk 'match($0, /<testsuite [^>]*>/) {
        n = split(substr($0, RSTART, RLENGTH), parts, " ")
        for (i = 1; i <= n; i++) if (split(parts[i], pair, "=") == 2) { gsub(/"/, "", pair[2]); v[pair[1]] = pair[2] }
        bad = v["failures"] + v["errors"]
        print v["tests"] - bad - v["skipped"], bad, v["skipped"] + 0; exit }' "$report")
    if [ $status = 0 ] && ! $keep; then rm -rf "$cache/e2e"; else echo "what the tests left: $cache/e2e"; fi
}

# A minute of it; tests/chaos.sh --minutes N for more.
chaos() {
    local log=$cache/chaos.log
    tests/chaos.sh --minutes 1 2>&1 | tee "$log" | tail -n 4
    if [ "${PIPESTATUS[0]}" = 0 ] && tail -n 1 "$log" | grep -q '^chaos lost=0 doubled=0 disordered=0 '; then
        count 1 0 0
    else
        cat "$log"
        count 0 1 0
    fi
}

needed_stage "tools to build" setup build
needed_stage "build" build build-tests -DCUPBEARER_FAULT_POINTS=ON
needed_stage "build with sanitizers" build build-asan -DCUPBEARER_FAULT_POINTS=ON -DCUPBEARER_SANITIZE=ON
stage "unit tests" unit build-tests
stage "unit tests with sanitizers" unit build-asan
stage "purity of the core" purity
stage "simulator" simulator 3000
stage "coverage of the core by unit tests" coverage
stage "every order of things" exploring
stage "fuzz targets" fuzzing 5
if ! $unit_only; then
    needed_stage "tools for the tests from outside" outside_tools
    stage "tests from outside, real Kafka" outside
    [ -n "$expression" ] || stage "chaos, real Kafka" chaos
fi
finish
