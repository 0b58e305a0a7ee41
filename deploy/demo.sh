#!/usr/bin/env bash
# Shows all of cupbearer on this machine: installs what is missing (as root, or by sudo), builds, and runs `cupbearer-demo
# play`: a broker, a stand-in Papercups with a chat page, a worker, a gate with the composer, keys made on the spot. It
# prints where they are, and what to type in another terminal; Ctrl-C ends it and deletes its files, as does SIGTERM.
#
#   deploy/demo.sh [--kafka real] [OPTION…]
#
#   --kafka real         on an Apache Kafka that is started for the demo, instead of the embedded broker
#   --once               send four events, print their receipts and exit
#   --port PORT          of the stand-in and its chat page; default: any free one
#   --gate-port PORT     of the gate and its composer; default: any free one
#   --bootstrap-servers SERVERS
#                        on a Kafka that runs already, and lets the demo create its topics
#
# Exit codes: 0 stopped, with --once all as it must be; 1 with --once: not so; 2 wrong use, or not to be installed; 3 a broker
# is unreachable; 5 installing, building or the system failed.
set -euo pipefail
cd "$(dirname "$0")/.."
. deploy/setup.sh

kafka=embedded options=()
while [ $# -gt 0 ]; do
    case $1 in
    --kafka)
        kafka=${2:-}
        case $kafka in real | embedded) ;; *)
            echo "demo.sh: --kafka takes real or embedded" >&2
            exit 2
            ;;
        esac
        shift
        ;;
    --help | -h)
        setup_usage
        exit 0
        ;;
    *) options+=("$1") ;;
    esac
    shift
done

if ! mkdir -p build || ! touch build/demo.log || [ ! -f build/demo.log ]; then
    echo "demo.sh: build/demo.log cannot be written: the demo is built in $PWD; have it where you may write" >&2
    exit 5
fi
setup build kcat
[ -x build/cupbearer-demo ] || echo "building: a minute or two the first time; what it says is in build/demo.log"
(cmake -G Ninja -B build -DCUPBEARER_TESTS=OFF && cmake --build build) >build/demo.log 2>&1 && status=0 || status=$?
if [ $status != 0 ]; then
    tail -n 30 build/demo.log >&2
    echo "demo.sh: the build failed; all of it is in build/demo.log" >&2
    exit 5
fi

if [ "$kafka" = real ]; then
    setup kafka
    directory=$(mktemp -d)
    trap 'deploy/kafka.sh stop "$directory/kafka" >/dev/null 2>&1 || :; rm -rf "$directory"' EXIT
    started=$(deploy/kafka.sh start "$directory/kafka")
    echo "Apache Kafka: $started"
    bootstrap=${started#bootstrap=}
    options+=(--bootstrap-servers "${bootstrap%% *}")
fi
PATH=$PWD/build:$PATH build/cupbearer-demo play "${options[@]}" &
demo=$!
trap 'kill "$demo" 2>/dev/null || :' INT TERM # a signal for this script is for the demo; what was started here is ended behind it
status=0
while wait "$demo" && status=0 || status=$?; kill -0 "$demo" 2>/dev/null; do :; done
[ $status != 0 ] || echo "left: build/$([ "$kafka" != real ] || echo ", Kafka's jars in ${XDG_CACHE_HOME:-$HOME/.cache}/cupbearer") and the Debian packages that were installed"
exit $status
