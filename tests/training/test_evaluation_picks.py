"""Judging picks: who is asked, what counts, and peers that do what their papers say."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from training.evaluation.picks.judge import best, judge, measure, tuned
from training.evaluation.picks.peers import PEERS
from training.evaluation.picks.report import peers, report_of
from training.evaluation.picks.split import judged, last_visits, split
from training.evaluation.text import as_text
from training.next_basket.features import Marks
from training.next_basket.ranker import Learning
from training.next_basket.visits import Visits


def shop(customers: list[list[list[int]]], n_items: int) -> Visits:
    """Items per visit, per customer; no days."""
    flat = [visit for customer in customers for visit in customer]
    return Visits(
        start=np.cumsum([0, *map(len, customers)]).astype(np.int64),
        day=np.full(len(flat), -1, np.int32),
        indptr=np.cumsum([0, *map(len, flat)]).astype(np.int64),
        item=np.array([item for items in flat for item in items], np.int32),
        n_items=n_items,
    )


def habitual(n: int) -> Visits:
    """Everybody buys an item of their own each time, and one at random."""
    random = np.random.default_rng(1)
    return shop([[sorted({c % 5, 5 + int(random.integers(10))}) for _ in range(5)] for c in range(n)], 15)


def test_rare_items_go_before_rare_customers() -> None:
    """Item 2 is bought twice only, so the second customer is left with two visits and is not judged."""
    visits = judged(shop([[[0], [0], [0, 1]], [[0], [2], [0, 2]], [[1], [1], [0]]], 3))
    assert visits.counts.tolist() == [3, 3]
    assert visits.item.tolist() == [0, 0, 0, 1, 1, 1, 0]


def test_last_visits_are_hidden_from_those_who_are_asked() -> None:
    """Three parts of 72, 8 and 20; the training customers' last visits may be learnt from."""
    parts = split(habitual(100), 0)
    assert [len(part) for part in (parts.train, parts.validation, parts.test)] == [72, 8, 20]
    hidden = parts.visits.counts - parts.known.counts
    assert hidden[parts.test].tolist() == [1] * 20
    assert hidden[parts.train].tolist() == [0] * 72
    assert not np.array_equal(parts.test, split(habitual(100), 1).test)


def test_measures_by_hand() -> None:
    """Three items wanted, the second place and the fourth are right; one of them is new to the customer."""
    wanted = sp.csr_array(np.array([[1, 1, 1, 0, 0, 0]], np.float32))
    had = sp.csr_array(np.array([[1, 0, 0, 1, 0, 0]], np.float32))
    shown = np.array([[3, 0, 4, 2, 5, -1, -1, -1, -1, -1]], np.int32)
    ideal = 1 + 1 / np.log2(3) + 1 / 2
    ndcg = (1 / np.log2(3) + 1 / np.log2(5)) / ideal
    assert measure(shown, wanted, had)[0].tolist() == pytest.approx([ndcg, 2 / 3, 1, 1, 1 / 2])


def test_nothing_of_a_kind_to_find_is_no_figure() -> None:
    """A customer who buys only new things says nothing of repeats."""
    rows = measure(
        np.full((1, 10), -1, np.int32),
        sp.csr_array(np.ones((1, 1), np.float32)),
        sp.csr_array((1, 1), dtype=np.float32),
    )
    assert np.isnan(rows[0, 3])
    assert rows[0, [0, 1, 2, 4]].tolist() == [0, 0, 0, 0]


def test_personal_frequency_by_hand() -> None:
    """Own items by visits; gp-topfreq puts what is popular behind them, p-topfreq nothing."""
    visits = shop([[[0], [0, 1], [1], [1]], [[2], [2], [2], [2], [2, 3]]], 4)
    shown = best(PEERS["gp-topfreq"].build(visits, {}), np.array([0]))
    assert shown[0, :4].tolist() == [1, 0, 2, 3]
    shown = best(PEERS["p-topfreq"].build(visits, {}), np.array([0]))
    assert shown[0, :4].tolist() == [1, 0, -1, -1]
    assert best(PEERS["most-popular"].build(visits, {}), np.array([1]))[0, :4].tolist() == [2, 1, 0, 3]


def test_tifu_by_hand() -> None:
    """Groups of two, newest first: 1 and r_b within the group, r_g between groups; then the neighbour's share."""
    visits = shop([[[0], [1], [1]], [[2]]], 3)
    setting = {"m": 2, "r_b": 0.5, "r_g": 0.1, "k": 1, "alpha": 0.6}
    scores = PEERS["tifu-knn"].build(visits, setting)(np.array([0]))[0]
    own = np.array([0.1, 1.5, 0]) / 4
    other = np.array([0, 0, 1]) / 2
    assert scores == pytest.approx(0.6 * own + 0.4 * other, abs=1e-5)


def test_up_cf_by_hand() -> None:
    """The neighbour shares one of two items: cosine ½, squared ¼, times the shares of the last two visits."""
    visits = shop([[[0, 1]], [[0], [0, 2], [2]]], 3)
    scores = PEERS["up-cf"].build(visits, {"r": 2, "q": 2, "alpha": 0.5})(np.array([0]))[0]
    assert scores == pytest.approx([1 + 0.25 * 0.5, 1, 0.25], abs=1e-5)


def test_a_setting_is_chosen_on_validation_customers() -> None:
    """One that shows habits wins over one that shows what neighbours buy."""
    chosen = tuned(PEERS["tifu-knn"], split(habitual(200), 0))
    assert chosen["alpha"] > 0.1
    assert set(chosen) == set(PEERS["tifu-knn"].grid)


def test_ours_stands_beside_peers_with_intervals() -> None:
    """Everybody answers the same customers; ours finds the habit at once."""
    visits = habitual(300)
    marks = Marks(np.full(15, -1, np.int32), np.full(15, np.nan), np.full(15, -1, np.int32))
    learning = Learning(snapshots=2, questions=400, trees=30, leaves=8)
    found = judge(split(visits, 0), marks, learning, ["most-popular", "gp-topfreq"], threads=1)
    report = report_of(found, seed=0)
    table = report.table("picks")
    assert {line.name for line in table.lines} == {"recsvc", "most-popular", "gp-topfreq"}
    ours = next(line for line in table.lines if line.ours)
    assert ours.figures[0].value > 0.5
    assert ours.figures[0].low < ours.figures[0].value < ours.figures[0].high
    assert "repeat recall" in as_text(report)
    assert set(peers()) == set(PEERS)


def test_wanted_is_the_last_visit() -> None:
    """Of each customer asked, in their order."""
    visits = shop([[[0], [1, 2]], [[3]]], 4)
    assert last_visits(visits, np.array([1, 0])).toarray().tolist() == [[0, 0, 0, 1], [0, 1, 1, 0]]
