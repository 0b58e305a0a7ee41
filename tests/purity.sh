#!/usr/bin/env bash
# The pure core decides and does nothing else: no clock, socket, file, thread or random number. This holds libcore.a to a
# list: every symbol that it needs and does not define itself must match a line of tests/purity.allowed (a name, or a
# pattern with *). It looks at a plain build; sanitizers bring symbols of their own.
#
#   tests/purity.sh [BUILD_DIRECTORY]        default: build-tests
set -euo pipefail
cd "$(dirname "$0")/.."
archive=${1:-build-tests}/libcore.a
allowed=tests/purity.allowed
[ -f "$archive" ] || { echo "purity.sh: $archive is missing: build first" >&2; exit 2; }
LC_ALL=C sort -cu "$allowed" || { echo "purity.sh: $allowed is not sorted (LC_ALL=C sort -u)" >&2; exit 1; }
mapfile -t patterns <"$allowed"

# Lines "OBJECT SYMBOL": what is undefined in one object and defined in none.
needed() {
    nm -A "$archive" | awk '
        { sub(/^[^:]*:/, ""); object = $1; sub(/:.*/, "", object); kind = $(NF - 1); symbol = $NF }
        kind == "U" || kind == "w" { uses[object " " symbol] = symbol; next }
        kind ~ /^[A-Z]$/ || kind == "u" { defined[symbol] = 1 }
        END { for (use in uses) if (!(uses[use] in defined)) print use }' | LC_ALL=C sort
}

is_allowed() { # SYMBOL
    local pattern
    for pattern in "${patterns[@]}"; do
        # shellcheck disable=SC2053 # the right side is a pattern
        [[ $1 != $pattern ]] || return 0
    done
    return 1
}

count=0 bad=0
while read -r object symbol; do
    count=$((count + 1))
    is_allowed "$symbol" && continue
    bad=$((bad + 1))
    echo "purity: ${object%.o} uses $symbol, which tests/purity.allowed does not have: hand it in from the shell" >&2
done < <(needed)
[ "$count" -gt 0 ] || { echo "purity: nm found nothing in $archive" >&2; exit 1; }
[ "$bad" = 0 ]
