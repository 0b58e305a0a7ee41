"""A client of a worker's admin endpoint."""

import re
import urllib.error
import urllib.parse
import urllib.request

from broker import wait_until
from prometheus import Metrics


class Admin:
    """The endpoint of one worker."""

    def __init__(self, worker):
        self.url = re.search(r"event=admin url=(\S+)", worker.text())[1]
        where = urllib.parse.urlsplit(self.url)
        self.address = where.hostname, where.port

    def ask(self, path, method="GET", data=None):
        """(status, text, headers)"""
        request = urllib.request.Request(self.url + path, method=method, data=data)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read().decode(), answer.headers
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.read().decode(), refusal.headers

    def metrics(self):
        status, text, headers = self.ask("/metrics")
        assert (status, headers["Content-Type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
        return Metrics(text)

    def wait_for(self, what, expected):
        """Waits until what(metrics) is as expected; returns these metrics."""

        def look():
            metrics = self.metrics()
            return metrics if what(metrics) == expected else None

        return wait_until(look, f"{expected}", explain=lambda: f"{what(self.metrics())}")


def outcomes(metrics):
    """Those that happened: {(account, outcome, reason): how often}."""
    return {labels: count for labels, count in metrics.all("cupbearer_outcomes_total").items() if count > 0}


def requests(metrics, account):
    """The account's requests that came to no good: {answer: how often}."""
    counts = metrics.all("cupbearer_requests_total")
    return {answer: count for (whose, answer), count in counts.items() if whose == account and answer != "ok" and count}
