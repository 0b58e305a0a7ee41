"""`cupbearer doctor` finds what is wrong with an installation, says why and how to fix it, and writes nothing."""

import json

import pytest
from programs import STANDIN_API_KEY, run_program

PARTITIONS = 3


@pytest.fixture
def topics(kafka):
    return kafka.topics(PARTITIONS)


@pytest.fixture
def doctor(installation):
    """doctor(): its exit code, and its findings by area."""

    def look(*words):
        asked = run_program("doctor", "--config", installation.configuration(), "--json", *words)
        assert asked.stderr == "", asked.stderr
        *findings, total = [json.loads(line) for line in asked.stdout.splitlines()]
        for word, level in (("problems", "problem"), ("warnings", "warning"), ("unchecked", "unchecked"), ("ok", "ok")):
            assert total[word] == sum(finding["level"] == level for finding in findings), (word, total, findings)
        return asked.returncode, findings

    return look


def find(findings, area, *words):
    """The one finding of that area that has all these words."""
    found = [one for one in findings if one["area"] == area and all(word in str(one) for word in words)]
    assert len(found) == 1, (area, words, found, findings)
    return found[0]


def test_an_installation_that_is_well_has_no_problem(doctor, installation, topics):
    code, findings = doctor()
    assert code == 0 and [one for one in findings if one["level"] == "problem"] == [], findings
    for area, word in (
        ("configuration", "1 account"), ("files", "1 key"), ("files", "a mark secret"), ("kafka", "librdkafka"),
        ("topics", topics.events), ("topics", topics.receipts), ("topics", topics.dead),
    ):  # fmt: skip
        assert find(findings, area, word, "'ok'")["level"] == "ok"


def test_what_is_wrong_with_topics_and_files_is_found_at_once_each_with_what_fixes_it(doctor, kafka, topics, installation):
    kafka.create("doctor.events", PARTITIONS, message_timestamp_type="CreateTime", cleanup_policy="compact",
                 max_message_bytes="65536")  # fmt: skip
    kafka.create("doctor.receipts", PARTITIONS - 1, retention_ms="60000", unclean_leader_election_enable="true",
                 retention_bytes="1000000")  # fmt: skip
    installation.configure("topics", events="doctor.events", receipts="doctor.receipts", dead="doctor.none")
    (installation.directory / "mark.key").unlink()
    (installation.directory / "acme.key").chmod(0o644)
    installation.configure("account other", **{**installation.settings["account acme"]})
    code, findings = doctor()
    assert code == 1
    configs = "kafka-configs.sh --bootstrap-server " + kafka.bootstrap + " --alter --entity-type topics --entity-name "
    for area, words, level, fix in (
        ("topics", ("doctor.events", "CreateTime"), "problem",
         f"{configs}doctor.events --add-config message.timestamp.type=LogAppendTime"),
        ("topics", ("doctor.events", "cleanup.policy=compact"), "problem",
         f"{configs}doctor.events --add-config cleanup.policy=delete"),
        ("topics", ("doctor.events", "max.message.bytes=65536"), "warning",
         f"{configs}doctor.events --add-config max.message.bytes=1048576"),
        ("topics", ("doctor.receipts", "retention.ms=60000"), "problem",
         f"{configs}doctor.receipts --add-config retention.ms=691200000"),
        ("topics", ("doctor.receipts", "has unclean.leader.election.enable=true"), "problem",
         f"{configs}doctor.receipts --add-config unclean.leader.election.enable=false"),
        ("topics", ("doctor.receipts", "has retention.bytes=1000000"), "warning",
         f"{configs}doctor.receipts --add-config retention.bytes=-1"),
        ("topics", ("doctor.receipts has 2 partitions, doctor.events has 3",), "problem",
         f"kafka-topics.sh --bootstrap-server {kafka.bootstrap} --alter --topic doctor.receipts --partitions 3"),
        ("topics", ("there is no topic doctor.none",), "problem",
         f"kafka-topics.sh --bootstrap-server {kafka.bootstrap} --create --topic doctor.none --partitions 3 "),
        ("files", ("there is no", "mark.key"), "problem", f"cupbearer keygen --mark {installation.directory}/mark.key"),
        ("files", ("every user may read", "acme.key"), "warning", f"chmod o-rwx {installation.directory}/acme.key"),
        ("files", ("may write to account other",), "warning",
         f"cupbearer keygen NAME --account other --keyring {installation.directory}/keyring.json"),
    ):  # fmt: skip
        finding = find(findings, area, *words)
        assert finding["level"] == level and finding["command"].startswith(fix), finding
    assert kafka.has("doctor.events", PARTITIONS) and "doctor.none" not in kafka.admin.list_topics(timeout=10).topics
    # What a worker would end with is among them, in its own words.
    refused = installation.run_to_end()
    assert refused.returncode == 2 and any(one["what"] in refused.stdout + refused.stderr for one in findings if
                                           one["level"] == "problem")  # fmt: skip


def test_all_mistakes_of_the_configuration_are_told_and_the_rest_is_not_guessed(doctor, installation):
    installation.configure("kafka", grup_id="x", **{"session.timeout.ms": 6000})
    installation.configure("account acme", url="ftp://papercups.example", api_key=STANDIN_API_KEY)
    del installation.settings["worker"]["mark_secret_file"]
    code, findings = doctor()
    assert code == 1
    problems = [one["what"] for one in findings if one["level"] == "problem"]
    for word in ('"grup_id"', '"api_key"', "url must begin", '"mark_secret_file"', "session.timeout.ms (6000)"):
        assert sum(word in problem for problem in problems) == 1, (word, problems)
    assert len(problems) == 5 and STANDIN_API_KEY not in str(findings)
    assert [one["area"] for one in findings if one["level"] == "unchecked"] == ["configuration"]


def test_a_broker_that_is_away_keeps_nothing_else_from_being_found(doctor, installation):
    installation.configure("kafka", bootstrap_servers="127.0.0.1:1")
    (installation.directory / "keyring.json").write_text('{"keys": []}')
    code, findings = doctor()
    assert code == 1
    assert find(findings, "kafka", "no answer from Kafka at 127.0.0.1:1")["level"] == "problem"
    assert find(findings, "kafka", "the topics")["level"] == "unchecked"
    assert find(findings, "files", "has no keys")["command"].startswith("cupbearer keygen NAME --account")


def test_people_read_lines_of_80_columns_and_commands_in_one_piece(installation, topics):
    installation.configure("topics", dead="doctor.missing")
    asked = run_program("doctor", "--config", installation.configuration())
    assert asked.returncode == 1 and asked.stderr == ""
    lines = asked.stdout.splitlines()
    at = lines.index("problem    there is no topic doctor.missing")
    assert lines[at + 1].startswith("           fix  kafka-topics.sh --bootstrap-server ")
    assert "--topic doctor.missing" in lines[at + 1]
    for line in lines:  # a path, or a command, stays whole
        assert len(line) <= 80 or " fix  " in line or len(line[11:].split()) == 1, line
    assert lines[-1].startswith("1 problem, ")


def test_a_wrong_word_is_usage():
    for words in (("--jsn",), ("all",), ("--config",)):
        asked = run_program("doctor", *words)
        assert (asked.returncode, asked.stdout) == (2, "") and asked.stderr.startswith("cupbearer doctor: "), words
