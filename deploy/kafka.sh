#!/usr/bin/env bash
# A real Apache Kafka on this machine, for the demo and the tests: one node, or several, KRaft, on free ports of 127.0.0.1,
# with all that it writes in DIR. Its jars come by Maven once and stay in ${XDG_CACHE_HOME:-~/.cache}/cupbearer.
#
#   deploy/kafka.sh start DIR      make a new broker in DIR, wait until it answers, print
#                                  bootstrap=127.0.0.1:PORT pid=PID
#   deploy/kafka.sh join DIR OTHER make a broker in DIR that joins the cluster of the one in OTHER, likewise
#   deploy/kafka.sh topic DIR NAME PARTITIONS [CONFIG=VALUE …] [-- NAME PARTITIONS …]
#   deploy/kafka.sh stop DIR       end it in order
#   deploy/kafka.sh kill DIR       end it at once, as a crash would (kill -9)
#   deploy/kafka.sh restart DIR    start it again with its ports and data, stopping it first where it runs
#   deploy/kafka.sh fetch          only bring the jars, print where they are
#
# The environment's BROKER_SESSION_MS (9000): how long a killed broker is taken for alive, for those who kill it often.
#
# The first broker is the controller, so the cluster does without any but that one.
#
# Exit codes: 0 done, 2 wrong use, 3 the broker does not answer, 5 Maven, Java or the system failed.
set -euo pipefail

kafka_version=4.4.0
# kafka-tools, whose TopicCommand makes topics, is not published for every version. It speaks to the broker as any client
# does, so an older one serves; it needs kafka-clients of its own version, so these jars lie apart in tools/.
tools_version=4.3.1
log4j_version=2.25.5
cache=${XDG_CACHE_HOME:-$HOME/.cache}/cupbearer/kafka-$kafka_version
java_options=(-Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1)
ready_seconds=240
stop_seconds=30

fail() { # EXIT_CODE TEXT
    echo "kafka.sh: $2" >&2
    exit "$1"
}

# The same with the end of the broker's own log, which says more.
fail_with_log() { # EXIT_CODE TEXT
    echo "kafka.sh: $2; the end of $dir/broker.log:" >&2
    tail -n 25 "$dir/broker.log" >&2 || :
    exit "$1"
}

pom_tool() { # ARTIFACT
    cat <<POM
            <artifactItem>
              <groupId>org.apache.kafka</groupId>
              <artifactId>$1</artifactId>
              <version>$tools_version</version>
              <outputDirectory>tools</outputDirectory>
            </artifactItem>
POM
}

pom() {
    cat <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>cupbearer</groupId>
  <artifactId>kafka-jars</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId>
      <version>$kafka_version</version>
    </dependency>
    <dependency>
      <groupId>org.apache.logging.log4j</groupId>
      <artifactId>log4j-slf4j-impl</artifactId>
      <version>$log4j_version</version>
    </dependency>
  </dependencies>
  <build>
    <plugins>
      <plugin>
        <artifactId>maven-dependency-plugin</artifactId>
        <configuration>
          <artifactItems>
$(pom_tool kafka-tools)
$(pom_tool kafka-clients)
$(pom_tool kafka-server-common)
          </artifactItems>
        </configuration>
      </plugin>
    </plugins>
  </build>
</project>
POM
}

# Fills the cache. The directory gets its name only when it is whole, so an interrupted run leaves nothing to trust.
jars_fetch() {
    [ ! -d "$cache" ] || return 0
    command -v mvn >/dev/null || fail 5 "Maven is missing: run deploy/setup.sh kafka"
    mkdir -p "${cache%/*}"
    local work
    work=$(mktemp -d "$cache.XXXXXX")
    pom >"$work/pom.xml"
    if ! (cd "$work" && mvn -q -B dependency:copy-dependencies dependency:copy \
        -DincludeScope=runtime -DoutputDirectory=jars >maven.log 2>&1); then
        grep -m 5 ERROR "$work/maven.log" >&2 || tail -n 5 "$work/maven.log" >&2
        rm -rf "$work"
        fail 5 "Maven could not bring Kafka $kafka_version"
    fi
    mv -T "$work" "$cache" 2>/dev/null || rm -rf "$work" # another run was faster
}

topic_command() { # ARGUMENT…
    java "${java_options[@]}" -cp "$cache/tools/*:$cache/jars/*" org.apache.kafka.tools.TopicCommand \
        --bootstrap-server "$(broker_bootstrap)" "$@"
}

port_is_free() { ! (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# A port below the range that the kernel hands out itself (32768 and up), so that no client takes it in between.
port_find() { # [NOT_THIS]
    local port tries
    for tries in {1..100}; do
        port=$((20000 + (RANDOM << 15 | RANDOM) % 12000))
        if [ "$port" != "${1-}" ] && port_is_free "$port"; then
            echo "$port"
            return
        fi
    done
    fail 5 "no free port between 20000 and 31999 in $tries tries"
}

properties_write() { # BROKER_PORT CONTROLLER_PORT
    cat >"$dir/server.properties" <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$2
listeners=PLAINTEXT://127.0.0.1:$1,CONTROLLER://127.0.0.1:$2
advertised.listeners=PLAINTEXT://127.0.0.1:$1
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$dir/data
log.message.timestamp.type=LogAppendTime
auto.create.topics.enable=false
# 8 days: what receipts need.
log.retention.ms=691200000
# One node: everything internal has one copy. Few partitions and no waiting, so that groups are up at once.
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
# How long the controller takes a broker for alive that says nothing: after kill -9 a new one has to wait for so long, and on
# a machine that is too busy a living one is shut out.
broker.session.timeout.ms=${BROKER_SESSION_MS:-9000}
broker.heartbeat.interval.ms=500
# Fits a heap of 128 MB; the default is that large by itself.
log.cleaner.dedupe.buffer.size=2097152
PROPERTIES
    cat >"$dir/log4j2.properties" <<'PROPERTIES'
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{ISO8601} %p %m (%c{1})%n
# These two print whole tables at each start.
logger.config.name = org.apache.kafka.common.config.AbstractConfig
logger.config.level = warn
logger.state.name = state.change.logger
logger.state.level = warn
rootLogger.level = info
rootLogger.appenderRef.out.ref = out
PROPERTIES
}

setting() { sed -n "s/^$1=//p" "$dir/server.properties"; }

broker_bootstrap() {
    local listeners
    listeners=$(setting advertised.listeners)
    echo "${listeners#PLAINTEXT://}"
}

# Prints the pid where this DIR's broker runs. A pid that the kernel gave to something else is not ours to end.
broker_pid() {
    local pid
    pid=$(cat "$dir/pid" 2>/dev/null) && [ -n "$pid" ] || return 1
    tr '\0' '\n' 2>/dev/null <"/proc/$pid/cmdline" | grep -qxF "$dir/server.properties" || return 1
    echo "$pid"
}

# The same for one that is no controller. Its port is its id: no two have the same.
properties_join() { # BROKER_PORT OTHER
    sed -e "s|^process.roles=.*|process.roles=broker|" -e "s|^node.id=.*|node.id=$1|" \
        -e "s|^listeners=.*|listeners=PLAINTEXT://127.0.0.1:$1|" \
        -e "s|^advertised.listeners=.*|advertised.listeners=PLAINTEXT://127.0.0.1:$1|" \
        -e "s|^log.dirs=.*|log.dirs=$dir/data|" "$2/server.properties" >"$dir/server.properties"
    cp "$2/log4j2.properties" "$dir/"
}

broker_launch() {
    setsid java "${java_options[@]}" -Dlog4j2.configurationFile="$dir/log4j2.properties" -cp "$cache/jars/*" \
        kafka.Kafka "$dir/server.properties" >>"$dir/broker.log" 2>&1 </dev/null &
    echo $! >"$dir/pid"
}

# Waits until the broker answers a client's question, not only until it listens; ends it when it does not.
broker_wait() {
    local bootstrap deadline=$((SECONDS + ready_seconds)) pid
    pid=$(cat "$dir/pid")
    bootstrap=$(broker_bootstrap)
    while port_is_free "${bootstrap##*:}"; do
        kill -0 "$pid" 2>/dev/null || fail_with_log 3 "the broker ended"
        [ $SECONDS -lt $deadline ] || broker_give_up "it does not listen"
        sleep 0.1
    done
    until topic_command --list >"$dir/ready.log" 2>&1; do
        kill -0 "$pid" 2>/dev/null || fail_with_log 3 "the broker ended"
        [ $SECONDS -lt $deadline ] || broker_give_up "it answers: $(head -n 3 "$dir/ready.log")"
    done
    echo "bootstrap=$bootstrap pid=$pid"
}

broker_give_up() { # TEXT
    broker_end KILL
    fail_with_log 3 "the broker is not ready after $ready_seconds s: $1"
}

broker_start() { # [OTHER]
    [ ! -e "$dir/server.properties" ] || fail 2 "$dir holds a broker already: say 'kafka.sh restart $dir', or another DIR"
    command -v java >/dev/null || fail 5 "Java is missing: run deploy/setup.sh kafka"
    jars_fetch
    local broker_port controller_port cluster_id
    broker_port=$(port_find)
    if [ $# -gt 0 ]; then
        properties_join "$broker_port" "$1"
        cluster_id=$(sed -n 's/^cluster.id=//p' "$1/data/meta.properties")
    else
        controller_port=$(port_find "$broker_port")
        properties_write "$broker_port" "$controller_port"
        cluster_id=C$(head -c 16 /dev/urandom | base64 | tr '+/' '-_' | cut -c 2-22)
    fi
    java "${java_options[@]}" -cp "$cache/jars/*" kafka.tools.StorageTool format -t "$cluster_id" \
        -c "$dir/server.properties" >"$dir/broker.log" 2>&1 ||
        fail_with_log 5 "the storage could not be formatted"
    broker_launch
    broker_wait
}

broker_end() { # SIGNAL
    local pid deadline=$((SECONDS + stop_seconds))
    pid=$(broker_pid) || return 0
    kill "-$1" "$pid" 2>/dev/null || :
    while broker_pid >/dev/null; do
        if [ $SECONDS -ge $deadline ]; then
            echo "kafka.sh: the broker did not end within $stop_seconds s: killed" >&2
            kill -KILL "$pid" 2>/dev/null || :
            deadline=$((SECONDS + stop_seconds))
        fi
        sleep 0.05
    done
    rm -f "$dir/pid"
}

# Each topic costs a start of Java (about a second), so those of one call are made side by side.
topics_create() { # NAME PARTITIONS [CONFIG=VALUE …] [-- …]
    local pids=() names=() pid arguments failed=0
    broker_pid >/dev/null || fail 3 "no broker runs in $dir: say 'kafka.sh restart $dir'"
    while [ $# -gt 0 ]; do
        [ $# -ge 2 ] && [[ $2 =~ ^[1-9][0-9]*$ ]] || fail 2 "topic: say NAME PARTITIONS [CONFIG=VALUE …]"
        arguments=(--topic "$1" --partitions "$2" --replication-factor 1)
        names+=("$1")
        shift 2
        while [ $# -gt 0 ] && [ "$1" != -- ]; do
            [[ $1 == ?*=* ]] || fail 2 "topic: '$1' is not CONFIG=VALUE"
            arguments+=(--config "$1")
            shift
        done
        shift $(($# > 0 ? 1 : 0))
        (
            words=$(topic_command --create "${arguments[@]}" 2>&1) ||
                fail 3 "topic '${arguments[1]}': $(grep -m 1 -i error <<<"$words" || echo "$words")"
        ) &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do
        wait "$pid" || failed=$?
    done
    [ "$failed" = 0 ] || exit "$failed"
    topics_wait "${names[@]}"
}

# The controller has made them; the broker tells its clients a moment later.
topics_wait() { # NAME…
    local deadline=$((SECONDS + ready_seconds)) listed
    while listed=$(topic_command --list 2>&1); [ "$(grep -cxF "$(printf '%s\n' "$@")" <<<"$listed")" != $# ]; do
        [ $SECONDS -lt $deadline ] || fail_with_log 3 "the broker does not list all of $* after $ready_seconds s"
    done
}

usage() {
    sed -n '2,/^set /s/^# \{0,1\}//p' "$0"
}

[ $# -gt 0 ] || { usage >&2; exit 2; }
command=$1
shift
case $command in
--help | -h)
    usage
    exit 0
    ;;
fetch)
    jars_fetch
    echo "$cache"
    exit 0
    ;;
start | join | topic | stop | kill | restart) ;;
*) fail 2 "unknown command '$command': say start, join, topic, stop, kill, restart or fetch" ;;
esac
[ $# -gt 0 ] || fail 2 "$command needs a directory"
[[ $command != @(start|join) ]] || mkdir -p "$1"
[ -d "$1" ] || fail 2 "$1 is not a directory"
dir=$(realpath "$1")
shift
[[ $command = @(start|join) ]] || [ -e "$dir/server.properties" ] || fail 2 "$dir holds no broker: say 'kafka.sh start $dir'"
case $command in
start) broker_start ;;
join)
    [ -e "${1-}/data/meta.properties" ] || fail 2 "join: say DIR and the directory of a broker that was started"
    broker_start "$(realpath "$1")"
    ;;
topic)
    [ $# -gt 0 ] || fail 2 "topic: say NAME PARTITIONS [CONFIG=VALUE …]"
    topics_create "$@"
    ;;
stop) broker_end TERM ;;
kill) broker_end KILL ;;
restart)
    jars_fetch
    broker_end TERM
    broker_launch
    broker_wait
    ;;
esac
