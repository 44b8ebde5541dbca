from typing import Any

import numpy as np
import pytest
from scipy import sparse

from training.cooccurrence import neighbours


def raw(indptr: list[int], indices: list[int], data: list[float], shape: tuple[int, int]) -> sparse.csr_array:
    """A CSR array exactly as given, sound or not: SciPy's own checks stay outside."""
    baskets = sparse.csr_array(shape, dtype=np.float32)
    baskets.indptr, baskets.indices = np.array(indptr, np.int32), np.array(indices, np.int32)
    baskets.data = np.array(data, np.float32)
    return baskets


SOUND = raw([0, 2, 3], [0, 2, 1], [1, 1, 1], (2, 3))


@pytest.mark.parametrize(
    ("baskets", "error", "words"),
    [
        (np.ones((2, 2)), TypeError, "csr_array"),
        (sparse.csc_array(np.ones((2, 2))), TypeError, "csr_array"),
        (sparse.csr_array(np.ones((2, 2), dtype=np.complex64)), TypeError, "complex64"),
        (raw([0, 2], [1, 0], [1, 1], (1, 2)), ValueError, "basket 0 are not sorted"),
        (raw([0, 1, 3], [0, 1, 1], [1, 1, 1], (2, 2)), ValueError, "basket 1 holds item 1 twice"),
        (raw([0, 2], [0, 1], [1, 0], (1, 2)), ValueError, "not 0"),
        (raw([0, 2], [0, 1], [1, -1], (1, 2)), ValueError, "not -1"),
        (raw([0, 2], [0, 1], [1, float("nan")], (1, 2)), ValueError, "not nan"),
        (raw([0, 2], [0, 1], [1, 2], (1, 2)), ValueError, "not 2"),
        (raw([0, 2], [0, 2], [1, 1], (1, 2)), ValueError, "outside"),
        (raw([0, 2], [-1, 1], [1, 1], (1, 2)), ValueError, "outside"),
        (raw([0, 2, 1], [0, 1], [1, 1], (2, 2)), ValueError, "indptr"),
        (raw([0, 2], [0, 1], [1], (1, 2)), ValueError, "1 entries"),
    ],
)
def test_unsound_baskets_are_refused(baskets: sparse.csr_array, error: type[Exception], words: str) -> None:
    """Whatever is not a sorted 0/1 CSR is refused with the place and the remedy, never counted wrongly."""
    with pytest.raises(error, match=words):
        neighbours(baskets, 2)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"weights": np.ones(2)}, TypeError, "weights are float32"),
        ({"weights": np.ones(3, np.float32)}, ValueError, "one per basket"),
        ({"weights": np.array([1, np.nan], np.float32)}, ValueError, r"weights\[1\] is nan"),
        ({"weights": np.array([-1, 1], np.float32)}, ValueError, r"weights\[0\] is -1"),
        ({"weights": np.array([1, np.inf], np.float32)}, ValueError, r"weights\[1\] is inf"),
        ({"anchor_weights": np.ones(2, np.float32)}, ValueError, "one per entry"),
        ({"voters": np.zeros(2, np.int64)}, TypeError, "voters are int32"),
        ({"voters": np.array([0, -3], np.int32)}, ValueError, r"voters\[1\] is -3"),
        ({"voters": np.zeros((2, 1), np.int32)}, ValueError, "one per basket"),
        ({"supporters": np.array([0, -2], np.int32)}, ValueError, r"supporters\[1\] is -2"),
        ({"supporters": np.zeros(3, np.int32)}, ValueError, "supporters are one per basket"),
        ({"supporters": np.zeros(2, np.int32), "voters": np.zeros(2, np.int32)}, ValueError, "not both"),
        ({"supporters": np.array([2**31 - 1, -1], np.int32)}, ValueError, "no numbers for 1 guests"),
        ({"k": 0}, ValueError, "k is at least 1"),
        ({"k": 1.5}, TypeError, "k is a whole number"),
        ({"min_support": 0}, ValueError, "min_support is at least 1"),
        ({"threads": -1}, ValueError, "threads is at least 0"),
        ({"statistic": "karma"}, ValueError, "not known"),
        ({"engine": "magic"}, ValueError, "not known"),
    ],
)
def test_unsound_arguments_are_refused(arguments: dict[str, Any], error: type[Exception], words: str) -> None:
    """A bad argument is named, with what it should be."""
    with pytest.raises(error, match=words):
        neighbours(SOUND, **{"k": 2, **arguments})


def test_sound_baskets_pass() -> None:
    """The baskets that the cases above were spoilt from are themselves accepted."""
    assert neighbours(SOUND, 2).item.tolist() == [2, 0]


def test_what_does_not_fit_is_refused_beforehand() -> None:
    """A run that may need more than its limit is refused with both numbers, before anything is allocated."""
    with pytest.raises(MemoryError, match=r"may need .* MB and 0 MB are free"):
        neighbours(SOUND, 2, memory_limit=1000)
    assert neighbours(SOUND, 2, memory_limit=1 << 40).n_items == SOUND.shape[1]
