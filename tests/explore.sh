#!/usr/bin/env bash
# The explorer: the engine, copied at each choice and walked through every order of things, for two workers, two events
# and a few faults. Builds it, and runs two scenarios at a time; what may happen in one says tests/explore/choice.h. A
# breach is told step by step, as short as it gets, with the command that replays it.
#
#   tests/explore.sh [--faults N] [SCENARIO…]
#
#   --faults N   how many things may go wrong on one path (1; with 2 it takes many minutes and some gigabytes)
#   SCENARIO     only these, of explore --list (all)
#
# Directories: BUILD_DIRECTORY (build-tests); what each scenario said stays in tests/.cache/explore.
# The last line: explore scenarios=… faults=… states=… transitions=… broken=…
#
# Exit codes: 0 done, 1 a promise was broken, 2 wrong use, 5 something else failed.
set -euo pipefail
cd "$(dirname "$0")/.."
. deploy/setup.sh
. tests/environment.sh

faults=1 scenarios=()
while [ $# -gt 0 ]; do
    case $1 in
    --faults)
        [[ "${2-}" =~ ^[0-9]$ ]] || { echo "explore.sh: $1 needs a number from 0 to 9" >&2; exit 2; }
        faults=$2
        shift
        ;;
    --help | -h)
        setup_usage
        exit 0
        ;;
    -*)
        echo "explore.sh: unknown option '$1': say --faults N" >&2
        exit 2
        ;;
    *) scenarios+=("$1") ;;
    esac
    shift
done

build=${BUILD_DIRECTORY:-build-tests} directory=tests/.cache/explore
program=$build/tests/explore/explore
mkdir -p "$directory"
setup build
tests_build "$build" "$directory/build.log" explore ||
    { echo "explore.sh: the build failed: $directory/build.log" >&2; exit 5; }

mapfile -t known < <("$program" --list | sed 's/ .*//')
[ ${#scenarios[@]} -gt 0 ] || scenarios=("${known[@]}")
for name in "${scenarios[@]}"; do
    [[ " ${known[*]} " == *" $name "* ]] || { echo "explore.sh: no scenario '$name': say ${known[*]}" >&2; exit 2; }
    rm -f "$directory/$name.log"
done

printf '%s\n' "${scenarios[@]}" |
    xargs -P 2 -I NAME sh -c '"$0" --scenario NAME --faults "$1" >"$2/NAME.log" 2>&1 || :' "$program" "$faults" "$directory"

broken=0 states=0 transitions=0
for name in "${scenarios[@]}"; do
    tail -n 80 "$directory/$name.log" # of a long way to a breach, its end
    line=$(grep '^explore scenario=' "$directory/$name.log" | tail -n 1)
    if [[ $line =~ \ states=([0-9]+)\ transitions=([0-9]+)\  ]]; then
        states=$((states + BASH_REMATCH[1])) transitions=$((transitions + BASH_REMATCH[2]))
    else
        broken=$((broken + 1))
    fi
done
echo "explore scenarios=${#scenarios[@]} faults=$faults states=$states transitions=$transitions broken=$broken"
[ "$broken" = 0 ]
