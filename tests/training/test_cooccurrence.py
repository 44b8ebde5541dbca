import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import sparse

from models.records import ItemVectors
from training.cooccurrence import (
    STATISTICS,
    Statistic,
    as_statistic,
    asymmetric,
    blocked,
    checks,
    native,
    neighbours,
    pick_engine,
)
from training.cooccurrence.problem import Job

KINDS: dict[str, Statistic] = {**STATISTICS, "asymmetric": asymmetric(0.3)}
Dense = NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """Baskets and everything that can be said of them, small enough for an oracle that loops."""

    held: NDArray[np.bool_]
    k: int
    min_support: int
    weights: NDArray[np.float32] | None
    anchor_weights: NDArray[np.float32] | None
    voters: NDArray[np.int32] | None
    supporters: NDArray[np.int32] | None = None

    @property
    def baskets(self) -> sparse.csr_array:
        """The same as a kernel takes it."""
        return sparse.csr_array(self.held.astype(np.float32))


@st.composite
def cases(draw: Callable[..., object], exact: bool = True) -> Case:
    """Baskets of any small shape; `exact` weights are eighths, whose sums no rounding touches."""
    seed, n_baskets, n_items = draw(st.integers(0, 2**32 - 1)), draw(st.integers(0, 30)), draw(st.integers(0, 14))
    rng = np.random.default_rng(seed)
    held = rng.random((n_baskets, n_items)) < draw(st.sampled_from([0.05, 0.3, 0.8])) * rng.random(n_items)

    def some_weights(n: int) -> NDArray[np.float32]:
        values = rng.integers(0, 9, n) / 8 if exact else rng.random(n) ** 4
        return values.astype(np.float32)

    people = draw(st.sampled_from(["none", "voters", "supporters"]))
    return Case(
        held=held,
        k=draw(st.integers(1, 16)),
        min_support=draw(st.integers(1, 4)),
        weights=some_weights(n_baskets) if draw(st.booleans()) else None,
        anchor_weights=some_weights(int(held.sum())) if draw(st.booleans()) else None,
        voters=rng.integers(0, 6, n_baskets).astype(np.int32) if people == "voters" else None,
        supporters=rng.integers(-1, 5, n_baskets).astype(np.int32) if people == "supporters" else None,
    )


def oracle(case: Case, statistic: Statistic) -> tuple[Dense, NDArray[np.int64], NDArray[np.int64]]:
    """Scores, evidence, support of all pairs, as the definitions read them: (B∘A)ᵀ W B, a voter's strongest basket."""
    held = case.held.astype(np.float64)
    n_baskets, _ = held.shape
    w = np.ones(n_baskets) if case.weights is None else case.weights.astype(np.float64)
    a = np.zeros_like(held)
    a[case.held] = 1.0 if case.anchor_weights is None else case.anchor_weights
    groups = np.arange(n_baskets) if case.voters is None else case.voters

    def vote(per_basket: NDArray[np.float64]) -> NDArray[np.float64]:
        empty = np.zeros(per_basket.shape[1:])
        return sum((per_basket[groups == g].max(axis=0) for g in np.unique(groups)), empty)

    pair_weight = (held * a * w[:, None])[:, :, None] * held[:, None, :]
    c, together = vote(pair_weight), vote(held[:, :, None] * held[:, None, :])
    d_i, d_j, n = vote(held * a * w[:, None])[:, None], vote(held * w[:, None])[None, :], float(vote(w))
    with np.errstate(divide="ignore", invalid="ignore"):
        if statistic == KINDS["llr"]:
            scores = dense_llr(c, d_i, d_j, n)
        elif statistic == KINDS["jaccard"]:
            scores = c / (d_i + d_j - c)
        else:
            scores = c / (d_i**statistic.left * d_j**statistic.right) * (n if statistic.times_total else 1.0)
    support = together
    if case.supporters is not None:
        guests = case.supporters < 0
        people = [
            *np.eye(n_baskets, dtype=bool)[guests],
            *(case.supporters == s for s in set(case.supporters[~guests])),
        ]
        support = sum(((held[p].T @ held[p]) > 0 for p in people), np.zeros_like(together))
    return np.nan_to_num(scores, nan=0.0), together.astype(np.int64), support.astype(np.int64)


def dense_llr(c: Dense, d_i: Dense, d_j: Dense, n: float) -> Dense:
    """Dunning's G² from entropies: 2 (Σ k ln k of the cells − of the margins + of the whole)."""
    rest_i, rest_j = np.maximum(n - d_i, 0), np.maximum(n - d_j, 0)
    observed = [c, np.maximum(d_i - c, 0), np.maximum(d_j - c, 0), np.maximum(rest_i - d_j + c, 0)]
    margins = [d_i * d_j, d_i * rest_j, rest_i * d_j, rest_i * rest_j]
    total = sum(
        np.nan_to_num(o * np.log(o * n / m), nan=0.0, posinf=0.0, neginf=0.0)
        for o, m in zip(observed, margins, strict=True)
    )
    return np.where(c * n < d_i * d_j, -2 * total, 2 * total)


def assert_answers(case: Case, statistic: Statistic, found: ItemVectors, rtol: float = 2e-7) -> None:
    """`found` holds the k best pairs of the oracle, with its scores and evidence, in the total order."""
    scores, together, support = oracle(case, statistic)
    n_items = case.held.shape[1]
    assert found.n_items == n_items
    slack = 1e-9 * (1.0 + case.held.shape[0]) if statistic == KINDS["llr"] else 0.0
    if rtol > 2e-7 and scores.size:
        # Fixed-point sums are exact to a share of the anchor's total, not of a pair that weighs next to nothing.
        slack += 1e-14 * float(np.abs(scores).max())
    for i in range(n_items):
        row = found.row(i)
        item, score = found.item[row], found.score[row]
        admissible = np.flatnonzero((support[i] >= case.min_support) & (np.arange(n_items) != i))
        assert len(item) == min(case.k, len(admissible))
        assert set(item) <= set(admissible)
        np.testing.assert_array_equal(found.together[row], together[i, item])
        np.testing.assert_allclose(score, scores[i, item], rtol=rtol, atol=slack)
        assert list(zip(-score, item, strict=True)) == sorted(zip(-score, item, strict=True))
        left_out = np.setdiff1d(admissible, item)
        if len(left_out):
            assert scores[i, left_out].max() <= score[-1] * (1 + 2 * rtol * np.sign(score[-1])) + 2 * slack


def assert_same(left: ItemVectors, right: ItemVectors) -> None:
    """Equal to the last bit."""
    for name in ("indptr", "item", "score", "together"):
        assert getattr(left, name).dtype == getattr(right, name).dtype
        assert getattr(left, name).tobytes() == getattr(right, name).tobytes(), name


def ask(case: Case, statistic: Statistic, **how: object) -> ItemVectors:
    """The door's answer to a case."""
    return neighbours(
        case.baskets,
        case.k,
        statistic,
        weights=case.weights,
        anchor_weights=case.anchor_weights,
        voters=case.voters,
        supporters=case.supporters,
        min_support=case.min_support,
        **how,
    )


TEA, CUP, MILK = 0, 1, 2
SHOP = np.array([[1, 1, 0], [1, 1, 0], [1, 0, 1], [0, 1, 0], [0, 0, 0]], dtype=np.bool_)


@pytest.mark.parametrize(
    ("statistic", "expected"),
    [
        ("count", 2.0),
        ("conditional", 2 / 3),
        ("cosine", 2 / 3),
        ("jaccard", 2 / 4),
        ("lift", 2 * 5 / 9),
        (asymmetric(0.25), 2 / 3),
    ],
)
def test_tea_and_cup(statistic: str | Statistic, expected: float) -> None:
    """Tea in 3 of 5 baskets, cup in 3, together in 2: every statistic worked out by hand."""
    found = neighbours(sparse.csr_array(SHOP.astype(np.int8)), 1, statistic, min_support=2)
    assert found.item[found.row(TEA)].tolist() == [CUP]
    assert found.item[found.row(CUP)].tolist() == [TEA]
    assert found.item[found.row(MILK)].tolist() == []
    assert found.score[found.row(TEA)].tolist() == [np.float32(expected)]
    assert found.together.tolist() == [2, 2]


def test_tea_and_cup_by_likelihood() -> None:
    """Cells 2, 1, 1, 1 of 5 baskets: G² = 2 (2 ln(10/9) + 2 ln(5/6) + ln(5/4)), positive as 2 > 9/5."""
    found = neighbours(sparse.csr_array(SHOP.astype(np.int8)), 1, "llr", min_support=2)
    expected = 2 * (2 * np.log(10 / 9) + 2 * np.log(5 / 6) + np.log(5 / 4))
    np.testing.assert_allclose(found.score[found.row(TEA)], [expected], rtol=1e-6)


def test_a_voter_votes_once_with_the_weightiest_basket() -> None:
    """Customer 0 bought tea and cup twice, with weights ¼ and ½: one vote of ½; customer 1's vote of 1 is added."""
    baskets = sparse.csr_array(np.array([[1, 1], [1, 1], [1, 1], [1, 0]], dtype=np.int8))
    weights, voters = np.array([0.25, 0.5, 1.0, 1.0], np.float32), np.array([0, 0, 1, 2], np.int32)
    found = neighbours(baskets, 1, "conditional", weights=weights, voters=voters)
    assert found.together.tolist() == [2, 2]
    assert found.score.tolist() == [np.float32(1.5 / 2.5), 1.0]


def test_an_account_of_its_own_lists_nothing() -> None:
    """Customer 0 bought tea and cup 3 times, 1 and a guest tea and milk: only the latter pair has two supporters."""
    baskets = sparse.csr_array(np.array([[1, 1, 0], [1, 1, 0], [1, 1, 0], [1, 0, 1], [1, 0, 1]], dtype=np.int8))
    supporters = np.array([0, 0, 0, 1, -1], np.int32)
    found = neighbours(baskets, 2, "count", supporters=supporters, min_support=2)
    assert found.item.tolist() == [MILK, TEA]
    assert found.together.tolist() == [2, 2]
    assert found.score.tolist() == [2.0, 2.0]
    found = neighbours(baskets, 2, "count", supporters=supporters)
    assert found.together[found.row(TEA)].tolist() == [3, 2]


def test_an_anchor_weighs_its_own_baskets() -> None:
    """Seen from tea its second basket counts half; seen from cup the same basket counts whole."""
    baskets = sparse.csr_array(np.array([[1, 1], [1, 1]], dtype=np.int8))
    anchor_weights = np.array([1.0, 1.0, 0.5, 1.0], np.float32)
    found = neighbours(baskets, 1, "count", anchor_weights=anchor_weights)
    assert found.score.tolist() == [1.5, 2.0]
    assert found.together.tolist() == [2, 2]


@pytest.mark.parametrize("name", KINDS)
@settings(max_examples=60, deadline=None)
@given(case=cases(), slicing=st.sampled_from([1, 7, 1 << 22]))
def test_scipy_engine_is_the_oracle(name: str, case: Case, slicing: int) -> None:
    """The SciPy engine answers as the definitions do, and alike however its blocks are cut."""
    found = ask(case, KINDS[name], engine="scipy")
    assert_answers(case, KINDS[name], found)
    problem = checks.problem(case.baskets, case.weights, case.anchor_weights, case.voters, case.supporters)
    assert_same(found, blocked.neighbours(Job(problem, case.k, KINDS[name], case.min_support), slicing))


@pytest.mark.parametrize("name", [name for name in KINDS if name not in {"jaccard", "llr"}])
@settings(max_examples=40, deadline=None)
@given(case=cases())
def test_implicit_engine_is_the_scipy_engine(name: str, case: Case) -> None:
    """Plain counts under statistics that factorise: implicit and SciPy give the same bits, ties and all."""
    pytest.importorskip("implicit")
    plain = Case(case.held, case.k, 1, None, None, None)
    assert_same(ask(plain, KINDS[name], engine="implicit"), ask(plain, KINDS[name], engine="scipy"))


needs_native = pytest.mark.skipif(native.library() is None, reason="the native kernel was not built here")


@needs_native
@pytest.mark.parametrize("name", KINDS)
@settings(max_examples=80, deadline=None)
@given(case=cases(), threads=st.integers(1, 4), way=st.sampled_from([{"wide": True}, {"leaders": 1}, {"leaders": 9}]))
def test_native_engine_is_the_scipy_engine(name: str, case: Case, threads: int, way: dict[str, int]) -> None:
    """Whatever is asked, native and SciPy give the same bits, for any number of threads, the ways of large sets too."""
    statistic = KINDS[name]
    found = ask(case, statistic, engine="native", threads=threads)
    assert_same(found, ask(case, statistic, engine="scipy"))
    problem = checks.problem(case.baskets, case.weights, case.anchor_weights, case.voters, case.supporters)
    job = Job(problem, case.k, statistic, case.min_support, threads)
    assert_same(found, native.neighbours(job, wide="wide" in way, leaders=way.get("leaders")))


@pytest.mark.parametrize("engine", ["scipy", pytest.param("native", marks=needs_native)])
@pytest.mark.parametrize("name", KINDS)
@settings(max_examples=40, deadline=None)
@given(case=cases(exact=False))
def test_any_weights_are_the_oracle(engine: str, name: str, case: Case) -> None:
    """With weights whose sums round, scores are those of the definitions to float32 precision."""
    assert_answers(case, KINDS[name], ask(case, KINDS[name], engine=engine), rtol=1e-6)


def test_weights_of_nothing_keep_the_evidence() -> None:
    """A pair whose every basket weighs 0 scores 0 and still stands, for its baskets were counted."""
    baskets = sparse.csr_array(np.array([[1, 1], [1, 1]], dtype=np.int8))
    for name in KINDS:
        found = neighbours(
            baskets, 3, name if name != "asymmetric" else asymmetric(0.3), weights=np.zeros(2, np.float32)
        )
        assert found.together.tolist() == [2, 2]
        assert found.score.tolist() == [0.0, 0.0]


@pytest.mark.parametrize("engine", ["scipy", "implicit", pytest.param("native", marks=needs_native)])
def test_a_k_beyond_the_catalogue_lists_all_neighbours(engine: str) -> None:
    """The largest number there is asks for no more than every neighbour."""
    if engine == "implicit":
        pytest.importorskip("implicit")
    baskets = sparse.csr_array(np.eye(9, 8, dtype=np.int8) + np.eye(9, 8, k=-1, dtype=np.int8))
    found = neighbours(baskets, sys.maxsize, engine=engine)
    assert_same(found, neighbours(baskets, 7, engine=engine))
    assert found.item.tolist() == [1, *(i + side for i in range(1, 7) for side in (-1, 1)), 6]


def test_ties_end_with_the_smaller_item() -> None:
    """Among neighbours with one score the items of smaller index are kept, in rising order."""
    baskets = sparse.csr_array(np.ones((2, 6), dtype=np.int8))
    found = neighbours(baskets, 2)
    assert found.item.reshape(6, 2).tolist() == [[1, 2], [0, 2], [0, 1], [0, 1], [0, 1], [0, 1]]


@pytest.mark.parametrize("index", [np.int32, np.int64])
@pytest.mark.parametrize("value", [np.bool_, np.int8, np.int64, np.float32, np.float64])
def test_any_dtype_of_ones(index: type[np.generic], value: type[np.generic]) -> None:
    """Stored ones may be booleans, integers or floats, with 32- or 64-bit indices: the answer is the same."""
    baskets = sparse.csr_array(SHOP.astype(value))
    baskets.indices, baskets.indptr = baskets.indices.astype(index), baskets.indptr.astype(index)
    assert_same(neighbours(baskets, 2), neighbours(sparse.csr_array(SHOP.astype(np.int8)), 2))


def test_the_engine_is_chosen_openly() -> None:
    """`pick_engine` names who will run: SciPy for what does not factorise, and an error rather than another engine."""
    assert pick_engine("llr", plain=True, min_support=1, engine="scipy") == "scipy"
    with pytest.raises(ValueError, match="implicit"):
        pick_engine("llr", plain=True, min_support=1, engine="implicit")
    with pytest.raises(ValueError, match="implicit"):
        pick_engine("cosine", plain=False, min_support=1, engine="implicit")
    with pytest.raises(ValueError, match="not known"):
        pick_engine("cosine", plain=True, min_support=1, engine="magic")


def test_names_of_statistics() -> None:
    """Every name has a record; alpha 1 is the conditional probability and ½ the cosine."""
    assert as_statistic("cosine") == asymmetric(0.5)
    assert as_statistic("conditional") == asymmetric(1.0)
    with pytest.raises(ValueError, match="not known"):
        as_statistic("karma")
    with pytest.raises(ValueError, match="alpha"):
        asymmetric(1.5)
