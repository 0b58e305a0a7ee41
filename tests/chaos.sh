#!/usr/bin/env bash
# Workers on a real Kafka while everything around them fails: kill -9, freezes, stops, joins, a broker that dies, and a
# Papercups that loses answers, delays, cuts and refuses. Installs what is missing, builds, and judges at the end; the last
# line is
#
#   chaos lost=0 doubled=0 disordered=0 events=N kills=N freezes=N recover_p50=SECONDS recover_max=SECONDS
#
#   tests/chaos.sh [--minutes N] [--seed N] [--keep]
#
# "recover" is the time from a disturbance until all that had been published by then has its receipt; while disturbances
# follow each other, so do recoveries. tests/chaos.sh --help has more.
#
# Exit codes: 0 nothing was lost, doubled or disordered, 1 something was (the logs stay), 2 wrong use, 5 no build.
set -euo pipefail
cd "$(dirname "$0")/.."
. deploy/setup.sh
. tests/environment.sh

cache=tests/.cache
build=${BUILD_DIRECTORY:-build-tests}
mkdir -p "$cache"
setup build python kafka java
python_environment
deploy/kafka.sh fetch >/dev/null
cmake -G Ninja -B "$build" -DCUPBEARER_WERROR=ON >"$cache/chaos-build.log" 2>&1 &&
    cmake --build "$build" --target cupbearer >>"$cache/chaos-build.log" 2>&1 ||
    { echo "chaos.sh: the build failed: $cache/chaos-build.log" >&2; exit 5; }
BUILD_DIRECTORY=$build exec "$cache/venv/bin/python" -B tests/chaos/chaos.py --directory "$cache/chaos" "$@"
