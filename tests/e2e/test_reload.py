"""SIGHUP: accounts are added to a running worker, and set otherwise; all of it, or nothing, and the log says why."""

import copy
import os
import re
import signal
from pathlib import Path

import pytest
from between import Authority
from programs import STANDIN_API_KEY
from signing import payload, sign
from world import BACKEND, KEYS, World, bodies

ELSEWHERE = KEYS["elsewhere-1"]  # which is granted globex


@pytest.fixture
def world(kafka, tmp_path):
    made = World(tmp_path, kafka, kafka.topics())
    yield made
    made.close()


@pytest.fixture
def standin(world):
    """What `between` stands in front of."""
    return world.standin


def hang_up(world):
    """With the configuration as the test has it by now."""
    world.installation.configuration()
    world.worker.process.send_signal(signal.SIGHUP)


def accounts(world):
    return {account for account, _ in world.admin.metrics().all("cupbearer_account_held")}


def held(world, account):
    """The states in which it is held: one, or none."""
    metrics = world.admin.metrics().all("cupbearer_account_held")
    return [state for (whose, state), value in metrics.items() if whose == account and value == 1]


def to_globex(customer, body="hello"):
    return sign(ELSEWHERE, payload(customer, body, account="globex"))


def test_an_account_is_added_to_a_running_worker(world, customer):
    assert world.outcome(to_globex(customer, "too early")) == ("rejected", "account_not_granted")
    world.installation.add_account("globex")
    hang_up(world)
    world.worker.await_log(r"event=reloaded detail=\S*cupbearer\.conf added=globex accounts=2")
    world.worker.await_log(r"event=account account=globex state=open")
    assert world.outcome(to_globex(customer)) == ("delivered", None)
    assert world.outcome(sign(BACKEND, payload(customer, "acme's"))) == ("delivered", None)
    assert held(world, "globex") == []
    assert world.admin.metrics().value("cupbearer_account_delivery_seconds_count", account="globex") == 1
    assert bodies(world, customer) == ["hello", "acme's"]


@pytest.mark.parametrize("mistake", ["no key", "refused key", "no authority", "bad header"])
def test_one_that_is_added_with_a_mistake_is_held_alone_until_that_is_mended(world, customer, mistake, tmp_path):
    headers = tmp_path / "globex.headers"
    settings = {
        "no authority": {"ca_file": tmp_path / "authority.pem"},
        "bad header": {"headers_file": headers},
    }.get(mistake, {})
    headers.write_text("hidden-secret\n")
    world.installation.add_account("globex", **settings)
    key = world.installation.directory / "globex.key"
    if mistake == "no key":
        key.unlink()
    elif mistake == "refused key":
        key.write_text("not-the-key\n")
    hang_up(world)
    world.worker.await_log(r"event=reloaded .*added=globex")
    world.worker.await_log(r"level=error event=account .*globex")
    place = world.publish(to_globex(customer))
    assert world.outcome(sign(BACKEND, payload(customer, "acme's"))) == ("delivered", None)
    assert held(world, "globex") != []
    if mistake == "no authority":
        Authority(tmp_path).file.rename(settings["ca_file"])  # of no use to an http:// url
    elif mistake == "bad header":
        headers.write_text("X-Tenant: globex\n")
    else:
        world.installation.secret_write("globex.key", STANDIN_API_KEY + "\n")
    hang_up(world)
    assert world.receipt(place)["outcome"] == "delivered"
    assert held(world, "globex") == []
    assert bodies(world, customer) == ["acme's", "hello"]
    assert "hidden-secret" not in world.worker.text()
    assert "event=stale" not in world.worker.text()  # nothing was read before that could stay in use


def test_a_pipe_in_place_of_the_configuration_holds_nothing_up(world, customer):
    path = world.installation.configuration()
    path.unlink()
    os.mkfifo(path)
    world.worker.process.send_signal(signal.SIGHUP)
    world.worker.await_log(r"event=stale detail=.*is not a regular file")
    assert world.outcome(sign(BACKEND, payload(customer, "behind"))) == ("delivered", None)


def test_an_account_is_reached_at_another_address_from_then_on(world, between, customer):
    assert world.outcome(sign(BACKEND, payload(customer, "before"))) == ("delivered", None)
    elsewhere = between()
    world.installation.configure("account acme", url=elsewhere.url)
    hang_up(world)
    world.worker.await_log(r"event=reloaded .*changed=acme")
    assert world.outcome(sign(BACKEND, payload(customer, "behind"))) == ("delivered", None)
    targets = [target for _, target, _ in elsewhere.seen]
    assert targets[0] == "/api/v1/me" and "/api/v1/messages" in targets  # whose key it is is asked before anything else
    assert bodies(world, customer) == ["before", "behind"]


def test_settings_of_an_account_hold_for_what_comes_from_then_on(world, customer):
    world.standin.call("POST", "/_standin/faults", {"fault": "unauthorized", "times": 0})
    world.installation.configure("account acme", deliver_within="1s")
    hang_up(world)
    world.worker.await_log(r"event=reloaded .*changed=acme")
    assert world.outcome(sign(BACKEND, payload(customer))) == ("failed", "gave_up")


def slips(directory):
    """What stands in a configuration that adds globex, and is wrong; and what is said of it."""
    conf = rf"{re.escape(str(directory))}/cupbearer\.conf"
    return {
        "a value": ("account globex", {"max_in_flight": "many"}, rf"{conf}:\d+: max_in_flight must be from 1 to 64"),
        "a name": ("worker", {"htp_timeout": "2s"}, rf'{conf}:\d+: unknown setting \\"htp_timeout\\"'),
        "another topic": ("topics", {"events": "other"}, rf"takes a restart: {conf}:\d+: \[topics\] events"),
        "another papercups": (
            "account acme", {"papercups_account": "5b1a2c3d-0001-4000-8000-0000000000ff"},
            rf"takes a restart: {conf}:\d+: \[account acme\] papercups_account",
        ),
        "a key that is not there": (
            "account acme", {"api_key_file": directory / "nowhere.key"},
            rf"{conf}:\d+: \[account acme\]: api_key_file: cannot open {re.escape(str(directory))}/nowhere\.key: No such file",
        ),
        "an authority that is not there": (
            "account acme", {"ca_file": directory / "nowhere.pem"},
            rf"{conf}:\d+: \[account acme\]: ca_file: cannot open {re.escape(str(directory))}/nowhere\.pem: No such file",
        ),
    }  # fmt: skip


@pytest.mark.parametrize("slip", slips(Path("/")))
def test_of_a_configuration_with_a_mistake_nothing_is_put_into_use(world, customer, slip):
    installation = world.installation
    section, settings, said = slips(installation.directory)[slip]
    good = copy.deepcopy(installation.settings)
    installation.add_account("globex").configure(section, **settings)
    hang_up(world)
    world.worker.await_log(rf'level=error event=stale detail="{said}.*what was read before stays in use"')
    assert world.admin.metrics().value("cupbearer_configuration_stale") == 1
    assert accounts(world) == {"acme"}
    assert world.outcome(to_globex(customer)) == ("rejected", "account_not_granted")
    assert world.outcome(sign(BACKEND, payload(customer))) == ("delivered", None)
    installation.settings = good
    installation.add_account("globex")
    hang_up(world)
    world.worker.await_log(r"event=account account=globex state=open")
    assert world.admin.metrics().value("cupbearer_configuration_stale") == 0
    assert world.outcome(to_globex(customer, "later")) == ("delivered", None)


def test_an_account_that_is_taken_out_and_all_else_that_takes_a_restart_is_named(kafka, tmp_path, customer):
    made = World(tmp_path, kafka, kafka.topics(), accounts={"globex": {}})
    try:
        good = copy.deepcopy(made.installation.settings)
        del made.installation.settings["account globex"]
        made.installation.configure("worker", settle_time="3s")
        made.installation.add_account("initech")
        hang_up(made)
        made.worker.await_log(
            r"event=stale .*takes a restart: \S*cupbearer\.conf:\d+: \[worker\] settle_time, "
            r"\S*cupbearer\.conf: \[account globex\] is not there any more; "
        )
        assert made.outcome(to_globex(customer)) == ("delivered", None)
        assert accounts(made) == {"acme", "globex"}
        made.installation.settings = good
        hang_up(made)
        made.worker.await_log(r"event=unchanged ")
    finally:
        made.close()
