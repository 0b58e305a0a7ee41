"""kill -9 of the real worker before, in and after whatever it does, and again in the recovery, at an answer of Papercups
(with --full at each of them, killed once and killed again): each event is shown once and has one receipt, which tells the
truth. The matrix is printed when all tests have run."""

import itertools
import queue
import subprocess
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

import pytest
from broker import ROOT
from crash import KINDS, POINTS, Cell, Lane
from programs import PROGRAM
from scenarios import (
    Addressed, Closed, Ended, First, Forged, Held, Hostless, InDoubt, Known, New, NewEnded, Receipted, Refused,
    Troubled, Unassigned,
)  # fmt: skip

LANES = 12
# What the stand-in does to the first post, as a fault.
ANSWERS = {"answered": None, "stored, 500": "stored_500", "stored, lost": "lost", "not stored, lost": "reset"}
# In which scenarios a worker meets the points of a kind: in Known, where nothing is said.
SCENARIOS = {
    "me": [Held], "account": [Held],
    "assigned": [First], "read_receipts": [First], "old_receipt": [Receipted], "rebuilt": [First], "start": [First],
    "record": [First], "reach": [First, Known],
    "list_customers": [InDoubt], "read_customer": [InDoubt], "read_messages": [InDoubt], "create_customer": [New], "set_host": [Hostless],
    "list_closed": [Closed], "reopen": [Closed], "read_conversation": [Addressed], "post_message": [Known, Ended],
    "post_conversation": [New, NewEnded],
    "trouble": [Troubled], "unassign": [Unassigned],
    "dead_letter": [Forged, Refused],
    "receipt": [Known, Ended, Forged, Refused], "settled": [Known, Forged, Refused], "commit": [Known, Forged, Refused],
}  # fmt: skip
assert SCENARIOS.keys() <= KINDS.keys()
ROWS = {
    f"{point} {scenario().name}": (point, scenario())
    for point in POINTS
    for scenario in SCENARIOS.get(point.split(".")[0], [Known])
}


def row_cells(row):
    """[(killed once, killed again)] for each answer; None where that answer does not lead there."""
    point, scenario = ROWS[row]
    pairs = []
    for answer in ANSWERS.values():
        # What is not shown has no post that is taken; what is found by reading back stays assigned.
        never = answer and (not scenario.is_shown or (isinstance(scenario, Unassigned) and answer != "reset"))
        pairs.append(None if never else tuple(Cell(point, scenario, answer, again) for again in (False, True)))
    return pairs


def cells(row, full):
    """Those that are played: all, or one, with the answers in turn."""
    pairs = [pair for pair in row_cells(row) if pair]
    if full:
        return [cell for pair in pairs for cell in pair]
    return [pairs[list(ROWS).index(row) % len(pairs)][-1]]


class Matrix:
    """All cells of some rows, played side by side."""

    def __init__(self, directory, kafka, rows, full):
        self.directory, self.kafka, self.full = directory, kafka, full
        self.cells = {row: cells(row, full) for row in rows}
        self.found = {}  # by cell; a text where it went wrong
        self.spoilt = []  # what went wrong only afterwards
        self.lanes = queue.Queue()
        self.lane_numbers = itertools.count(1)
        self.seconds = 0

    def play(self):
        began = time.monotonic()
        for _ in range(LANES):
            self.lanes.put(None)
        pool = ThreadPoolExecutor(LANES)
        try:
            list(pool.map(self.play_cell, [cell for row in self.cells.values() for cell in row]))
            list(pool.map(self.end_lane, [self.lanes.get() for _ in range(LANES)]))
        finally:
            pool.shutdown(cancel_futures=True)
        self.seconds = time.monotonic() - began

    def play_cell(self, cell):
        """On a lane that is free; on a new one, where it must be fresh, or something went wrong on the old one."""
        lane = self.lanes.get()
        try:
            if cell.scenario.fresh:
                self.end_lane(lane)
                lane = None
            lane = lane or Lane(self.directory / f"lane-{next(self.lane_numbers)}", self.kafka)
            self.found[cell] = lane.play(cell)
        except Exception:
            self.found[cell] = traceback.format_exc()
            if lane is not None:
                lane.discard()
            lane = None
        finally:
            self.lanes.put(lane)

    def end_lane(self, lane):
        try:
            if lane is not None:
                lane.close()
        except Exception:
            self.spoilt.append(traceback.format_exc())

    def wrong(self, row):
        return [f"{cell}\n{self.found[cell]}" for cell in self.cells[row] if isinstance(self.found[cell], str)]

    def told(self, cell):
        found = self.found[cell]
        if isinstance(found, str):
            return "WRONG"
        counts = [found.messages, found.receipts] + ([] if cell.scenario.is_shown else [found.letters])
        return "/".join(map(str, counts))

    def table(self):
        """Of all cells."""
        yield "crash matrix: messages/receipts in the end (/dead letters, of what is not shown), killed once and killed"
        yield "again; the columns are what Papercups does to the first post; - does not lead there"
        yield f"{'killed at':<27}{'scenario':<11}" + "".join(f"{answer:<18}" for answer in ANSWERS)
        for row in self.cells:
            point, scenario = ROWS[row]
            words = [" ".join(f"{self.told(cell):<7}" for cell in pair or []) or "-" for pair in row_cells(row)]
            yield f"{point:<27}{scenario.name:<11}" + "".join(f"{word:<18}" for word in words)

    def sum(self):
        right = {cell: found for cell, found in self.found.items() if not isinstance(found, str)}
        later = sum(cell.again and found.died_at[-1] != cell.point for cell, found in right.items())
        return (
            f"crash matrix: {len(right)} of {len(self.found)} cells right in {self.seconds:.0f} s; workers killed: "
            f"{sum(len(found.died_at) for found in right.values())}; the second time at a later point: {later}"
        )


@pytest.fixture(scope="module")
def matrix(request, kafka, tmp_path_factory):
    assert b"has no point" in PROGRAM.read_bytes(), f"{PROGRAM} is built without -DCUPBEARER_FAILPOINTS=ON"
    rows = [item.callspec.params["row"] for item in request.session.items if item.originalname == MATRIX_TEST]
    full = request.config.getoption("--full")
    made = Matrix(tmp_path_factory.mktemp("crash_matrix"), kafka, rows, full)
    made.play()
    return made


@pytest.mark.parametrize("row", ROWS)
def test_a_worker_killed_there_shows_each_event_once_and_tells_the_truth(matrix, row):
    wrong = matrix.wrong(row)
    assert wrong == [], "\n".join(wrong)


MATRIX_TEST = test_a_worker_killed_there_shows_each_event_once_and_tells_the_truth.__name__


def test_nothing_came_to_it_afterwards(matrix, tell):
    for line in [*(matrix.table() if matrix.full else []), matrix.sum()]:
        tell(line)
    assert matrix.spoilt == []


def test_a_build_for_use_has_no_failpoints(tmp_path):
    for words in (
        ["cmake", "-G", "Ninja", "-S", ROOT, "-B", tmp_path, "-DCUPBEARER_TESTS=OFF"],
        ["cmake", "--build", tmp_path, "--target", "cupbearer"],
        # What is there for debuggers names source files.
        ["strip", "-o", tmp_path / "for-use", tmp_path / "cupbearer"],
        ["strip", "-o", tmp_path / "for-tests", PROGRAM],
    ):
        made = subprocess.run(words, capture_output=True, text=True, timeout=300)
        assert made.returncode == 0, made.stdout + made.stderr
    for word in (b"FAULT_", b"failpoint"):
        assert word in (tmp_path / "for-tests").read_bytes()
        assert word not in (tmp_path / "for-use").read_bytes()
