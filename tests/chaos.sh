#!/usr/bin/env bash
# Workers on a real Kafka while everything around them fails: kill -9, freezes, stops, joins, a broker that dies, and a
# Papercups that loses answers, delays, cuts and refuses. Installs what is missing, builds, and judges at the end; the last
# line is
#
#   chaos lost=0 duplicated=0 out_of_order=0 events=N kills=N freezes=N recover_p50=SECONDS recover_max=SECONDS
#
#   tests/chaos.sh [--minutes N] [--seed N] [--again] [--keep] [--other PROGRAM]
#
#   --minutes N      how long it is disturbed (1)
#   --seed N         of the order of disturbances and faults (1)
#   --again          the events' topic is now and then deleted and made again, under its owners
#   --keep           leave logs and data in tests/.cache/chaos, also when all is well
#   --other PROGRAM  a cupbearer of another version, which each worker that starts may be: tests/upgrade.sh
#
# Disturbances, in a seeded order: a worker is killed (kill -9), frozen, for longer than its session or not (SIGSTOP,
# SIGCONT), stopped (SIGTERM) or joined by a fourth; all are killed; the broker is stopped and started, or killed; the second
# broker, which has the other copy of each partition, is killed and is away for a while. Each worker that starts has a clock of
# its own: the broker's, or one that is half a minute or two hours ahead or behind. A worker that ends by itself (3, 4 or
# 5) while the first broker is away, or within a minute of that, is counted and started again, as a supervisor would. "recover" is the time from a disturbance until all that had been published by then has its receipt.
#
# Exit codes: 0 nothing was lost, duplicated or out of order, 1 something was (the logs stay), 2 wrong use, 5 no build.
set -euo pipefail
cd "$(dirname "$0")/.."
. deploy/setup.sh
. tests/environment.sh

case ${1-} in --help | -h)
    setup_usage
    exit 0
    ;;
esac

cache=tests/.cache
build=${BUILD_DIRECTORY:-build-tests}
mkdir -p "$cache"
setup build python kafka java
python_environment tests/requirements.txt
deploy/kafka.sh fetch >/dev/null
tests_build "$build" "$cache/chaos-build.log" cupbearer cupbearer-demo ||
    { echo "chaos.sh: the build failed: $cache/chaos-build.log" >&2; exit 5; }
BUILD_DIRECTORY=$build exec "$cache/venv/bin/python" -B tests/chaos/chaos.py --directory "$cache/chaos" "$@"
