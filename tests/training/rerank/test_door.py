"""Lists ranked anew where a shop's own past says that it pays, and nowhere else."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from models.records import ItemVectors
from training.complements import Evidence, complements
from training.evidence import Trade, evidence_of, smoothing_of
from training.reach import reach_limits
from training.records import Orders
from training.rerank.door import CANDIDATES, remark, reranked, rescored, within_reach
from training.rerank.features import FEATURES, features
from training.rerank.judge import NOTHING, judged
from training.rerank.snapshots import CUTS, Goods, candidates, known_of, snapshot, trade_before
from training.settings import TrainSettings

SETTINGS = TrainSettings(neighbours=80, rerank=1, rerank_anchors=200)
ANCHORS, N_ITEMS, EACH = 300, 600, 20


def plain_of(
    goods: Goods, settings: TrainSettings = SETTINGS
) -> tuple[ItemVectors, Trade, Evidence, NDArray[np.int32]]:
    """The plain lists and what they were made of."""
    trade, leader = trade_before(goods, goods.orders.n_orders)
    evidence = evidence_of(trade, settings)
    lists = complements(evidence, settings.neighbours, smoothing_of(settings), min_support=settings.min_support)
    return lists, trade, evidence, leader


def anew(
    goods: Goods, settings: TrainSettings = SETTINGS, threads: int = 1
) -> tuple[ItemVectors, ItemVectors, dict[str, object]]:
    """Plain lists, re-ranked lists, what is told."""
    lists, trade, evidence, leader = plain_of(goods, settings)
    found = reranked(lists, lambda: goods, trade, evidence, leader, settings, threads=threads)
    return lists, found.lists, found.told


Anew = tuple[ItemVectors, ItemVectors, dict[str, object]]


@pytest.fixture(scope="module")
def telling(themed: Callable[..., Orders], goods_of: Callable[..., Goods]) -> Goods:
    """Titles tell what goes along."""
    return goods_of(themed(told=True))


@pytest.fixture(scope="module")
def told_anew(telling: Goods) -> Anew:
    """Its lists, before and after."""
    return anew(telling)


@pytest.fixture(scope="module")
def silent(themed: Callable[..., Orders], goods_of: Callable[..., Goods]) -> Goods:
    """Nothing tells anything: baskets are drawn at random."""
    return goods_of(themed(told=False))


def same(one: ItemVectors, other: ItemVectors) -> bool:
    """Whether two lists are the same bytes."""
    names = ("indptr", "item", "score", "together")
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in names)


def test_where_titles_tell_more_than_counts_it_pays(telling: Goods, told_anew: Anew) -> None:
    """Every moment judged gains, and items of the anchor's theme move up; same orders, same bytes."""
    lists, found, told = told_anew
    assert told["kept"] is True
    assert isinstance(told["gains"], list)
    assert min(told["gains"]) > 0.01
    theme = np.arange(N_ITEMS) // EACH
    before, after = (np.mean(theme[rows.item[_first(rows, 8)]] == np.repeat(theme, 8)) for rows in (lists, found))
    assert after > before + 0.02
    assert same(found, anew(telling, threads=2)[1])


def test_where_nothing_tells_anything_the_plain_lists_stay(silent: Goods) -> None:
    """Noise is not learnt: the lists are the plain ones, and the manifest says so."""
    lists, found, told = anew(silent)
    assert told["kept"] is False
    assert same(found, lists)


def test_what_was_found_is_said() -> None:
    """In a sentence; nothing where nothing was looked back on."""
    assert remark({"kept": True, "gains": [0.031, 0.02]}) == (
        "cross-sell lists ranked anew: trees gained +3.1 %, +2.0 % in nDCG@10 on the last past moments"
    )
    assert "stay as counted: trees gained -0.4 %" in remark({"kept": False, "gains": [-0.004]})
    assert remark({"kept": False, "gains": []}) == ""
    assert remark(None) == ""


def test_told_never_and_told_always(telling: Goods, silent: Goods) -> None:
    """0 leaves even a winner out, 2 takes even a loser."""
    lists, found, told = anew(telling, dataclasses.replace(SETTINGS, rerank=0))
    assert told == {"kept": False, "gains": []}
    assert same(found, lists)
    assert anew(silent, dataclasses.replace(SETTINGS, rerank=2))[2]["kept"] is True


def test_a_small_shop_is_not_looked_back_on(themed: Callable[..., Orders], goods_of: Callable[..., Goods]) -> None:
    """Nine hundred orders teach nothing, at no cost."""
    lists, found, told = anew(goods_of(themed(told=True, n=900)))
    assert told == {"kept": False, "gains": []}
    assert same(found, lists)


def test_a_very_large_shop_is_looked_back_on_if_told_to(telling: Goods, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond a number of order lines the setting 1 costs nothing."""
    monkeypatch.setattr("training.rerank.door._LINES", 100)
    lists, found, told = anew(telling)
    assert told == {"kept": False, "gains": []}
    assert same(found, lists)


def test_lists_keep_what_they_held(told_anew: Anew) -> None:
    """The same items with the same evidence, by score down, probabilities, those never ranked anew at the end."""
    lists, found, _ = told_anew
    for item in range(lists.n_items):
        old, new = lists.row(item), found.row(item)
        score = found.score[new]
        assert np.all(np.diff(score) <= 0)
        assert score[0] < 1
        assert score[-1] > 0
        pairs = dict(zip(lists.item[old].tolist(), lists.together[old].tolist(), strict=True))
        kept = dict(zip(found.item[new].tolist(), found.together[new].tolist(), strict=True))
        assert kept.items() <= pairs.items()
        if len(kept) == len(pairs):
            assert found.item[new][CANDIDATES:].tolist() == lists.item[old][CANDIDATES:].tolist()


def test_what_a_sale_brings_comes_on_top(telling: Goods) -> None:
    """A worth of 1 changes nothing; where odd items bring ten times as much, scores of what is listed are so too."""
    lists, trade, _, leader = plain_of(telling)
    known = known_of(telling, trade, telling.orders.n_orders, leader, SETTINGS)
    half = lambda _matrix, plain: plain / 2  # noqa: E731  # a ranker in a line
    worth = np.where(np.arange(N_ITEMS) % 2, 10.0, 1.0)
    valued = ItemVectors(lists.indptr, lists.item, lists.score * worth[lists.item].astype(np.float32), lists.together)
    found = rescored(valued, known, half, worth)
    row = found.row(0)
    plain = dict(zip(lists.item[lists.row(0)].tolist(), lists.score[lists.row(0)].tolist(), strict=True))
    wanted = [plain[item] / 2 * worth[item] for item in found.item[row].tolist()]
    # The best candidates by value are ranked anew; the others are only held below them.
    ranked = np.argsort(-np.array([plain[i] * worth[i] for i in plain]), kind="stable")[:10]
    np.testing.assert_allclose(found.score[row][: len(ranked)], wanted[: len(ranked)], rtol=1e-5)


def test_what_is_likely_is_learnt_from_orders_whatever_they_bring(telling: Goods, told_anew: Anew) -> None:
    """Ranked by revenue, the past is judged as by orders, and the shelves show what is dearer."""
    lists, found, told = anew(telling, dataclasses.replace(SETTINGS, cross_sell_objective=1))
    assert told == told_anew[2]
    dear = np.arange(N_ITEMS) % 5
    by_orders, by_revenue = (dear[rows.item[_first(rows, 8)]].mean() for rows in (told_anew[1], found))
    assert by_revenue > by_orders
    assert found.n_items == lists.n_items


def test_an_item_stands_on_no_more_lists_than_its_equals() -> None:
    """Item 0 tops every list by two buyers each; but for ten lists or twice the usual it is struck out."""
    n, random = 100, np.random.default_rng(1)
    rows = [[0, *random.choice(np.arange(1, n), 10, replace=False)] for _ in range(n)]
    item = np.array(rows, dtype=np.int32).ravel()
    lists = ItemVectors(
        np.arange(n + 1) * 11,
        item,
        np.tile(np.linspace(1, 0.1, 11), n).astype(np.float32),
        np.full(n * 11, 2, np.uint32),
    )
    buyers = np.full(n, 5)
    found = within_reach(lists, buyers)
    first_ten = np.concatenate([found.item[found.row(row)][:10] for row in range(n)])
    reach = np.bincount(np.concatenate([lists.item[lists.row(row)][:10] for row in range(n)]), minlength=n)
    assert reach[0] == n
    assert np.bincount(first_ten, minlength=n)[0] <= reach_limits(reach, buyers)[0]
    assert same(within_reach(lists, None), lists)


def test_nothing_of_the_future_is_known(telling: Goods, goods_of: Callable[..., Goods]) -> None:
    """Whatever comes after a moment, prices and customers too, the features of that moment are the same numbers."""
    orders, low = telling.orders, 1_200
    start = int(orders.indptr[low])
    random = np.random.default_rng(8)
    price, customer = orders.price.copy(), orders.customer.copy()
    price[start:] *= random.integers(2, 9, len(price) - start)
    customer[low:] = -1
    item = orders.item.copy()
    for begin, end in zip(orders.indptr[low:-1], orders.indptr[low + 1 :], strict=True):
        item[begin:end] = np.sort(
            random.choice(N_ITEMS, end - begin, replace=False)
        )  # a signal that is the future's alone
    other = goods_of(dataclasses.replace(orders, price=price, customer=customer, item=item))
    found = []
    for goods in (telling, other):
        trade, leader = trade_before(goods, low)
        lists = complements(evidence_of(trade, SETTINGS), 50, smoothing_of(SETTINGS), min_support=2)
        pairs = candidates(lists, np.arange(N_ITEMS), 50)
        found.append((pairs.item, features(known_of(goods, trade, low, leader, SETTINGS), pairs)))
    np.testing.assert_array_equal(found[0][0], found[1][0])
    np.testing.assert_array_equal(found[0][1], found[1][1])
    assert found[0][1].shape[1] == len(FEATURES)


def test_each_moment_is_judged_by_those_before_it(telling: Goods) -> None:
    """A last window whose answers say the opposite of all before it is not believed: it was not learnt from."""
    moments = [snapshot(telling, share, SETTINGS, 50, ANCHORS) for share in CUTS]
    seen = [moment for moment in moments if moment is not None]
    assert len(seen) == len(CUTS)
    assert judged(seen).pays
    last = seen[-1]
    theme = np.repeat(last.pairs.anchors, np.diff(last.pairs.indptr)) // EACH == last.pairs.item // EACH
    against = dataclasses.replace(last, share=np.where(theme, 0.0, last.pairs.plain))
    turned = judged([*seen[:-1], against])
    assert turned.gains[0] == judged(seen).gains[0]
    assert turned.gains[1] < 0
    assert not turned.pays


def test_too_few_moments_pay_nothing(telling: Goods) -> None:
    """There must be something to learn from, and something later to judge by."""
    moment = snapshot(telling, 0.7, SETTINGS, 50, ANCHORS)
    assert moment is not None
    assert judged([moment]) == NOTHING
    assert judged([]) == NOTHING


def _first(rows: ItemVectors, n: int) -> NDArray[np.int64]:
    return (rows.indptr[:-1][:, None] + np.arange(n)).ravel()
