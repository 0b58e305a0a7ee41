#!/usr/bin/env bash
# Makes Debian packages of the commit that is checked out, for the Debian or Ubuntu that it runs on: cupbearer, libcupbearer0
# and libcupbearer-dev. Installs what is missing (as root, or by sudo), and builds in a directory of its own, which it deletes.
#
#   deploy/packages.sh [DIRECTORY]
#
#   DIRECTORY  where the .deb files go; default: build/packages, in which those of before are deleted
#
# The version is that of CMakeLists.txt, VERSION: at the tag vVERSION it is VERSION-1~deb12 (the system's), at any other commit
# VERSION~gitTIME.COMMIT-1~deb12 with the commit's time (UTC), which is older than VERSION and newer than those of earlier
# commits. The same commit gives the same bytes, on a system with the same compiler and libraries. DEBFULLNAME and DEBEMAIL,
# as Debian's own tools have them, name the maintainer.
#
# Exit codes: 0 they are there, 2 wrong use, no clone of git, or not to be installed, 5 installing or building failed.
set -euo pipefail
cd "$(dirname "$0")/.."
. deploy/setup.sh

case ${1-} in
--help | -h)
    setup_usage
    exit 0
    ;;
-*)
    echo "packages.sh: unknown option '$1': say the DIRECTORY where the packages go, or nothing" >&2
    exit 2
    ;;
esac
[ $# -le 1 ] || { echo "packages.sh: takes one DIRECTORY at most" >&2; exit 2; }
destination=$PWD/build/packages
[ $# = 0 ] || destination=$(cd "$OLDPWD" && realpath -m "$1")

setup build packages
commit=$(git rev-parse --short=12 HEAD) ||
    { echo "packages.sh: packages are made of a commit: clone the project with git, and build there" >&2; exit 2; }
git diff --quiet HEAD || echo "packages.sh: the packages are of commit $commit: what was changed since is not in them" >&2

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
source=$work/cupbearer
mkdir "$source"
git archive HEAD | tar -x -C "$source"
mv "$source/deploy/debian" "$source/debian"

time=$(git log -1 --format=%ct)
version=$(sed -n 's/^project(cupbearer VERSION \([0-9.]*\) .*/\1/p' "$source/CMakeLists.txt")
git tag --points-at HEAD | grep -qx "v$version" || version+="~git$(date -u -d "@$time" +%Y%m%d%H%M%S).$commit"
version+="-1~$(. /etc/os-release && echo "${ID/debian/deb}$VERSION_ID")"
maintainer="${DEBFULLNAME:-the cupbearer authors} <${DEBEMAIL:-cupbearer@noreply.invalid}>"

sed -i "s/^Maintainer: .*/Maintainer: $maintainer/" "$source/debian/control"
cat >"$source/debian/changelog" <<EOF
cupbearer ($version) unstable; urgency=medium

  * Commit $commit; what has changed is in changelog.gz.

 -- $maintainer  $(date -u -R -d "@$time")
EOF
{
    printf 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: cupbearer\n\nFiles: *\n'
    sed -n 's/^Copyright (c) /Copyright: /p' LICENSE
    echo 'License: Expat'
    sed -n '/^Permission/,$ { s/^$/./; s/^/ /p; }' LICENSE
} >"$source/debian/copyright"

# -d: what it needs deploy/setup.sh has installed.
echo "building $version: some minutes; what it says is in build/packages.log"
[ $# = 1 ] || rm -rf build/packages
mkdir -p build "$destination"
(cd "$source" && SOURCE_DATE_EPOCH=$time CUPBEARER_REVISION=$commit DEB_BUILD_OPTIONS="noautodbgsym ${DEB_BUILD_OPTIONS-}" LC_ALL=C.UTF-8 \
    dpkg-buildpackage -b -d -us -uc) >build/packages.log 2>&1 && status=0 || status=$?
if [ $status != 0 ]; then
    tail -n 30 build/packages.log >&2
    echo "packages.sh: the build failed; all of it is in build/packages.log" >&2
    exit 5
fi
cp "$work"/*.deb "$destination/"
(cd "$destination" && ls -d "$PWD"/*"_${version}_"*.deb)
