"""Vectors in the precision that is served."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.records import ItemVectors
from models.stored import MOST_TOGETHER, StoredVectors, scores, store_vectors


def one_row(values: list[float], together: list[int]) -> ItemVectors:
    """An item with these neighbours."""
    n = len(values)
    return ItemVectors(
        np.array([0, n], dtype=np.int64),
        np.arange(1, n + 1, dtype=np.int32),
        np.array(values, dtype=np.float32),
        np.array(together, dtype=np.uint32),
    )


@given(st.lists(st.floats(2**-14, 60, width=32), max_size=20))
def test_scores_keep_three_digits(values: list[float]) -> None:
    """From a chance in ten thousand up to 60, a score comes back within one part in two thousand."""
    stored = store_vectors(one_row(values, [1] * len(values)))
    assert np.allclose(scores(stored.score), np.array(values, dtype=np.float32), rtol=2**-11, atol=0)
    assert stored.item.tolist() == list(range(1, len(values) + 1))


def test_small_chances_do_not_vanish() -> None:
    """One in a million is still more than nothing."""
    assert scores(store_vectors(one_row([1e-6], [1])).score)[0] == pytest.approx(1e-6, rel=0.03)


def test_counts_and_scores_saturate() -> None:
    """More than fits is the most that fits, never a wrapped number or an infinity."""
    stored = store_vectors(one_row([1e9, 0.5], [70_000, 142]))
    assert stored.together.tolist() == [MOST_TOGETHER, 142]
    assert np.isfinite(stored.score).all()
    assert stored.score[0] > stored.score[1]


def test_wrong_types_are_refused() -> None:
    """Stored vectors are exactly as the format says."""
    good = store_vectors(one_row([0.5], [1]))
    with pytest.raises(TypeError, match="score is float16"):
        StoredVectors(good.indptr, good.item, good.score.astype(np.float32), good.together)  # type: ignore[arg-type]  # the wrong type is the test
    with pytest.raises(ValueError, match="indptr"):
        StoredVectors(np.array([0, 2], dtype=np.int64), good.item, good.score, good.together)
