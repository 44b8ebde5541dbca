"""Upsells measured on the shop's own last orders: does the shelf of what a customer had show what they chose next?"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from models.money import PRICE_UNKNOWN
from models.records import ItemVectors
from training.cards import Assortment, assortment
from training.evaluation.metrics import gains, means
from training.evaluation.report import Column, Dot, Figure, Line, Plot, Report, Table
from training.evaluation.split import TEST_FROM, VALIDATION_FROM, cut, first
from training.evaluation.task import Task
from training.evaluation.trade_ups import Past, Questions, Scores, drawn, questions
from training.evaluation.trade_ups import measure as ask
from training.evaluation.upsell_peers import PEERS
from training.pipeline import learn_upsells
from training.readers.errors import InputError
from training.records import Catalogue, Orders
from training.settings import TrainSettings

POWERS = (0.0, 0.3, 0.5, 1.0)
"""Gain powers of the trade-off curve, from conversion to revenue; the settings' own is asked too."""

_FEWEST = 50
_BINS = 10
_OURS = "recsvc"
_COLUMNS = (
    Column("hit_rate", "HR@5", "rate", "share of questions where the five places hold what was chosen"),
    Column("ndcg", "nDCG@5", "rate", "the same, the first places worth more"),
    Column("mrr", "MRR", "rate", "1 / place of the first hit among twenty"),
    Column("revenue", "rev@5", "rate", "price gain of the hits per question, in the shop's currency"),
    Column("ratio", "price ratio", "amount", "what is shown costs this many times the item, on average"),
)


_ABOUT = (
    "Everybody learnt from the first 90 % of the orders. Then customers who had bought an item chose, for the first "
    "time, a dearer one of its kind: does the item's shelf show it? Prices are those paid before; rules were tuned on "
    "the tenth before. Ours is asked at several powers of the price gain, from conversion (0) to revenue (1)."
)


def peers() -> tuple[str, ...]:
    """The rules that can stand beside."""
    return tuple(PEERS)


def measure(task: Task) -> Report:
    """Learn from the first 90 % of the orders, ask about the rest.

    Raises:
        InputError: without times, customers, prices or categories there is nothing to ask.
    """
    if not task.orders.timed or not len(task.orders.customers):
        raise InputError("upsells are measured by what customers choose later: the orders need times and customers")
    # The catalogue's prices know the future: only its words are used.
    catalogue = task.catalogue and _priceless(task.catalogue)
    low = cut(task.orders.n_orders, TEST_FROM)
    shelf, past = _past(task.orders, catalogue, low)
    asked = drawn(questions(task.orders, low, task.orders.n_orders, past), task.queries, task.seed)
    if len(asked) < _FEWEST:
        raise InputError(
            f"{len(asked)} customers chose something dearer of a kind in the last tenth of the orders; {_FEWEST} are "
            "needed. Have the orders prices, and the catalogue (--catalogue) categories?"
        )
    dearer = _candidates(asked, past)
    rows: dict[str, NDArray[np.float64]] = {}
    notes: list[str] = []
    chosen = _tuned(task, catalogue)
    for name in task.against:
        task.progress(f"upsell questions: {name}", 0.0)
        rows[name] = ask(asked, past, dearer, PEERS[name][0](past, chosen[name]))
        if chosen[name]:
            notes.append(f"{name}: " + ", ".join(f"{key} {value:g}" for key, value in chosen[name].items()))
    task.progress("upsell", 0.0)
    learnt = _Learnt(past, shelf, task.settings)
    own = task.settings.upsell_gain_power
    for power in sorted({own, *POWERS}):
        rows[_name(power)] = ask(asked, past, dearer, learnt.scores(power))
    of = np.unique([customer for customer, _ in asked], return_inverse=True)[1].astype(np.int64)
    best = max(task.against, key=lambda name: float(rows[name][:, 1].mean())) if task.against else None
    title = f"upsell ({len(asked):,} questions of {len(np.unique(of)):,} customers)"
    return Report(
        protocol="upsell",
        title="How good the upsells are",
        about=f"{_ABOUT} The settings have {own:g}.",
        tables=(
            _methods(rows, title),
            *([_over(rows, best, of)] if best else []),
            _calibration(learnt, past, asked),
            _silence(learnt, past),
        ),
        plots=(_curve(rows),),
        notes=tuple(notes),
    )


class _Learnt:
    """All steps of our model with their acceptance, so that every power of the price gain is one look away."""

    def __init__(self, past: Past, shelf: Assortment, settings: TrainSettings) -> None:
        everything = dataclasses.replace(settings, upgrades=1000, upsell_gain_power=0.0)
        self.vectors: ItemVectors = learn_upsells(past.orders, shelf, everything)
        self._price = past.price
        here = np.full(len(shelf.items), -1)
        here[shelf.bought] = np.arange(len(shelf.bought))
        self.steps: list[dict[int, float]] = []
        for at in shelf.bought.tolist():
            row = self.vectors.row(at)
            pairs = zip(here[self.vectors.item[row]].tolist(), self.vectors.score[row].tolist(), strict=True)
            self.steps.append({item: score for item, score in pairs if item >= 0})

    def scores(self, power: float) -> Scores:
        """Acceptance times price gain to a power; -inf for what is not listed."""

        def score(item: int, others: NDArray[np.int64]) -> NDArray[np.float64]:
            accepted = np.array([self.steps[item].get(other, -np.inf) for other in others.tolist()])
            gain = np.maximum(self._price[others] - self._price[item], 0) / 10_000
            return np.where(np.isneginf(accepted), -np.inf, accepted * np.power(gain, power))

        return score


def _past(orders: Orders, catalogue: Catalogue | None, start: int) -> tuple[Assortment, Past]:
    shelf = assortment(first(orders, start), catalogue)
    return shelf, Past(first(orders, start), shelf.price[shelf.bought], shelf.category[shelf.bought].astype(np.int64))


def _priceless(catalogue: Catalogue) -> Catalogue:
    return dataclasses.replace(catalogue, price=np.full_like(catalogue.price, PRICE_UNKNOWN))


def _candidates(asked: Questions, past: Past) -> dict[int, NDArray[np.int64]]:
    return {item: past.dearer(item) for item in sorted({item for _, item in asked})}


def _tuned(task: Task, catalogue: Catalogue | None) -> dict[str, Mapping[str, float]]:
    """The parameters of each rule that did best on the tenth before; the first of equals."""
    best = {name: PEERS[name][1][0] for name in task.against}
    open_ones = [name for name in task.against if len(PEERS[name][1]) > 1]
    if open_ones:
        low, high = (cut(task.orders.n_orders, share) for share in (VALIDATION_FROM, TEST_FROM))
        _, past = _past(task.orders, catalogue, low)
        asked = drawn(questions(task.orders, low, high, past), task.queries, task.seed + 1)
        dearer = _candidates(asked, past)
        for name in open_ones if asked else ():
            task.progress(f"rule {name}", 0.0)
            maker, grid = PEERS[name]
            found = [float(ask(asked, past, dearer, maker(past, each))[:, 1].mean()) for each in grid]
            best[name] = grid[int(np.argmax(found))]
    return best


def _name(power: float) -> str:
    return f"{_OURS}, gain^{power:g}"


def _methods(rows: Mapping[str, NDArray[np.float64]], title: str) -> Table:
    ranked = sorted(rows, key=lambda name: (-float(rows[name][:, 1].mean()), name))
    lines = [
        Line(name, tuple(Figure(float(np.nanmean(column))) for column in rows[name].T), name.startswith(_OURS))
        for name in ranked
    ]
    return Table("upsell", title, _COLUMNS, tuple(lines), "ndcg")


def _over(rows: Mapping[str, NDArray[np.float64]], best: str, of: NDArray[np.int64]) -> Table:
    """Ours against the best rule, and with intervals of its own; customers are redrawn."""
    columns = (
        Column("ndcg", "nDCG@5", "rate"),
        Column("ndcg_gain", "nDCG@5 over it", "gain"),
        Column("hit_rate_gain", "HR@5 over it", "gain"),
        Column("revenue_gain", "rev@5 over it", "gain"),
    )
    lines = []
    for name, found in rows.items():
        if name.startswith(_OURS):
            hits, ndcg, _, revenue = gains(found[:, :4], rows[best][:, :4], of)
            lines.append(Line(name, (means(found[:, 1:2], of)[0], ndcg, hits, revenue), ours=True))
    return Table("upsell_gains", f"ours over {best}, the best rule", columns, tuple(lines), "revenue_gain")


def _calibration(learnt: _Learnt, past: Past, asked: Questions) -> Table:
    """Acceptance as learnt beside how often the items' owners took the step in the window, in ten bins."""
    orders = past.orders
    customer = np.repeat(orders.customer, np.diff(orders.indptr)).astype(np.int64)
    pairs = np.unique((customer * len(orders.items) + orders.item)[customer >= 0])
    owners = np.bincount(pairs % len(orders.items), minlength=len(orders.items))
    taken: dict[tuple[int, int], int] = {}
    for (_, item), relevant in asked.items():
        for better in relevant:
            taken[item, better] = taken.get((item, better), 0) + 1
    steps = [
        (score, float(owners[item]), float(taken.get((item, better), 0)))
        for item, row in enumerate(learnt.steps)
        for better, score in row.items()
        if owners[item]
    ]
    columns = (Column("predicted", "predicted", "share"), Column("observed", "observed", "share"))
    if not steps:
        return Table("calibration", "calibration", columns, ())
    found = np.array(sorted(steps))
    bins = [part for part in np.array_split(found, _BINS) if len(part)]
    sums = [((b[:, 0] * b[:, 1]).sum() / b[:, 1].sum(), b[:, 2].sum() / b[:, 1].sum()) for b in bins]
    lines = [Line(f"tenth {place}", (Figure(p), Figure(o))) for place, (p, o) in enumerate(sums, 1)]
    about = (
        f"Mean absolute error {np.mean([abs(p - o) for p, o in sums]):.5f}. Means what it says only where all "
        "questions were asked and customers are enough to learn from; otherwise scores are popularity."
    )
    return Table("calibration", "chance of a step, predicted and observed", columns, tuple(lines), None, about)


def _silence(learnt: _Learnt, past: Past) -> Table:
    """Which items sold have an upsell, and why the others have none."""
    sold = np.bincount(past.orders.item, minlength=len(past.price)) > 0
    listed = np.array([bool(row) for row in learnt.steps])
    reasons = {
        "with an upsell": listed,
        "price unknown": ~listed & (past.price <= 0),
        "no category and no kin": ~listed & (past.price > 0) & (past.group < 0),
        "nothing dearer that sells, or not taken": ~listed & (past.price > 0) & (past.group >= 0),
    }
    total = max(int(sold.sum()), 1)
    lines = [Line(name, (Figure(int((mask & sold).sum()) / total),)) for name, mask in reasons.items()]
    return Table("silence", "items sold", (Column("share", "share", "share"),), tuple(lines), "share")


def _curve(rows: Mapping[str, NDArray[np.float64]]) -> Plot:
    """Revenue bought with hits; ours is a line."""
    dots = tuple(
        Dot(name, float(found[:, 1].mean()), float(found[:, 3].mean()), name.startswith(_OURS))
        for name, found in rows.items()
    )
    return Plot("hits and revenue", _COLUMNS[1], _COLUMNS[3], dots, "To the right more hits, up more revenue.")
