"""What Debian packages are made of: deploy/packages.sh with a dpkg-buildpackage that tells what it was given, and deploy/debian against
what the build installs. That the packages themselves are good tests/packages.sh tries, which takes longer."""

import os
import re
import shutil
import subprocess
from fnmatch import fnmatch
from pathlib import Path

import pytest
from broker import ROOT
from programs import ENVIRONMENT, PROGRAM

DEBIAN = ROOT / "deploy/debian"
VERSION = re.search(r"project\(cupbearer VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text())[1]
TIME = 1796000000  # 2026-11-30T00:53:20Z

needs_dpkg = pytest.mark.skipif(shutil.which("dpkg") is None, reason="there is no dpkg here")


def run(*words, **settings):
    return subprocess.run([*map(str, words)], capture_output=True, text=True, timeout=300, **{"env": ENVIRONMENT, **settings})


# ---- what they hold ----


def patterns(*names):
    lines = [line for name in names for line in (DEBIAN / name).read_text().splitlines()]
    return [line for line in lines if not line.startswith("#")]


def test_the_symbols_of_the_package_are_those_of_the_library():
    """A program that is built with a package needs one that has its functions; one that is gone breaks programs."""
    library = PROGRAM.with_name("libcupbearer.so")
    listed = run("nm", "-D", "--defined-only", library)
    assert listed.returncode == 0, listed.stderr
    exported = {line.split()[-1] for line in listed.stdout.splitlines() if " A " not in line}
    soname, *rows = (DEBIAN / "libcupbearer0.symbols").read_text().splitlines()
    assert soname.split()[:2] == ["libcupbearer.so.0", "libcupbearer0"]
    assert {re.match(r" (\w+)@Base \d", row)[1] for row in rows} == exported


def test_all_that_is_installed_is_in_one_package(tmp_path):
    installed = run("cmake", "--install", PROGRAM.parent, "--prefix", "/usr", env={**ENVIRONMENT, "DESTDIR": str(tmp_path)})
    assert installed.returncode == 0, installed.stderr
    packages = {name: patterns(name) for name in (path.name for path in DEBIAN.iterdir()) if name.endswith(".install")}
    packages["not-installed"] = patterns("not-installed")
    assert len(packages) == 4
    unused = {one for lines in packages.values() for one in lines}
    # Debian's directory of libraries is named by the machine's architecture; debhelper says so to CMake.
    library = re.compile(r"^usr/lib(/[^/]*-linux-gnu)?/(?=libcupbearer|pkgconfig)")
    for path in (str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if not path.is_dir() or path.is_symlink()):
        path = library.sub("usr/lib/x/", path)
        owners = [name for name, lines in packages.items() for one in lines if fnmatch(path, one) or fnmatch(path, f"{one}/*")]
        assert len(owners) == 1, f"{path}: {owners}"
        unused -= {one for one in unused if fnmatch(path, one) or fnmatch(path, f"{one}/*")}
    assert not unused


# ---- how they are made ----


class Project:
    """A clone of the project, without most of it, in which commits are made."""

    def __init__(self, directory):
        self.directory = directory / "project"
        self.programs = directory / "bin"
        self.programs.mkdir()
        shutil.copytree(ROOT / "deploy", self.directory / "deploy")
        for name in ("CMakeLists.txt", "LICENSE"):
            shutil.copy(ROOT / name, self.directory)
        self.program("dh", "")
        # What it is given it puts into the packages.
        self.program(
            "dpkg-buildpackage",
            'version=$(sed -n "1s/.*(\\(.*\\)).*/\\1/p" debian/changelog)\n'
            'tar -cf "../cupbearer_${version}_amd64.deb" .\n'
            'echo "time $SOURCE_DATE_EPOCH revision $CUPBEARER_REVISION options $DEB_BUILD_OPTIONS"\n',
        )
        self.git("init", "-q")
        self.commit(TIME)

    def program(self, name, text):
        (self.programs / name).write_text(f"#!/bin/bash\n{text}")
        (self.programs / name).chmod(0o755)

    def git(self, *words, time=TIME):
        when = f"{time} +0900"
        environment = {**os.environ, "GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when}
        words = ("git", "-C", self.directory, "-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false", *words)
        ended = run(*words, env=environment)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout.strip()

    def commit(self, time):
        self.git("add", ".")
        self.git("commit", "-q", "--allow-empty", "-m", "one", time=time)

    def packages(self, *words, **variables):
        environment = {**ENVIRONMENT, "PATH": f"{self.programs}:{os.environ['PATH']}", **variables}
        return run(self.directory / "deploy/packages.sh", *words, cwd=self.directory, env=environment)

    def made(self, **variables):
        """(version, directory with what was packed)."""
        ended = self.packages(**variables)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        path = Path(ended.stdout.splitlines()[-1])
        assert path.parent == self.directory / "build/packages"
        unpacked = self.directory.parent / path.name
        shutil.unpack_archive(path, unpacked, "tar")
        return path.name.split("_")[1], unpacked


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


@needs_dpkg
def test_a_later_commit_is_a_higher_version_and_the_release_a_higher_one_than_what_came_before_it(project):
    versions = [project.made()[0]]
    commit = project.git("rev-parse", "--short=12", "HEAD")
    assert versions[0].startswith(f"{VERSION}~git20261130005320.{commit}-1~"), versions
    project.commit(TIME + 1)
    versions.append(project.made()[0])
    project.git("tag", f"v{VERSION}")
    versions.append(project.made()[0])
    assert re.fullmatch(rf"{re.escape(VERSION)}-1~[a-z]+[0-9.]+", versions[-1])
    for lower, higher in zip(versions, versions[1:]):
        assert run("dpkg", "--compare-versions", lower, "lt", higher).returncode == 0, versions


def test_packages_are_of_the_commit_and_say_so_where_files_differ_from_it(project):
    license = project.directory / "LICENSE"
    before = license.read_text()
    license.write_text("changed")
    ended = project.packages()
    assert ended.returncode == 0 and "what was changed since is not in them" in ended.stderr
    _, packed = project.made()
    assert (packed / "LICENSE").read_text() == before


def test_packages_have_the_licence_the_commits_time_and_the_maintainer_that_the_environment_names(project):
    _, packed = project.made(DEBEMAIL="ops@example.com", DEBFULLNAME="Ops", DEB_BUILD_OPTIONS="parallel=1")
    copyright = (packed / "debian/copyright").read_text()
    for line in filter(None, (ROOT / "LICENSE").read_text().splitlines()[4:]):
        assert f"\n {line}\n" in copyright
    assert "\nCopyright: 2026 the cupbearer authors\nLicense: Expat\n Permission" in copyright
    assert "\nMaintainer: Ops <ops@example.com>\n" in (packed / "debian/control").read_text()
    assert "\n -- Ops <ops@example.com>  Mon, 30 Nov 2026 00:53:20 +0000\n" in (packed / "debian/changelog").read_text()
    told = (project.directory / "build/packages.log").read_text()
    commit = project.git("rev-parse", "--short=12", "HEAD")
    assert told == f"time {TIME} revision {commit} options noautodbgsym parallel=1\n"


def test_packages_go_where_the_caller_says_from_where_he_stands(project, tmp_path):
    ended = run("project/deploy/packages.sh", "out", cwd=tmp_path, env={**ENVIRONMENT, "PATH": f"{project.programs}:{os.environ['PATH']}"})
    assert ended.returncode == 0, ended.stderr
    assert [path.suffix for path in (tmp_path / "out").iterdir()] == [".deb"]


def test_packages_that_cannot_be_built_are_not_said_to_be_there(project):
    project.program("dpkg-buildpackage", "echo the reason; exit 29\n")
    ended = project.packages()
    assert ended.returncode == 5 and "the reason" in ended.stderr and "build/packages.log" in ended.stderr
    assert not list(project.directory.rglob("*.deb"))


@pytest.mark.parametrize(
    ("words", "said"), [(["--fast"], "unknown option '--fast'"), (["a", "b"], "one DIRECTORY at most")]
)
def test_packages_sh_says_how_it_is_used(project, words, said):
    ended = project.packages(*words)
    assert ended.returncode == 2 and said in ended.stderr


def test_packages_need_a_clone(project):
    shutil.rmtree(project.directory / ".git")
    ended = project.packages(GIT_CEILING_DIRECTORIES=str(project.directory.parent))
    assert ended.returncode == 2 and "clone the project with git" in ended.stderr


# ---- what they do when they come and go ----


@pytest.fixture
def script(tmp_path):
    """script(name, action): run with a machine of its own below tmp_path."""

    def ran(name, *words):
        text = (DEBIAN / name).read_text().replace("#DEBHELPER#", "")
        text = re.sub(r"/(?=(etc|var/lib|run)/)", f"{tmp_path}/", text).replace("-g cupbearer", f"-g {os.getgid()}").replace("-o root", f"-o {os.getuid()}")
        return run("sh", "-c", text, name, *words)

    for directory in ("etc", "var/lib", "run"):
        (tmp_path / directory).mkdir(parents=True)
    return ran


def test_the_place_for_the_configuration_is_made_once_and_left_as_the_operator_has_it(script, tmp_path):
    place = tmp_path / "etc/cupbearer"
    assert script("cupbearer.postinst", "configure", "").returncode == 0
    assert place.stat().st_mode & 0o7777 == 0o750
    place.chmod(0o700)
    assert script("cupbearer.postinst", "configure", "0.0.1").returncode == 0
    assert place.stat().st_mode & 0o7777 == 0o700


def test_a_purge_takes_what_the_package_made_and_says_what_it_leaves(script, tmp_path):
    place, state = tmp_path / "etc/cupbearer", tmp_path / "var/lib/cupbearer"
    for directory in (place, state):
        directory.mkdir()
    (place / "mark.key").touch()
    (state / "worker-1.lock").touch()
    (tmp_path / "run/cupbearer-gate.composer").touch()
    removed = script("cupbearer.postrm", "remove")
    assert (removed.returncode, removed.stdout) == (0, "")
    assert not (tmp_path / "run/cupbearer-gate.composer").exists() and (state / "worker-1.lock").exists()
    purged = script("cupbearer.postrm", "purge")
    assert purged.returncode == 0 and f"left, with what you have put there: {place}\n" in purged.stdout
    assert (place / "mark.key").exists() and not state.exists() and str(state) not in purged.stdout
    (place / "mark.key").unlink()
    assert str(place) not in script("cupbearer.postrm", "purge").stdout and not place.exists()
