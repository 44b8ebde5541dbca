"""How many lists an item may stand on."""

from __future__ import annotations

import numpy as np

from models.records import ItemVectors
from training.reach import pushed, reach_limits, spliced


def lists(rows: list[list[tuple[int, int]]]) -> ItemVectors:
    """Rows of (item, together), best first."""
    flat = [entry for row in rows for entry in row]
    return ItemVectors(
        indptr=np.cumsum([0, *(len(row) for row in rows)]).astype(np.int64),
        item=np.array([item for item, _ in flat], dtype=np.int32),
        score=np.linspace(1, 0.1, len(flat)).astype(np.float32),
        together=np.array([together for _, together in flat], dtype=np.uint32),
    )


def test_a_limit_is_twice_what_is_usual() -> None:
    """Fifty items of five buyers on 6 to 8 lists each may stand on 16; the one on 40 lists does not change that."""
    reach = np.array([6, 7, 8, 8, 8] * 10 + [40])
    assert reach_limits(reach, np.full(51, 5)).tolist() == [16] * 51
    assert reach_limits(reach // 8, np.full(51, 5)).tolist() == [10] * 51


def test_too_few_items_alike_have_no_limit() -> None:
    """Of ten bestsellers nobody can say what is usual; items that nobody bought have no evidence to limit."""
    assert np.isinf(reach_limits(np.full(10, 9), np.full(10, 1000))).all()
    assert np.isinf(reach_limits(np.full(60, 9), np.zeros(60, np.int64))).all()


def test_the_least_proven_entries_go_first() -> None:
    """Item 0 stands on sixty lists by evidence and may stand on ten: those with most baskets stay."""
    found = lists([[]] + [[(0, 1 + row)] for row in range(60)])
    over = pushed(found, np.full(61, 5))
    assert over.tolist() == list(range(50))


def test_entries_without_evidence_do_not_count() -> None:
    """What is listed for being popular may stand everywhere."""
    found = lists([[]] + [[(0, 0)]] * 60)
    assert pushed(found, np.full(61, 5)).tolist() == []


def test_rows_are_taken_from_either() -> None:
    """Row 1 from the other record, the rest from the first."""
    base, other = lists([[(1, 1)], [(2, 2), (0, 1)], []]), lists([[], [(0, 7)], [(1, 1)]])
    found = spliced(base, other, np.array([False, True, False]))
    assert found.indptr.tolist() == [0, 1, 2, 2]
    assert found.item.tolist() == [1, 0]
    assert found.together.tolist() == [1, 7]
