"""What Prometheus sees, also across worker processes (`PROMETHEUS_MULTIPROC_DIR`)."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from recsvc.shelves import Filled

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5)


class MetricRow(NamedTuple):
    """One line of `docs/reference/metrics.md`."""

    name: str
    kind: str
    labels: tuple[str, ...]
    meaning: str


TABLE = (
    MetricRow("recsvc_requests_total", "counter", ("route", "method", "status"), "requests answered"),
    MetricRow("recsvc_request_seconds", "histogram", ("route",), "time from request to answer, in seconds"),
    MetricRow(
        "recsvc_shelves_total",
        "counter",
        ("type", "outcome"),
        "shelves by what they hold: learned, category_bestsellers, bestsellers, or why they are empty",
    ),
    MetricRow("recsvc_not_modified_total", "counter", (), "answers of 304, nothing computed"),
    MetricRow("recsvc_missing_ids_total", "counter", (), "unknown item ids in questions"),
    MetricRow(
        "recsvc_picks_total",
        "counter",
        ("source",),
        "picks answered: personal, popular, held_back (send: false) or none (no version)",
    ),
    MetricRow(
        "recsvc_events_total", "counter", ("outcome",), "events received: accepted, duplicate, rejected or not_stored"
    ),
    MetricRow(
        "recsvc_model_trained_timestamp_seconds",
        "gauge",
        (),
        "when the oldest version that a worker serves was trained, seconds since 1970",
    ),
    MetricRow(
        "recsvc_model_age_seconds",
        "gauge",
        (),
        "seconds since the version served was trained, at the moment of the question; absent where none is served",
    ),
)
_ROWS = {row.name: row for row in TABLE}


_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
"""Counted by name; a caller may invent others, and each would stay in memory."""


class Metrics:
    """The counters of one app."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._registry = CollectorRegistry()
        self._age = _ModelAge(clock)
        self._registry.register(self._age)

        def counter(name: str) -> Counter:
            return Counter(name, _ROWS[name].meaning, _ROWS[name].labels, registry=self._registry)

        self._requests = counter("recsvc_requests_total")
        self._seconds = Histogram(
            "recsvc_request_seconds",
            _ROWS["recsvc_request_seconds"].meaning,
            ("route",),
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._shelves = counter("recsvc_shelves_total")
        self._not_modified = counter("recsvc_not_modified_total")
        self._missing = counter("recsvc_missing_ids_total")
        self._picks = counter("recsvc_picks_total")
        self._events = counter("recsvc_events_total")
        self._changing = threading.Lock()
        self._trained: Gauge | None = None
        self._version: str | None = None
        self._children: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one answer."""
        key = (route, method if method in _METHODS else "other", status)
        if (children := self._children.get(key)) is None:  # looking labels up costs more than counting
            children = self._requests.labels(route, key[1], str(status)), self._seconds.labels(route)
            self._children[key] = children
        counted, timed = children
        counted.inc()
        timed.observe(seconds)

    def shelf(self, shelf_type: str, filled: Filled) -> None:
        """Count one shelf by its outcome."""
        outcome = filled.empty_reason or ("learned" if filled.fallback == "none" else filled.fallback)
        self._shelves.labels(shelf_type, outcome).inc()

    def empty_shelf(self, shelf_type: str, reason: str) -> None:
        """Count one shelf that could not be tried."""
        self._shelves.labels(shelf_type, reason).inc()

    def missing(self, count: int) -> None:
        """Count unknown ids."""
        if count:
            self._missing.inc(count)

    def not_modified(self) -> None:
        """Count one 304."""
        self._not_modified.inc()

    def picks(self, source: str) -> None:
        """Count one answer of picks."""
        self._picks.labels(source).inc()

    def events(self, accepted: int, duplicates: int, rejected: int, not_stored: int) -> None:
        """Count a batch of events."""
        counts = {"accepted": accepted, "duplicate": duplicates, "rejected": rejected, "not_stored": not_stored}
        for outcome, count in counts.items():
            if count:
                self._events.labels(outcome).inc(count)

    def serving(self, version: str, trained_at: str) -> None:
        """Note the version that this worker serves."""
        if version == self._version:
            return
        trained = datetime.fromisoformat(trained_at).timestamp()
        with self._changing:
            if self._trained is None:
                self._trained = _trained_gauge(self._registry)
            self._trained.set(trained)
            self._age.trained, self._version = trained, version

    def exposition(self) -> bytes:
        """All counters as text, over all workers where they share a folder."""
        if folder := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            shared = CollectorRegistry()
            MultiProcessCollector(shared, path=folder)  # type: ignore[no-untyped-call]  # the library has no types here
            shared.register(self._age)
            return generate_latest(shared)
        return generate_latest(self._registry)


class _ModelAge(Collector):
    """The age of the version that this worker serves, told when it is asked: no file keeps a number that grows."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.trained: float | None = None
        self._clock = clock

    def collect(self) -> Iterator[Metric]:
        """One sample, or none."""
        if self.trained is not None:
            row = _ROWS["recsvc_model_age_seconds"]
            yield GaugeMetricFamily(row.name, row.meaning, value=self._clock() - self.trained)


def _trained_gauge(registry: CollectorRegistry) -> Gauge:
    """Made with its first value: a worker that has served nothing yet must not count as one of 1970."""
    row = _ROWS["recsvc_model_trained_timestamp_seconds"]
    return Gauge(row.name, row.meaning, registry=registry, multiprocess_mode="livemin")
