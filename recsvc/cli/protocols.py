"""What `recsvc evaluate` can measure: one entry per protocol, one module behind each, loaded when it is asked for."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Protocol as Contract
from typing import cast

from training.evaluation.report import Report
from training.evaluation.task import Task


class Measuring(Contract):
    """What a protocol's module offers."""

    def peers(self) -> tuple[str, ...]:
        """Names that `--against` may give."""

    def measure(self, task: Task, /) -> Report:
        """Measure one shop.

        Raises:
            ValueError: these orders cannot be measured so; the message says why and what to do.
        """


@dataclass(frozen=True, slots=True)
class Protocol:
    """One entry.

    Attributes:
        option: of `recsvc evaluate`, without its dashes.
        help: what the option does.
        module: where `peers` and `measure` are.
        against: the peers where `--against` names none.
    """

    option: str
    help: str
    module: str
    against: tuple[str, ...]

    def load(self) -> Measuring:
        """The module behind it."""
        return cast(Measuring, importlib.import_module(self.module))


CROSS_SELL = Protocol(
    "cross-sell",
    "measure cross-sell shelves (the default)",
    "recsvc.cli.served",
    ("popularity", "implicit-cosine", "implicit-bm25"),
)

PICKS = Protocol(
    "picks",
    "measure picks: the next visit of customers",
    "training.evaluation.picks.report",
    ("most-popular", "gp-topfreq", "tifu-knn", "up-cf"),
)

UPSELL = Protocol(
    "upsell",
    "measure upsells: what customers trade up to",
    "training.evaluation.upsell",
    ("cheapest-above", "price-cap", "popularity", "recent-popularity", "same-basket", "same-customers"),
)

PERSONAL = Protocol(
    "personal", "measure the shelves of known customers, with and without the customer", "recsvc.cli.personal", ()
)

PROTOCOLS: tuple[Protocol, ...] = (CROSS_SELL, UPSELL, PICKS, PERSONAL)
