# Sourced by the scripts that run tests from outside: what these need beside the build. The one who sources it has sourced
# deploy/setup.sh, stands in the project's directory, and says in $cache where downloads stay.

# Builds targets, with warnings as errors; scripts that run side by side take turns at a directory.
tests_build() { # DIRECTORY LOG TARGET…
    local directory=$1 log=$2
    shift 2
    mkdir -p "$directory"
    (
        flock 9
        cmake -G Ninja -B "$directory" -DCUPBEARER_WERROR=ON -DCUPBEARER_FAILPOINTS=ON && cmake --build "$directory" --target "$@"
    ) 9>"$directory/tests_build.lock" >"$log" 2>&1
}

# The virtual environment is made anew when a line of the requirements is not what it was made with, and gets its name only
# when it is whole.
python_environment() { # REQUIREMENTS_FILE…
    local venv=$cache/venv
    "$venv/bin/python" -c 'import pytest' 2>/dev/null &&
        [ -z "$(sort -u "$@" | comm -23 - "$venv/requirements")" ] && return
    rm -rf "$venv"
    # shellcheck disable=SC2046 # words
    python3 -m venv "$venv" && "$venv/bin/pip" install -q --disable-pip-version-check $(printf -- '-r %s ' "$@") &&
        sort -u "$@" >"$venv/requirements"
}
