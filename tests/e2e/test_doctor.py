"""`cupbearer doctor` finds what is wrong with an installation, says why and how to fix it, and writes nothing."""

import json
import re
import secrets
import signal
import threading
import time
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from between import Authority
from broker import wait_until
from papercups import ACCOUNT_A, ACCOUNT_B
from programs import ENVIRONMENT, STANDIN_ACCOUNT, STANDIN_API_KEY, StandIn, free_port, run_program
from signing import HmacKey, payload, sign

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
    assert not [one for one in findings if "clock decides" in one["what"]], "nobody knows whose stamps there are"
    assert find(findings, "files", "has no keys")["command"].startswith("cupbearer keygen NAME --account")


@pytest.mark.parametrize(
    ("limits", "level"), [({"not_after": "2026-01-01T00:00:00Z"}, "warning"), ({"not_before": "2999-01-01T00:00:00Z"}, "warning"),
                          ({"revoked": True}, "warning"), ({"not_after": "2999-01-01T00:00:00Z"}, None)],
)  # fmt: skip
def test_a_key_that_is_not_valid_now_is_none_that_may_write(doctor, installation, limits, level):
    key = HmacKey("backend-2", **limits)
    (installation.directory / "keyring.json").write_text(json.dumps({"keys": [key.entry()]}))
    _, findings = doctor()
    assert [one["level"] for one in findings if "may write to account acme" in one["what"]] == ([level] if level else [])


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


# ---- accounts ----


class Moved(BaseHTTPRequestHandler):
    """Leads elsewhere, as a production Papercups does over plain HTTP."""

    def do_GET(self):
        self.send_response(301)
        self.send_header("location", "https://papercups.example/api/v1/me")
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


@pytest.fixture
def moved():
    with HTTPServer(("127.0.0.1", 0), Moved) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def add_customers(standin, count, **row):
    for number in range(count):
        customer = {"external_id": f"doctor_{secrets.token_hex(4)}_{number}", **row}
        standin.api("POST", "/api/v1/customers", {"customer": customer})


def test_each_account_is_looked_at_whatever_is_wrong_with_the_others(doctor, installation, standin, moved, between):
    watched = between()
    installation.configure("account acme", url=watched.url)
    installation.add_account("away", url="http://127.0.0.1:1")
    installation.add_account("refused")
    installation.secret_write("refused.key", "a-key-of-nobody\n")
    installation.add_account("stranger", papercups_account="5b1a2c3d-0009-4000-8000-000000000009")
    installation.add_account("moved", url=moved)
    installation.add_account("keyless", api_key_file=installation.directory / "none.key")
    installation.add_account("blind", ca_file=installation.directory / "none.crt")
    installation.add_account("elsewhere", url=f"{standin.url}/chat")
    before = standin.counts()
    code, findings = doctor()
    assert code == 1
    for account, words in {
        "away": ("no answer from http://127.0.0.1:1", "Is Papercups up"),
        "refused": ("does not accept the API key in", "refused.key", "Settings, API keys"),
        "stranger": ("belongs to Papercups account", STANDIN_ACCOUNT, "0009"),
        "moved": ("redirect (301)", "set url to where it leads"),
        "keyless": ("api_key_file", "none.key", "Settings, API keys"),
        "blind": ("ca_file", "none.crt"),
        "elsewhere": ("/api/v1/me",),
    }.items():
        assert find(findings, f"account {account}", *words)["level"] == "problem"
    assert not [one for one in findings if one["area"] == "account acme" and one["level"] == "problem"]
    assert find(findings, "account acme", "answers, and the key is of Papercups account")["level"] == "ok"
    user = find(findings, "account acme", "is a person or the bot's own")
    assert user["level"] == "unchecked" and standin.api("GET", "/api/v1/me")["data"]["email"] in user["what"]
    assert find(findings, "account acme", "clock and this machine's")["level"] == "ok"
    assert {method for method, _, _ in watched.seen} == {"GET"}
    assert "a-key-of-nobody" not in str(findings) and STANDIN_API_KEY not in str(findings)
    written = [name for name, count in standin.counts().items() if count != before.get(name) and name in before]
    assert standin.messages() == [] and not any("create" in name or "post" in name for name in written), written


def test_accounts_are_asked_side_by_side_and_told_in_their_order(doctor, installation, between):
    """Papercups answers none of them before all ask: one after the other each would wait for its http_timeout."""
    server = between(together=9)
    installation.configure("account acme", url=server.url)
    for number in range(8):
        installation.add_account(f"tenant-{number}")
    code, findings = doctor()
    answered = [one["area"] for one in findings if "answers, and the key is of Papercups account" in one["what"]]
    assert code == 0 and answered == ["account acme", *(f"account tenant-{number}" for number in range(8))], findings
    areas = [one["area"] for one in findings if one["area"].startswith("account ")]
    assert areas == sorted(areas), "what is said of one account stands together"


def test_a_certificate_that_soon_ends_is_told_and_no_request_is_made_for_it(doctor, installation, between, tmp_path):
    authority = Authority(tmp_path)
    server = between(authority=authority)
    installation.configure("account acme", url=server.url, ca_file=authority.file)
    code, findings = doctor()
    told = find(findings, "account acme", "the certificate of", "lasts until")
    day = (datetime.now(timezone.utc) + timedelta(days=1)).strftime("%Y-%m-%d")
    assert (code, told["level"]) == (0, "warning") and day in told["what"], told
    assert server.seen[0][1] == "/api/v1/me"
    installation.configure("account acme", ca_file="/etc/ssl/certs/ca-certificates.crt")
    code, findings = doctor()
    assert code == 1 and "certificate" in find(findings, "account acme", "no answer from")["what"]


def test_pages_that_the_settings_do_not_fit_are_told(doctor, installation, standin):
    _, findings = doctor()
    assert find(findings, "account acme", "whether pages of shop.example")["level"] == "unchecked"
    add_customers(standin, 3, host="www.example.com")
    _, findings = doctor()
    told = find(findings, "account acme", "no customer has the host shop.example")
    assert told["level"] == "warning" and "www.example.com" in told["what"] and "widget_host" in told["fix"]
    add_customers(standin, 3, host="shop.example", email="ada@example.com")
    _, findings = doctor()
    assert find(findings, "account acme", "there are customers of shop.example")["level"] == "ok"
    assert find(findings, "account acme", "widget_email = none", "each has an e-mail")["level"] == "warning"
    installation.configure("account acme", widget_email="given")
    code, findings = doctor()
    assert code == 0 and not [one for one in findings if "widget_email" in one["what"]]


def test_chats_in_several_inboxes_are_told_unless_one_is_named(doctor, tmp_path, installation):
    accounts = [(STANDIN_API_KEY, STANDIN_ACCOUNT, ACCOUNT_A[2]), ACCOUNT_B]
    papercups = StandIn(tmp_path, accounts=accounts)
    try:
        installation.configure("account acme", url=papercups.url)
        row = {"external_id": "doctor", "host": "shop.example"}
        known = papercups.api("POST", "/api/v1/customers", {"customer": row})["data"]["id"]
        for inbox in (ACCOUNT_A[2], ACCOUNT_B[2]):
            chat = {"customer_id": known, "source": "chat", "inbox_id": inbox}
            papercups.api("POST", "/api/v1/conversations", {"conversation": chat})
        _, findings = doctor()
        assert find(findings, "account acme", "several inboxes")["level"] == "warning"
        installation.configure("account acme", inbox=ACCOUNT_A[2])
        _, findings = doctor()
        assert not [one for one in findings if "several inboxes" in one["what"]]
    finally:
        papercups.discard()


@pytest.mark.parametrize(("ahead_ms", "word"), [(3600000, "ahead"), (-3600000, "behind")])
def test_a_clock_that_is_wrong_is_told(doctor, kafka, topics, installation, key, customer, monkeypatch, ahead_ms, word):
    kafka.publish(topics.events, [sign(key, payload(customer))])
    monkeypatch.setitem(ENVIRONMENT, "FAULT_CLOCK_AHEAD_MS", str(ahead_ms))
    _, findings = doctor()
    assert find(findings, "account acme", f" s {word} of Papercups'")["level"] == "warning"
    brokers = find(findings, "kafka", "this machine's clock")
    assert ("is more than 10 s behind" in brokers["what"]) == (word == "behind")
    assert brokers["level"] == ("warning" if word == "behind" else "unchecked")


class Slow(BaseHTTPRequestHandler):
    """Says what time it is, and takes longer to say the rest than clocks may be apart."""

    def do_GET(self):
        about = json.dumps({"data": {"account_id": STANDIN_ACCOUNT, "email": "bot@example.com"}}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(about[:10])
        if self.path == "/api/v1/me":
            time.sleep(11)
        self.wfile.write(about[10:])

    def log_message(self, *arguments):
        pass


def test_of_a_slow_papercups_nothing_is_said_about_its_clock(doctor, installation):
    installation.configure("kafka", **{"session.timeout.ms": 120000}).configure("worker", http_timeout="1m")
    with HTTPServer(("127.0.0.1", 0), Slow) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        installation.configure("account acme", url=f"http://127.0.0.1:{server.server_port}")
        _, findings = doctor()
        server.shutdown()
    clock = find(findings, "account acme", "clock")
    assert (clock["level"], clock["why"]) == ("unchecked", "its answer took too long to tell"), clock


# ---- the group, and what is promised ----


def test_commits_of_another_mark_secret_are_a_problem(doctor, kafka, topics, installation, receipts, key, customer):
    worker = installation.worker()
    kafka.publish(topics.events, [sign(key, payload(customer))])
    receipts.find(lambda record: True, "a receipt")
    worker.stop()
    before = kafka.committed(installation.group, topics)
    code, findings = doctor()
    assert code == 0 and find(findings, "kafka", "not of another mark secret")["level"] == "ok"
    (installation.directory / "mark.key").unlink()
    assert run_program("keygen", "--mark", installation.directory / "mark.key").returncode == 0
    code, findings = doctor()
    assert code == 1 and find(findings, "kafka", "was committed under mark secret")["level"] == "problem"
    assert kafka.committed(installation.group, topics) == before


def test_it_ends_with_what_is_promised_here_and_what_would_lift_it(doctor, kafka, installation):
    _, findings = doctor()
    promised = [one for one in findings if one["area"] == "guarantee"]
    assert findings[-len(promised) :] == promised
    assert find(promised, "guarantee", "exactly one outcome, before")["level"] == "ok"
    assert find(promised, "guarantee", "papercups-once.sql")["level"] == "unchecked"
    assert "60 minutes" in find(promised, "guarantee", "is a duplicate")["what"]
    assert find(promised, "guarantee", "the brokers' clock decides")["level"] == "ok"
    assert "replication factor 3" in find(promised, "guarantee", "gone with its disk")["fix"]
    name = f"doctor.{secrets.token_hex(4)}"
    kafka.create(name, PARTITIONS, message_timestamp_type="CreateTime", unclean_leader_election_enable="true")
    installation.configure("topics", events=name, allow_create_time="true", accept="unclean_leader_election")
    code, findings = doctor()
    assert code == 0
    assert find(findings, "topics", name, "[topics] accept has unclean_leader_election")["level"] == "warning"
    assert find(findings, "guarantee", "as far as the topics keep")["level"] == "warning"
    assert "LogAppendTime" in find(findings, "guarantee", "this machine's clock decides")["fix"]
    text = run_program("doctor", "--config", installation.configuration()).stdout
    assert "\n\nThe guarantee that this installation has, and what would lift it:\n" in text


# ---- run --check ----


def test_a_check_fails_for_what_a_start_refuses_and_only_warns_of_one_account(kafka, topics, installation, standin):
    def check():
        ended = run_program("run", "--check", "--config", installation.configuration())
        return ended.returncode, ended.stdout + ended.stderr

    installation.add_account("away", url="http://127.0.0.1:1")
    code, told = check()
    assert code == 0 and "event=checked" in told and "no answer from http://127.0.0.1:1" in told, told
    assert kafka.members(installation.group) == []
    installation.configure("topics", receipts="doctor.none")
    code, told = check()
    assert code == 2 and "there is no topic doctor.none" in told and "event=checked" not in told, told
    installation.configure("topics", receipts=topics.receipts)
    installation.secret_write("acme.key", "nobodys\n")
    installation.secret_write("away.key", "")
    code, told = check()
    assert code == 2 and "nobodys" not in told, told


def test_a_check_asks_the_accounts_side_by_side(installation, between):
    server = between(together=9)
    installation.configure("account acme", url=server.url)
    for number in range(8):
        installation.add_account(f"tenant-{number}")
    ended = run_program("run", "--check", "--config", installation.configuration())
    told = ended.stdout + ended.stderr
    assert ended.returncode == 0 and "event=checked" in told and "no answer" not in told, told
    assert [path for _, path, _ in server.seen].count("/api/v1/me") == 9


@pytest.mark.parametrize(("words", "status"), [((), 0), (("--check",), -signal.SIGTERM)])
def test_a_start_that_waits_for_papercups_ends_when_it_is_told_to(installation, between, kafka, words, status):
    """Nothing is under way yet. A check that is ended has not said that a worker would start."""
    server = between(together=0)
    installation.configure("kafka", **{"session.timeout.ms": 180000}).configure("worker", http_timeout="2m")
    installation.configure("account acme", url=server.url)
    worker = installation.make_worker()
    worker.arguments += words
    worker.launch()
    wait_until(lambda: server.seen, "it asks whose the key is", explain=worker.tail)
    worker.terminate()
    assert worker.wait() == status and "event=checked" not in worker.text()


def test_a_check_beside_a_worker_takes_nothing_from_it(kafka, topics, installation, receipts, key, customer, tmp_path):
    installation.configure("kafka", group_instance_id="%h").configure("admin", listen=f"127.0.0.1:{free_port()}")
    installation.configure("worker", state_dir=tmp_path)
    worker = installation.worker()
    ended = run_program("run", "--check", "--config", installation.configuration())
    assert ended.returncode == 0 and "event=checked" in ended.stderr, ended.stderr
    assert kafka.members(installation.group) == [PARTITIONS]
    kafka.publish(topics.events, [sign(key, payload(customer))])
    receipts.find(lambda record: True, "a receipt")
    assert len(re.findall("event=assigned ", worker.text())) == 1
    worker.stop()
