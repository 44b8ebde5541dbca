"""`recsvc evaluate --picks`: the next visit of customers who were not learnt from, guessed by ours and by peers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.money import PRICE_SCALE
from training.cards import Assortment, assortment, median_paid
from training.evaluation.metrics import gains, means
from training.evaluation.picks.judge import MEASURES, OURS, Judged, judge
from training.evaluation.picks.peers import PEERS
from training.evaluation.picks.split import judged, split
from training.evaluation.report import NAN, Column, Figure, Line, Report, Table
from training.evaluation.task import Task
from training.next_basket.features import Marks
from training.next_basket.ranker import Learning
from training.next_basket.visits import visits_of
from training.records import Orders
from training.titles import kinds

_FEWEST = 100
_COLUMNS = (
    Column("ndcg", "nDCG@10", "rate", "1 where the list begins with all that the next visit holds, and nothing else"),
    Column("recall", "recall@10", "rate", "share of the next visit that the ten places hold"),
    Column("phr", "PHR@10", "rate", "share of customers with at least one right item"),
    Column("repeat", "repeat recall", "rate", "recall of what the customer had bought before"),
    Column("explore", "explore recall", "rate", "recall of what was new to the customer"),
)
_OVER = Column("gain", "ours over it, nDCG", "gain", "relative gain in nDCG@10; in brackets 95 %, customers redrawn")


def peers() -> tuple[str, ...]:
    """Names that `--against` may give."""
    return tuple(PEERS)


def measure(task: Task, /) -> Report:
    """Deal customers out, hide last visits, ask everybody.

    Raises:
        ValueError: too few customers came three times.
    """
    every = visits_of(task.orders, np.arange(len(task.orders.items), dtype=np.int32), len(task.orders.items))
    visits = judged(every)
    if visits.n_customers < _FEWEST:
        raise ValueError(
            f"{visits.n_customers} customers have 3 to 100 visits; {_FEWEST} are needed to judge picks: give orders "
            "with customer ids over a longer time"
        )
    parts = split(visits, task.seed)
    found = judge(parts, marks_of(task), Learning(), task.against, threads=task.threads, progress=task.progress)
    return report_of(found, seed=task.seed)


def marks_of(task: Task) -> Marks:
    """What is said of the items bought; prices are those paid, since a catalogue's know the future."""
    return marks_in(task.orders, assortment(task.orders, task.catalogue))


def marks_in(orders: Orders, shelf: Assortment) -> Marks:
    """The same of an assortment."""
    kind = kinds([shelf.titles[item] for item in shelf.bought.tolist()])
    return Marks(shelf.category[shelf.bought], median_price(orders), kind)


def median_price(orders: Orders) -> NDArray[np.float64]:
    """Median price paid for each item, nan where none is known."""
    price = median_paid(orders)
    return np.where(price > 0, price / PRICE_SCALE, np.nan)


def report_of(found: list[Judged], *, seed: int) -> Report:
    """One table, best method first."""
    ours = next(one for one in found if one.method == OURS)
    ranked = sorted(found, key=lambda one: (-float(np.nanmean(one.rows[:, 0])), one.method))
    lines = []
    for one in ranked:
        over = Figure(NAN) if one is ours else gains(ours.rows[:, :1], one.rows[:, :1], np.arange(len(ours.rows)))[0]
        figures = tuple(mean(one.rows[:, at]) for at in range(len(MEASURES)))
        lines.append(Line(one.method, (*figures, over), one is ours))
    about = (
        "Customers of 3 to 100 visits; one in five is asked for everything in the last visit, which nobody saw. "
        "Peers chose their settings on other customers, eight in a hundred."
    )
    table = Table(
        "picks", f"next visit ({len(ours.rows):,} customers, seed {seed})", (*_COLUMNS, _OVER), tuple(lines), "ndcg"
    )
    notes = tuple(
        f"{one.method}: " + ", ".join(f"{name} {value}" for name, value in one.setting.items())
        for one in ranked
        if one.setting
    )
    return Report("picks", "How well picks foretell the next visit", about, (table,), (), notes)


def mean(column: NDArray[np.float64]) -> Figure:
    """Mean over the customers it can be said of, with its interval."""
    told = column[~np.isnan(column)]
    return means(told[:, None], np.arange(len(told)))[0]
