# Sourced by tests/run.sh: the tests from outside, and what they need.

# kafkajs for the README's Node snippet and the composer's; axe-core looks for what keeps people out of its pages.
node_environment() {
    [ ! -d "$cache/node/node_modules/kafkajs" ] || [ ! -d "$cache/node/node_modules/axe-core" ] || return 0
    mkdir -p "$cache/node" &&
        npm install --prefix "$cache/node" --silent --no-audit --no-fund kafkajs@2.2.4 axe-core@4.14.1
}

# franz-go for the composer's program in Go; nothing of it lands outside the cache.
go_environment() {
    local go=$PWD/$cache/go
    [ ! -d "$go/build" ] || return 0
    mkdir -p "$go" && cp tests/producers/go.mod tests/producers/go.sum "$go/" &&
        (cd "$go" && GOPATH=$go/path GOCACHE=$go/building GOFLAGS=-modcacherw GOTOOLCHAIN=local \
            go build github.com/twmb/franz-go/pkg/kgo && mv building build) && return
    echo "run.sh: franz-go cannot be had, so the composer's program in Go is not run" >&2
}

# nginx for the gate's proxy. Its package is unpacked here and not installed, for that would start a server.
nginx_program() {
    local nginx=$PWD/$cache/nginx
    [ ! -x "$nginx/usr/sbin/nginx" ] && ! command -v nginx /usr/sbin/nginx >/dev/null || return 0
    rm -rf "$nginx" && mkdir -p "$nginx" && (cd "$nginx" && apt-get -qq download nginx && dpkg -x nginx_*.deb . && usr/sbin/nginx -v) \
        >"$cache/nginx.log" 2>&1 && return
    rm -rf "$nginx"
    echo "run.sh: nginx cannot be had ($cache/nginx.log), so deploy/README.md's block for it is not run" >&2
}

# What is not installed from Debian's packages, side by side.
libraries() {
    local pid pids=() status=0
    python_environment "${requirements[@]}" & pids+=($!)
    node_environment & pids+=($!)
    deploy/kafka.sh fetch >/dev/null & pids+=($!)
    go_environment & pids+=($!)
    nginx_program & pids+=($!)
    for pid in "${pids[@]}"; do wait "$pid" || status=1; done
    return $status
}

# The attributes of a JUnit report's <testsuite>, as "PASSED FAILED SKIPPED".
junit_count() { # JUNIT_FILE
    awk 'match($0, /<testsuite [^>]*>/) {
        n = split(substr($0, RSTART, RLENGTH), parts, " ")
        for (i = 1; i <= n; i++) if (split(parts[i], pair, "=") == 2) { gsub(/"/, "", pair[2]); v[pair[1]] = pair[2] }
        bad = v["failures"] + v["errors"]
        print v["tests"] - bad - v["skipped"], bad, v["skipped"] + 0; exit }' "$1"
}

# The ten slowest, with the fixtures that they were the first to use.
slowest_tests() {
    [ -s "$cache/e2e.xml" ] || return 0
    echo "the slowest tests from outside:"
    grep -o '<testcase [^>]*' "$cache/e2e.xml" |
        sed -E 's/.*classname="tests\.e2e\.([^"]*)" name="([^"]*)" time="([^"]*)".*/\3 \1::\2/' | sort -rn | head -n 10 |
        awk '{ s = $1; sub(/^[^ ]* /, ""); printf "%7.1f s  %s\n", s, $0 }'
}

# Several at a time, for they wait more than they work: files in turn go to processes, which share a broker.
outside() { # ARGUMENT…
    # After ten failures the rest would only wait for the same thing, each to its deadline.
    local report=$cache/e2e.xml status=0
    "$cache/venv/bin/python" -B -m pytest tests/e2e -q -rs --maxfail 10 --basetemp "$cache/e2e" -o cache_dir="$PWD/$cache/pytest" \
        -n "$at_once" --dist loadfile --no-loadscope-reorder  --junitxml "$report" "$@" ||
        status=$?
    if [ ! -f "$report" ] || [ $status -gt 1 ]; then # 0 and 1 are pytest's words about tests
        echo "run.sh: pytest itself failed ($status)" >&2
        stage_count 0 1 0
        return
    fi
    # shellcheck disable=SC2046 # three numbers
    stage_count $(junit_count "$report")
    if [ $status = 0 ] && ! $keep; then rm -rf "$cache/e2e"; else echo "what the tests left: $cache/e2e"; fi
}

chaos() { # MINUTES
    local log=$cache/chaos.log
    tests/chaos.sh --minutes "$1" 2>&1 | tee "$log" | tail -n 4
    if [ "${PIPESTATUS[0]}" = 0 ] && tail -n 1 "$log" | grep -q '^chaos lost=0 duplicated=0 out_of_order=0 '; then
        stage_count 1 0 0
    else
        cat "$log"
        stage_count 0 1 0
    fi
}
