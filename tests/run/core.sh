# Sourced by tests/run.sh: the stages that need neither Python nor Kafka.

build() { # DIRECTORY CMAKE_OPTION…
    local directory=$1 log=$cache/$1.log
    shift
    # By environment: a compiler named to CMake that is another than the last time's makes it forget all it was told.
    if CC=gcc cmake -G Ninja -B "$directory" -DCUPBEARER_WERROR=ON "$@" >"$log" 2>&1 &&
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
    find "$1/CMakeFiles" "$1/tests" -name '*.gcda' -delete # tests/coverage.sh counts this run alone
    # Whole outputs: ctest cuts those of tests that passed, and with them the lines that are counted.
    ctest --test-dir "$1" -j 2 --output-on-failure --no-tests=error --output-junit "$report" \
        --test-output-size-passed 1000000 >"$cache/unit-$1.log" 2>&1 ||
        status=$?
    [ $status = 0 ] || grep -v '^\[ *\(RUN\|OK\) ' "$cache/unit-$1.log"
    if [ ! -f "$report" ]; then
        stage_count 0 1 0
        return 1
    fi
    # shellcheck disable=SC2046 # three numbers
    stage_count $(unit_count "$report")
}

# Fewer lines than this in a room means that somebody forgot the tests of something.
coverage() {
    if tests/coverage.sh --counted --least 97; then stage_count 1 0 0; else stage_count 0 1 0; fi
}

purity() {
    if tests/purity.sh build-tests; then stage_count 1 0 0; else stage_count 0 1 0; fi
}

# Which folder of worker/ may include from which.
layers() {
    if tests/layers.sh; then stage_count 1 0 0; else stage_count 0 1 0; fi
}

# No file of the core calls one that calls it.
circles() {
    if tests/circles.sh build-tests; then stage_count 1 0 0; else stage_count 0 1 0; fi
}

# The engine in random runs; the last line says how many there were, and of what.
simulator() { # SEEDS OPTION…
    local log=$cache/sim.log status=0
    build-tests/tests/sim --seeds "$@" >"$log" 2>&1 || status=$?
    if [ $status = 0 ] && tail -n 1 "$log" | grep -q "^sim seeds=$1 failed=0 "; then
        tail -n 1 "$log"
        stage_count "$1" 0 0
    else
        tail -n 60 "$log"
        stage_count 0 1 0
    fi
}

# Runs a script whose last line says how many there were and how many of them are bad.
script_sums() { # PATTERN SCRIPT ARGUMENT…: of the last line, with the two numbers in groups
    local pattern=$1 log last
    log=$cache/$(basename "$2" .sh).log
    shift
    "$@" 2>&1 | tee "$log" # and not into /dev/stderr, which would empty a file that stands behind it
    last=$(tail -n 1 "$log")
    if [[ $last =~ $pattern ]]; then
        stage_count $((BASH_REMATCH[1] - BASH_REMATCH[2])) "${BASH_REMATCH[2]}" 0
    else
        stage_count 0 1 0
    fi
}

exploring() {
    script_sums '^explore scenarios=([0-9]+) .* broken=([0-9]+)$' tests/explore.sh
}

# A target that does not crash has passed.
fuzzing() { # SECONDS
    script_sums '^fuzz targets=([0-9]+) executions=[0-9]+ crashes=([0-9]+)$' tests/fuzz.sh --seconds "$1"
}

breaking() {
    script_sums '^breaks tried=([0-9]+) caught=[0-9]+ missed=([0-9]+)' tests/sim/breaks.sh
}
