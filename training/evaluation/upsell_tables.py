"""The tables and the plot of a report on upsells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from training.evaluation.metrics import gains, means
from training.evaluation.report import Column, Dot, Figure, Line, Plot, Table
from training.evaluation.trade_ups import Past, Questions

_BINS = 10
_OURS = "recsvc"
_COLUMNS = (
    Column("hit_rate", "HR@5", "rate", "share of questions where the five places hold what was chosen"),
    Column("ndcg", "nDCG@5", "rate", "the same, the first places worth more"),
    Column("mrr", "MRR", "rate", "1 / place of the first hit among twenty"),
    Column("revenue", "rev@5", "rate", "price gain of the hits per question, in the shop's currency"),
    Column("ratio", "price ratio", "amount", "what is shown costs this many times the item, on average"),
)


def name_of(power: float) -> str:
    """How ours is called at a power of the price gain."""
    return f"{_OURS}, gain^{power:g}"


def methods(rows: Mapping[str, NDArray[np.float64]], title: str) -> Table:
    """Every method's measures, best nDCG first."""
    ranked = sorted(rows, key=lambda name: (-float(rows[name][:, 1].mean()), name))
    lines = [
        Line(name, tuple(Figure(float(np.nanmean(column))) for column in rows[name].T), name.startswith(_OURS))
        for name in ranked
    ]
    return Table("upsell", title, _COLUMNS, tuple(lines), "ndcg")


def over(rows: Mapping[str, NDArray[np.float64]], best: str, of: NDArray[np.int64]) -> Table:
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


def calibration(steps_of: Sequence[Mapping[int, float]], past: Past, asked: Questions) -> Table:
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
        for item, row in enumerate(steps_of)
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


def silence(steps_of: Sequence[Mapping[int, float]], past: Past) -> Table:
    """Which items sold have an upsell, and why the others have none."""
    sold = np.bincount(past.orders.item, minlength=len(past.price)) > 0
    listed = np.array([bool(row) for row in steps_of])
    reasons = {
        "with an upsell": listed,
        "price unknown": ~listed & (past.price <= 0),
        "no category and no kin": ~listed & (past.price > 0) & (past.group < 0),
        "nothing dearer that sells, or not taken": ~listed & (past.price > 0) & (past.group >= 0),
    }
    total = max(int(sold.sum()), 1)
    lines = [Line(name, (Figure(int((mask & sold).sum()) / total),)) for name, mask in reasons.items()]
    return Table("silence", "items sold", (Column("share", "share", "share"),), tuple(lines), "share")


def curve(rows: Mapping[str, NDArray[np.float64]]) -> Plot:
    """Revenue bought with hits; ours is a line."""
    dots = tuple(
        Dot(name, float(found[:, 1].mean()), float(found[:, 3].mean()), name.startswith(_OURS))
        for name, found in rows.items()
    )
    return Plot("hits and revenue", _COLUMNS[1], _COLUMNS[3], dots, "To the right more hits, up more revenue.")
