#!/usr/bin/env bash
# Runs every test there is, on a machine that needs nothing but bash, git and apt: installs what is missing (it says what,
# and how much), builds with warnings as errors (plain and with sanitizers, both with the points at which a test may kill
# the worker), then, side by side, since much of it waits:
#
#   * unit tests in both builds, how much of the core they run (tests/coverage.sh), the core's purity, who includes whom (tests/layers.sh), that files do
#     not call each other in circles (tests/circles.sh), the simulator (build-tests/tests/sim), every order of two events and one fault (tests/explore.sh)
#   * the tests from outside against a real Kafka, with their crash matrix (tests/e2e)
#   * a minute of chaos (tests/chaos.sh)
#
# At its end it tells each stage's time and the slowest tests; the last line is the sum: "N passed, N failed, N skipped".
#
#   tests/run.sh [--unit | --full] [-k EXPRESSION] [--keep]
#
#   --unit         only what needs neither Python nor Kafka
#   --full         before a release: more seeds, every cell of the crash matrix, every call that the descriptions of the
#                  gate allow, ten minutes of chaos, fuzzing (installs clang), and that each broken rule of the engine is
#                  caught (tests/sim/breaks.sh)
#   -k EXPRESSION  of the tests from outside only these (pytest's -k)
#   --keep         leave the directories of the tests from outside in tests/.cache/e2e, also when all passed
#
# Exit codes: 0 all passed, 1 some did not, 2 wrong use.
set -uo pipefail
cd "$(dirname "$0")/.."
. deploy/setup.sh
. tests/environment.sh

unit_only=false full=false keep=false arguments=()
while [ $# -gt 0 ]; do
    case $1 in
    --unit) unit_only=true ;;
    --full) full=true ;;
    --keep) keep=true ;;
    -k)
        [ $# -ge 2 ] || { echo "run.sh: -k needs an expression" >&2; exit 2; }
        arguments=(-k "$2")
        shift
        ;;
    --help | -h)
        setup_usage
        exit 0
        ;;
    *)
        echo "run.sh: unknown option '$1': say --unit, --full, -k EXPRESSION or --keep" >&2
        exit 2
        ;;
    esac
    shift
done
if $unit_only && $full; then
    echo "run.sh: --unit and --full exclude each other" >&2
    exit 2
fi

cache=tests/.cache
at_once=6 # processes of tests from outside
requirements=(tests/requirements.txt)
! $full || requirements+=(tests/requirements-full.txt)
mkdir -p "$cache"
rm -f "$cache/e2e.xml"
. tests/run/stage.sh
. tests/run/core.sh
. tests/run/outside.sh
trap lane_stop EXIT
trap 'exit 1' INT TERM

tools() {
    local purposes=(build)
    $unit_only || purposes+=(python kafka java node go load kcat browser prometheus deploy)
    ! $full || purposes+=(fuzz)
    setup "${purposes[@]}" || return
    $unit_only || libraries
}

# One after the other, with what the processor has left beside the tests that wait.
core() {
    renice -n 10 "$BASHPID" >/dev/null
    stage "unit tests" unit build-tests
    stage "purity of the core" purity
    stage "layers" layers
    stage "circles" circles
    if $full; then
        stage "simulator" simulator 20000
        stage "simulator, long runs" simulator 2000 --steps 2000 --events 150
    else
        stage "simulator" simulator 3000
        stage "simulator, long runs" simulator 150 --steps 2000 --events 150
    fi
    stage "every order of two events and a fault" exploring
}

rules() {
    renice -n 10 "$BASHPID" >/dev/null
    stage "the engine's rules, broken one by one" breaking
    stage "fuzzing" fuzzing 30
}

$unit_only || echo "Installs what is missing (on a bare Debian 670 MB to download, 3.1 GB on the disk, a few minutes), then tests for about" \
    "$($full && echo 60 || echo 10) minutes, on two cores that have nothing else to do."
stage_needed "tools" tools
stage_needed "build" build build-tests -DCUPBEARER_FAILPOINTS=ON
stage_needed "build with sanitizers" build build-asan -DCMAKE_BUILD_TYPE=Debug -DCUPBEARER_FAILPOINTS=ON -DCUPBEARER_SANITIZE=ON \
    -DCUPBEARER_COVERAGE=ON
# Before anything else runs what was built here: the counters are those of the unit tests alone.
stage "unit tests with sanitizers" unit build-asan
stage "coverage of the core by unit tests" coverage
if ! $unit_only; then
    ! $full || arguments+=(--full)
    lane_start stage "tests from outside, real Kafka" outside "${arguments[@]}"
    [[ " ${arguments[*]-} " == *" -k "* ]] || lane_start stage "chaos, real Kafka" chaos $($full && echo 10 || echo 1)
fi
lane_start core
! $full || lane_start rules
lane_await
stage_finish
