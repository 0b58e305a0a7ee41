"""Backends that publish signed events, one of each kind: all that they share with the worker is the format.

Each is handed (event id, payload) pairs, signs and publishes them in this order, and says at the end where each lies.
"""

import json
import re
import subprocess

from broker import ROOT, Kafka
from programs import PROGRAM, Process
from signing import routing_key_of, sign

FINISH_S = 60


class PythonBackend:
    """`standardwebhooks` and confluent-kafka."""

    def __init__(self, directory, kafka, topic, key):
        self.kafka, self.topic, self.key = kafka, topic, key
        self.places = {}

    def publish(self, events):
        signed = [sign(self.key, content, event_id) for event_id, content in events]
        self.places.update(zip((event.id for event in signed), self.kafka.publish(self.topic, signed), strict=True))

    def finish(self):
        return self.places

    def discard(self):
        pass


class ProgramBackend(Process):
    """A program of tests/producers, which reads events as lines; it is started, and ready."""

    stdin = subprocess.PIPE

    def __init__(self, directory, kafka, topic, key):
        key_file = directory / f"{key.id}.key"
        key_file.write_text(key.secret + "\n")
        super().__init__(directory / f"{key.id}.log", kafka.bootstrap, topic, key_file, key.id)
        self.start(r"(?m)^ready$")

    def publish(self, events):
        lines = (f"{event_id}\t{routing_key_of(content)}\t{json.dumps(content)}\n" for event_id, content in events)
        self.process.stdin.write("".join(lines).encode())
        self.process.stdin.flush()

    def discard(self):
        print(self.tail(3))
        super().discard()

    def finish(self):
        self.process.stdin.close()
        status = self.process.wait(FINISH_S)
        assert status == 0, f"exit code {status}\n{self.tail()}"
        told = re.findall(r"(?m)^event_id=(\S+) partition=(\d+) offset=(\d+)$", self.text())
        return {event_id: (int(partition), int(offset)) for event_id, partition, offset in told}


class CBackend(ProgramBackend):
    """libcupbearer and librdkafka."""

    command = (PROGRAM.parent / "tests/producer",)


class JavaBackend(ProgramBackend):
    """The JDK's HMAC and kafka-clients, whose default partitioner is the one that the others have to match."""

    def __init__(self, *arguments):
        small = "-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"
        self.command = ("java", *small, "-cp", Kafka.jars(), ROOT / "tests/producers/Producer.java")
        super().__init__(*arguments)
