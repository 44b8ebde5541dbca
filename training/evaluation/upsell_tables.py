"""The tables and the plot of a report on upsells."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from training.evaluation.metrics import gains, means
from training.evaluation.report import Column, Dot, Figure, Line, Plot, Table
from training.evaluation.trade_ups import MEASURES, Questions
from training.evaluation.upsell_ours import Learnt, Way

_BINS = 10
_OURS = "recsvc"
_OWNERS = 10_000
"""Chances of a step are small: they are told per so many owners."""

_COLUMNS = (
    Column("hit_rate", "HR@5", "rate", "share of questions where the five places hold what was chosen"),
    Column("ndcg", "nDCG@5", "rate", "the same, the first places worth more"),
    Column("mrr", "MRR", "rate", "1 / place of the first hit among twenty"),
    Column("revenue", "rev@5", "rate", "price gain of the hits per question, in the shop's currency"),
    Column("ratio", "price ratio", "amount", "what is shown costs this many times the item, on average"),
    Column("margin", "margin@5", "rate", "gain of the hits per question in margin, price less cost"),
)


def methods(rows: Mapping[str, NDArray[np.float64]], title: str) -> Table:
    """Every method's measures, best nDCG first; margin where costs are known."""
    told = [at for at in range(len(MEASURES)) if not all(np.isnan(found[:, at]).all() for found in rows.values())]
    ranked = sorted(rows, key=lambda name: (-float(rows[name][:, 1].mean()), name))
    lines = [Line(name, tuple(_mean(rows[name][:, at]) for at in told), name.startswith(_OURS)) for name in ranked]
    return Table("upsell", title, tuple(_COLUMNS[at] for at in told), tuple(lines), "ndcg")


def _mean(column: NDArray[np.float64]) -> Figure:
    said = column[~np.isnan(column)]
    return Figure(float(said.mean()) if len(said) else np.nan)


def over(rows: Mapping[str, NDArray[np.float64]], best: str, of: NDArray[np.int64]) -> Table:
    """Ours against the best rule, and with intervals of its own; customers are redrawn."""
    costs = not np.isnan(rows[best][:, 5]).all()
    columns = (
        Column("ndcg", "nDCG@5", "rate"),
        Column("ndcg_gain", "nDCG@5 over it", "gain"),
        Column("hit_rate_gain", "HR@5 over it", "gain"),
        Column("revenue_gain", "rev@5 over it", "gain"),
        *([Column("margin_gain", "margin@5 over it", "gain")] if costs else []),
    )
    places = [1, 0, 3, *([5] if costs else [])]
    lines = []
    for name, found in rows.items():
        if name.startswith(_OURS):
            over_it = gains(found[:, places], rows[best][:, places], of)
            lines.append(Line(name, (means(found[:, 1:2], of)[0], *over_it), ours=True))
    return Table("upsell_gains", f"ours over {best}, the best rule", columns, tuple(lines), "revenue_gain")


def calibration(learnt: Learnt, asked: Questions) -> Table:
    """Acceptance as learnt beside how often the items' owners took the step in the window, in ten bins.

    Args:
        learnt: the steps.
        asked: all questions, not a part of them: who was not asked did not take the step.
    """
    steps, past = learnt.steps, learnt.past
    customer = np.repeat(past.orders.customer, np.diff(past.orders.indptr)).astype(np.int64)
    pairs = np.unique((customer * steps.n_items + past.orders.item)[customer >= 0])
    owners = np.bincount(pairs % steps.n_items, minlength=steps.n_items)[steps.item]
    chosen = np.array([(item, better) for (_, item), found in asked.items() for better in found], dtype=np.int64)
    place = steps.find(*chosen.reshape(-1, 2).T)
    taken = np.bincount(place[place >= 0], minlength=len(steps.item))
    known = np.flatnonzero(owners > 0)
    order = known[np.argsort(learnt.accepted[known], kind="stable")]
    columns = (
        Column("predicted", "predicted", "amount", f"of {_OWNERS:,} owners of the item so many take the step"),
        Column("observed", "observed", "amount", "so many did"),
        Column("steps", "steps", "count"),
    )
    title = f"chance of a step, per {_OWNERS:,} owners"
    if not len(order):
        return Table("calibration", title, columns, ())
    lines, errors = [], []
    for number, part in enumerate((part for part in np.array_split(order, _BINS) if len(part)), 1):
        total = float(owners[part].sum())
        predicted = float((learnt.accepted[part] * owners[part]).sum()) / total
        observed = float(taken[part].sum()) / total
        errors.append(abs(predicted - observed))
        told = (Figure(_OWNERS * predicted), Figure(_OWNERS * observed), Figure(len(part)))
        lines.append(Line(f"tenth {number}", told))
    about = (
        f"Mean absolute error {np.mean(errors):.5f}. Means what it says only where customers are enough to learn from; "
        "otherwise scores are popularity."
    )
    return Table("calibration", title, columns, tuple(lines), None, about)


def silence(learnt: Learnt, way: Way) -> Table:
    """Which items sold have an upsell, and why the others have none, in the service's own words for it."""
    past = learnt.past
    sold = np.bincount(past.orders.item, minlength=len(past.price)) > 0
    listed = np.zeros(len(sold), dtype=bool)
    listed[learnt.steps.item[learnt.values(way) > -np.inf]] = True
    mute, priced, kin = ~listed & sold, past.price > 0, past.group >= 0
    below = np.zeros(len(sold), dtype=bool)
    for item in np.flatnonzero(mute & priced & kin).tolist():
        below[item] = bool(sold[past.dearer(item)].any())
    reasons = {
        "with an upsell": listed & sold,
        "no_price: its price is unknown": mute & ~priced,
        "no_kin: no category, and no title alike": mute & priced & ~kin,
        "top_of_ladder: nothing of its kind is dearer and sells": mute & priced & kin & ~below,
        "not_taken: what is dearer is not worth showing": mute & priced & kin & below,
    }
    total = max(int(sold.sum()), 1)
    lines = [Line(name, (Figure(int(mask.sum()) / total), Figure(int(mask.sum())))) for name, mask in reasons.items()]
    columns = (Column("share", "share", "share"), Column("items", "items", "count"))
    return Table("silence", "items sold", columns, tuple(lines), "share")


def curves(rows: Mapping[str, NDArray[np.float64]]) -> tuple[Plot, ...]:
    """Revenue, and margin where costs are known, bought with hits; ours is a line."""
    told = [(3, "revenue"), *([(5, "margin")] if not all(np.isnan(f[:, 5]).all() for f in rows.values()) else [])]
    return tuple(
        Plot(
            f"hits and {word}",
            _COLUMNS[1],
            _COLUMNS[at],
            tuple(
                Dot(name, float(found[:, 1].mean()), float(found[:, at].mean()), name.startswith(_OURS))
                for name, found in rows.items()
            ),
            f"To the right more hits, up more {word}.",
        )
        for at, word in told
    )
