#!/usr/bin/env bash
# No circle between files: where one calls another, that one does not call back, over however many others. Looks at what the
# compiler made of each file, so that a declaration in whatever header hides nothing.
#
#   tests/circles.sh [BUILD_DIRECTORY [ROOM…]]        default: build-tests, all rooms
#
# Exit codes: 0 so it is, 1 it is not: each line says who calls what of whom in a circle, 2 it is not built.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:-build-tests}
rooms=("${@:2}")
[ ${#rooms[@]} -gt 0 ] || mapfile -t rooms < <(sed -n 's/^| `\([a-z/]*\)\/` |.*/\1/p' worker/README.md)
[ ${#rooms[@]} -gt 0 ] || { echo "circles.sh: worker/README.md has no table of rooms" >&2; exit 1; }

# Lines "FILE.c KIND SYMBOL" of nm.
symbols() {
    local room objects
    for room in "${rooms[@]}"; do
        objects=$build/CMakeFiles/room_${room//\//_}.dir/worker/$room
        compgen -G "$objects/*.o" >/dev/null || { echo "circles.sh: $objects has no objects: build first" >&2; exit 2; }
        nm -A "$objects"/*.c.o | sed -E "s|^$objects/([^:]*)\\.o:.* ([A-Za-z]) ([^ ]+)\$|$room/\\1 \\2 \\3|"
    done
}

# Files that nobody calls, or that call nobody, are in no circle: take them away until none is left, and what stays is circles and
# the ways between two of them.
read_circles() {
    awk '
        $2 == "U" { uses[$1 " " $3] = 1; next }
        $2 ~ /^[TDBRVWC]$/ { home[$3] = $1 }
        END {
            for (use in uses) {
                split(use, part, " ")
                if (part[2] in home && home[part[2]] != part[1]) {
                    calls++
                    call[part[1] " calls " part[2] " of " home[part[2]]] = part[1] " " home[part[2]]
                }
            }
            do {
                split("", called); split("", caller)
                for (one in call) { split(call[one], part, " "); caller[part[1]] = called[part[2]] = 1 }
                gone = 0
                for (one in call) {
                    split(call[one], part, " ")
                    if (!(part[1] in called) || !(part[2] in caller)) { delete call[one]; gone++ }
                }
            } while (gone)
            for (one in call) print "circles: " one
            print "calls " calls + 0
        }' | LC_ALL=C sort
}

all=$(symbols)
found=$(read_circles <<<"$all")
calls=$(sed -n 's/^calls //p' <<<"$found")
[ "$calls" -gt 0 ] || { echo "circles.sh: nm found no call in $build" >&2; exit 1; }
if grep '^circles: ' <<<"$found" >&2; then exit 1; fi
echo "circles files=$(cut -d' ' -f1 <<<"$all" | sort -u | wc -l) calls=$calls wrong=0"
