"""Cells of the crash matrix: workers that their failpoints kill, the one that recovers, and what came of the events.

A build with failpoints kills itself (SIGKILL) at the point that FAILPOINT names. tests/failpoint/failpoint.def has them
all, in the order in which one record meets them; a + behind the name means that point or any behind it.
"""

import copy
import json
import re
import secrets
import subprocess
from dataclasses import dataclass

from broker import ROOT, Reader, wait_until
from confluent_kafka import Consumer, TopicPartition
from ledger import deviations
from programs import ENVIRONMENT, Installation, StandIn
from scenarios import KEY, Scenario

KINDS = dict(
    re.findall(r'(?m)^FAILPOINT_KIND\(\w+, "(\w+)", "([a-z ]+)"\)$', (ROOT / "tests/failpoint/failpoint.def").read_text())
)
POINTS = [f"{kind}.{moment}" for kind, moments in KINDS.items() for moment in moments.split()]
# What a worker passes only once it is told to stop.
STOPPING = ("stop", "released", "stopped", "revoked")
DEADLINE_S = 120


@dataclass(frozen=True)
class Cell:
    point: str
    scenario: Scenario
    answer: str | None  # what the stand-in does to the first post, as a fault; None: it answers
    again: bool  # killed once more, in the recovery

    @property
    def kind(self):
        return self.point.split(".")[0]

    @property
    def moment(self):
        return self.point.split(".")[1]

    @property
    def deaths(self):
        return (*self.scenario.deaths, self.point, *([self.point + "+"] if self.again else []))

    def __str__(self):
        return f"{self.point}, {self.scenario.name}, {self.answer}, {'again' if self.again else 'once'}"


@dataclass(frozen=True)
class Found:
    """What there is in the end."""

    messages: int
    receipts: int
    letters: int
    died_at: tuple  # the points, one for each death


class Lane:
    """Topics, a group and a stand-in, on which one cell after the other is played: each leaves everything settled."""

    def __init__(self, directory, kafka):
        self.kafka = kafka
        self.topics = kafka.topics(partitions=1)
        directory.mkdir(parents=True)
        self.standin = StandIn(directory)
        self.installation = Installation(directory / "worker", kafka, self.topics, self.standin.url, [KEY])
        self.installation.configure("admin", listen="off")
        # Who takes over has the dead one's name: the group does not wait until that one's session is over.
        self.installation.configure("kafka", group_instance_id="%h")
        self.installation.configure("worker", state_dir=directory, http_timeout="500ms", settle_time="500ms", closed_look="3s")
        self.settings = self.installation.settings
        self.receipts = Reader(kafka, self.topics.receipts, 1)
        self.dead = Reader(kafka, self.topics.dead, 1)
        self.offsets = Consumer({**kafka.client, "group.id": self.installation.group, "enable.auto.commit": False})
        self.games = []

    def play(self, cell):
        game = Game(self, cell)
        for point in cell.deaths:
            game.die(point)
        game.recover()
        self.games.append(game)
        return game.judge()

    def close(self):
        """Judges all again: nothing may have come later."""
        try:
            for game in self.games:
                game.judge()
            assert deviations(self.installation) == []
        finally:
            self.discard()

    def discard(self):
        self.installation.discard()
        self.standin.discard()
        for consumer in (self.receipts, self.dead, self.offsets):
            consumer.close()

    def end(self, topic):
        return self.offsets.get_watermark_offsets(TopicPartition(topic, 0), timeout=10)[1]

    def is_committed(self):
        """To the end of the log."""
        [committed] = self.offsets.committed([TopicPartition(self.topics.events, 0)], timeout=10)
        return committed.offset == self.end(self.topics.events)


class Game:
    """A cell being played."""

    def __init__(self, lane, cell):
        self.lane, self.cell, self.died_at = lane, cell, []
        scenario = cell.scenario
        self.names = [f"{scenario.name}_{secrets.token_hex(6)}" for _ in range(scenario.customers)]
        self.ends = {topic: lane.end(topic) for topic in (lane.topics.receipts, lane.topics.dead)}
        lane.installation.settings = copy.deepcopy(lane.settings)
        lane.installation.configure("account acme", **scenario.account)
        lane.installation.configure("worker", **scenario.worker)
        lane.standin.call("DELETE", "/_standin/faults")
        events = [scenario.event(lane.standin, name) for name in self.names]
        if cell.answer is not None:
            lane.standin.fault(cell.answer, scenario.body(self.names[0]))
        scenario.set_faults(lane.standin, self.names[0])
        self.events = dict(zip(lane.kafka.publish(lane.topics.events, events), events, strict=True))

    def launch(self, **variables):
        worker = self.lane.installation.make_worker()
        worker.environment = {**ENVIRONMENT, **variables}
        worker.launch()
        return worker

    @staticmethod
    def wait_for_end(worker, stop_when, what):
        """Waits until the worker has ended, which it is told to once stop_when() and its partition is assigned."""
        told = False

        def look():
            nonlocal told
            try:
                return worker.process.wait(0.1) is not None
            except subprocess.TimeoutExpired:
                if not told and "event=started" in worker.text() and stop_when():
                    worker.terminate()
                    told = True
                return False

        wait_until(look, what, DEADLINE_S, worker.tail)

    def die(self, point):
        """One worker's life, to its failpoint."""

        def stop_when():
            if point.endswith("+"):
                return self.is_over()
            return self.cell.kind in STOPPING and self.has_receipts()

        worker = self.launch(FAILPOINT=point)
        self.wait_for_end(worker, stop_when, f"death at {point}")
        died_at = re.findall(r"\bevent=failpoint detail=(\S+)\n\Z", worker.text())
        assert worker.process.returncode == -9 and len(died_at) == 1, f"not killed at {point}\n{worker.tail()}"
        assert point in (died_at[0], died_at[0] + "+") or POINTS.index(died_at[0]) > POINTS.index(point[:-1])
        self.died_at += died_at
        self.check_what_left(point, worker)
        for name in self.names:
            self.cell.scenario.on_death(self.lane.standin, name)

    def check_what_left(self, point, worker):
        """That the point lies where its name says."""
        if point != self.cell.point or self.has_left() is None:
            return
        expected = self.cell.moment in ("sent", "told") and not (self.is_post() and self.cell.answer == "reset")
        assert self.has_left() == expected, f"{point}: it {'has not' if expected else 'has'} left\n{worker.tail()}"

    def is_post(self):
        return self.cell.kind in ("post_message", "post_conversation")

    def has_left(self):
        """Whether what a point is about is there, in Papercups or in Kafka; None where that does not show."""
        topics = self.lane.topics
        if self.is_post():
            return self.messages() != []
        if self.cell.kind == "commit":
            return self.lane.is_committed()
        topic = {"receipt": topics.receipts, "dead_letter": topics.dead}.get(self.cell.kind)
        return None if topic is None else self.lane.end(topic) > self.ends[topic]

    def recover(self):
        """The last worker's life: it settles what is left, and stops in order."""
        worker = self.launch()
        self.wait_for_end(worker, self.is_over, "the end of the recovery")
        assert worker.process.returncode == 0, worker.tail()
        assert self.lane.is_committed(), "an offset was left uncommitted"

    def has_receipts(self):
        return {place for place, _ in self.receipts()} == set(self.events)

    def is_over(self):
        return self.has_receipts() and self.lane.is_committed()

    def messages(self):
        return [one for one in self.lane.standin.messages() if one["external_id"] in self.names]

    def receipts(self):
        """Of these events, as (place, receipt)."""
        told = [json.loads(record.value) for record in self.lane.receipts.read()]
        found = [((one["partition"], one["offset"]), one) for one in told]
        return [(place, one) for place, one in found if place in self.events]

    def letters(self):
        sources = {f"{self.lane.topics.events}/{partition}/{offset}" for partition, offset in self.events}
        return [letter for letter in self.lane.dead.read() if letter.header("cupbearer-source") in sources]

    def judge(self):
        """One message, and one receipt that says so; or no message, and one receipt and a dead letter that say why."""
        scenario = self.cell.scenario
        messages, receipts, letters = self.messages(), self.receipts(), self.letters()
        shown = [scenario.body(name) for name in self.names] if scenario.is_shown else []
        assert sorted(one["body"] for one in messages) == sorted(shown)
        assert len({one["conversation_id"] for one in messages}) == len(shown)
        assert sorted(place for place, _ in receipts) == sorted(self.events), "not one receipt of each event"
        for place, told in receipts:
            assert (told["outcome"], told.get("reason")) == scenario.outcome
            assert told.get("event_id") == (self.events[place].id if scenario.is_authentic else None)
        assert {letter.header("cupbearer-reason") for letter in letters} == {scenario.outcome[1]} - {None}
        assert {letter.value for letter in letters} <= {event.value for event in self.events.values()}
        return Found(len(messages), len(receipts), len(letters), tuple(self.died_at))
