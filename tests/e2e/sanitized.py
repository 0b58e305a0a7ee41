"""A World whose worker is the build with sanitizers: a wrong access ends it, and its log says which."""

import base64
import json
import re
import signal
import urllib.request

from broker import wait_until
from papercups import ACCOUNT_B
from programs import SANITIZED_PROGRAM, STANDIN_ACCOUNT, STANDIN_API_KEY
from world import World

ACME = (STANDIN_API_KEY, STANDIN_ACCOUNT, "5b1a2c3d-0002-4000-8000-000000000001")
BETA = ACCOUNT_B
SANITIZERS = r"AddressSanitizer|LeakSanitizer|UndefinedBehaviorSanitizer|runtime error:"


def place_of(receipt):
    told = json.loads(receipt.value)
    return told["partition"], told["offset"]


class SanitizedWorld(World):
    """The stand-in has a second account, BETA, of which the worker knows nothing."""

    program = SANITIZED_PROGRAM
    standin_accounts = (ACME, BETA)

    def __init__(self, *arguments, **settings):
        self.planted = set()  # where in the receipts topic there is something that no worker wrote
        super().__init__(*arguments, **settings)

    def prepare(self):
        self.installation.configure("admin", listen="127.0.0.1:0")

    def expect_counted(self):
        """Not here: among these receipts are forged ones, and a worker that is started again counts from 0."""

    def own_receipts(self, seconds=0.05):
        return [record for record in self.receipts.read(seconds) if record.place not in self.planted]

    def receipt_record(self, place):
        return self.receipts.find(
            lambda record: record.place not in self.planted and place_of(record) == place,
            f"a receipt of {place}", explain=self.installation.tails,
        )  # fmt: skip

    def receipts_of(self, places):
        """Of many records, in their order."""
        wait_until(
            lambda: {place_of(record) for record in self.own_receipts()} >= set(places),
            f"receipts of {len(places)} records", explain=self.installation.tails,
        )  # fmt: skip
        told = {place_of(record): json.loads(record.value) for record in self.own_receipts()}
        return [told[place] for place in places]

    def letters_of(self, places):
        """The dead letters of many records, in their order."""
        found = {}

        def look():
            found.clear()
            for letter in self.dead.read():
                topic, partition, offset = letter.header("cupbearer-source").split("/")
                assert topic == self.topics.events
                found.setdefault((int(partition), int(offset)), []).append(letter)
            return found.keys() >= set(places)

        wait_until(look, f"dead letters of {len(places)} records", explain=self.installation.tails)
        assert all(len(letters) == 1 for letters in found.values()), "a record has two dead letters"
        return [found[place][0] for place in places]

    def hang_up(self):
        self.worker.process.send_signal(signal.SIGHUP)

    def peak_kib(self):
        """The worker's largest resident memory so far."""
        with open(f"/proc/{self.worker.process.pid}/status") as status:
            return int(re.search(r"VmHWM:\s+(\d+) kB", status.read())[1])

    def metrics(self):
        url = re.search(r"event=admin url=(\S+)", self.worker.text())[1]
        with urllib.request.urlopen(f"{url}/metrics", timeout=20) as answer:
            return answer.read()

    def secrets(self):
        """What the worker knows and tells nobody, in each form in which it could slip out."""
        directory = self.installation.directory
        known = [key.secret for key in self.keys if key.secret.startswith("whsec_")]
        known += [(directory / "mark.key").read_text().strip()]
        bare = [text.split("_", 1)[1] for text in known]
        raw = [base64.b64decode(text) for text in bare]
        keys = [account[0] for account in self.standin_accounts]
        assert min(map(len, bare)) >= 32 and len(bare) > 1
        return [text.encode() for text in [*bare, *keys]] + raw + [secret.hex().encode() for secret in raw]

    def assert_ended_well(self):
        """Ends the worker, which must have kept its memory in order and its secrets to itself, and written exactly one
        receipt of each record."""
        metrics = self.metrics()
        self.worker.stop()
        told = [place_of(record) for record in self.own_receipts(1)]
        assert len(told) == len(set(told)) == self.records_published()
        logs = [worker.log.read_bytes() for worker in self.installation.workers]
        for log in logs:
            assert b"event=started" in log
            assert not re.search(SANITIZERS.encode(), log)
        spoken = [*logs, metrics]
        for record in [*self.receipts.records, *self.dead.read(1)]:
            spoken += [record.key or b"", record.value or b"", *[value or b"" for _, value in record.headers]]
        everything = b"\n".join(spoken)
        assert [secret for secret in self.secrets() if secret in everything] == []
