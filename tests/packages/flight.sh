# Sourced by tests/packages/steps.sh: an installation at work. Broker and Papercups are the demo's; the worker is the installed
# one, started as its unit says, with its configuration in /etc/cupbearer. $work is a directory that is deleted at the end.

export SERVICE=$work/service

flight_await() { # SECONDS COMMAND…
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -lt $deadline ] || return 1
        sleep 0.1
    done
}

# Of a process of the demo: the worker that it has started, with which we do without.
flight_demos_worker() {
    local pid
    for pid in /proc/[0-9]*; do
        if tr '\0' ' ' <"$pid/cmdline" 2>/dev/null | grep -q "^cupbearer run --config $work/"; then echo "${pid#/proc/}"; fi
    done
}

flight_demo() {
    mkdir -p "$work/demo" "$work/box"
    (cmake -G Ninja -B build/demo -DCUPBEARER_TESTS=OFF && cmake --build build/demo --target cupbearer-demo) >"$work/demo.build" 2>&1 ||
        { tail -n 30 "$work/demo.build" >&2 && return 1; }
    cp build/demo/cupbearer-demo "$work/demo/"
    ln -s /usr/bin/cupbearer "$work/demo/cupbearer"
    TMPDIR=$work/box "$work/demo/cupbearer-demo" play >"$work/demo.log" 2>&1 &
    demo=$!
    flight_await 120 grep -q '^Ctrl-C ends it' "$work/demo.log" || { cat "$work/demo.log" >&2 && return 1; }
    kill -TERM "$(flight_demos_worker)"
    flight_await 60 flight_no_worker
    box=$(echo "$work"/box/cupbearer-demo.*)
    bootstrap=$(sed -n 's/^bootstrap_servers = //p' "$box/cupbearer.conf")
    papercups=$(sed -n 's/^url = http:\/\///p' "$box/cupbearer.conf")
}

flight_no_worker() { [ -z "$(flight_demos_worker)" ]; }

# As deploy/README.md says that it is done.
flight_configure() {
    cp -r "$box"/. /etc/cupbearer/
    sed -i "s#$box#/etc/cupbearer#" /etc/cupbearer/cupbearer.conf
    chown -R root:cupbearer /etc/cupbearer/* && chmod -R u=rwX,g=rX,o= /etc/cupbearer/*
}

flight_start() {
    flight_configure && systemctl start cupbearer.service || { cat "$SERVICE/log" && return 1; }
}

flight_send() { # SENDER: one event after the other, until $work/landed is there
    local number=0 text
    : >"$work/sent.$1"
    while [ ! -e "$work/landed" ]; do
        number=$((number + 1)) text="message $1.$number."
        cupbearer send -b "$bootstrap" --key-file "$box/backend-1.key" --key-id backend-1 --account acme \
            --to-external-id "user_$1_$((number % 50))" --body "$text" >/dev/null || return
        echo "$text" >>"$work/sent.$1"
    done
}

flight_sent() { cat "$work"/sent.* | wc -l; }
flight_sent_more() { [ "$(flight_sent)" -ge "$1" ]; }

flight_audit() { cupbearer audit --config /etc/cupbearer/cupbearer.conf "$@"; }
flight_is_settled() { flight_audit | grep -q '^all: .* 0 not settled yet'; }

# What was shown, as often as it was.
flight_shown() {
    exec 3<>"/dev/tcp/${papercups%:*}/${papercups#*:}"
    printf 'GET /_standin/messages HTTP/1.0\r\nHost: %s\r\n\r\n' "$papercups" >&3
    grep -o 'message [0-9]*\.[0-9]*\.' <&3
    exec 3<&-
}

# Nothing is lost, shown twice, or called otherwise than delivered.
flight_landed() {
    local count
    count=$(flight_sent)
    flight_await 120 flight_is_settled || { flight_audit; return 1; }
    flight_audit --papercups | tee "$work/audit" | grep -q "^all: $count records: $count delivered; 0 not settled yet, 0 without" ||
        { cat "$work/audit"; return 1; }
    diff <(sort "$work"/sent.*) <(flight_shown | sort)
}
