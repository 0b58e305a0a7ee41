#!/usr/bin/env bash
# The packages from their making to their end, for tests/packages.sh: as root, in a Debian that can be thrown away.
#
# The last line is "packages passed=N failed=N". Exit codes: 0 all passed, 1 some did not, 2 it cannot be tried here.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ "$(id -u)" = 0 ] || { echo "packages.sh: only root installs packages" >&2; exit 2; }
for there in /etc/cupbearer /usr/bin/cupbearer /run/systemd/system; do
    [ ! -e $there ] || { echo "packages.sh: $there is there: this is no Debian that can be thrown away" >&2; exit 2; }
done

work=$(mktemp -d /tmp/p.XXXXXX) # short, for the demo's directory is in it
. tests/packages/flight.sh
PATH=$PWD/tests/packages:$PATH # with the systemctl there
mkdir "$SERVICE" && : >"$SERVICE/asked"
trap 'kill $(jobs -p) 2>/dev/null || :; [ ! -s "$SERVICE/pid" ] || kill "$(<"$SERVICE/pid")" 2>/dev/null || :; rm -rf "$work" /run/systemd/system' EXIT

passed=0 failed=0
check() { # WHAT COMMAND…
    local what=$1
    shift
    if "$@" >"$work/check.log" 2>&1; then
        passed=$((passed + 1))
        echo "ok    $what"
    else
        failed=$((failed + 1))
        echo "FAIL  $what: $*"
        tail -n 20 "$work/check.log"
    fi
}

needed() { # the same of what nothing behind it can do without
    local before=$failed
    check "$@"
    [ $failed = $before ] || exit 1
}

not() { ! "$@"; }

install() { # old | new
    apt install "$work/$1"/*.deb
}

apt() { # COMMAND PACKAGE…; what it says is in $work/apt.log
    env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Path="$PATH" -qq -y --allow-downgrades --no-install-recommends "$@" \
        >"$work/apt.log" 2>&1 </dev/null || { tail -n 30 "$work/apt.log" && return 1; }
}

same_bytes() {
    local file
    [ "$(ls "$work/new")" = "$(ls "$work/again")" ] && [ "$(ls "$work/new" | wc -l)" = 3 ] || { ls "$work/new" "$work/again" && return 1; }
    for file in "$work"/new/*; do cmp "$file" "$work/again/${file##*/}" || return; done
}

# The same again, as if from long ago.
make_old() {
    local file version
    mkdir "$work/old"
    for file in "$work"/new/*.deb; do
        rm -rf "$work/unpacked" && dpkg-deb -R "$file" "$work/unpacked"
        version=$(dpkg-deb -f "$file" Version)
        sed -i "s/$version/0.0.1-1/" "$work/unpacked/DEBIAN/control"
        dpkg-deb --root-owner-group -b "$work/unpacked" "$work/old/${file##*/}" >/dev/null
    done
}

versions_sort() { # a release above what came before it, a system above the one before
    dpkg --compare-versions "$version" lt "${version%%~*}-1~deb12" && dpkg --compare-versions 0.1.0-1~deb12 lt 0.1.0-1~deb13 &&
        dpkg --compare-versions "$version" gt "$(sed 's/git20/git19/' <<<"$version")"
}

hardened() {
    local program=/usr/bin/cupbearer
    readelf -h $program | grep -q 'Type: *DYN' && readelf -d $program | grep -q 'BIND_NOW\|Flags:.*NOW' &&
        readelf -lW $program | grep -q GNU_RELRO && nm -D $program | grep -q '__memcpy_chk\|__snprintf_chk\|__vsnprintf_chk'
}

is_complete() {
    local directory file
    [ "$(stat -c '%U:%G %a' /etc/cupbearer)" = "root:cupbearer 750" ] && [ -z "$(ls -A /etc/cupbearer)" ] || return
    for file in bin/cupbearer share/man/man1/cupbearer.1.gz share/bash-completion/completions/cupbearer share/zsh/site-functions/_cupbearer \
        lib/sysusers.d/cupbearer.conf share/doc/cupbearer/{cupbearer.conf,copyright,changelog.gz,changelog.Debian.gz,README.md.gz} \
        share/doc/cupbearer/examples/monitoring/alerts.yml; do
        [ -f "/usr/$file" ] || { echo "/usr/$file is missing" && return 1; }
    done
    for file in cupbearer.service cupbearer-gate.service; do [ -f /lib/systemd/system/$file ] || return; done
    for directory in $(dpkg -L cupbearer libcupbearer0 libcupbearer-dev); do
        [ "$(stat -c %U:%G "$directory")" = root:root ] || { echo "$directory is not root's" && return 1; }
    done
    grep -q 'Permission is hereby granted' /usr/share/doc/cupbearer/copyright
}

not_enabled() { [ -z "$(find /etc/systemd -path '*.wants/*' -name 'cupbearer*')" ]; }
not_started() { ! grep -q '^\(--[a-z]* \)*\(start\|restart\) ' "$SERVICE/asked"; }

library_works() { # LINKING…: what it signs the installed program verifies
    local keys=$work/keys
    rm -rf "$keys" && mkdir "$keys" && (
        cd "$keys" && cupbearer keygen backend-1 --hmac --sender backend --account acme --keyring keyring.json &&
            gcc -Wall -Werror "$OLDPWD/tests/packages/client.c" -o client $(pkg-config --cflags cupbearer) "$@" &&
            ./client <backend-1.key >record.json && cupbearer verify --keyring keyring.json record.json
    )
}

needs_the_library() { # of the newest of its functions' version, as dpkg-shlibdeps reckons it
    mkdir -p "$work/dependent/debian" && printf 'Source: x\n\nPackage: x\nArchitecture: any\n' >"$work/dependent/debian/control" &&
        (cd "$work/dependent" && dpkg-shlibdeps -O "$work/keys/client" | grep 'libcupbearer0 (>= 0')
}

nothing_is_left() { # PATH…: but for these
    local path prune=()
    for path in "$PWD" "$work" /proc /sys /dev /var/cache/man "$@"; do prune+=(-path "$path" -o); done
    find / \( "${prune[@]}" -false \) -prune -o -name '*cupbearer*' -print | { ! grep .; }
}

for_sale() { # what is there when somebody installs it
    needed "the packages install" install "$1"
    check "all of it is there, root's, and /etc/cupbearer is empty and root:cupbearer's" is_complete
    check "the units are not enabled" not_enabled
}

echo "== make"
needed "packages are made" deploy/packages.sh "$work/new"
git clone -q . "$work/elsewhere"
check "and elsewhere, by somebody with other habits" env TZ=Asia/Tokyo bash -c 'umask 077 && "$0" "$1"' "$work/elsewhere/deploy/packages.sh" "$work/again"
check "those are the same three, byte for byte" same_bytes
version=$(dpkg-deb -f "$work"/new/cupbearer_*.deb Version)
check "versions sort" versions_sort
make_old

echo "== install"
apt update
for_sale old
check "program, libraries and -dev are of one version" [ "$(dpkg-query -W -f '${Version}\n' cupbearer libcupbearer0 libcupbearer-dev | sort -u)" = 0.0.1-1 ]
check "the program names the commit" grep -q "$(git rev-parse --short=12 HEAD)" <(cupbearer version)
check "the manual opens" grep -q CUPBEARER <(man -P cat cupbearer)
check "bash completes" bash -c '. /usr/share/bash-completion/completions/cupbearer && complete -p cupbearer'
check "the program is hardened" hardened
check "a program links to the shared library" library_works -lcupbearer
check "and needs its package" needs_the_library
check "a program links to the static library" library_works -Wl,-Bstatic -lcupbearer -Wl,-Bdynamic -lsodium -ljansson

echo "== upgrade, with events in flight"
needed "broker and Papercups run" flight_demo
mkdir -p /run/systemd/system # from now on systemd runs, as the maintainers' scripts see it
rm -f /usr/sbin/policy-rc.d  # by which images for containers keep services from starting
needed "the worker starts, configured" flight_start
old=$(<"$SERVICE/pid")
flight_send 1 & sender1=$!
flight_send 2 & sender2=$!
check "events are delivered" flight_await 120 flight_sent_more 20
before=$(flight_sent)
check "the packages are upgraded" install new
during=$(flight_sent)
check "events were sent meanwhile ($before, then $during)" [ "$during" -gt "$before" ]
check "the worker was restarted" [ "$(<"$SERVICE/pid")" != "$old" ]
check "and is the new program" [ "$(readlink "/proc/$(<"$SERVICE/pid")/exe")" = /usr/bin/cupbearer ]
check "events are delivered" flight_await 120 flight_sent_more $((during + 20))
touch "$work/landed"
check "all were sent" wait $sender1
check "all were sent" wait $sender2
check "nothing is lost or shown twice ($(flight_sent) events)" flight_landed

echo "== remove and purge"
pid=$(<"$SERVICE/pid")
mkdir -p /var/lib/cupbearer && touch /var/lib/cupbearer/name.lock /var/lib/cupbearer/audit.log
touch /run/cupbearer-gate.composer
check "the packages are removed" apt remove cupbearer libcupbearer0 libcupbearer-dev
check "the worker was stopped" not test -e "/proc/$pid/exe"
check "what the operator has put there is there" [ -f /etc/cupbearer/keyring.json ]
check "the program's package is purged" apt purge cupbearer
check "which says what it has left" grep "left, with what you have put there: /etc/cupbearer" "$work/apt.log"
check "also of the state" grep "left, with what you have put there: /var/lib/cupbearer" "$work/apt.log"
check "and that is the operator's" [ "$(ls /var/lib/cupbearer)" = audit.log ]
check "nothing else is left" nothing_is_left /etc/cupbearer /var/lib/cupbearer

echo "== install where systemd runs"
rm -r /etc/cupbearer /var/lib/cupbearer
: >"$SERVICE/asked"
for_sale new
check "no service is started" not_started
check "the packages are purged" apt purge cupbearer libcupbearer0 libcupbearer-dev
check "nothing is left" nothing_is_left

echo "packages passed=$passed failed=$failed"
[ $failed = 0 ]
