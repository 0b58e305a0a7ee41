"""The alert rules of deploy/monitoring by promtool: good YAML, and each fires for as long as its cause lasts and not for a moment's."""

import json
import re

import pytest
from broker import ROOT
from monitoring import ALERTS, MONITORING, promtool

STEP_S = 15

# Each alert: what is scraped each 15 s; how many seconds after the start it is silent, and fires.
CASES = [
    ("CupbearerDown", {'up{job="cupbearer",instance="w"}': "1x4 0x40"}, 120, 150),
    ("CupbearerDown", {'up{job="cupbearer-gate",instance="w"}': "1x4 0x40"}, 120, 150),
    ("CupbearerGroupLost", {'cupbearer_rebalances_total{event="lost",instance="w"}': "0x8 1x60"}, 180, 240),
    ("CupbearerPartitionStalled", {'cupbearer_partition_stalled_seconds{partition="3",instance="w"}': "0x8 20+15x60"}, 240, 300),
    ("CupbearerEventWaits", {'cupbearer_oldest_unsettled_age_seconds{instance="w"}': "0+15x60"}, 345, 390),
    ("CupbearerCircuitOpen", {'cupbearer_circuit_open{account="acme",instance="w"}': "0x4 1x40"}, 120, 150),
    ("CupbearerProduceErrors", {'cupbearer_produce_failures_total{topic="receipts",instance="w"}': "0x4 3+3x40"}, 105, 165),
    ("CupbearerClock", {'cupbearer_clock_ahead_of_kafka_seconds{instance="w"}': "9x4 -11x60"}, 360, 390),
    ("CupbearerClock", {'cupbearer_clock_ahead_of_papercups_seconds{account="acme",instance="w"}': "9x4 11x60"}, 360, 390),
    ("CupbearerGateNotReady", {'cupbearer_gate_ready{instance="w"}': "1x4 0x40"}, 120, 150),
    ("CupbearerAccountHeld", {'cupbearer_account_held{account="acme",state="stranger",instance="w"}': "0x4 1x40"}, 120, 150),
    ("CupbearerPartitionsAdded", {'cupbearer_unserved_partitions{instance="w"}': "0x4 2x40"}, 120, 150),
    ("CupbearerFails", {
        'cupbearer_outcomes_total{account="acme",outcome="delivered",reason="",instance="w"}': "0+100x80",
        'cupbearer_outcomes_total{account="acme",outcome="failed",reason="gave_up",instance="w"}': "0x4 60+60x80",
    }, 360, 405),
    ("CupbearerRejects", {
        'cupbearer_key_outcomes_total{key="backend-1",outcome="delivered",instance="w"}': "0+100x80",
        'cupbearer_key_outcomes_total{key="backend-1",outcome="rejected",instance="w"}': "0x4 60+60x80",
    }, 360, 405),
    ("CupbearerSenderClock", {'cupbearer_key_clock_ahead_seconds{key="backend-1",instance="w"}': "-9x4 -11x60"}, 360, 390),
    ("CupbearerStaleFile", {'cupbearer_keyring_stale{instance="w"}': "0x4 1x60"}, 360, 390),
    ("CupbearerStaleFile", {'cupbearer_configuration_stale{instance="w"}': "0x4 1x60"}, 360, 390),
    ("CupbearerStaleFile", {'cupbearer_api_key_stale{account="acme",instance="w"}': "0x4 1x60"}, 360, 390),
    ("CupbearerStaleFile", {'cupbearer_gate_tokens_stale{instance="w"}': "0x4 1x60"}, 360, 390),
    ("CupbearerForeignReceipts", {'cupbearer_foreign_receipts_total{instance="w"}': "0x4 1x60"}, 60, 75),
]  # fmt: skip

# What is explained by another alert, or is as it should be, is never told.
STALLED = {'cupbearer_partition_stalled_seconds{partition="3",instance="w"}': "20+15x80"}
WAITS = {'cupbearer_oldest_unsettled_age_seconds{instance="w"}': "20+15x80"}
CIRCUIT = {'cupbearer_circuit_open{account="acme",instance="w"}': "1x80"}
HELD = {'cupbearer_account_held{account="acme",state="unauthorized",instance="w"}': "1x80"}
PRODUCE = {'cupbearer_produce_failures_total{topic="receipts",instance="w"}': "0+1x80"}
QUIET = [
    *(("CupbearerPartitionStalled", {**STALLED, **cause}) for cause in (CIRCUIT, HELD, PRODUCE)),
    *(("CupbearerEventWaits", {**WAITS, **cause}) for cause in (CIRCUIT, HELD, PRODUCE, STALLED)),
    ("CupbearerGroupLost", {'cupbearer_rebalances_total{event="revoked",instance="w"}': "0+1x80"}),
    ("CupbearerDown", {'up{job="node",instance="w"}': "0x80"}),
    ("CupbearerFails", {
        'cupbearer_outcomes_total{account="acme",outcome="delivered",reason="",instance="w"}': "0+100x80",
        'cupbearer_outcomes_total{account="acme",outcome="failed",reason="gave_up",instance="w"}': "0+5x80",
    }),
    ("CupbearerRejects", {
        'cupbearer_key_outcomes_total{key="backend-1",outcome="delivered",instance="w"}': "0+100x80",
        'cupbearer_key_outcomes_total{key="backend-1",outcome="rejected",instance="w"}': "0+5x80",
    }),
]  # fmt: skip
# A cause elsewhere explains nothing here.
OTHER = {series.replace('instance="w"', 'instance="other"'): values for series, values in {**CIRCUIT, **HELD}.items()}
CASES += [
    ("CupbearerPartitionStalled", {**STALLED, **OTHER}, 105, 135),
    ("CupbearerEventWaits", {**WAITS, **OTHER}, 300, 375),
]


def unit(alert, series, counts):
    """A test of promtool's: {seconds: how many alerts fire}; their annotations are not told again here."""
    expression = f'count(ALERTS{{alertname="{alert}",alertstate="firing"}}) or vector(0)'
    return {
        "name": alert,
        "interval": f"{STEP_S}s",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [
            {"expr": expression, "eval_time": f"{seconds}s", "exp_samples": [{"labels": "{}", "value": count}]}
            for seconds, count in counts.items()
        ],
    }


def test_the_rules_and_the_example_are_good():
    for words in (("check", "rules", ALERTS), ("check", "config", MONITORING / "prometheus.yml")):
        ended = promtool(*words)
        assert ended.returncode == 0 and "SUCCESS" in ended.stdout, ended.stdout + ended.stderr


def test_each_alert_waits_and_then_fires_and_what_another_explains_does_not(tmp_path):
    assert {case[0] for case in CASES} == set(re.findall(r"- alert: (\w+)", ALERTS.read_text()))
    units = [unit(alert, series, {silent: 0, fires: 1}) for alert, series, silent, fires in CASES]
    units += [unit(alert, series, {1200: 0}) for alert, series in QUIET]
    (tmp_path / "test.yml").write_text(json.dumps({
        "rule_files": [str(ALERTS)], "evaluation_interval": f"{STEP_S}s", "tests": units,
    }))  # fmt: skip
    ended = promtool("test", "rules", tmp_path / "test.yml")
    assert ended.returncode == 0, ended.stdout + ended.stderr


def alerts_as_written():
    """{alert: the text of its rule}"""
    parts = re.split(r"(?m)^ +- alert: (\w+)$", ALERTS.read_text())
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("alert", alerts_as_written())
def test_each_alert_says_what_it_means_what_to_type_and_where_to_read_on(alert):
    text = " ".join(alerts_as_written()[alert].split())
    assert re.search(r"severity: (page|ticket)\b", text)
    assert re.search(r'summary: "[^"]{20,}"', text)
    assert re.search(r"description: .*\b[Tt]ype: ", text)
    anchor = f"{alert.lower()}"
    assert f"runbook_url: deploy/README.md#{anchor}" in text
    assert f'<a id="{anchor}"></a>`{alert}`' in (ROOT / "deploy/README.md").read_text()
