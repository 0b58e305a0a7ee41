#!/usr/bin/env bash
# A rolling upgrade and downgrade under load: tests/chaos.sh, in which each worker that starts is one of this tree or of an
# earlier commit, so that partitions go from either to the other, whatever the one before had under way. It ends with this
# tree's audit. Builds that commit in tests/.cache/upgrade first.
#
#   tests/upgrade.sh COMMIT [what chaos.sh takes]
#
# Exit codes: as of tests/chaos.sh; 2 also where there is no such commit, 5 where it does not build.
set -euo pipefail
cd "$(dirname "$0")/.."
. deploy/setup.sh

case ${1-} in
--help | -h)
    setup_usage
    exit 0
    ;;
"")
    setup_usage >&2
    exit 2
    ;;
esac

commit=$(git rev-parse --short --verify --quiet "$1^{commit}") ||
    { echo "upgrade.sh: there is no commit $1 here" >&2; exit 2; }
shift
setup build
directory=$PWD/tests/.cache/upgrade/$commit
if [ ! -x "$directory/build/cupbearer" ]; then
    mkdir -p "$directory/source"
    git archive "$commit" | tar -x -C "$directory/source"
    { cmake -G Ninja -S "$directory/source" -B "$directory/build" -DCUPBEARER_TESTS=OFF &&
        cmake --build "$directory/build" --target cupbearer; } >"$directory/build.log" 2>&1 ||
        { echo "upgrade.sh: $commit does not build: $directory/build.log" >&2; exit 5; }
fi
exec tests/chaos.sh --other "$directory/build/cupbearer" "$@"
