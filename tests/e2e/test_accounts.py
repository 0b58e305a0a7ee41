"""What an account goes through: keys refused, changed and swapped, keyrings changed and broken, pauses asked for."""

import json
import os
import shutil
import signal

import pytest
from signing import HmacKey, payload, sign
from world import BACKEND, KEYS, World, assert_dead, bodies


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


def test_each_mistake_in_a_watched_file_is_told_and_what_a_hang_up_finds(world):
    keyring = world.installation.directory / "keyring.json"
    hang_up(world)
    world.worker.await_log(r"event=unchanged ")
    good = keyring.read_text()
    keyring.write_text('{"keys": [')
    hang_up(world)
    world.worker.await_log(r"event=stale .*keyring\.json: ")
    keyring.write_text('{"keys": 7}')  # the second try
    hang_up(world)
    world.worker.await_log(r"(?s)event=stale .*keyring\.json: .*event=stale .*keyring\.json: ")
    keyring.write_text(good)
    hang_up(world)
    world.worker.await_log(r"event=reloaded .*keyring\.json")


@pytest.mark.parametrize("name", ["keyring.json", "acme.key"])
def test_a_pipe_in_place_of_a_watched_file_holds_nobody_up(world, customer, name):
    path = world.installation.directory / name
    good = path.read_bytes()
    path.unlink()
    os.mkfifo(path)
    hang_up(world)
    world.worker.await_log(rf"event=stale .*{name} is not a regular file")
    deliver(world, customer)
    path.unlink()
    path.write_bytes(good)
    hang_up(world)
    world.worker.await_log(rf"event=reloaded .*{name}")


def test_a_key_revoked_while_its_event_waits_is_looked_at_before_the_post(world, customer):
    world.installation.secret_write("acme.key", "revoked\n")
    hang_up(world)
    world.worker.await_log(r"event=account .*state=unauthorized")
    event = sign(BACKEND, payload(customer, "waits"))
    place = world.publish(event)
    # A record behind it that is rejected at once: when it has its receipt, this one has been read.
    stranger = sign(HmacKey("stranger-1"), payload(customer, "behind it"))
    assert world.outcome(stranger) == ("rejected", "unknown_key")
    write_keyring(world, [key for key in KEYS.values() if key.id != BACKEND.id])
    world.installation.secret_write("acme.key", "standin-api-key\n")
    hang_up(world)
    assert_dead(world, place, event, "failed", "key_revoked")
    assert bodies(world, customer) == []


def test_a_worker_starts_beside_a_papercups_that_is_down_and_delivers_when_it_is_back(kafka, tmp_path, customer):
    made = World(tmp_path, kafka, kafka.topics(), standin_is_up=False)
    try:
        place = made.publish(sign(BACKEND, payload(customer, "patience")))
        made.start_standin()
        assert made.receipt(place)["outcome"] == "delivered"
    finally:
        made.close()


def test_an_account_that_fills_its_share_of_the_memory_loses_nothing_and_holds_up_no_other(kafka, tmp_path, customer):
    sections = {"worker": {"memory": "1MiB"}}
    made = World(tmp_path, kafka, kafka.topics(), sections, accounts={"globex": {}})
    try:
        made.installation.secret_write("acme.key", "revoked\n")
        hang_up(made)
        made.worker.await_log(r"event=account .*state=unauthorized")
        # Each takes twice its size, and acme's share is a quarter of the memory: about seven of them.
        pages = [
            sign(BACKEND, payload(f"{customer}_{number}", "a page", metadata={"page": "x" * 16000}))
            for number in range(20)
        ]
        places = kafka.publish(made.topics.events, pages)
        made.receipts.find(lambda record: len(made.receipts.records) >= 10, "the first that found no room")
        assert made.outcome(sign(KEYS["elsewhere-1"], payload(customer, account="globex"))) == ("delivered", None)
        refused = {(told["partition"], told["offset"]) for told in made.told() if told["outcome"] == "failed"}
        assert 10 <= len(refused) < 20
        for place, event in zip(places, pages, strict=True):
            if place in refused:
                assert_dead(made, place, event, "failed", "backlog")
                assert bodies(made, event.key.removeprefix("acme/e/")) == []
        made.installation.secret_write("acme.key", "standin-api-key\n")
        hang_up(made)
        for place in set(places) - refused:
            assert made.receipt(place)["outcome"] == "delivered"
        for place, event in zip(places, pages, strict=True):
            if place in refused:  # of that, nothing was tried: the same bytes again are no duplicate
                assert made.outcome(event) == ("delivered", None)
            assert bodies(made, event.key.removeprefix("acme/e/")) == ["a page"]
    finally:
        made.close()


def test_more_events_to_one_conversation_than_the_limit_are_a_flood(kafka, tmp_path, customer):
    made = World(tmp_path, kafka, kafka.topics(), {"worker": {"flood_limit": 2}})
    try:
        for body in ("one", "two"):
            assert made.outcome(sign(BACKEND, payload(customer, body))) == ("delivered", None)
        event = sign(BACKEND, payload(customer, "three"))
        assert_dead(made, made.publish(event), event, "failed", "flood")
        assert made.outcome(sign(BACKEND, payload(f"{customer}b"))) == ("delivered", None)
        assert bodies(made, customer) == ["one", "two"]
    finally:
        made.close()
