"""deploy/monitoring by a real Prometheus that asks real workers: each alert fires in the drill that it is for and in no other, and
every query of the dashboard and of the alerts finds something."""

import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from broker import ROOT, wait_until
from monitoring import ALERTS, DRILLS, MONITORING, Prometheus, promtool


@pytest.fixture(scope="module")
def scene(kafka, tmp_path_factory):
    """(Prometheus, the drills), all well so far; each is broken in its own way by the first test."""
    directory = tmp_path_factory.mktemp("monitoring")
    with ThreadPoolExecutor(4) as several:
        begun = [several.submit(drill, directory / drill.__name__, kafka) for drill in DRILLS]
    prometheus = None
    try:
        drills = [one.result() for one in begun]
        targets = {name: where for drill in drills for name, where in drill.targets().items()}
        prometheus = Prometheus(directory / "prometheus", targets)
        prometheus.await_scrapes(set(targets))
        yield prometheus, drills
        print(prometheus.tail())
    finally:
        if prometheus:
            prometheus.discard()
        for one in begun:
            if not one.exception():
                one.result().discard()


def test_each_alert_fires_in_its_drill_and_in_no_other(scene):
    prometheus, drills = scene
    broken_already = {pair for drill in drills if drill.fires_at_once for pair in drill.expected()}
    assert prometheus.firing() <= broken_already, "nothing else is wrong yet"
    expected = {pair for drill in drills for pair in drill.expected()}
    assert {alert for _, alert in expected} == set(re.findall(r"- alert: (\w+)", ALERTS.read_text())), "each has its drill"
    with ThreadPoolExecutor(len(drills)) as several:
        list(several.map(lambda drill: drill.break_it(), drills))
    fired = set()

    def all_have_fired():
        for drill in drills:
            drill.keep_on()
        fired.update(prometheus.firing())
        return expected <= fired

    wait_until(all_have_fired, "all alerts", explain=lambda: f"missing {expected - fired}, too many {fired - expected}")
    assert fired == expected


def metrics_of(expression):
    """The names of what it selects."""
    return set(re.findall(r"\b[\w:]*cupbearer_[\w:]+|\bprocess_\w+|\bup\b", re.sub(r'\{[^}]*\}|"[^"]*"', "", expression)))


def queries_of_the_dashboard():
    for panel in json.loads((MONITORING / "cupbearer.json").read_text())["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]


def test_every_query_of_dashboard_and_alerts_runs_and_finds_what_it_names(scene):
    prometheus, _ = scene
    there = set(prometheus.ask("label/__name__/values"))
    for rule in (rule for group in prometheus.ask("rules")["groups"] for rule in group["rules"]):
        assert rule["health"] == "ok", rule
        names = metrics_of(rule["query"])
        assert names and names <= there, (rule["name"], names - there)
    for title, query in queries_of_the_dashboard():
        names = metrics_of(query)
        assert names and names <= there, (title, names - there)
        asked = query.replace("$__rate_interval", "5m").replace("$instance", ".*")
        assert "$" not in asked and prometheus.query(asked), (title, asked)


def test_the_dashboard_has_a_row_for_each_question_and_says_it_as_the_readme_does():
    panels = json.loads((MONITORING / "cupbearer.json").read_text())["panels"]
    section = (ROOT / "deploy/README.md").read_text().split("## Monitor\n")[1].split("\n## ")[0]
    questions = re.findall(r"(?m)^\| \*\*(.*?)\*\* \|", section)
    assert [panel["title"] for panel in panels if panel["type"] == "row"] == questions
    titles = " ".join(panel["title"].lower() for panel in panels)
    for named in re.findall(r"(?<!\*)\*([A-Za-z][^*]+)\*(?!\*)", section):
        assert named.lower() in titles, named


def test_promtool_finds_nothing_in_what_worker_and_gate_tell(scene):
    _, drills = scene
    [gate] = [drill.gate for drill in drills if hasattr(drill, "gate")]
    [worker] = [drill.admin for drill in drills if type(drill).__name__ == "Well"]
    for text in (worker.ask("/metrics")[1], gate.call("GET", "/metrics").body.decode()):
        ended = promtool("check", "metrics", text=text)
        assert (ended.returncode, ended.stdout + ended.stderr) == (0, "")
