import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from training.cooccurrence import gram_blocks


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n_baskets=st.integers(0, 30), n_items=st.integers(1, 12), weighted=st.booleans())
def test_blocks_are_cut_out_of_the_whole(seed: int, n_baskets: int, n_items: int, weighted: bool) -> None:
    """Each block is C[S, S] of C = Bᵀ W B, for sets of any length, in the order of the set."""
    rng = np.random.default_rng(seed)
    held = rng.random((n_baskets, n_items)) < 0.4
    weights = rng.random(n_baskets).astype(np.float32) if weighted else None
    sets = [rng.permutation(n_items)[: rng.integers(0, n_items + 1)] for _ in range(5)]
    w = np.ones(n_baskets) if weights is None else weights.astype(np.float64)
    whole = held.T.astype(np.float64) @ np.diag(w) @ held
    blocks = list(gram_blocks(sparse.csr_array(held), sets, weights))
    assert len(blocks) == len(sets)
    for items, block in zip(sets, blocks, strict=True):
        assert block.dtype == np.float64
        np.testing.assert_allclose(block, whole[np.ix_(items, items)], rtol=1e-12)


def test_tea_and_cup_block() -> None:
    """Tea in 3 baskets, cup in 3, together in 2."""
    baskets = sparse.csr_array(np.array([[1, 1], [1, 1], [1, 0], [0, 1]], dtype=np.int8))
    (block,) = gram_blocks(baskets, [np.array([0, 1])])
    np.testing.assert_allclose(block, [[3, 2], [2, 3]], rtol=1e-12)


@pytest.mark.parametrize(
    ("items", "error", "words"),
    [
        (np.array([0, 0]), ValueError, r"item_sets\[0\] holds an item twice"),
        (np.array([0, 5]), ValueError, r"item_sets\[0\] holds an item outside"),
        (np.array([0.0]), TypeError, r"item_sets\[0\]"),
        (np.array([[0]]), TypeError, r"item_sets\[0\]"),
    ],
)
def test_unsound_sets_are_refused(items: np.ndarray, error: type[Exception], words: str) -> None:
    """A set that is no set of items is named before any work is done."""
    with pytest.raises(error, match=words):
        gram_blocks(sparse.csr_array(np.ones((1, 2), dtype=np.int8)), [items])
