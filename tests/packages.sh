#!/usr/bin/env bash
# Makes the packages of the commit that is checked out (deploy/packages.sh) in a bare Debian, and tries them there: two builds
# give the same bytes; they install, upgrade an older version while a worker delivers (nothing is lost or shown twice), are
# removed and purged, and leave nothing but what they say. As root; installs debootstrap where it is missing. The last line is
#
#   packages passed=N failed=N
#
#   tests/packages.sh bookworm | trixie [--keep]
#   tests/packages.sh --here
#
#   bookworm, trixie  Debian 12 or 13, made in tests/.cache/root-SUITE from where this machine has its own packages, or from
#                     $DEBIAN_MIRROR; deleted at the end, without --keep
#   --here            in this system, which must be one that can be thrown away, as a container for this is
#
# It takes a quarter of an hour on two cores that have nothing else to do.
#
# Exit codes: 0 all passed, 1 some did not, 2 wrong use, or it cannot be tried here, 5 the bare Debian cannot be made.
set -euo pipefail
cd "$(dirname "$0")/.."
. deploy/setup.sh

suite=${1-} keep=${2-}
case $suite,$keep in
--help, | -h,)
    setup_usage
    exit 0
    ;;
--here,) exec tests/packages/steps.sh ;;
bookworm, | trixie, | bookworm,--keep | trixie,--keep) ;;
*)
    echo "packages.sh: say bookworm or trixie, and --keep behind it to keep that, or --here" >&2
    exit 2
    ;;
esac
[ "$(id -u)" = 0 ] || { echo "packages.sh: only root makes a bare Debian" >&2; exit 2; }
setup root
root=$PWD/tests/.cache/root-$suite
rm -rf --one-file-system "$root"
mkdir -p "$root"

# Where Debian's packages come from here, by this machine's own apt; debootstrap knows an address of its own.
mirror=${DEBIAN_MIRROR-$(. /etc/os-release && [ "$ID" != debian ] ||
    apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' | awk '$1 !~ /security/ && !found++ { print $2 }')}
echo "making a bare Debian ($suite): a minute"
debootstrap --variant=minbase --include=ca-certificates,git "$suite" "$root" $mirror >"$root.log" 2>&1 ||
    { tail -n 3 "$root.log" >&2 && echo "packages.sh: it cannot be made: $root.log" >&2 && exit 5; }

# As this machine reaches them: proxies, names, and authorities of its own.
apt-config dump | grep -E '^Acquire::(Check|http|https|Retries)' >"$root/etc/apt/apt.conf.d/99host" || :
cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
cp -L /usr/local/share/ca-certificates/*.crt "$root/usr/local/share/ca-certificates/" 2>/dev/null || :
chroot "$root" update-ca-certificates >/dev/null 2>&1
git clone -q . "$root/root/cupbearer"

# In namespaces of its own, so that no mount and no process is left.
status=0
unshare --mount --pid --fork --kill-child bash -c '
    mount -t proc proc "$0/proc" && mount --rbind /sys "$0/sys" && mount --rbind /dev "$0/dev" && mount -t tmpfs tmpfs "$0/run" &&
        chroot "$0" env -i HOME=/root LANG=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin ${1:+DEB_BUILD_OPTIONS="$1"} /root/cupbearer/tests/packages.sh --here' \
    "$root" "${DEB_BUILD_OPTIONS-}" || status=$?
[ "$keep" = --keep ] || rm -rf --one-file-system "$root" "$root.log"
exit $status
