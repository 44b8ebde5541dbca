"""Upsells measured on the shop's own last orders: does the shelf of what a customer had show what they chose next?"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from models.money import PRICE_UNKNOWN
from models.records import ItemVectors
from training.cards import Assortment, assortment
from training.evaluation import upsell_tables as tables
from training.evaluation.report import Report
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
        rows[tables.name_of(power)] = ask(asked, past, dearer, learnt.scores(power))
    of = np.unique([customer for customer, _ in asked], return_inverse=True)[1].astype(np.int64)
    best = max(task.against, key=lambda name: float(rows[name][:, 1].mean())) if task.against else None
    title = f"upsell ({len(asked):,} questions of {len(np.unique(of)):,} customers)"
    return Report(
        protocol="upsell",
        title="How good the upsells are",
        about=f"{_ABOUT} The settings have {own:g}.",
        tables=(
            tables.methods(rows, title),
            *([tables.over(rows, best, of)] if best else []),
            tables.calibration(learnt.steps, past, asked),
            tables.silence(learnt.steps, past),
        ),
        plots=(tables.curve(rows),),
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
