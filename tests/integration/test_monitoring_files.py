"""Do the dashboard and the alert rules name what the code exports?"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from flask_antom.domain.payment_states import Status
from flask_antom.domain.refund_states import RefundStatus
from flask_antom.measures import GAUGES, METRICS
from tests.support.meters import Scraped
from tests.support.offline import open_offline
from tests.support.paths import ROOT

DASHBOARD: Any = json.loads((ROOT / "docs/monitoring/grafana.json").read_text())
RULES: Any = yaml.safe_load((ROOT / "docs/monitoring/alerts.yml").read_text())
ALERTS = {rule["alert"]: rule for group in RULES["groups"] for rule in group["rules"]}

EXPRESSIONS = {
    **{name: [rule["expr"]] for name, rule in ALERTS.items()},
    **{
        panel["title"]: [target["expr"] for target in panel["targets"]]
        for panel in DASHBOARD["panels"]
    },
}

#: What PromQL adds to the labels of a histogram.
ADDED = {"le"}

#: The values of the labels whose values are few and known.
STATUSES = {*map(str, Status), *map(str, RefundStatus)}


@pytest.fixture(scope="module")
def exported() -> Iterator[dict[str, set[str]]]:
    """The labels of each sample that Prometheus gets, by its name."""
    with open_offline() as offline:
        scraped = Scraped(offline.shop.app)
        state: Any = offline.shop.app.extensions["antom"]
        for kind, metric in METRICS.items():
            labels = dict.fromkeys(metric.labels, "x")
            state.measures.count(kind, 1.0, **labels)
        yield {
            sample.name: set(sample.labels)
            for metric in scraped.registry.collect()
            for sample in metric.samples
        }


def test_each_metric_is_exported(exported: dict[str, set[str]]) -> None:
    assert len(exported) > len(METRICS) + len(GAUGES)


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_an_expression_names_what_is_exported(
    name: str, exported: dict[str, set[str]]
) -> None:
    for expression in EXPRESSIONS[name]:
        named = set(re.findall(r"\bantom_\w+", expression))
        assert named
        assert named <= set(exported)
        known = set().union(*(exported[one] for one in named)) | ADDED
        asked = set(re.findall(r'(\w+)(?:=|!=|=~|!~)"', expression))
        for group in re.findall(r"by \(([^)]*)\)", expression):
            asked |= {label.strip() for label in group.split(",")}
        assert asked <= known


def test_each_number_is_drawn_or_alerted_on() -> None:
    text = " ".join(one for many in EXPRESSIONS.values() for one in many)
    for metric in (*METRICS.values(), *GAUGES.values()):
        if metric.name != "antom.sweep.duration":
            assert metric.name.replace(".", "_") in text


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_an_expression_names_statuses_that_there_are(name: str) -> None:
    for expression in EXPRESSIONS[name]:
        for values in re.findall(r'status=~?"([^"]*)"', expression):
            assert set(values.split("|")) <= STATUSES


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_what_to_do(name: str) -> None:
    rule = ALERTS[name]
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert set(rule["annotations"]) == {"summary", "cure"}


def test_there_is_an_alert_for_notifications_that_stop() -> None:
    assert "antom_notifications_total" in ALERTS["AntomNotificationsStopped"]["expr"]


def test_panels_do_not_overlap() -> None:
    cells: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        taken = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert at["x"] + at["w"] <= 24
        assert not taken & cells
        cells |= taken
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))
