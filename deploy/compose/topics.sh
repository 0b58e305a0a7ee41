#!/bin/bash
# Makes the three topics, or corrects the settings of those that are there; runs any number of times. Made for the
# image apache/kafka; elsewhere Kafka's bin directory must be in PATH.
#
#   topics.sh BOOTSTRAP_SERVERS
#
# Exit codes: 0 all three are as they must be, 1 one is not and cannot be made so, 2 wrong use.
set -euo pipefail
PATH=$PATH:/opt/kafka/bin

[ $# = 1 ] || { echo "usage: topics.sh BOOTSTRAP_SERVERS" >&2; exit 2; }
bootstrap=$1
# The same for all three, and for ever: a routing key's partition goes by it. What the workers can be is as many.
partitions=12
day_ms=86400000

partitions_of() { # TOPIC
    kafka-topics.sh --bootstrap-server "$bootstrap" --describe --topic "$1" |
        sed -n 's/.*PartitionCount: *\([0-9]*\).*/\1/p'
}

topic() { # NAME CONFIG=VALUE…
    local name=$1 count config
    shift
    config=$(IFS=,; echo "$*")
    kafka-topics.sh --bootstrap-server "$bootstrap" --create --if-not-exists --topic "$name" --partitions "$partitions"
    count=$(partitions_of "$name")
    if [ "$count" != "$partitions" ]; then
        echo "topics.sh: $name has $count partitions, not $partitions. Partitions are never added to a topic in use:" \
            "delete it if nothing in it is needed, or start new topics" >&2
        exit 1
    fi
    kafka-configs.sh --bootstrap-server "$bootstrap" --alter --entity-type topics --entity-name "$name" \
        --add-config "$config"
}

# An event may be delivered for as long as 7 days (deliver_within_max); a receipt counts for 7 days and the
# deduplication window, which is 1 hour here. The broker's clock stamps all three. What is packed is unpacked by the broker,
# which refuses what is too large then: a small record that unpacks to more than 100 MB would hold its partition up.
topic cupbearer.events cleanup.policy=delete retention.ms=$((8 * day_ms)) unclean.leader.election.enable=false \
    message.timestamp.type=LogAppendTime max.message.bytes=1048576 compression.type=uncompressed
topic cupbearer.receipts cleanup.policy=delete retention.ms=$((8 * day_ms)) unclean.leader.election.enable=false \
    message.timestamp.type=LogAppendTime
# For people to look at and to send again.
topic cupbearer.dead cleanup.policy=delete retention.ms=$((30 * day_ms)) unclean.leader.election.enable=false \
    message.timestamp.type=LogAppendTime
