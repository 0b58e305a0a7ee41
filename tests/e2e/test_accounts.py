"""What an account goes through: keys refused, changed and swapped, keyrings changed and broken, pauses asked for."""

import json
import shutil
import signal

import pytest
from signing import HmacKey, payload, sign
from world import BACKEND, KEYS, World, bodies


@pytest.fixture
def world(kafka, tmp_path):
    made = World(tmp_path, kafka, kafka.topics())
    yield made
    made.close()


def deliver(world, customer, body="hello", key=BACKEND):
    assert world.outcome(sign(key, payload(customer, body))) == ("delivered", None)


def hang_up(world):
    world.worker.process.send_signal(signal.SIGHUP)


def write_keyring(world, keys):
    content = json.dumps({"keys": [key.entry() for key in keys]})
    (world.installation.directory / "keyring.json").write_text(content)


def test_a_refused_key_holds_the_account_and_loses_nothing(world, customer):
    deliver(world, customer, "before")
    world.installation.secret_write("acme.key", "revoked\n")
    hang_up(world)
    world.worker.await_log(r"event=account .*state=unauthorized")
    place = world.publish(sign(BACKEND, payload(customer, "held")))
    world.installation.secret_write("acme.key", "standin-api-key\n")
    hang_up(world)
    world.worker.await_log(r"event=account .*state=open")
    assert world.receipt(place)["outcome"] == "delivered"
    assert bodies(world, customer) == ["before", "held"]


def test_a_file_that_is_replaced_is_noticed_without_a_signal(world, customer):
    directory = world.installation.directory
    deliver(world, customer, "before")
    late = HmacKey("late-1")
    write_keyring(world, [*KEYS.values(), late])
    shutil.move(directory / "keyring.json", directory / "keyring.new")
    shutil.move(directory / "keyring.new", directory / "keyring.json")
    world.worker.await_log(r"event=reloaded .*keyring\.json")
    deliver(world, customer, "by a new key", key=late)


def test_a_broken_keyring_leaves_the_old_one_in_use_and_says_so(world, customer):
    (world.installation.directory / "keyring.json").write_text('{"keys": [')
    hang_up(world)
    world.worker.await_log(r"event=stale .*keyring\.json: .*stays in use")
    deliver(world, customer)


def test_a_key_taken_out_of_the_keyring_signs_nothing_any_more(world, customer):
    deliver(world, customer)
    write_keyring(world, [key for key in KEYS.values() if key.id != BACKEND.id])
    hang_up(world)
    world.worker.await_log(r"event=reloaded .*keyring\.json")
    assert world.outcome(sign(BACKEND, payload(customer))) == ("rejected", "unknown_key")


def test_a_key_revoked_while_its_event_waits_is_looked_at_before_the_post(world, customer):
    world.installation.secret_write("acme.key", "revoked\n")
    hang_up(world)
    world.worker.await_log(r"event=account .*state=unauthorized")
    place = world.publish(sign(BACKEND, payload(customer, "waits")))
    # A record behind it that is rejected at once: when it has its receipt, this one has been read.
    stranger = sign(HmacKey("stranger-1"), payload(customer, "behind it"))
    assert world.outcome(stranger) == ("rejected", "unknown_key")
    write_keyring(world, [key for key in KEYS.values() if key.id != BACKEND.id])
    world.installation.secret_write("acme.key", "standin-api-key\n")
    hang_up(world)
    receipt = world.receipt(place)
    assert (receipt["outcome"], receipt["reason"]) == ("failed", "key_revoked")
    assert bodies(world, customer) == []


def test_papercups_is_given_the_pause_it_asks_for(world, customer):
    body = f"later {customer}"
    world.standin.fault("status", body, status=429, answer="{}", retry_after=1)
    receipt = world.receipt(world.publish(sign(BACKEND, payload(customer, body))))
    assert (receipt["outcome"], receipt["attempts"]) == ("delivered", 2)
    assert receipt["finished_at"] - receipt["admitted_at"] >= 1000
    assert bodies(world, customer) == [body]


def test_a_worker_starts_beside_a_papercups_that_is_down_and_delivers_when_it_is_back(kafka, tmp_path, customer):
    made = World(tmp_path, kafka, kafka.topics(), standin_is_up=False)
    try:
        place = made.publish(sign(BACKEND, payload(customer, "patience")))
        made.start_standin()
        assert made.receipt(place)["outcome"] == "delivered"
    finally:
        made.close()
