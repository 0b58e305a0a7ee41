#!/usr/bin/env bash
# The simulator's golden stories: runs that were chosen because they show one thing each, kept as a reader can follow them
# (tests/sim/stories/README.md). Plays each again and expects that all happens as it is written there.
#
#   tests/sim/stories.sh [--update] [STORY…]
#
#   --update   writes them anew, for an engine that does things otherwise on purpose: read what changed
#   STORY      only these, by the names of their files (all)
#
# A story begins with lines of "#": what it shows, what must be in it in this order (lines of "#   "), and its command.
# Directories: BUILD_DIRECTORY (build-tests), in which the simulator has been built.
#
# Exit codes: 0 all are as they were, 1 one is not, or does not show any more what it should, 2 wrong use.
set -euo pipefail
cd "$(dirname "$0")/../.."
. deploy/setup.sh

build=${BUILD_DIRECTORY:-build-tests} update=false wanted=()
while [ $# -gt 0 ]; do
    case $1 in
    --update) update=true ;;
    --help | -h)
        setup_usage
        exit 0
        ;;
    -*)
        echo "stories.sh: unknown option '$1': say --update or the name of a story" >&2
        exit 2
        ;;
    *) wanted+=("tests/sim/stories/${1%.txt}.txt") ;;
    esac
    shift
done
[ ${#wanted[@]} -gt 0 ] || wanted=(tests/sim/stories/*.txt)

# What the simulator says now to the command that the story names, below the story's own words.
story_now() { # FILE
    local arguments
    arguments=$(sed -n 's/^# again: sim //p' "$1")
    [ -n "$arguments" ] || { echo "stories.sh: $1 has no line '# again: sim …'" >&2; return 1; }
    grep '^#' "$1"
    # shellcheck disable=SC2086 # several words
    "$build/tests/sim" $arguments | sed '/^sim seeds=/d'
}

# Whether what a story is about is in it, in that order; says what is not.
story_shows() { # FILE
    awk '/^#   / { wanted[++count] = substr($0, 5) }
         !/^#/ && at < count && index($0, wanted[at + 1]) { at++ }
         END { if (count && at == count) exit 0; print "it does not show: " wanted[at + 1]; exit 1 }' "$1"
}

bad=0
now=$(mktemp)
trap 'rm -f "$now"' EXIT
for story in "${wanted[@]}"; do
    [ -f "$story" ] || { echo "stories.sh: there is no $story" >&2; exit 2; }
    if ! story_now "$story" >"$now"; then
        echo "stories.sh: $story: the run fails" >&2
        bad=1
        continue
    fi
    if $update; then
        cat "$now" >"$story"
    elif ! diff -u "$story" "$now"; then
        echo "stories.sh: $story happens otherwise now. If that is meant: tests/sim/stories.sh --update" >&2
        bad=1
    fi
    story_shows "$now" >&2 || { echo "stories.sh: $story must show it: choose another seed" >&2; bad=1; }
done
exit $bad
