"""What deploy/ installs says what the program does, and holds together: manual, completions, unit, image, compose. No
engine runs here: docker-compose resolves docker-compose.yml, and what it would start runs without containers."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import urllib.request

import pytest
from broker import ROOT
from programs import ENVIRONMENT, PROGRAM, STANDIN_ACCOUNT, STANDIN_API_KEY, Process, run_program

DEPLOY = ROOT / "deploy"
PAGES = PROGRAM.parent / "pages"  # what the build made of the files in deploy/
MANUAL = PAGES / "cupbearer.1"
UNIT = DEPLOY / "cupbearer.service"
GATE_UNIT = DEPLOY / "cupbearer-gate.service"
OPTION = re.compile(r"(?<![\w-])--?[a-z][a-z-]*")


def run(*words, **settings):
    settings = {"env": ENVIRONMENT, "cwd": ROOT, **settings}
    return subprocess.run([*map(str, words)], capture_output=True, text=True, timeout=300, **settings)


def told(*words, **settings):
    """What a command prints that must succeed without a word of complaint."""
    ended = run(*words, **settings)
    assert (ended.returncode, ended.stderr) == (0, ""), f"{words}: {ended.stdout}{ended.stderr}"
    return ended.stdout


def commands():
    return re.findall(r"(?m)^  cupbearer (\w+) ", told(PROGRAM, "help"))


COMMANDS = commands()


def options_of_lines(lines):
    """The options with which these lines begin; what follows two spaces is their explanation."""
    return {option for line in lines if line.startswith("-") for option in OPTION.findall(line.split("  ")[0])}


def options(command):
    """What --help tells of, except --help itself."""
    return options_of_lines(map(str.strip, told(PROGRAM, command, "--help").splitlines())) - {"-h", "--help"}


def long_options(command):
    return {option for option in options(command) if option.startswith("--")} | {"--help"}


# ---- the manual ----


def manual():
    """The rendered manual as {title of section or subsection: its lines}."""
    parts, title = {}, ""
    for line in re.sub(r".\x08", "", told("mandoc", "-T", "ascii", "-O", "width=160", MANUAL)).splitlines():
        if line and not line.startswith("    "):
            title = line.strip()
            assert title not in parts, f"{title} twice"
        parts.setdefault(title, []).append(line.removeprefix("     "))
    return parts


@pytest.fixture(scope="module")
def sections():
    return manual()


def test_the_manual_is_without_fault():
    assert told("mandoc", "-T", "lint", MANUAL) == ""
    assert told("groff", "-mandoc", "-Tutf8", "-ww", "-z", MANUAL) == ""


@pytest.mark.parametrize("command", COMMANDS)
def test_the_manual_has_exactly_the_options_that_help_tells_of(sections, command):
    written = [options_of_lines(lines) for title, lines in sections.items() if command in title.split()]
    assert written, f"no subsection '{command}'"
    assert set().union(*written) == options(command)


@pytest.mark.parametrize(
    ("line", "instead", "mistake"),
    [
        ('.\\" OPTIONS keygen\n', "", '.\\" OPTIONS keygen  where keygen is described'),
        ('.\\" OPTIONS keygen\n', '.\\" OPTIONS keygne\n', "no command has a group of options 'keygne'"),
    ],
)
def test_a_manual_that_leaves_options_out_fails_the_build(tmp_path, line, instead, mistake):
    text = (DEPLOY / "cupbearer.1").read_text()
    assert line in text
    (tmp_path / "cupbearer.1").write_text(text.replace(line, instead))
    made = run(PROGRAM.with_name("cupbearer-pages"), "man", tmp_path / "cupbearer.1", tmp_path / "made")
    assert made.returncode == 2 and mistake in made.stderr
    assert not (tmp_path / "made").exists()


# ---- completions ----


def completed(*words):
    """What bash offers for the last word."""
    script = (
        f'. {PAGES}/cupbearer.bash; COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _cupbearer; '
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    return set(told("bash", "-c", script, "bash", "cupbearer", *words).split())


def test_bash_offers_the_commands():
    assert completed("") == {*COMMANDS, "help", "--help", "--version"}
    assert completed("s") == {command for command in COMMANDS if command.startswith("s")}
    assert completed("help", "") == {*COMMANDS, "help"}


@pytest.mark.parametrize("command", COMMANDS)
def test_bash_offers_exactly_the_options_that_help_tells_of(command):
    assert completed(command, "-") == long_options(command)


def test_bash_offers_values_where_they_are_known(tmp_path):
    (tmp_path / "keys").mkdir()
    (tmp_path / "key.json").touch()
    assert completed("run", "--log-level", "") == {"error", "warning", "info", "debug"}
    assert completed("verify", "--partitioner", "m") == {"murmur2"}
    assert completed("sign", "--format", "") == {"json", "kcat"}
    assert completed("dead", "") == {"list", "show", "resend", "export"}
    assert completed("dead", "resend", "--reason", "g") == {"gave_up"}
    outcomes = (ROOT / "worker/event/outcome.def").read_text()
    assert completed("dead", "resend", "--reason", "") == set(re.findall(r'"(?:failed|rejected)", "(\w+)"', outcomes))
    both = {f"{tmp_path}/keys", f"{tmp_path}/key.json"}
    assert completed("dead", "export", f"{tmp_path}/k") == both
    assert completed("run", "-c", f"{tmp_path}/k") == completed("sign", f"{tmp_path}/k") == both
    assert completed("keygen", "--dir", f"{tmp_path}/k") == {f"{tmp_path}/keys"}
    assert completed("send", "--body", "") == completed("send", "--body", "-") == set()
    assert "--wait" in completed("send", "--body", "Hi", "--webhooks", "--w")


def offered_by_zsh(*words):
    """What the function tells zsh, one thing a line: the functions that would show it print it instead."""
    script = (
        "_describe() { print -rl -- ${(P)2} }; _values() { shift; print -rl -- $@ }; _arguments() { print -rl -- $@ }; "
        f'words=("$@") CURRENT=$#; . {PAGES}/_cupbearer'
    )
    return told("zsh", "-f", "-c", script, "zsh", "cupbearer", *words).splitlines()


def test_zsh_offers_the_commands():
    names = {re.match(r"[\w-]+", line)[0] for line in offered_by_zsh("")}
    assert names == {*COMMANDS, "help", "--help", "--version"}


@pytest.mark.parametrize("command", COMMANDS)
def test_zsh_offers_exactly_the_options_that_help_tells_of(command):
    specs = [re.match(r"(?:\([^)]*\))?\*?(--?[a-z][a-z-]*)", line) for line in offered_by_zsh(command, "-")]
    assert {spec[1] for spec in specs if spec} - {"-h"} == options(command) | {"--help"}


# ---- the unit, and what is installed ----


def unit_here(directory, source=UNIT):
    """The unit as a file whose program exists."""
    directory.mkdir()
    text = source.read_text()
    assert "\nExecStart=cupbearer " in text
    unit = directory / source.name
    unit.write_text(text.replace("\nExecStart=cupbearer ", f"\nExecStart={PROGRAM} "))
    return unit


@pytest.mark.parametrize("source", [UNIT, GATE_UNIT], ids=["worker", "gate"])
def test_systemd_takes_the_unit_and_finds_little_exposed(tmp_path, source):
    unit = unit_here(tmp_path / "unit", source)
    verified = run("systemd-analyze", "verify", "--man=no", unit)
    assert verified.returncode == 0 and source.name not in verified.stderr, verified.stderr
    judged = run("systemd-analyze", "security", "--offline=true", "--threshold=15", unit)  # 1.5 of 10
    assert judged.returncode == 0, judged.stdout


def settings_of(unit):
    return [line for line in unit.read_text().splitlines() if "=" in line and not line.startswith("#")]


@pytest.mark.parametrize("source", [UNIT, GATE_UNIT], ids=["worker", "gate"])
def test_a_mistake_in_the_configuration_is_not_tried_again_and_a_loop_that_stands_still_is(source):
    """RestartPreventExitStatus= looks at ExecStart alone: with an ExecStartPre that ends with 2 systemd 252 starts it again and again."""
    settings = settings_of(source)
    assert {"RestartPreventExitStatus=2", "Restart=on-failure", "Type=notify", "WatchdogSec=60"} <= set(settings)
    assert not [line for line in settings if line.startswith("ExecStartPre")]


def test_the_gates_unit_is_as_hardened_as_the_workers_and_keeps_the_composers_token_from_the_journal():
    def hardening(unit):
        settings = settings_of(unit)
        return settings[settings.index("CapabilityBoundingSet=") :]

    assert hardening(GATE_UNIT) == hardening(UNIT)
    outputs = [line for line in settings_of(GATE_UNIT) if line.startswith("Standard")]
    assert outputs == ["StandardOutput=truncate:/run/cupbearer-gate.composer", "StandardError=journal"]
    assert "UMask=0077" in settings_of(GATE_UNIT)  # that file's mode


def test_the_units_own_example_of_a_credential_is_good(tmp_path):
    unit = unit_here(tmp_path / "unit")
    lines = re.findall(r"(?m)^#   (.*)$", UNIT.read_text())
    assert any(line.startswith("LoadCredential=") for line in lines)
    drop_in = unit.parent / f"{unit.name}.d" / "override.conf"
    drop_in.parent.mkdir()
    drop_in.write_text("\n".join(lines))
    verified = run("systemd-analyze", "verify", "--man=no", unit)
    assert verified.returncode == 0 and "override.conf" not in verified.stderr, verified.stderr


def test_the_install_brings_everything_to_its_place(tmp_path):
    installed = run("cmake", "--install", PROGRAM.parent, "--prefix", "/usr", env={**ENVIRONMENT, "DESTDIR": tmp_path})
    assert installed.returncode == 0, installed.stderr
    for path, source in {
        "share/man/man1/cupbearer.1": MANUAL,
        "share/doc/cupbearer/cupbearer.conf": DEPLOY / "cupbearer.conf",
        "share/bash-completion/completions/cupbearer": PAGES / "cupbearer.bash",
        "share/zsh/site-functions/_cupbearer": PAGES / "_cupbearer",
        "lib/systemd/system/cupbearer.service": UNIT,
        "lib/systemd/system/cupbearer-gate.service": GATE_UNIT,
        "lib/sysusers.d/cupbearer.conf": DEPLOY / "cupbearer.sysusers",
    }.items():
        assert (tmp_path / "usr" / path).read_bytes() == source.read_bytes(), path
    assert os.access(tmp_path / "usr/bin/cupbearer", os.X_OK)


# ---- the build ----


def revision(directory, given=""):
    """What a build of this directory would say of itself."""
    header = directory.parent / "revision.h"
    made = run(
        "cmake", "-D", f"REVISION={given}", "-D", "GIT=git", "-D", f"SOURCE={directory}", "-D", f"OUTPUT={header}",
        "-P", ROOT / "worker/cmd/revision.cmake",
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    return re.fullmatch(r'#define CUPBEARER_REVISION "(.*)"\n', header.read_text())[1]


def test_the_revision_is_the_commit_of_the_sources_own_clone_or_what_the_build_is_told(tmp_path):
    clone, tarball = tmp_path / "clone", tmp_path / "clone/tarball"
    git = ("git", "-C", clone, "-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    tarball.mkdir(parents=True)
    (clone / "file").touch()
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "first"], ["tag", "v1"]):
        assert run(*git, *words).returncode == 0
    commit = told(*git, "rev-parse", "HEAD")[:12]
    assert revision(clone) == commit
    (clone / "file").write_text("changed")
    assert revision(clone) == f"{commit}-dirty"
    assert revision(tarball) == ""
    assert revision(tarball, "1.2-3") == revision(clone, "1.2-3") == "1.2-3"


def test_the_programs_do_not_name_the_directory_in_which_they_were_built():
    for name in ("cupbearer", "cupbearer-demo", "libcupbearer.so", "libcupbearer.a"):
        assert str(ROOT).encode() not in PROGRAM.with_name(name).read_bytes(), name


# ---- the image ----


def dockerfile():
    text = re.sub(r"\\\n", " ", (DEPLOY / "Dockerfile").read_text())
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_the_image_has_the_libraries_that_the_program_is_linked_to():
    final = dockerfile()[-1 - dockerfile()[::-1].index("FROM debian:trixie-slim") :]
    [install] = [line for line in final if "apt-get install" in line]
    packages = install.split("--no-install-recommends")[1].split("&&")[0].split()
    needed = re.findall(r"NEEDED.*\[(.*)\]", told("readelf", "-d", PROGRAM))
    owners = {told("dpkg", "-S", f"*/{name}").split(":")[0] for name in needed if name != "libc.so.6"}
    # Debian 13 marks libraries whose times have 64 bits, on every machine.
    assert {package.removesuffix("t64") for package in packages} == {owner.removesuffix("t64") for owner in owners} | {
        "ca-certificates"
    }


def test_the_images_labels_are_true():
    [label] = [line for line in dockerfile() if line.startswith("LABEL ")]
    labels = dict(re.findall(r'org\.opencontainers\.image\.([a-z.]+)="?([^" ]*[^"]*?)"?(?= +org|$)', label))
    version = re.search(r"project\(cupbearer VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text())[1]
    assert labels.keys() == {"title", "description", "licenses", "version", "revision", "base.name"}
    assert (labels["title"], labels["version"], labels["revision"]) == ("cupbearer", version, "$REVISION")
    assert labels["licenses"] == "MIT" and "MIT License" in (ROOT / "LICENSE").read_text()
    bases = {line.split()[1] for line in dockerfile() if line.startswith("FROM ")}
    assert {labels["base.name"]} == {f"docker.io/library/{base}" for base in bases}
    # The program says the same.
    assert any("-DCUPBEARER_REVISION=$REVISION" in line for line in dockerfile())
    assert dockerfile().count("ARG REVISION") == len([line for line in dockerfile() if line.startswith("FROM ")])


def test_the_image_runs_the_worker_as_nobody_in_particular():
    final = dockerfile()
    for line in ("USER 10001:10001", "STOPSIGNAL SIGTERM", 'ENTRYPOINT ["cupbearer"]', 'CMD ["run"]'):
        assert line in final
    assert [line.split("CMD ")[1] for line in final if line.startswith("HEALTHCHECK ")] == ['["cupbearer", "health"]']


def test_the_images_context_holds_what_the_build_reads_and_nothing_secret(tmp_path):
    everything, *kept = [line for line in (ROOT / ".dockerignore").read_text().split("\n") if line[:1] not in ("", "#")]
    assert everything == "*"
    for path in (line.removeprefix("!") for line in kept):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (ROOT / path).is_dir() else shutil.copy)(ROOT / path, tmp_path / path)
    assert {path.name for path in tmp_path.iterdir()} == {"CMakeLists.txt", "deploy", "include", "worker"}
    configured = run("cmake", "-G", "Ninja", "-S", tmp_path, "-B", tmp_path / "build", "-DCUPBEARER_TESTS=OFF")
    assert configured.returncode == 0, configured.stderr
    assert run("git", "check-ignore", "deploy/compose/secrets/mark.key").returncode == 0


# ---- docker-compose.yml ----


def compose(*profiles, **variables):
    """The file resolved with these profiles and variables, and none of a developer's own .env."""
    with tempfile.NamedTemporaryFile() as empty:
        words = [word for profile in profiles for word in ("--profile", profile)]
        resolved = run("docker-compose", *words, "--env-file", empty.name, "config", env={**ENVIRONMENT, **variables})
    assert resolved.returncode == 0, resolved.stderr
    read = "import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)"
    return json.loads(told("/usr/bin/python3", "-c", read, input=resolved.stdout))


def test_compose_lets_any_number_of_workers_run_with_little_power():
    worker = compose()["services"]["worker"]
    assert not worker.keys() & {"ports", "container_name", "hostname", "network_mode", "privileged", "profiles"}
    assert (worker["stop_grace_period"], worker["restart"], worker["user"]) == ("35s", "unless-stopped", "10001:10001")
    assert (worker["read_only"], worker["cap_drop"], worker["security_opt"]) == (
        True, ["ALL"], ["no-new-privileges:true"],
    )  # fmt: skip
    assert worker["depends_on"]["topics"]["condition"] == "service_completed_successfully"
    assert {secret["source"] for secret in worker["secrets"]} == {"keyring.json", "mark.key", "acme.key"}


def test_compose_keeps_no_log_without_end():
    services = compose("gate", "tools", "papercups")["services"]
    limits = {name: service.get("logging") for name, service in services.items()}
    assert {"worker", "gate", "tools", "kafka", "papercups"} <= limits.keys()
    wanted = {"driver": "json-file", "options": {"max-size": "10m", "max-file": "5"}}
    assert [name for name, limit in limits.items() if limit != wanted] == []


def test_compose_has_the_commands_with_the_workers_own_configuration():
    services = compose("tools")["services"]
    tools, worker = services["tools"], services["worker"]
    assert tools["profiles"] == ["tools"]
    for name in ("image", "user", "read_only", "cap_drop", "security_opt", "environment", "tmpfs"):
        assert tools[name] == worker[name], name
    mounted = {volume.split(":")[1] if isinstance(volume, str) else volume["target"] for volume in tools["volumes"]}
    assert mounted == {"/etc/cupbearer/cupbearer.conf", "/run/secrets"}
    assert not tools.keys() & {"ports", "restart"}


def test_compose_has_a_gate_for_this_machine_alone():
    gate = compose("gate")["services"]["gate"]
    assert gate["profiles"] == ["gate"]
    worker = compose()["services"]["worker"]
    assert all("127.0.0.1" in str(port) for port in gate["ports"])
    for name in ("read_only", "cap_drop", "security_opt", "user", "restart"):
        assert gate[name] == worker[name], name
    browsers = {
        "CUPBEARER_GATE_PUBLIC_URL": "http://localhost:8787",
        "CUPBEARER_ACCOUNT_ACME_DASHBOARD_URL": "http://localhost:4000",  # not as workers see it
    }
    assert gate["environment"] == worker["environment"] | browsers
    assert {secret["source"] for secret in gate["secrets"]} == {
        *(secret["source"] for secret in worker["secrets"]), "gate-1.key", "tokens.json",
    }  # fmt: skip
    assert gate["healthcheck"]["test"] == ["CMD", "cupbearer", "health", "--url", "http://127.0.0.1:8787"]


def test_what_compose_starts_delivers_an_event(own_kafka, kafka_commands, standin, tmp_path):
    own_kafka.create("cupbearer.events", 12, message_timestamp_type="CreateTime")  # to be corrected
    made = run(DEPLOY / "compose/topics.sh", own_kafka.bootstrap, env={**ENVIRONMENT, "PATH": kafka_commands})
    assert made.returncode == 0, made.stdout + made.stderr
    # Small, and it unpacks to more than the topic takes.
    packed = own_kafka.producer_with(compression_type="zstd", message_max_bytes=20000000, batch_size=20000000)
    told = []
    packed.produce("cupbearer.events", value=bytes(8 << 20), on_delivery=lambda error, _: told.append(error.name()))
    packed.flush(30)
    assert told == ["MSG_SIZE_TOO_LARGE"]

    signed = ("--key-file", tmp_path / "backend-1.key", "--key-id", "backend-1", "--account", "acme")
    entry = run_program("keygen", "backend-1", "--dir", tmp_path, "--account", "acme").stdout
    gate_key = run_program("keygen", "gate-1", "--sender", "gate", "--dir", tmp_path, "--account", "acme").stdout
    (tmp_path / "keyring.json").write_text(f'{{"keys": [{entry}, {gate_key}]}}')
    token, token_entry = run_program("keygen", "--token", "shop", "--account", "acme").stdout.split("\n", 1)
    (tmp_path / "tokens.json").write_text(f'{{"tokens": [{token_entry}]}}')
    (tmp_path / "acme.key").write_text(STANDIN_API_KEY)
    assert run_program("keygen", "--mark", tmp_path / "mark.key").returncode == 0
    conf = tmp_path / "cupbearer.conf"
    conf.write_text((DEPLOY / "compose/cupbearer.conf").read_text().replace("/run/secrets/", f"{tmp_path}/"))

    service = compose(PAPERCUPS_URL=standin.url, PAPERCUPS_ACCOUNT=STANDIN_ACCOUNT)["services"]["worker"]
    assert service["tmpfs"] == ["/run/cupbearer"], "the configuration's state_dir"
    # On this machine others may listen too.
    variables = {
        **service["environment"], "CUPBEARER_WORKER_STATE_DIR": str(tmp_path),
        "CUPBEARER_KAFKA_BOOTSTRAP_SERVERS": own_kafka.bootstrap,
        "CUPBEARER_ADMIN_LISTEN": "127.0.0.1:0",
    }  # fmt: skip
    worker = Process(tmp_path / "worker.log", *service["command"], "--config", conf)
    worker.arguments = ["env", *(f"{name}={value}" for name, value in variables.items()), *worker.arguments]
    worker.start(r"\bevent=ready\b")
    sent = run_program("send", "-b", own_kafka.bootstrap, *signed, "--to-external-id", "ada", "--body", "Hi", "--wait")
    assert sent.returncode == 0, f"{sent.stderr}\n{worker.tail()}"
    url = re.search(r"event=admin url=(\S+)", worker.text())[1]
    asked = run_program("health", "--url", url)
    assert asked.returncode == 0, asked.stderr

    gate = Process(tmp_path / "gate.log", *compose("gate")["services"]["gate"]["command"], "--config", conf)
    variables["CUPBEARER_GATE_LISTEN"] = "127.0.0.1:0"
    gate.arguments = ["env", *(f"{name}={value}" for name, value in variables.items()), *gate.arguments]
    url = gate.start(r"\bevent=serving url=(\S+)")[1]
    assert run_program("health", "--url", url).returncode == 0
    order = {"payload": {"account": "acme", "to": {"customer": {"external_id": "ada"}}, "message": {"body": "Ho"}}}
    request = urllib.request.Request(
        f"{url}/v1/send", data=json.dumps(order).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )  # fmt: skip
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 202
    request.add_header("Host", "gate:8787")  # as others in its network call it
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 202
    gate.stop()
    worker.stop()


def test_topics_of_another_size_are_named_and_left_alone(tmp_path):
    command = tmp_path / "kafka-topics.sh"
    command.write_text("#!/bin/sh\necho 'Topic: cupbearer.events	PartitionCount: 6	ReplicationFactor: 1'\n")
    command.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    ended = run(DEPLOY / "compose/topics.sh", "localhost:1", env={**ENVIRONMENT, "PATH": path})
    assert ended.returncode == 1
    assert "cupbearer.events has 6 partitions, not 12" in ended.stderr
