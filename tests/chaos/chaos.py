"""Workers on a real Kafka while everything around them fails; at the end receipts, chat and `cupbearer audit` must agree.
tests/chaos.sh runs it, and says what it does.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))

from broker import ROOT, Kafka, wait_until  # noqa: E402
from judge import judge  # noqa: E402
from ledger import deviations  # noqa: E402
from programs import ENVIRONMENT, PROGRAM, Installation, Process, StandIn  # noqa: E402
from published import PatientReader, Publisher  # noqa: E402

WORKERS = 3
PARTITIONS = 6
SESSION_S = 6
SETTLED_S = 600  # once nothing is disturbed any more: what had an owner that died is read back first, twice
APART_MS = (0, 0, -7_200_000, -30_000, 30_000, 7_200_000)  # how far from the broker's a worker's clock may be
AGAIN_S = 100  # between two topics of the same name: each is known by all workers for a while
FOREIGN = "event=foreign_receipts"  # all who write receipts have one mark secret
KAFKA_TROUBLE = (3, 4, 5)  # how a worker may end by itself while the broker is away; a supervisor starts it again


class Proxy(Process):
    command = (sys.executable, "-B", Path(__file__).with_name("proxy.py"))
    stdin = subprocess.PIPE

    def __init__(self, directory, upstream_port, seed):
        super().__init__(directory / "proxy.log", upstream_port, seed)
        self.url = f"http://127.0.0.1:{self.start(r'proxy port=([0-9]+)')[1]}"

    def calm(self):
        self.process.stdin.write(b"calm\n")
        self.process.stdin.flush()
        self.await_log("calm")


class Slot:
    """A worker, its successors, and when what was done to it ends. `programs`: one of them is started each time."""

    def __init__(self, number, installation, programs, seed):
        self.number, self.installation, self.programs = number, installation, programs
        self.random = random.Random(f"{seed}/{number}")
        self.process, self.until, self.state = None, 0, "down"

    def start(self):
        self.installation.program = self.random.choice(self.programs)
        self.process, self.state = self.installation.make_worker(), "up"
        self.process.environment = {**ENVIRONMENT, "FAULT_CLOCK_AHEAD_MS": str(self.random.choice(APART_MS))}
        self.process.launch()

    def send(self, number):
        self.process.process.send_signal(number)


def leave_out_unknown(settings, program):
    """What an older program does not know, it refuses; a setting's name stands in the program that knows it."""
    text = program.read_bytes()
    settings["kafka"].pop("max.poll.interval.ms", None)  # which it may set itself, and then refuses
    for section, members in settings.items():
        known = {name: value for name, value in members.items() if "." in name or name.encode() in text}
        settings[section] = known


class Chaos:
    def __init__(self, directory, seconds, seed, other=None, again=False):
        self.random = random.Random(seed)
        self.other, self.again, self.again_at = other, again, 0
        self.seconds, self.directory = seconds, directory
        os.environ["BROKER_SESSION_MS"] = "2000"  # it is killed often, and has to come back soon
        self.kafka = Kafka.start(directory / "kafka")
        self.kafka.make_groups()
        self.second = Kafka.join(directory / "second", self.kafka)
        self.topics = self.kafka.topics(PARTITIONS, replicas=2)
        self.standin = StandIn(directory)
        self.proxy = Proxy(directory, self.standin.port, seed)
        self.publisher = Publisher(self.kafka, self.topics, 2, seed)
        self.receipts = PatientReader(self.kafka, self.topics.receipts, PARTITIONS)
        self.told = defaultdict(list)
        self.low = [0] * PARTITIONS
        programs = [PROGRAM, other] if other else [PROGRAM]
        self.slots = [Slot(number, self.install(number), programs, seed) for number in range(WORKERS + 1)]
        self.broker, self.broker_trouble = None, 0
        self.second_until, self.second_returns = None, None  # when the second broker is started again; the process that does it
        self.waiting, self.recovered, self.counts, self.failures = [], [], defaultdict(int), []

    def install(self, number):
        """Two of three have a name of their own in the group, which is how their partitions wait for them."""
        made = Installation(
            self.directory / f"worker-{number}", self.kafka, self.topics, self.proxy.url, [self.publisher.key]
        )  # fmt: skip
        shared = self.directory / "worker-0"
        made.configure("kafka", **{"session.timeout.ms": SESSION_S * 1000, "heartbeat.interval.ms": 500})
        made.configure("worker", http_timeout="500ms", settle_time="3s", mark_secret_file=shared / "mark.key")
        made.configure("admin", listen="off")
        if number < 2:
            made.configure("kafka", group_instance_id=f"%h-{number}")
            made.configure("worker", state_dir=made.directory)
        if self.other:
            leave_out_unknown(made.settings, self.other)
        return made

    # ---- time goes on ----

    def now(self):
        return time.monotonic() - self.began

    def tell(self, text):
        print(f"{self.now():7.1f} {text}", flush=True)

    def run(self):
        self.began = time.monotonic()
        for slot in self.slots[:WORKERS]:
            slot.start()
        next_at = 10.0
        while self.now() < self.seconds:
            self.publisher.due(self.now())
            self.turn()
            if self.now() >= next_at:
                self.disturb()
                next_at = self.now() + self.random.uniform(8, 20)
            time.sleep(0.01)
        self.end()

    def turn(self):
        for partition, offset, told in self.receipts.read():
            assert told["partition"] == partition, (partition, offset, told)
            self.told[self.publisher.log_at(told["record_timestamp"]), partition, told["offset"]].append(told)
        for partition in range(PARTITIONS):
            while (self.publisher.log, partition, self.low[partition]) in self.told:
                self.low[partition] += 1
        for at, ends in [one for one in self.waiting if all(map(int.__ge__, self.low, one[1]))]:
            self.recovered.append(self.now() - at)
            self.waiting.remove((at, ends))
        if self.broker and self.broker.poll() is not None:
            assert self.broker.returncode == 0, "kafka.sh could not start the broker again"
            self.broker, self.broker_trouble = None, self.now()
            self.tell("the broker is back")
        if self.second_until is not None and self.now() >= self.second_until:
            self.second_until, self.second_returns = None, self.script("restart", self.second)
        if self.second_returns and self.second_returns.poll() is not None:
            assert self.second_returns.returncode == 0, "kafka.sh could not start the second broker again"
            self.second_returns = None
            self.tell("the second broker is back")
        for slot in self.slots:
            self.turn_slot(slot)

    def turn_slot(self, slot):
        over = self.now() >= slot.until
        if slot.state == "frozen" and over:
            self.tell(f"worker {slot.number} goes on")
            slot.send(signal.SIGCONT)
            slot.state = "up"
        elif slot.state == "stopping" and not slot.process.runs():
            self.expect_end(slot, (0, 3, 4, 5) if self.is_broker_troubled() else (0,))
            slot.state, slot.until = "down", self.now() + self.random.uniform(0, 3)
        elif slot.state == "up" and slot.number == WORKERS and over:
            self.stop(slot)
        elif slot.state == "up" and not slot.process.runs():
            self.expect_end(slot, KAFKA_TROUBLE if self.is_broker_troubled() else ())
            slot.state, slot.until = "down", self.now() + 1
        elif slot.state == "down" and slot.number < WORKERS and over and not self.broker:
            slot.start()

    def is_broker_troubled(self):
        return bool(self.broker) or self.now() - self.broker_trouble < 60

    def expect_end(self, slot, allowed):
        status = slot.process.process.returncode
        self.counts["ended by itself"] += status != 0
        if status not in allowed:
            self.failures.append(f"worker {slot.number} ended with {status}\n{slot.process.tail()}")

    # ---- disturbances ----

    def disturb(self):
        kinds = {
            self.kill: 30, self.freeze: 25, self.terminate: 15, self.join: 10, self.kill_all: 5, self.restart_broker: 7,
            self.kill_broker: 8, self.kill_second: 10,
        }  # fmt: skip
        [what] = self.random.choices(list(kinds), kinds.values())
        if self.may_make_again():
            what = self.make_again
        slots = [slot for slot in self.slots[:WORKERS] if slot.state == "up"]
        chosen = self.random.randrange(WORKERS)
        self.waiting.append((self.now(), list(self.publisher.ends)))
        if slots:
            what(slots[chosen % len(slots)])

    def kill(self, slot):
        self.tell(f"kill -9 of worker {slot.number}")
        slot.process.process.kill()
        slot.process.process.wait()
        slot.state, slot.until = "down", self.now() + self.random.uniform(0, 3)
        self.counts["kills"] += 1

    def kill_all(self, slot):
        for one in self.slots:
            if one.state == "up":
                self.kill(one)

    def freeze(self, slot):
        seconds = self.random.uniform(0.5, 2.5 * SESSION_S)
        self.tell(f"worker {slot.number} is frozen for {seconds:.1f} s")
        slot.send(signal.SIGSTOP)
        slot.state, slot.until = "frozen", self.now() + seconds
        self.counts["freezes"] += 1

    def stop(self, slot):
        self.tell(f"SIGTERM to worker {slot.number}")
        slot.process.terminate()
        slot.state = "stopping"

    def terminate(self, slot):
        self.stop(slot)
        self.counts["stops"] += 1

    def join(self, slot):
        fourth = self.slots[WORKERS]
        if fourth.state == "down":
            self.tell("a fourth worker joins")
            fourth.start()
            fourth.until = self.now() + self.random.uniform(5, 20)
            self.counts["joins"] += 1

    def restart_broker(self, slot):
        self.trouble_broker("restart", "the broker is stopped and started")

    def kill_broker(self, slot):
        if not self.broker:
            self.kafka.script("kill", self.kafka.directory)
        self.trouble_broker("restart", "kill -9 of the broker")

    def trouble_broker(self, command, text):
        if self.broker:
            return
        self.tell(text)
        self.counts["broker"] += 1
        self.broker = self.script(command, self.kafka)

    def kill_second(self, slot):
        """It leads half of the partitions, and has no group: that is no reason for any worker to end."""
        if self.second_until is not None or self.second_returns:
            return
        self.tell("kill -9 of the second broker")
        self.second.script("kill", self.second.directory)
        self.second_until = self.now() + self.random.uniform(1, 20)
        self.counts["second broker"] += 1

    def may_make_again(self):
        away = self.broker or self.second_until is not None or self.second_returns
        return self.again and not away and self.now() > self.again_at + AGAIN_S

    def make_again(self, slot):
        """The events' topic is deleted under its owners, with what nobody has read of it, and another one takes its name."""
        self.tell("the events' topic is made again")
        self.turn()
        self.publisher.make_again(self.told)
        self.low, self.waiting = [0] * PARTITIONS, []
        self.broker_trouble = self.again_at = self.now()  # who starts meanwhile finds no topic
        self.counts["topics made again"] += 1

    @staticmethod
    def script(command, broker):
        return subprocess.Popen(
            [ROOT / "deploy/kafka.sh", command, broker.directory], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    # ---- the end ----

    def end(self):
        self.tell("nothing fails any more")
        self.proxy.calm()
        began = self.now()

        def settled():
            self.turn()
            away = self.broker or self.second_returns or self.second_until is not None
            quiet = not away and all(slot.state == "up" for slot in self.slots[:WORKERS])
            return quiet and self.publisher.producer.flush(0.01) == 0 and self.low == self.publisher.ends

        wait_until(settled, "everything is settled", SETTLED_S, self.explain)
        self.counts["settled within"] = round(self.now() - began)

        def committed():
            """A group that has just found its coordinator again takes no commit yet, and who stops then leaves it to the next one."""
            self.turn()
            return all(committed == end for committed, end in self.committed())

        wait_until(committed, "everything is committed", SETTLED_S, self.explain)
        for slot in self.slots:
            if slot.state == "up":
                slot.process.stop()
        for slot in self.slots:
            if slot.state == "stopping":
                slot.process.wait()
                self.expect_end(slot, (0,))
        self.receipts.read(1)

    def committed(self):
        return self.kafka.committed(self.slots[0].installation.group, self.topics)

    def explain(self):
        missing = {
            partition: (self.low[partition], self.publisher.ends[partition])
            for partition in range(PARTITIONS)
            if self.low[partition] != self.publisher.ends[partition]
        }
        return f"partition: (settled to, end): {missing}\n" + "\n".join(
            slot.process.tail() for slot in self.slots if slot.process
        )

    def judge(self):
        messages = [(message["external_id"], message["body"]) for message in self.standin.messages()]
        verdict = judge(self.publisher.records, self.told, messages, self.publisher.gone, self.publisher.unordered)
        verdict.other += self.failures
        for committed, end in self.committed():
            if committed != end:
                verdict.other.append(f"{committed} is committed of a partition that ends at {end}")
        told = deviations(self.slots[0].installation, *self.publisher.last_log())
        verdict.other += [f"cupbearer audit: {one}" for one in told]
        for worker in [worker for slot in self.slots for worker in slot.installation.workers]:
            self.counts["started of another version"] += worker.arguments[0] == self.other
            verdict.other += [f"{worker.log}: {line}" for line in worker.text().splitlines() if FOREIGN in line]
        return verdict

    def summary(self, verdict):
        times = sorted(self.recovered) or [0]
        outcomes = defaultdict(int)
        for told in self.told.values():
            outcomes[told[0]["outcome"] + ("/" + told[0]["reason"] if told[0].get("reason") else "")] += 1
        print(f"outcomes: {dict(outcomes)}; receipts twice: {sum(len(told) > 1 for told in self.told.values())}")
        print(f"disturbances: {dict(self.counts)}")
        print(
            f"chaos lost={len(verdict.lost)} duplicated={len(verdict.duplicated)} out_of_order={len(verdict.out_of_order)} "
            f"events={len(self.publisher.records)} kills={self.counts['kills']} freezes={self.counts['freezes']} "
            f"recover_p50={times[len(times) // 2]:.1f} recover_max={times[-1]:.1f}"
        )

    def discard(self):
        for slot in self.slots:
            slot.installation.discard()
        for process in (self.proxy, self.standin):
            process.discard()
        for process in (self.broker, self.second_returns):
            if process:
                process.wait()
        self.second.stop()
        self.kafka.stop()


def main():
    words = argparse.ArgumentParser(prog="chaos.sh", add_help=False)
    words.add_argument("--minutes", type=float, default=1)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--keep", action="store_true")
    words.add_argument("--other", type=Path)
    words.add_argument("--again", action="store_true")
    words.add_argument("--directory", type=Path, required=True)
    options = words.parse_args()
    shutil.rmtree(options.directory, ignore_errors=True)
    options.directory.mkdir(parents=True)
    print(f"seed {options.seed}, {options.minutes:g} minutes; logs in {options.directory}")
    chaos = Chaos(options.directory, options.minutes * 60, options.seed, options.other, options.again)
    good = False
    try:
        chaos.run()
        verdict = chaos.judge()
        for line in verdict.lines():
            print(line)
        chaos.summary(verdict)
        good = verdict.good
    finally:
        chaos.discard()
    if good and not options.keep:
        shutil.rmtree(options.directory)
    return 0 if good else 1


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(143))
    sys.exit(main())
