"""A worker that is told to stop and cannot: something that it called never comes back."""

from programs import ENVIRONMENT


def test_a_worker_that_stands_still_when_it_is_stopped_ends_all_the_same(installation):
    worker = installation.make_worker()
    worker.environment = {**ENVIRONMENT, "FAILPOINT": "released.before!"}  # of a build for tests: it stands still there
    worker.start(r"(?m)\bevent=started\b")
    worker.terminate()
    assert worker.wait() == 4, worker.tail()
    assert "event=failpoint detail=released.before\n" in worker.text()
    assert worker.text().endswith("a thread stands still and does not let the process end: ended all the same\n")
