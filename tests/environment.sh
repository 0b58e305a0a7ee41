# Sourced by the scripts that run tests from outside: what these need beside the build. The one who sources it has sourced
# deploy/setup.sh, stands in the project's directory, and says in $cache where downloads stay.

# The virtual environment is made anew when the requirements change, and gets its name only when it is whole.
python_environment() {
    local venv=$cache/venv
    cmp -s tests/requirements.txt "$venv/requirements.txt" && "$venv/bin/python" -c 'import pytest' 2>/dev/null && return
    rm -rf "$venv"
    python3 -m venv "$venv" && "$venv/bin/pip" install -q --disable-pip-version-check -r tests/requirements.txt &&
        cp tests/requirements.txt "$venv/"
}
