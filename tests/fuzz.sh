#!/usr/bin/env bash
# Fuzzes what reads foreign bytes: each tests/fuzz/fuzz_*.c as a libFuzzer program, with the sanitizers for addresses
# and undefined behaviour. Installs clang where it is missing, builds in build-fuzz, and runs two targets at a time. A
# target ends with its first crash.
#
#   tests/fuzz.sh [--seconds N] [TARGET…]
#
#   --seconds N   how long each target runs (60)
#   TARGET        only these: the part of the file's name behind fuzz_ (all)
#
# Directories: BUILD_DIRECTORY (build-fuzz), FUZZ_DIRECTORY (tests/.cache/fuzz). In the latter stay what crashed a
# target (TARGET-crash-… and the like), what its last run said (TARGET.log), and the inputs that reached something new
# (corpus/TARGET), where the next run goes on.
# The last line: fuzz targets=… executions=… crashes=…
#
# Exit codes: 0 done, 1 a target crashed, 2 wrong use, 5 something failed.
set -euo pipefail
cd "$(dirname "$0")/.."
. deploy/setup.sh

seconds=60 targets=()
while [ $# -gt 0 ]; do
    case $1 in
    --seconds)
        [[ "${2-}" =~ ^[1-9][0-9]*$ ]] || { echo "fuzz.sh: $1 needs a number from 1" >&2; exit 2; }
        seconds=$2
        shift
        ;;
    --help | -h)
        setup_usage
        exit 0
        ;;
    -*)
        echo "fuzz.sh: unknown option '$1': say --seconds N" >&2
        exit 2
        ;;
    *)
        [ -e "tests/fuzz/fuzz_$1.c" ] || { echo "fuzz.sh: there is no tests/fuzz/fuzz_$1.c" >&2; exit 2; }
        targets+=("$1")
        ;;
    esac
    shift
done
if [ ${#targets[@]} = 0 ]; then
    for source in tests/fuzz/fuzz_*.c; do
        source=${source##*/fuzz_}
        targets+=("${source%.c}")
    done
fi

build=${BUILD_DIRECTORY:-build-fuzz}
directory=${FUZZ_DIRECTORY:-tests/.cache/fuzz}
at_once=2 input_max=16384 input_seconds=10

fail() { # TEXT
    echo "fuzz.sh: $1" >&2
    exit 5
}

build() {
    local clang
    clang=$(setup_clang) || fail "no clang here links fuzz targets: its runtime is missing (libclang-rt-N-dev)"
    # By environment: a compiler named to CMake that is another than the last time's makes it forget all it was told.
    CC=$clang cmake -G Ninja -B "$build" -DCUPBEARER_FUZZ=ON -DCUPBEARER_WERROR=ON >"$directory/build.log" 2>&1 &&
        cmake --build "$build" --target fuzz >>"$directory/build.log" 2>&1 &&
        return
    grep -E -A 6 'error:|Error|FAILED|undefined' "$directory/build.log" | head -n 60 >&2
    fail "the build failed: $directory/build.log"
}

# A seed is a line; libFuzzer wants files.
seeds_split() { # TARGET
    rm -rf "$directory/seeds/$1"
    mkdir -p "$directory/seeds/$1" "$directory/corpus/$1"
    awk -v to="$directory/seeds/$1/" '{ file = to NR; printf "%s", $0 > file; close(file) }' "tests/fuzz/seeds/$1.txt"
}

# In the background.
target_start() { # TARGET
    seeds_split "$1"
    "$build/tests/fuzz/fuzz_$1" -max_total_time="$seconds" -max_len="$input_max" -timeout="$input_seconds" \
        -print_final_stats=1 -artifact_prefix="$directory/$1-" "$directory/corpus/$1" "$directory/seeds/$1" \
        >"$directory/$1.log" 2>&1 &
}

# The words of the crash, and where in our own code it was.
crash_tell() { # LOG
    local words='ERROR:|runtime error:|Assertion'
    if grep -a -q -E "$words" "$1"; then
        grep -a -m 1 -B 1 -E "$words" "$1"
        sed -n 's,^ *#[0-9]* 0x[0-9a-f]* in \([^(]*/\(worker\|tests\)/[^(]*\.[ch]:.*\),    at \1,p' "$1" | head -n 8
    else
        tail -n 5 "$1"
    fi | sed 's/^/    /'
}

# One line with the result. 1 where it crashed.
target_tell() { # TARGET
    local log=$directory/$1.log artifact reached
    reached=$(sed -n 's/.*cov: \([0-9]*\).*corp: \([0-9]*\).*/\1 edges by \2 inputs/p' "$log" | tail -n 1)
    if grep -q '^Done [0-9]* runs' "$log"; then
        printf '%-10s %12s executions, %s\n' "$1" "$(target_executions "$1")" "$reached"
        return
    fi
    artifact=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
    printf '%-10s %12s executions, CRASHED\n' "$1" "$(target_executions "$1")"
    crash_tell "$log"
    echo "    all it said: $log; again: $build/tests/fuzz/fuzz_$1${artifact:+ $artifact}"
    return 1
}

target_executions() { # TARGET
    local count
    count=$(sed -n 's/^stat::number_of_executed_units: *//p' "$directory/$1.log")
    echo "${count:-0}"
}

setup build fuzz
mkdir -p "$directory"
build

# shellcheck disable=SC2046 # one word for each process
trap 'kill $(jobs -p) 2>/dev/null; exit 5' INT TERM
for target in "${targets[@]}"; do
    while [ "$(jobs -rp | wc -l)" -ge $at_once ]; do wait -n || :; done
    target_start "$target"
done
while [ -n "$(jobs -rp)" ]; do wait -n || :; done

executions=0 crashes=0
for target in "${targets[@]}"; do
    target_tell "$target" || crashes=$((crashes + 1))
    executions=$((executions + $(target_executions "$target")))
done
echo
echo "fuzz targets=${#targets[@]} executions=$executions crashes=$crashes"
[ $crashes = 0 ]
