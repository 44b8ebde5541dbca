"""What Prometheus sees, also across worker processes (`PROMETHEUS_MULTIPROC_DIR`)."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from recsvc.shelves import Shelves
from recsvc.state.contract import StateStore

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
    MetricRow("recsvc_cached_answers_total", "counter", (), "answers that the worker had at hand, 304 among them"),
    MetricRow(
        "recsvc_degraded_answers_total",
        "counter",
        (),
        "answers that say `degraded`: Redis was away, or did not answer in time",
    ),
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
    MetricRow(
        "recsvc_state_durable",
        "gauge",
        (),
        "1: what the memory acknowledges is on disk; 0: it may be lost, or the memory is away; absent without one",
    ),
)
_ROWS = {row.name: row for row in TABLE}


_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
"""Counted by name; a caller may invent others, and each would stay in memory."""


def method_name(method: str) -> str:
    """A method as it is counted and logged."""
    return method if method in _METHODS else "other"


@dataclass(frozen=True, slots=True)
class Tally:
    """What the counters hear of one answer.

    Attributes:
        outcomes: shelf type and outcome of each shelf.
        missing: unknown ids in the question.
        degraded: whether the answer says so.
    """

    outcomes: tuple[tuple[str, str], ...]
    missing: int = 0
    degraded: bool = False

    @classmethod
    def of(cls, shelves: Shelves, *, degraded: bool) -> Tally:
        """What there is to count in `shelves`."""
        outcomes = (
            (shelf_type, filled.empty_reason or ("learned" if filled.fallback == "none" else filled.fallback))
            for shelf_type, filled in shelves.shelves.items()
        )
        return cls(tuple(outcomes), len(shelves.missing_ids), degraded)


class Metrics:
    """The counters of one app."""

    def __init__(self, clock: Callable[[], float] = time.time, state: StateStore | None = None) -> None:
        self._registry = CollectorRegistry()
        self._age = _ModelAge(clock)
        self._memory = _StateDurable(state)
        self._registry.register(self._age)
        self._registry.register(self._memory)

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
        self._cached = counter("recsvc_cached_answers_total")
        self._degraded = counter("recsvc_degraded_answers_total")
        self._not_modified = counter("recsvc_not_modified_total")
        self._missing = counter("recsvc_missing_ids_total")
        self._picks = counter("recsvc_picks_total")
        self._events = counter("recsvc_events_total")
        self._changing = threading.Lock()
        self._trained: Gauge | None = None
        self._version: str | None = None
        self._children: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._outcomes: dict[tuple[str, str], Counter] = {}

    def request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one answer."""
        key = (route, method_name(method), status)
        if (children := self._children.get(key)) is None:  # looking labels up costs more than counting
            children = self._requests.labels(route, key[1], str(status)), self._seconds.labels(route)
            self._children[key] = children
        counted, timed = children
        counted.inc()
        timed.observe(seconds)

    def answer(self, tally: Tally) -> None:
        """Count the shelves of one answer by their outcome, and the ids it did not know."""
        for outcome in tally.outcomes:
            if (child := self._outcomes.get(outcome)) is None:  # as above
                child = self._outcomes[outcome] = self._shelves.labels(*outcome)
            child.inc()
        if tally.missing:
            self._missing.inc(tally.missing)
        self._count_degraded(degraded=tally.degraded)

    def _count_degraded(self, *, degraded: bool) -> None:
        """Count an answer that says it is degraded."""
        if degraded:
            self._degraded.inc()

    def cached(self) -> None:
        """Count one answer that was at hand."""
        self._cached.inc()

    def not_modified(self) -> None:
        """Count one 304."""
        self._not_modified.inc()

    def picks(self, source: str, *, degraded: bool) -> None:
        """Count one answer of picks."""
        self._count_degraded(degraded=degraded)
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
            shared.register(self._memory)
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


class _StateDurable(Collector):
    """Whether the memory keeps its word, asked when the question comes."""

    def __init__(self, state: StateStore | None) -> None:
        self._state = state

    def collect(self) -> Iterator[Metric]:
        """One sample, or none."""
        if self._state is not None:
            row = _ROWS["recsvc_state_durable"]
            yield GaugeMetricFamily(row.name, row.meaning, value=float(self._state.status().durable))


def _trained_gauge(registry: CollectorRegistry) -> Gauge:
    """Made with its first value: a worker that has served nothing yet must not count as one of 1970."""
    row = _ROWS["recsvc_model_trained_timestamp_seconds"]
    return Gauge(row.name, row.meaning, registry=registry, multiprocess_mode="livemin")
