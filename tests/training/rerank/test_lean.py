"""Cart weights lean towards what the trees say of a pair."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.records import CART, ItemVectors
from models.stored import scores
from training.pipeline import build_model
from training.records import Orders
from training.rerank.lean import leaned
from training.settings import TrainSettings

Rows = list[dict[int, float]]


def vectors(rows: Rows) -> ItemVectors:
    """Rows of item → score, best first; `together` is 100 times the row plus the item."""
    order = [sorted(row.items(), key=lambda pair: (-np.float32(pair[1]), pair[0])) for row in rows]
    pairs = [(at, item, score) for at, row in enumerate(order) for item, score in row]
    return ItemVectors(
        np.concatenate([[0], np.cumsum([len(row) for row in order])]).astype(np.int64),
        np.array([item for _, item, _ in pairs], np.int32),
        np.array([score for *_, score in pairs], np.float32),
        np.array([100 * at + item for at, item, _ in pairs], np.uint32),
    )


def test_by_hand() -> None:
    """Four times as likely weighs twice, a quarter as likely half; e⁴ as likely counts as e², so it weighs e times."""
    plain = vectors([{1: 0.1, 2: 0.08, 3: 0.001, 4: 0.0001}, {}, {}, {}, {}])
    anew = vectors([{1: 0.4, 2: 0.02, 3: 0.001 * math.exp(4), 4: 0.001}, {}, {}, {}, {}])
    cart = vectors([{1: 0.2, 2: 0.3, 3: 0.01, 4: 0.05}, {0: 0.5}, {}, {}, {}])
    found = leaned(cart, plain, anew, candidates=3)
    assert found.item.tolist() == [1, 2, 4, 3, 0]
    assert found.score.tolist() == pytest.approx([0.4, 0.15, 0.05, 0.01 * math.e, 0.5], rel=1e-5)
    assert found.together.tolist() == [1, 2, 4, 3, 100]


def slow(cart: Rows, plain: Rows, anew: Rows, candidates: int) -> Rows:
    """Pair by pair."""
    found: Rows = []
    for at, row in enumerate(cart):
        first = sorted(plain[at], key=lambda item: (-np.float32(plain[at][item]), item))[:candidates]
        new = dict(row)
        for item in row:
            if row[item] > 0 and item in first and item in anew[at]:
                new[item] *= min(max(anew[at][item] / plain[at][item], math.exp(-2)), math.exp(2)) ** 0.5
        found.append(new)
    return found


N = 6
CHANCES = st.lists(st.dictionaries(st.integers(0, N - 1), st.floats(1e-4, 0.9)), min_size=N, max_size=N)
WEIGHTS = st.lists(
    st.dictionaries(st.integers(0, N - 1), st.floats(0.01, 1) | st.floats(-1, -0.01)), min_size=N, max_size=N
)


@settings(deadline=None)
@given(WEIGHTS, CHANCES, CHANCES, st.integers(0, N), st.sampled_from([1, 4, 50_000]))
def test_equal_to_pair_by_pair(cart: Rows, plain: Rows, anew: Rows, candidates: int, rows: int) -> None:
    """Whatever the lists, as many entries as before, each as one pair after the other gives it, best first."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("training.rerank.lean._ROWS", rows)
        found = leaned(vectors(cart), vectors(plain), vectors(anew), candidates)
    for at, row in enumerate(slow(cart, plain, anew, candidates)):
        part = found.row(at)
        assert dict(zip(found.item[part].tolist(), found.score[part].tolist(), strict=True)) == pytest.approx(
            row, rel=1e-4
        )
        assert found.together[part].tolist() == [100 * at + item for item in found.item[part].tolist()]
        order = list(zip((-found.score[part]).tolist(), found.item[part].tolist(), strict=True))
        assert order == sorted(order)


def test_lists_that_stayed_plain_change_nothing() -> None:
    """Where the shop keeps its plain lists, cart vectors stay, byte for byte."""
    plain = vectors([{1: 0.3, 2: 0.2}, {0: 0.1}, {}])
    cart = vectors([{2: 0.3, 1: -0.2}, {}, {0: 0.1}])
    for anew in (plain, dataclasses.replace(plain)):
        found = leaned(cart, plain, anew, 50)
        assert found.score.tobytes() == cart.score.tobytes()
        assert found.item.tolist() == cart.item.tolist()


def test_no_item_at_all() -> None:
    """An empty shop stays one."""
    assert leaned(vectors([]), vectors([]), vectors([]), 50).n_items == 0


def test_the_trainer_leans_carts_where_trees_are_kept(themed: Callable[..., Orders]) -> None:
    """Where titles tell the theme, weights within it grow against the others; the vectors hold the same pairs."""
    share, pairs = [], []
    for setting in (0, 1):
        chosen = TrainSettings(rerank=setting, rerank_anchors=200, personal_questions=0, picks=0)
        model = build_model(themed(told=True), None, chosen, threads=1)
        cart, theme = model.vectors[CART], np.array([int(bytes(name)[1:]) // 20 for name in model.items])
        row, weight = np.repeat(np.arange(len(theme)), np.diff(cart.indptr)), np.maximum(scores(cart.score), 0)
        share.append(weight[theme[row] == theme[cart.item]].sum() / weight.sum())
        pairs.append(np.sort(row * len(theme) + cart.item))
    assert 1 - share[1] < 0.8 * (1 - share[0])
    assert np.array_equal(pairs[0], pairs[1])
