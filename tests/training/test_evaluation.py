"""Questions, metrics, peers and the comparison."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from training.evaluation.compare import compare, shop_of
from training.evaluation.cross_sell import report_of
from training.evaluation.metrics import accuracy, gains, means, resampled, spread
from training.evaluation.page import as_html
from training.evaluation.peers import PEERS, by_vectors, confidence, popularity
from training.evaluation.queries import KINDS, Kind, draw
from training.evaluation.report import as_json
from training.evaluation.split import cut, first
from training.evaluation.text import as_text
from training.records import Orders


def rows(*baskets: list[int], n_items: int = 8) -> sp.csr_array:
    """Baskets as a matrix."""
    dense = np.zeros((len(baskets), n_items), np.float32)
    for basket, items in enumerate(baskets):
        dense[basket, items] = 1
    return sp.csr_array(dense)


@settings(deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 7), max_size=8), min_size=1, max_size=12),
    st.sampled_from(KINDS),
    st.integers(0, 9),
)
def test_a_question_and_its_answer_are_the_known_part_of_one_basket(
    baskets: list[list[int]], kind: Kind, seed: int
) -> None:
    """Nothing is given and sought at once, a basket loses only items never sold before; sizes fit the kind."""
    known = np.array([True] * 6 + [False] * 2)
    matrix = rows(*baskets)
    asked = draw(matrix, known, kind, 1000, seed)
    for query, basket in enumerate(asked.basket.tolist()):
        given_, sought = set(asked.given[[query]].indices.tolist()), set(asked.sought[[query]].indices.tolist())
        whole = {item for item in baskets[basket] if known[item]}
        assert given_ | sought == whole
        assert not given_ & sought
        assert given_
        assert sought
        assert {"page": len(given_) == 1, "cart": len(sought) == 1, "growing": len(given_) <= 10}[kind]
    useful = [b for b, items in enumerate(baskets) if len({i for i in items if known[i]}) > 1]
    assert set(asked.basket.tolist()) == set(useful)
    again = draw(matrix, known, kind, 1000, seed)
    assert (again.given != asked.given).nnz == 0


def test_no_more_questions_than_asked_for() -> None:
    """A limit cuts, also within a basket."""
    asked = draw(rows(*[[0, 1, 2, 3]] * 5), np.ones(8, bool), "page", 4, 1)
    assert len(asked) == 4
    assert asked.given.shape[0] == asked.sought.shape[0] == 4


def test_metrics_by_hand() -> None:
    """Targets 1 and 4; the list 3, 1, 4 has them second and third."""
    found = accuracy(np.array([[3, 1, 4, -1]], np.int32), rows([1, 4]))
    ndcg = (1 / np.log2(3) + 1 / np.log2(4)) / (1 + 1 / np.log2(3))
    assert found[0].tolist() == pytest.approx([ndcg, 1, 1, 1 / 2])
    assert accuracy(np.array([[0, 2, -1, -1]], np.int32), rows([1, 4])).tolist() == [[0, 0, 0, 0]]


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_metrics_equal_the_slow_way(seed: int) -> None:
    """Vectorised figures equal a loop over places."""
    random = np.random.default_rng(seed)
    lists = np.stack([random.permutation(8)[:5] for _ in range(6)]).astype(np.int32)
    lists[random.random(lists.shape) < 0.2] = -1
    targets = [random.permutation(8)[: random.integers(1, 8)].tolist() for _ in range(6)]
    fast = accuracy(lists, rows(*targets))
    for row, wanted, figures in zip(lists.tolist(), targets, fast, strict=True):
        places = [place for place, item in enumerate(row) if item in wanted]
        ideal = sum(1 / np.log2(place + 2) for place in range(min(5, len(wanted))))
        slow = [sum(1 / np.log2(p + 2) for p in places) / ideal, float(bool(places)), len(places) / len(wanted)]
        assert figures.tolist() == pytest.approx([*slow, 1 / (places[0] + 1) if places else 0.0])


def test_a_gain_and_its_interval() -> None:
    """Twice as good everywhere is +100 % with no doubt; more baskets, less doubt; nothing to compare with is NaN."""
    theirs = np.random.default_rng(1).random((400, 1))
    baskets = np.arange(400) // 2
    [double] = gains(2 * theirs, theirs, baskets)
    assert (double.value, double.low, double.high) == pytest.approx((1, 1, 1))
    noisy = theirs + np.random.default_rng(2).normal(0, 0.3, (400, 1))
    [few], [many] = gains(noisy[:40], theirs[:40], baskets[:40]), gains(noisy, theirs, baskets)
    assert many.high - many.low < few.high - few.low
    assert many.low < many.value < many.high
    assert np.isnan(gains(theirs, 0 * theirs, baskets)[0].value)
    one_hit = np.array([[1.0], [0.0], [0.0]])
    (rare,) = gains(np.ones((3, 1)), one_hit, np.arange(3))
    assert rare.value == pytest.approx(2)
    assert rare.high is not None
    assert rare.high < 300  # a draw without the one hit is no division by nothing


def test_a_mean_and_its_interval() -> None:
    """Baskets are drawn whole: one that asks three questions counts three times, or not at all."""
    figures, basket = np.array([[1.0], [1.0], [1.0], [0.0]]), np.array([7, 7, 7, 9])
    [found] = means(figures, basket)
    assert (found.value, found.low, found.high) == (0.75, 0.0, 1.0)
    sums = resampled(np.column_stack([figures, np.ones(4)]), basket)
    assert set(map(tuple, sums.tolist())) == {(6.0, 6.0), (3.0, 4.0), (0.0, 2.0)}
    assert np.isnan(means(np.empty((0, 1)), np.empty(0, np.int64))[0].value)


def test_spread_by_hand() -> None:
    """Items sold 9, 5, 5, 1 and 0 times; lists show the first, the second and the fourth."""
    found = spread(np.array([[0, 1], [0, 3], [-1, -1]], np.int32), np.array([9, 5, 5, 1, 0]))
    assert found.coverage == 3 / 4
    assert found.popularity_rank == (1 + 2 + 1 + 4) / 4
    assert found.top_share == 2 / 4


def test_a_ranker_leaves_out_what_is_given_and_fills_up_by_popularity() -> None:
    """Item 0 leads to 3; then come the bestsellers 2, 1, without 0; places beyond the shop stay open."""
    vectors = sp.csr_array(np.array([[0, 0, 0, 0.5], [0] * 4, [0] * 4, [0] * 4]))
    lists = by_vectors(vectors, np.array([9, 3, 4, 1]))(rows([0], n_items=4))
    assert lists[0].tolist() == [3, 2, 1, *[-1] * 7]


def test_confidence_by_hand() -> None:
    """Tea in 3 baskets, cup with it in 2, pot in 1: cup first, pot second; bestsellers otherwise."""
    baskets = rows([0, 1], [0, 1], [0, 2], [3], [3], [3], [3])
    assert confidence(baskets, {"min_support": 1})(rows([0]))[0, :3].tolist() == [1, 2, 3]
    assert popularity(baskets, {})(rows([0]))[0, :3].tolist() == [3, 1, 2]


@pytest.fixture(scope="module")
def orders(orders_of: Callable[..., Orders]) -> Orders:
    """A shop of pairs: 0 with 1, 2 with 3, and so on, with some noise."""
    random = np.random.default_rng(3)
    lines = []
    for n in range(400):
        pair = int(random.integers(0, 6)) * 2
        items = {f"i{pair:02}", f"i{pair + 1:02}"} | {f"i{random.integers(0, 12):02}"}
        lines.append((f"o{n:03}", None, n, sorted(items)))
    return orders_of(lines)


def test_the_past_knows_nothing_of_the_future(orders: Orders) -> None:
    """The first part has its own orders only, and the same numbers for items."""
    past = first(orders, cut(orders.n_orders, 0.9))
    assert past.n_orders == 360
    assert len(past.item) == len(past.price) == past.indptr[-1]
    assert past.items is orders.items
    assert past.time.max() <= orders.time[360:].min()


def test_a_comparison_from_end_to_end(orders: Orders) -> None:
    """A method that knows the pairs beats popularity; reports name every peer; the same questions, the same bytes."""
    shop = shop_of(orders, None)
    train = shop.baskets[: cut(orders.n_orders, 0.9)]

    def best(given: sp.csr_array, /) -> NDArray[np.int32]:
        return confidence(train, {"min_support": 1})(given)

    found = compare(shop, best, PEERS, limit=200)
    assert found.best_peer("page") in PEERS
    assert found.gains["page", "popularity"][0].low > 0.2
    assert {cell.kind for cell in found.cells} == set(KINDS)
    report = report_of(found, "A <shop>")
    text, page, data = as_text(report), as_html(report), json.loads(as_json(report))
    for peer in PEERS:
        assert peer in text
        assert peer in page
    assert "A &lt;shop&gt;" in page
    assert "http" not in page
    assert [len(data["tables"][kind]["lines"]) for kind in KINDS] == [1 + len(PEERS)] * 3
    assert as_json(report_of(compare(shop, best, PEERS, limit=200), "A <shop>")) == as_json(report)
    fewer = compare(shop, best, {"confidence": PEERS["confidence"]}, limit=200, tuning=20)
    assert np.array_equal(fewer.cell("page", "recsvc").lists, found.cell("page", "recsvc").lists)
