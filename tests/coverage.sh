#!/usr/bin/env bash
# Which lines of the pure core the unit tests run: builds them with gcc's counters and with sanitizers in build-asan, as
# tests/run.sh does, runs them, and counts by room. A line is covered where any of the programs has run it; headers' inline
# functions count too.
#
#   tests/coverage.sh [--counted] [--files] [--lines] [--least PERCENT]
#
#   --counted        they have been built and run just now: only count
#   --files          each file too, the least covered first
#   --lines          and each line that is not covered, as FILE:LINE: TEXT
#   --least PERCENT  what each room must reach (0)
#
# Directories: BUILD_DIRECTORY (build-asan).
# The last line: coverage lines=… covered=… percent=…
#
# Exit codes: 0 done, 1 a unit test failed or a room has less, 2 wrong use, 5 something else failed.
set -euo pipefail
cd "$(dirname "$0")/.."
. deploy/setup.sh

counted=false files=false lines=false least=0
while [ $# -gt 0 ]; do
    case $1 in
    --counted) counted=true ;;
    --files) files=true ;;
    --lines) lines=true ;;
    --least)
        [[ "${2-}" =~ ^([0-9]{1,2}|100)$ ]] || { echo "coverage.sh: $1 needs a number from 0 to 100" >&2; exit 2; }
        least=$2
        shift
        ;;
    --help | -h)
        setup_usage
        exit 0
        ;;
    *)
        echo "coverage.sh: unknown option '$1': say --counted, --files, --lines or --least PERCENT" >&2
        exit 2
        ;;
    esac
    shift
done

build=${BUILD_DIRECTORY:-build-asan}
rooms=(base event dedup progress delivery papercups receipt template engine)

fail() { # CODE TEXT
    echo "coverage.sh: $2" >&2
    exit "$1"
}

# Lines "FILE LINE COUNT TEXT" of all that gcov knows of the rooms: of a file once for each object that has some of it.
counts() {
    find "$build/CMakeFiles" "$build/tests" -name '*.gcno' | LC_ALL=C sort | xargs gcov --stdout 2>"$build/gcov.log" |
        awk -v rooms="^($(IFS='|' && echo "${rooms[*]}"))/" -v worker="$PWD/worker/" '
            match($0, /^ *-: *0:Source:/) {
                file = substr($0, RLENGTH + 1)
                wanted = sub(worker, "", file) && file ~ rooms
                next
            }
            !wanted || !match($0, /^ *[0-9#=][^:]*: *[0-9]+:/) { next }
            {
                split($0, part, ":")
                hits = part[1] ~ /[#=]/ ? 0 : part[1] + 0
                print file, part[2] + 0, hits, substr($0, RLENGTH + 1)
            }'
}

# Of those: "room NAME LINES COVERED", "file NAME LINES COVERED", "line FILE:LINE: TEXT" for what nobody ran, "all …".
sums() {
    awk '
        { at = $1 " " $2; hits[at] += $3; text[at] = $0; sub(/^[^ ]+ [^ ]+ [^ ]+ /, "", text[at]) }
        END {
            for (at in hits) {
                split(at, place, " ")
                room = place[1]; sub(/\/.*/, "", room)
                of_room[room]++; of_file[place[1]]++; all++
                if (hits[at] > 0) { room_hit[room]++; file_hit[place[1]]++; all_hit++ }
                else print "line " place[1] ":" place[2] ": " text[at]
            }
            for (room in of_room) print "room", room, of_room[room], room_hit[room] + 0
            for (file in of_file) print "file", file, of_file[file], file_hit[file] + 0
            print "all all", all, all_hit + 0
        }'
}

row() { # NAME LINES COVERED
    awk -v name="$1" -v lines="$2" -v hit="$3" \
        'BEGIN { printf "%-28s %6d of %6d lines %6.1f %%\n", name, hit, lines, 100 * hit / lines }'
}

if ! $counted; then
    setup build
    mkdir -p "$build"
    # By environment: a compiler named to CMake that is another than the last time's makes it forget all it was told.
    CC=gcc cmake -G Ninja -B "$build" -DCMAKE_BUILD_TYPE=Debug -DCUPBEARER_SANITIZE=ON -DCUPBEARER_COVERAGE=ON \
        >"$build/build.log" 2>&1 && cmake --build "$build" --target unit >>"$build/build.log" 2>&1 ||
        fail 5 "the build failed: $build/build.log"
    find "$build/CMakeFiles" "$build/tests" -name '*.gcda' -delete
    ctest --test-dir "$build" -j 2 --output-on-failure --no-tests=error >"$build/tests.log" 2>&1 ||
        fail 1 "a unit test failed: $build/tests.log"
fi

told=$(counts | sums)
[ "$(sed -n 's/^all all //p' <<<"$told")" != " 0" ] || fail 5 "gcov told nothing: $build/gcov.log"
if $lines; then
    sed -n 's/^line //p' <<<"$told" | LC_ALL=C sort -t : -k 1,1 -k 2,2n
    echo
fi
if $files; then
    sed -n 's/^file //p' <<<"$told" | awk '{ print $3 / $2, $0 }' | sort -n | while read -r _ name count hit; do
        row "$name" "$count" "$hit"
    done
    echo
fi
short=()
for room in "${rooms[@]}"; do
    read -r _ _ count hit < <(grep "^room $room " <<<"$told") ||
        fail 5 "gcov told nothing of $room: $build/gcov.log"
    row "$room/" "$count" "$hit"
    [ $((100 * hit)) -ge $((least * count)) ] || short+=("$room")
done
read -r _ _ count hit < <(grep '^all ' <<<"$told")
echo
echo "coverage lines=$count covered=$hit percent=$(awk -v a="$hit" -v b="$count" 'BEGIN { printf "%.1f", 100 * a / b }')"
[ ${#short[@]} = 0 ] || fail 1 "under $least %: ${short[*]}"
