"""deploy/demo.sh and deploy/setup.sh where something is in their way: they say what, and do not pass over it."""

import os
import re
import shutil
import subprocess

import pytest
from broker import ROOT
from documents import snippet
from programs import DEMO_PROGRAM, run_program


@pytest.fixture
def project(tmp_path):
    """A copy of what deploy/demo.sh needs, with a program that was built long ago."""
    directory = tmp_path / "project"
    (directory / "build").mkdir(parents=True)
    shutil.copytree(ROOT / "deploy", directory / "deploy")
    old = directory / "build/cupbearer"
    old.write_text("#!/bin/sh\necho the old program\n")
    old.chmod(0o755)
    return directory


def run(directory, *command, path=os.environ["PATH"]):
    return subprocess.run(command, cwd=directory, env={"PATH": str(path)}, capture_output=True, text=True, timeout=60)


def test_a_demo_that_cannot_be_built_does_not_run_what_was_built_before(project):
    (project / "build/demo.log").mkdir()  # not to be written, for root neither
    ended = run(project, "deploy/demo.sh", "--once")
    assert ended.returncode == 5 and "the old program" not in ended.stdout, ended.stdout + ended.stderr
    assert "build/demo.log cannot be written" in ended.stderr


def test_only_the_first_demo_says_that_it_builds(project):
    """With a cmake that builds at once a demo that ends at once."""
    made = "build/cupbearer-demo"
    cmake = project / "bin/cmake"
    cmake.parent.mkdir()
    cmake.write_text(f"#!/bin/sh\nprintf '#!/bin/sh\\necho played\\n' >{made} && chmod +x {made}\n")
    cmake.chmod(0o755)
    for building in (True, False):
        ended = run(project, "deploy/demo.sh", path=f"{cmake.parent}:{os.environ['PATH']}")
        assert ended.returncode == 0, ended.stdout + ended.stderr
        assert ended.stdout.endswith("played\nleft: build/ and the Debian packages that were installed\n"), ended.stdout
        assert ("building: a minute or two" in ended.stdout) == building, ended.stdout


def test_the_demos_help_installs_and_builds_nothing_and_has_every_option(project):
    shutil.rmtree(project / "build")
    ended = run(project, "deploy/demo.sh", "--help")
    assert (ended.returncode, ended.stderr) == (0, "") and not (project / "build").exists()
    there_are = set(re.findall(r"--[a-z-]+", run_program("play", "--help", program=DEMO_PROGRAM).stdout))
    assert there_are - {"--help"} | {"--kafka"} == set(re.findall(r"(?m)^  (--[a-z-]+)", ended.stdout)), ended.stdout


@pytest.fixture
def bare(tmp_path):
    """A PATH on which there is no wrk, and an apt-get without a network: `update` warns and succeeds, as Debian's does."""
    directory = tmp_path / "bin"
    directory.mkdir()
    for name in ("bash", "env", "grep", "id", "sed", "sort", "tail", "xargs", "cat", "fold"):
        (directory / name).symlink_to(shutil.which(name))
    (directory / "id").unlink()
    fakes = {
        "id": "echo 0\n",
        "apt-cache": "exit 0\n",
        "apt-get": 'case " $* " in\n'
        '*" --print-uris "*) printf "Need to get 85.0 MB of archives.\\nAfter this operation, 400 MB of additional disk space will be used.\\n" ;;\n'
        '*" update "*) echo "W: Failed to fetch the lists: Temporary failure resolving" >&2 ;;\n'
        '*) echo "E: Unable to locate package wrk" >&2; exit 100 ;;\nesac\n',
    }
    for name, text in fakes.items():
        (directory / name).write_text("#!/bin/bash\n" + text)
        (directory / name).chmod(0o755)
    return directory


def test_a_failed_installation_says_why_the_lists_are_not_there(bare):
    ended = run(ROOT, str(bare / "bash"), "deploy/setup.sh", "load", path=bare)
    assert ended.returncode == 5
    for said in ("Temporary failure resolving", "Unable to locate package wrk", "is there a network?"):
        assert said in ended.stderr, ended.stdout + ended.stderr


def test_an_installation_says_what_it_installs_how_much_and_how_long(bare):
    lines = run(ROOT, str(bare / "bash"), "deploy/setup.sh", "load", path=bare).stdout.splitlines()
    assert lines[0] == "installing 1 Debian package: wrk", lines
    assert any("85.0 MB to download" in line and "minute" in line for line in lines), lines
    assert max(map(len, lines)) <= 80


def test_the_readmes_lines_for_python_work_where_there_is_no_python(bare, tmp_path):
    """An apt-get that brings a python3 whose venv has a pip that only says what it is to install."""
    for name in ("mkdir", "cp"):
        (bare / name).symlink_to(shutil.which(name))
    (tmp_path / "python3").write_text(
        """#!/bin/bash\n[ "$*" != "-m venv .venv" ] || { mkdir -p .venv/bin && echo 'pip() { echo "pip $*"; }' >.venv/bin/activate; }\n"""
    )
    (tmp_path / "python3").chmod(0o755)
    (bare / "apt-get").write_text(f'#!/bin/bash\n[[ " $* " != *" python3-venv "* ]] || cp {tmp_path}/python3 {bare}/\n')
    (tmp_path / "deploy").symlink_to(ROOT / "deploy")
    ended = run(tmp_path, str(bare / "bash"), "-c", snippet("python-environment"), path=bare)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.endswith("pip install confluent-kafka standardwebhooks\n"), ended.stdout + ended.stderr


@pytest.mark.parametrize("packages", ["prometheus", "prometheus promtool"])  # Debian 12, 13
def test_prometheus_is_unpacked_and_not_installed_for_then_it_would_run(bare, tmp_path, packages):
    """Once; then it is there, and apt-get is not asked any more."""
    fakes = {
        "apt-cache": f'[[ " {packages} " = *" $2 "* ]]\n',
        "apt-get": f'echo "$*" >>{tmp_path}/asked\n'
        'while [ "$1" != download ]; do uris=$uris$1; shift; done; shift\n'
        'for one; do [[ $uris = *uris* ]] && echo "uri x.deb 19000000 hash" || : >$one.deb; done\n',
        "dpkg-deb": '[ "$1 $3" = "-x ." ] && mkdir -p usr/bin && for one in prometheus promtool; do\n'
        'echo >usr/bin/$one; chmod +x usr/bin/$one; done\n',
    }  # fmt: skip
    for name in ("awk", "mkdir", "rm", "chmod"):
        (bare / name).symlink_to(shutil.which(name))
    for name, text in fakes.items():
        (bare / name).write_text("#!/bin/bash\n" + text)
        (bare / name).chmod(0o755)
    command = (str(bare / "env"), f"HOME={tmp_path}", str(bare / "bash"), "deploy/setup.sh", "prometheus")
    ended = run(ROOT, *command, path=bare)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert f"Debian packages: {packages}\n  {19 * len(packages.split())}.0 MB to download" in ended.stdout
    asked = (tmp_path / "asked").read_text()
    assert asked.splitlines()[-1] == f"-qq download {packages}"
    assert [path.name for path in (tmp_path / ".cache/cupbearer/prometheus").iterdir()] == ["usr"]
    assert run(ROOT, *command, path=bare).stdout == ""
    assert (tmp_path / "asked").read_text() == asked
