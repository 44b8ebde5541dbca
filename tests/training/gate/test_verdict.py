"""From figures to a verdict."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest

from models.comparison import ShelfFigures
from training.evaluation.report import NAN, Figure
from training.gate.limits import Limits
from training.gate.verdict import Evidence, explained, judge

FIGURES = ShelfFigures(items=1000, silent=0.1, coverage=0.6, top_share=0.3, popularity_rank=200)
EVIDENCE = Evidence(
    window="800 newer baskets",
    baskets=800,
    gains={"page": Figure(0.01, -0.02, 0.03)},
    before=FIGURES,
    after=FIGURES,
    churn=0.1,
    fresh=0.01,
    same_settings=True,
)


def after(**figures: float) -> ShelfFigures:
    """The same shelves but for some figures."""
    return dataclasses.replace(FIGURES, **figures)  # type: ignore[arg-type]  # floats but for `items`


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"gains": {"page": Figure(-0.05, -0.08, -0.021)}}, "nDCG@10 of page questions: -5.0 % [-8.0, -2.1]"),
        ({"after": after(coverage=0.47)}, "shelves show 47.0% of the items sold, 60.0% before"),
        ({"after": after(silent=0.16)}, "16.0% of the items sold have an empty shelf, 10.0% before"),
        ({"after": after(top_share=0.41)}, "the best sold 1 % take 41.0% of all places, 30.0% before"),
        ({"churn": 0.27}, "27.0% of the places on shelves hold something else; 1.0% new orders explain 6.0%"),
    ],
)
def test_each_check_refuses_with_its_numbers(changed: dict[str, Any], reason: str) -> None:
    """One sentence per check."""
    verdict = judge(dataclasses.replace(EVIDENCE, **changed), Limits())
    assert not verdict.passed
    assert len(verdict.reasons) == 1
    assert reason in verdict.reasons[0]


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"gains": {"page": Figure(-0.05, -0.08, -0.019)}},
        {"gains": {"page": Figure(NAN)}},
        {"gains": {}},
        {"after": after(coverage=0.49, silent=0.149, top_share=0.399)},
        {"churn": 0.25},
    ],
)
def test_doubt_is_no_refusal(changed: dict[str, Any]) -> None:
    """Only what is clearly worse is refused; what cannot be said refuses nothing."""
    assert judge(dataclasses.replace(EVIDENCE, **changed), Limits()).passed


def test_changed_settings_may_change_shelves() -> None:
    """Then churn is only told, not refused."""
    verdict = judge(dataclasses.replace(EVIDENCE, churn=0.9, same_settings=False), Limits())
    assert verdict.passed
    assert "90.0% of the places" in verdict.warnings[0]


def test_age_explains_churn() -> None:
    """A quarter more orders explains 0.6 · √0.25 of it; none explains nothing; the figures are all told."""
    assert explained(0.25) == pytest.approx(0.3)
    assert explained(0) == 0
    told = judge(EVIDENCE, Limits()).figures
    assert told["churn"] == 0.1
    assert told["churn_explained"] == explained(0.01)
    assert told["ndcg"] == {"page": {"gain": 0.01, "low": -0.02, "high": 0.03}}
    assert not math.isnan(told["shelves"]["silent"]["before"])  # type: ignore[index]  # plain JSON values
