#!/usr/bin/env bash
# The rooms of worker/ stand in a list, the first table of worker/README.md: a file includes from its own room and from those
# above it, and there is no other room. Looks at worker/main.c as the last one.
#
#   tests/layers.sh [WORKER_DIRECTORY]        default: worker
#
# Exit codes: 0 so it is, 1 it is not: each line says which file includes what.
set -euo pipefail
cd "$(dirname "$0")/.."
worker=${1:-worker}

mapfile -t rooms < <(sed -n 's/^| `\([a-z/]*\)\/` |.*/\1/p' worker/README.md)
[ ${#rooms[@]} -gt 0 ] || { echo "layers.sh: worker/README.md has no table of rooms" >&2; exit 1; }
declare -A height=()
for i in "${!rooms[@]}"; do height[${rooms[i]}]=$i; done

bad=0 includes=0
complain() {
    echo "layers: $1" >&2
    bad=$((bad + 1))
}

while read -r file; do
    room=${file%/*}
    [ "$file" = main.c ] && continue
    [ -n "${height[$room]-}" ] || complain "$file lies in a room that worker/README.md does not list"
done < <(cd "$worker" && find . -name '*.[ch]' -printf '%P\n' | sort)

# Lines "FILE:#include "ROOM/NAME"": what is generated, and the public header, have no room.
while IFS=: read -r file line; do
    header=${line#*\"} header=${header%%\"*}
    theirs=${header%/*} ours=${file%/*}
    [ -n "${height[$theirs]-}" ] || continue
    includes=$((includes + 1))
    [ "$file" = main.c ] || [ -z "${height[$ours]-}" ] || [ "${height[$theirs]}" -le "${height[$ours]}" ] ||
        complain "$file includes $header, and $theirs/ stands below $ours/"
done < <(cd "$worker" && grep -rn --include='*.[ch]' -H '^#include ".*/' . | sed -E 's/^\.\///; s/:[0-9]+:/:/')
[ $includes -gt 0 ] || complain "no include was found in $worker"
[ $bad = 0 ] && echo "layers rooms=${#rooms[@]} includes=$includes wrong=0"
