"""The votes of a cart's lines, against a slow obvious twin."""

from __future__ import annotations

import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsvc import votes_arrays, votes_native
from recsvc.store.contract import Row
from recsvc.votes import Votes, merge

OPEN = votes_native.library
BUILT = OPEN()
needs_native = pytest.mark.skipif(BUILT is None, reason="the compiled votes were not built here")


@pytest.fixture(autouse=True, params=["compiled", "NumPy"], scope="module")
def adds_up(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every truth of this module holds of both."""
    if request.param == "compiled" and BUILT is None:
        pytest.skip("the compiled votes were not built here")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(votes_native, "library", lambda: BUILT if request.param == "compiled" else None)
        yield


def row(*entries: tuple[int, float, int]) -> Row:
    """One row of (item, score, together), put into the order of the treaty."""
    ordered = sorted(entries, key=lambda e: (-e[1], e[0]))
    return Row(
        np.array([e[0] for e in ordered], np.int32),
        np.array([e[1] for e in ordered], np.float32),
        np.array([e[2] for e in ordered], np.uint16),
    )


def told(votes: Votes) -> list[tuple[int, float, int, int]]:
    """Item, score, anchor that speaks for it, baskets that hold both; in order."""
    pairs = zip(votes.item.tolist(), votes.score.tolist(), strict=True)
    return [(item, score, *votes.voice(at)) for at, (item, score) in enumerate(pairs)]


@st.composite
def rows(draw: st.DrawFn, least: int = 0) -> Row:
    """A row over a few items, with many ties; scores are quarters, so that sums are exact."""
    items = draw(st.lists(st.integers(0, 11), unique=True, max_size=8))
    return row(*((i, draw(st.integers(least, 6)) / 4, draw(st.integers(0, 9))) for i in items))


def test_a_cart_of_tea_and_cup_by_hand() -> None:
    """Pot: 0.5 from tea and 0.25 from cup make 0.75, because of tea; ties go to the smaller index."""
    tea, cup = row((3, 0.5, 7), (5, 0.25, 2)), row((3, 0.25, 4), (4, 0.25, 3))
    assert told(merge([tea, cup], [1.0, 1.0], [0, 1])) == [(3, 0.75, 0, 7), (4, 0.25, 1, 3), (5, 0.25, 0, 2)]


def test_a_word_against_by_hand() -> None:
    """Sugar speaks for coffee with 0.5, tea against it with 0.25: 0.25 is left, because of sugar; milk is left out."""
    tea, sugar = row((7, -0.25, 0), (9, -0.5, 0)), row((7, 0.5, 6), (9, 0.25, 8))
    assert told(merge([tea, sugar], [1.0, 1.0], [0, 1])) == [(7, 0.25, 1, 6)]


def test_a_power_mean_by_hand() -> None:
    """With q = 2, 0.3 and 0.4 make 0.5, not 0.7; the louder row stays the louder."""
    tea, cup = row((3, 0.3, 7), (5, 0.25, 2)), row((3, 0.4, 4))
    found = merge([tea, cup], [1.0, 1.0], [0, 1], 2, 2.0)
    assert [(item, anchor) for item, _, anchor, _ in told(found)] == [(3, 1), (5, 0)]
    assert found.score.tolist() == pytest.approx([0.5, 0.25])


@given(st.integers(0, 6), st.integers(0, 6), st.sampled_from([1.0, 2.0, 4.0, 100.0]), st.data())
def test_votes_are_the_obvious_sums(n_rows: int, powered: int, power: float, data: st.DataObject) -> None:
    """Sums and power means per item; the loudest anchor with evidence (first of equals), its count; a total order."""
    powered = min(powered, n_rows)
    cast = [data.draw(rows(-4 if n_rows > 1 and number < n_rows - powered else 0)) for number in range(n_rows)]
    weights = [data.draw(st.sampled_from([0.0, 0.5, 1.0, 2.0])) for _ in cast]
    anchors = [data.draw(st.integers(0, 3)) for _ in cast]
    sums: dict[int, float] = defaultdict(float)
    powers: dict[int, list[float]] = defaultdict(list)
    votes: list[tuple[int, int, float, int, bool]] = []
    for number, (each, weight, anchor) in enumerate(zip(cast, weights, anchors, strict=True)):
        for item, score, together in zip(*(column.tolist() for column in each), strict=True):
            raised = number >= len(cast) - powered
            sums[item] += 0 if raised else weight * score
            powers[item] += [weight * score] if raised else []
            votes.append((item, anchor, weight * score, together, raised))
    mean = {item: sum(v**power for v in said) ** (1 / power) for item, said in powers.items()}
    shares: dict[int, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    counts: dict[tuple[int, int], int] = defaultdict(int)
    for item, anchor, vote, together, raised in votes:
        shares[item][anchor] += vote * (vote / mean[item]) ** (power - 1) if raised and vote else vote
        counts[item, anchor] = max(counts[item, anchor], together)
    found = merge(cast, weights, anchors, powered, power)
    score = dict(zip(found.item.tolist(), found.score.tolist(), strict=True))
    total = {item: sums[item] + mean[item] for item in sums}
    assert {i: s for i, s in score.items() if s > 1e-9} == pytest.approx({i: s for i, s in total.items() if s > 1e-9})
    assert min([0, *score.values()]) == 0
    if len(cast) != 1:  # one row keeps its own order: with a weight of 0 all its scores tie
        assert found.item.tolist() == sorted(score, key=lambda item: (-score[item], item))
    for item, _, anchor, together in told(found):
        proven = {a: share for a, share in shares[item].items() if counts[item, a]} or shares[item]
        assert anchor in proven
        assert proven[anchor] == pytest.approx(max(proven.values()))
        if power == 1 or powered == 0:  # no rounding: the first of equals
            assert anchor == min(proven, key=lambda a: (-proven[a], a))
        assert together == counts[item, anchor]


def test_no_anchor_has_no_candidate() -> None:
    """The empty cases: no row, and rows without entries."""
    assert told(merge([], [], [])) == []
    assert told(merge([row(), row()], [1.0, 1.0], [0, 1], 1, 3.0)) == []


@pytest.mark.parametrize("blend", [0.0, 0.5])
def test_two_rows_of_one_anchor_speak_together(blend: float) -> None:
    """A cart vector and a blended cross-sell vector of one line count as one voice."""
    found = merge([row((5, 1.0, 1)), row((5, 1.25, 9)), row((5, 1.0, 3))], [1.0, 1.0, blend], [0, 1, 0])
    assert told(found) == [(5, 2.25 + blend, *((1, 9) if blend == 0 else (0, 3)))]


@st.composite
def drawn_rows(draw: st.DrawFn) -> tuple[list[Row], list[float], list[int], int, float]:
    """Rows as versions hold them, up to a few hundred entries, few or many of them for the same item."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    n_items, n_rows = draw(st.sampled_from([1, 7, 60, 5_000])), draw(st.integers(1, 25))
    plain = draw(st.integers(0, n_rows))
    cast = []
    for number in range(n_rows):
        item = rng.permutation(n_items)[: rng.integers(0, 60)].astype(np.int32)
        score = np.exp(rng.uniform(-24, 4, len(item))).astype(np.float32)
        score[rng.random(len(item)) < 0.1] = 0
        if number < plain:
            score *= rng.choice([-1, 1, 1], len(item))
        cast.append(Row(item, score, rng.integers(0, 3, len(item)).astype(np.uint16)))
    weights = rng.choice([0.0, 0.1, 1.0, 1 / 3], n_rows).tolist()
    anchors = rng.integers(0, 5, n_rows).tolist()
    return cast, weights, anchors, plain, draw(st.sampled_from([1.5, 2.0, 3.0, 40.0, 1_000.0]))


@needs_native
@given(drawn_rows())
def test_compiled_and_numpy_agree_to_the_last_bit(
    drawn: tuple[list[Row], list[float], list[int], int, float],
) -> None:
    """The same items in the same order with the very same scores and voices, whatever the rows."""
    cast, weights, anchors, plain, power = drawn
    if not any(len(each.item) for each in cast):
        return
    assert BUILT is not None
    item, score, voice = votes_native.merge(BUILT, cast, weights, anchors, plain, power)
    other_item, other_score, other_voice = votes_arrays.merge(cast, weights, anchors, plain, power)
    assert item.tobytes() == other_item.tobytes()
    assert score.tobytes() == other_score.tobytes()
    assert [voice(at) for at in range(len(item))] == [other_voice(at) for at in range(len(item))]


@needs_native
def test_scores_that_are_no_numbers_are_no_candidates() -> None:
    """Bytes broken on their way may say anything: what comes out is in order, and what is no number does not."""
    broken = Row(np.array([3, 4, 5, -7], np.int32), np.full(4, np.nan, np.float32), np.ones(4, np.uint16))
    assert BUILT is not None
    item, score, _ = votes_native.merge(BUILT, [broken, row((4, 1.0, 1), (9, 0.5, 1))], [1, 1], [0, 1], 1, 2.0)
    assert (item.tolist(), score.tolist()) == ([9], [0.5])


@pytest.mark.skipif(shutil.which("g++") is None, reason="needs g++")
def test_a_library_out_of_date_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library built from another source is not called: NumPy adds up."""
    source, path = tmp_path / "old.cpp", tmp_path / "votes_kernel.so"
    source.write_text('extern "C" int votes_edition() { return 0; }')
    subprocess.run(["g++", "-shared", "-fPIC", str(source), "-o", str(path)], check=True)
    monkeypatch.setattr(votes_native, "find", lambda: path)
    with pytest.warns(RuntimeWarning, match="install recsvc again"):
        assert OPEN.__wrapped__() is None
