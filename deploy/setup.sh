#!/usr/bin/env bash
# Installs what a purpose needs on Debian 12 or 13 and Ubuntu, and nothing else: what is there already is left alone,
# and when all is there no network is touched.
#
#   deploy/setup.sh PURPOSE…        or:  . deploy/setup.sh; setup PURPOSE…
#
#   build    compiler, CMake and the libraries, to build the worker and its unit tests
#   packages what makes Debian packages of it, for deploy/packages.sh
#   root     what makes a bare Debian, for tests/packages.sh
#   kafka    a Java runtime and Maven, for deploy/kafka.sh
#   java     Java's compiler, for the tests' backend in Java
#   python   Python with venv, for the tests from outside
#   node     Node and npm, for the README's Node snippet
#   go       Go, for the composer's snippet in Go
#   load     wrk, for many callers of the gate at once
#   browser  Chromium, for looking at pages
#   kcat     kcat, openssl and curl, to publish and read from the shell
#   prometheus  Prometheus and promtool, for deploy/monitoring: unpacked into ${XDG_CACHE_HOME:-~/.cache}/cupbearer, for the
#            package, once installed, starts a service
#   deploy   what the manual, the completions, the unit and docker-compose.yml are checked with
#   fuzz     clang with the runtime of its fuzzer, for tests/fuzz.sh
#
# Exit codes: 0 all is there, 2 it cannot be installed (the text says what to type), 5 apt-get failed.

# Prints what stands at the head of the script that was run, up to its first `set`. The script has gone to the project's
# directory by then.
setup_usage() {
    (cd "$OLDPWD" && sed -n '2,/^set /s/^# \{0,1\}//p' "$0")
}

setup_unpacked=${XDG_CACHE_HOME:-${HOME:-}/.cache}/cupbearer/prometheus # where the package's usr/ lies

# What a purpose needs, as CHECK=PACKAGE. CHECK is a command, lib:NAME (pkg-config), py:MODULES, unpacked:COMMAND or fuzzer:clang.
# PACKAGE+unpacked is unpacked, not installed.
setup_needs() {
    case $1 in
    build)
        echo gcc=gcc lib:libc=libc6-dev cmake=cmake ninja=ninja-build pkg-config=pkg-config nm=binutils
        echo lib:rdkafka=librdkafka-dev lib:libsodium=libsodium-dev lib:jansson=libjansson-dev
        echo lib:libcurl=libcurl4-openssl-dev lib:libmicrohttpd=libmicrohttpd-dev
        echo lib:cmocka=libcmocka-dev
        ;;
    packages) echo dpkg-buildpackage=dpkg-dev dh=debhelper git=git ;;
    root) echo debootstrap=debootstrap unshare=util-linux ;;
    kafka) echo java=default-jre-headless mvn=maven ;;
    java) echo javac=default-jdk-headless ;;
    python) echo py:venv,ensurepip=python3-venv ;;
    node) echo node=nodejs npm=npm ;;
    go) echo go=golang-go gofmt=golang-go ;;
    load) echo wrk=wrk ;;
    browser) echo chromium=chromium ;;
    kcat) echo kcat=kcat openssl=openssl curl=curl ;;
    prometheus) echo unpacked:prometheus=prometheus+unpacked unpacked:promtool=promtool+unpacked ;;
    deploy)
        echo mandoc=mandoc groff=groff-base zsh=zsh systemd-analyze=systemd docker-compose=docker-compose
        echo py:yaml=python3-yaml
        ;;
    fuzz) echo fuzzer:clang=clang+runtime ;;
    *)
        echo "setup.sh: unknown purpose '$1': say build, packages, root, kafka, java, python, node, go, load, browser, kcat, prometheus, deploy or fuzz" >&2
        return 2
        ;;
    esac
}

setup_is_there() { # CHECK
    case $1 in
    lib:libc) [ -e /usr/include/stdio.h ] ;;
    lib:*) pkg-config --exists "${1#lib:}" 2>/dev/null ;;
    py:*) python3 -c "import ${1#py:}" 2>/dev/null ;;
    unpacked:*) command -v "${1#*:}" >/dev/null || [ -x "$setup_unpacked/usr/bin/${1#*:}" ] ;;
    fuzzer:clang) setup_clang >/dev/null ;;
    *) command -v "$1" >/dev/null ;;
    esac
}

# Prints the name of a clang that can link fuzz targets: `clang`, else the newest `clang-N`. 1 where there is none.
setup_clang() {
    local clang program status=1
    program=$(mktemp) || return
    for clang in clang $(compgen -c clang- | grep -x 'clang-[0-9]*' | sort -t - -k 2 -rnu); do
        "$clang" -fsanitize=fuzzer,address,undefined -x c - -o "$program" 2>/dev/null <<'C' || continue
int LLVMFuzzerTestOneInput(const unsigned char *data, unsigned long size) { return size > 9 && *data == 9; }
C
        echo "$clang"
        status=0
        break
    done
    rm -f "$program"
    return $status
}

# A package's names for apt-get, which must know its lists. The runtime of clang's fuzzer is a package of clang's
# version, which clang does not require; where there is no such package, clang brings it.
setup_package() { # PACKAGE
    local version
    if [ "$1" != clang+runtime ]; then
        echo "$1"
        return
    fi
    echo clang
    version=$(apt-cache depends clang 2>/dev/null | sed -n 's/^ *Depends: clang-\([0-9]*\)$/\1/p')
    if apt-cache show "libclang-rt-$version-dev" >/dev/null 2>&1; then echo "libclang-rt-$version-dev"; fi
}

setup_packages() { # PACKAGE…
    local package
    for package in "$@"; do setup_package "$package"; done
}

# Runs apt-get as root, itself or by sudo; its words are shown only when it fails. Without a network `update` warns and
# succeeds, and what fails is the installation: what it warned of is shown then.
setup_apt() {
    local words status=0
    words=$("${setup_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get -qq -o DPkg::Lock::Timeout=300 -o APT::Keep-Downloaded-Packages=false "$@" 2>&1 </dev/null) || status=5
    if [ $status = 0 ]; then
        setup_warnings=$words
        return
    fi
    printf '%s\n' ${setup_warnings:+"$setup_warnings"} "$words" | tail -n 15 >&2
    echo "setup.sh: 'apt-get $*' failed${setup_warnings:+, after an 'apt-get update' that complained: is there a network?}" >&2
    return 5
}

# Says what that will take, as apt-get reckons it; with --print-uris it installs nothing.
setup_size() { # APT_GET_ARGUMENT…
    LC_ALL=C apt-get --print-uris "$@" 2>/dev/null </dev/null |
        sed -n -E 's/^Need to get (.*) of archives\.$/  \1 to download: mostly less than a minute/p; s/^After this operation, (.*) of additional .*/  \1 on the disk/p'
}

setup() { # PURPOSE…
    local purpose needs need missing=() unpacked=()
    for purpose in "$@"; do
        needs=$(setup_needs "$purpose") || return 2
        for need in $needs; do
            setup_is_there "${need%%=*}" && continue
            case $need in
            *+unpacked) need=${need#*=} unpacked+=("${need%+unpacked}") ;;
            *) missing+=("${need#*=}") ;;
            esac
        done
    done
    [ ${#missing[@]} = 0 ] || setup_install "${missing[@]}" || return
    [ ${#unpacked[@]} = 0 ] || setup_unpack "${unpacked[@]}"
}

# Needs no root, unless apt-get's lists are not there yet. Debian 12 has promtool in prometheus, and no package of its own.
setup_unpack() { # PACKAGE…
    local words package known=() setup_root=() setup_warnings=''
    if ! apt-cache show prometheus >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then setup_apt update || return; fi
    for package in "$@"; do
        if apt-cache show "$package" >/dev/null 2>&1; then known+=("$package"); fi
    done
    [ ${#known[@]} -gt 0 ] || known=(prometheus)
    echo "unpacking Debian packages: ${known[*]}"
    apt-get -qq --print-uris download "${known[@]}" 2>/dev/null |
        awk '{ bytes += $3 } END { if (bytes) printf "  %.1f MB to download: mostly less than a minute\n", bytes / 1e6 }'
    if ! words=$(mkdir -p "$setup_unpacked" && cd "$setup_unpacked" && rm -f ./*.deb && apt-get -qq download "${known[@]}" 2>&1 </dev/null &&
        for package in ./*.deb; do dpkg-deb -x "$package" . 2>&1 || exit; done && rm ./*.deb); then
        printf '%s\n' "$words" | tail -n 15 >&2
        echo "setup.sh: ${known[*]} cannot be had: as root, 'apt-get update' brings the lists of packages; is there a network?" >&2
        return 5
    fi
}

setup_install() { # PACKAGE…
    local missing=("$@") packages setup_root=() setup_warnings=''
    local install=(install -y --no-install-recommends)
    if ! command -v apt-get >/dev/null; then
        echo "setup.sh: there is no apt-get here; install what these Debian packages hold: ${missing[*]}" >&2
        return 2
    fi
    if [ "$(id -u)" != 0 ]; then
        if command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
            setup_root=(sudo)
        else
            echo "setup.sh: not root. Type, as root: apt-get update && apt-get ${install[*]}" \
                "$(setup_packages "${missing[@]}" | xargs)" >&2
            return 2
        fi
    fi
    mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)
    printf 'installing %d Debian package%s: %s\n' ${#missing[@]} "$([ ${#missing[@]} = 1 ] || echo s)" "${missing[*]}" | fold -s -w 79
    if [ ${#setup_root[@]} -gt 0 ] && [ -t 0 ]; then
        sudo -v || return 2
    fi
    setup_apt update || return 5
    mapfile -t packages < <(setup_packages "${missing[@]}")
    setup_size "${install[@]}" "${packages[@]}"
    setup_apt "${install[@]}" "${packages[@]}" || return 5
    hash -r
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    if [ $# = 0 ] || [ "$1" = --help ]; then
        sed -n '2,/^$/s/^# \{0,1\}//p' "$0"
        exit 0
    fi
    setup "$@"
fi
