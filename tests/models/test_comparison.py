"""Shelves of a version without any orders, and of two versions side by side."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.comparison import changes, first_entries, shelf_figures
from models.model import Model
from models.stored import StoredVectors
from models.strings import StringTable


@pytest.fixture(name="small_model")
def _small_model(small_model: Callable[..., Model]) -> Model:
    """The small model itself."""
    return small_model()


def vectors(*rows: list[tuple[int, int]]) -> StoredVectors:
    """Rows of (item, together), best first."""
    flat = [entry for row in rows for entry in row]
    return StoredVectors(
        np.cumsum([0, *map(len, rows)]).astype(np.int64),
        np.array([item for item, _ in flat], np.int32),
        np.ones(len(flat), np.float16),
        np.array([together for _, together in flat], np.uint16),
    )


def with_shelves(model: Model, orders: list[int], *rows: list[tuple[int, int]]) -> Model:
    """The same model with other shelves, every item a family of its own."""
    facts = dataclasses.replace(
        model.facts, orders=np.array(orders, np.uint32), family=np.arange(len(orders), dtype=np.int32)
    )
    return dataclasses.replace(model, facts=facts, vectors={"cross_sell": vectors(*rows)})


def test_first_entries_are_proven_ones() -> None:
    """What no basket proves does not count; eleven entries leave ten; a row without any is empty."""
    found = first_entries(vectors([(3, 2), (1, 0), (2, 1)], [], [(item, 1) for item in range(11)]), proven=True)
    assert found[0].tolist() == [3, 2, *[-1] * 8]
    assert found[1].tolist() == [-1] * 10
    assert found[2].tolist() == list(range(10))
    assert first_entries(vectors([(3, 2), (1, 0)]), proven=False)[0, :2].tolist() == [3, 1]


@settings(deadline=None, max_examples=40)
@given(st.lists(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2)), max_size=14), min_size=1, max_size=6))
def test_first_entries_equal_the_slow_way(rows: list[list[tuple[int, int]]]) -> None:
    """Row by row in plain Python."""
    found = first_entries(vectors(*rows), proven=True)
    for shown, row in zip(found.tolist(), rows, strict=True):
        proven = [item for item, together in row if together][:10]
        assert shown == [*proven, *[-1] * (10 - len(proven))]


def test_figures_by_hand(small_model: Model) -> None:
    """Four items, three sold 9, 5 and 5 times: one is silent, two of three are shown, the bestseller takes half."""
    model = with_shelves(small_model, [9, 5, 0, 5], [(1, 2)], [(0, 2), (2, 0)], [(0, 9)], [])
    found = shelf_figures(model)
    assert (found.items, found.silent, found.coverage) == (3, pytest.approx(1 / 3), pytest.approx(2 / 3))
    assert (found.top_share, found.popularity_rank) == (0.5, 1.5)
    assert shelf_figures(with_shelves(small_model, [0] * 4, [], [], [], [])).items == 0


def test_changes_by_hand(small_model: Model) -> None:
    """The first shelf keeps one of two, in another place; the second is gone; an item that left counts as changed."""
    before = with_shelves(small_model, [1] * 4, [(1, 1), (2, 1)], [(0, 1)], [], [(2, 1)])
    after = with_shelves(small_model, [1] * 4, [(3, 1), (1, 1)], [], [(1, 1)], [(2, 1)])
    found = changes(before, after)
    assert found.before.tolist() == found.after.tolist() == [0, 1, 3]
    assert (found.places.tolist(), found.kept.tolist()) == ([2, 1, 1], [1, 0, 1])
    assert (found.churn, found.remade) == (0.5, pytest.approx(1 / 3))
    renamed = dataclasses.replace(after, items=StringTable.of(["cup", "grand", "pot", "tee"]))
    assert changes(before, renamed).before.tolist() == [0, 1]


def test_a_version_does_not_differ_from_itself(small_model: Model) -> None:
    """Nor do variants of one product from each other."""
    assert changes(small_model, small_model).churn == 0
    before = with_shelves(small_model, [1] * 4, [(1, 1)], [], [], [])
    after = with_shelves(small_model, [1] * 4, [(2, 1)], [], [], [])
    assert changes(before, after).churn == 1
    family = np.array([0, 1, 1, 3], np.int32)
    after = dataclasses.replace(after, facts=dataclasses.replace(after.facts, family=family))
    assert changes(before, after).churn == 0
