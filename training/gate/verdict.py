"""From figures to a verdict: each check is one sentence, a refusal or a warning. Pure.

How much of the shelves changes with age alone was measured: the defaults of the trainer on *online_retail*, trained on
17,795 orders and again with 0.3, 1.1, 3.3 and 11 % more, change 2.0, 5.1, 9.6 and 19.5 % of all places. `0.6 · √s`, s
the share of orders that are new, lies just above all four.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from models.comparison import ShelfFigures
from models.gate import Verdict
from training.evaluation.report import Figure, written
from training.gate.limits import Limits

_AGEING = 0.6


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of the new version beside the live one.

    Attributes:
        window: the orders on which accuracy was compared, in words, or why it was not.
        baskets: how many of them asked questions.
        gains: kind of question → gain in nDCG@10 of the new configuration over the live one.
        before, after: figures of the shelves, live and new.
        churn: share of the places that hold something else.
        fresh: share of the new version's orders that the live one had not seen.
        same_settings: whether both were trained with the same settings.
    """

    window: str
    baskets: int
    gains: Mapping[str, Figure]
    before: ShelfFigures
    after: ShelfFigures
    churn: float
    fresh: float
    same_settings: bool


def explained(fresh: float) -> float:
    """Churn that age explains where a share `fresh` of the orders is new."""
    return _AGEING * math.sqrt(max(fresh, 0.0))


def judge(evidence: Evidence, limits: Limits) -> Verdict:
    """Pass or refuse. Churn alone refuses only where settings are the same: then the past itself was changed."""
    before, after = evidence.before, evidence.after
    refusals = [
        f"nDCG@10 of {kind} questions: {written(gain, 'gain')} against the live version, on {evidence.window}"
        for kind, gain in evidence.gains.items()
        if gain.high < -limits.accuracy_fall
    ]
    if after.coverage < (1 - limits.coverage_fall) * before.coverage:
        refusals.append(f"shelves show {after.coverage:.1%} of the items sold, {before.coverage:.1%} before")
    if after.silent > before.silent + limits.silent_rise:
        refusals.append(f"{after.silent:.1%} of the items sold have an empty shelf, {before.silent:.1%} before")
    if after.top_share > before.top_share + limits.top_share_rise:
        refusals.append(f"the best sold 1 % take {after.top_share:.1%} of all places, {before.top_share:.1%} before")
    warnings: list[str] = []
    if evidence.churn - explained(evidence.fresh) > limits.churn:
        text = (
            f"{evidence.churn:.1%} of the places on shelves hold something else; {evidence.fresh:.1%} new orders "
            f"explain {explained(evidence.fresh):.1%}"
        )
        (refusals if evidence.same_settings else warnings).append(text)
    return Verdict(not refusals, tuple(refusals), tuple(warnings), figures(evidence))


def figures(evidence: Evidence) -> dict[str, object]:
    """All numbers as plain JSON values; what cannot be said is left out."""
    shelves = {
        name: {"before": getattr(evidence.before, name), "after": getattr(evidence.after, name)}
        for name in ShelfFigures.__slots__
    }
    gains = {
        kind: {"gain": gain.value, "low": gain.low, "high": gain.high}
        for kind, gain in evidence.gains.items()
        if not math.isnan(gain.value)
    }
    return {
        "window": evidence.window,
        "baskets": evidence.baskets,
        "ndcg": gains,
        "shelves": shelves,
        "churn": evidence.churn,
        "churn_explained": explained(evidence.fresh),
    }
