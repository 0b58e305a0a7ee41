"""deploy/README.md's way to a first worker: its blocks as they are printed, but for addresses, ids and directories."""

import subprocess

import pytest
from documents import snippet
from programs import ENVIRONMENT, PROGRAM, STANDIN_ACCOUNT, STANDIN_API_KEY, Process, run_program

BROKERS = "kafka:9092"
# What the document says to leave out on fewer than three brokers.
REPLICAS = ("--replication-factor 3 ", "--config min.insync.replicas=2 ")


def put(text, instead):
    """Each must stand in the text."""
    for old, new in instead.items():
        assert old in text, f"'{old}' is not in the document's block"
        text = text.replace(old, str(new))
    return text


@pytest.fixture
def shell(kafka_commands, tmp_path):
    """Types a block in the directory of the configuration; returns what was printed."""

    def shell(block):
        path = f"{PROGRAM.parent}:{kafka_commands}"
        ended = subprocess.run(
            ["sh", "-ec", block], cwd=tmp_path, env={**ENVIRONMENT, "PATH": path}, capture_output=True, text=True, timeout=300
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    return shell


def test_the_blocks_of_the_document_make_a_worker_that_delivers(own_kafka, standin, shell, tmp_path):
    # Kafka's own defaults, not those that deploy/kafka.sh gives a broker.
    shell(
        f"kafka-configs.sh --bootstrap-server {own_kafka.bootstrap} --alter --entity-type brokers --entity-default "
        "--add-config log.message.timestamp.type=CreateTime,log.retention.ms=604800000"
    )
    shell(put(snippet("topics"), {BROKERS: own_kafka.bootstrap, **dict.fromkeys(REPLICAS, "")}))
    configuration = put(
        snippet("first-configuration"),
        {
            BROKERS: own_kafka.bootstrap, "/etc/cupbearer": tmp_path, "https://papercups.example.com": standin.url,
            "eb504736-0f20-4978-98ff-1a82ae60b266": STANDIN_ACCOUNT,
        },
    )  # fmt: skip
    (tmp_path / "cupbearer.conf").write_text(configuration)
    (tmp_path / "acme.key").touch(mode=0o600)
    (tmp_path / "acme.key").write_text(STANDIN_API_KEY + "\n")
    *made, started = snippet("first-worker").splitlines()
    assert started == "cupbearer run --config cupbearer.conf"
    shell("\n".join(made))
    shell(f"{started} --check")
    worker = Process(tmp_path / "worker.log", *started.split()[1:])
    worker.arguments = ["env", "-C", tmp_path, "CUPBEARER_ADMIN_LISTEN=off", *worker.arguments]
    worker.start(r"event=started\b")
    try:
        sent = run_program(
            "send", "-b", own_kafka.bootstrap, "--key-file", tmp_path / "backend-1.key", "--key-id", "backend-1",
            "--account", "acme", "--to-external-id", "ada", "--body", "Hi", "--wait",
        )  # fmt: skip
        assert sent.returncode == 0, f"{sent.stderr}\n{worker.tail()}"
        assert "event=topic_" not in worker.text(), "nothing is to be said of topics that were made so"
        assert shell("cupbearer audit --config cupbearer.conf").endswith("records = outcomes\n")
        worker.stop()
    finally:
        worker.discard()
