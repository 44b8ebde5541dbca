"""The age of the version served, true at the moment of the question."""

from __future__ import annotations

import re

from recsvc.web.metrics import Metrics


def exported(metrics: Metrics, name: str) -> list[float]:
    """The samples of one metric without labels."""
    return [float(value) for value in re.findall(rf"^{name} (\S+)$", metrics.exposition().decode(), re.M)]


def test_the_age_grows_without_a_request() -> None:
    """Now less the time of training: 1970-01-02 plus an hour is 3,600 s old, a minute later 3,660 s."""
    now = [86_400.0 + 3_600]
    metrics = Metrics(lambda: now[0])
    metrics.serving("20200101T0000Z-0000", "1970-01-02T00:00:00Z")
    assert exported(metrics, "recsvc_model_age_seconds") == [3_600.0]
    assert exported(metrics, "recsvc_model_trained_timestamp_seconds") == [86_400.0]
    now[0] += 60
    assert exported(metrics, "recsvc_model_age_seconds") == [3_660.0]
    metrics.serving("20200101T0001Z-0000", "1970-01-02T01:00:00Z")
    assert exported(metrics, "recsvc_model_age_seconds") == [60.0]


def test_nothing_served_has_no_age() -> None:
    """Absent rather than a date in 1970: an alert on absence is another one than on age."""
    metrics = Metrics(lambda: 1e9)
    assert not exported(metrics, "recsvc_model_age_seconds")
    assert not exported(metrics, "recsvc_model_trained_timestamp_seconds")
