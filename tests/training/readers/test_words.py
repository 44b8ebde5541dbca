"""Text columns by their distinct values agree with the columns themselves."""

import numpy as np
import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from training.readers.words import coded, coded_integers, numbered, renamed, stacked, through

CELLS = st.lists(st.sampled_from([None, "", " ", "a", " a", "b ", "ä", "🫖", "A"]), max_size=12)

FUZZ = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def obvious(cells: list[str | None]) -> list[str | None]:
    """Each cell trimmed, None where nothing is left."""
    return [(cell or "").strip() or None for cell in cells]


@FUZZ
@given(CELLS, st.integers(1, 4))
def test_coded_cells_are_the_trimmed_cells(cells: list[str | None], times: int) -> None:
    """Alone and in runs; categories are sorted by bytes; asking each value asks each cell."""
    column = coded(pl.Series("c", [cell for cell in cells for _ in range(times)], dtype=pl.String))
    expected = [cell for cell in obvious(cells) for _ in range(times)]
    assert column.cast(pl.String).to_list() == expected
    names = column.dtype.categories.to_list()
    assert [name.encode() for name in names] == sorted(name.encode() for name in names)
    assert through(column, lambda texts: texts == "a").to_list() == [None if c is None else c == "a" for c in expected]
    upper = renamed(column, lambda texts: texts.str.to_uppercase())
    assert upper.cast(pl.String).to_list() == [c and c.upper() for c in expected]


@FUZZ
@given(CELLS, CELLS)
def test_stacked_and_numbered(first: list[str | None], second: list[str | None]) -> None:
    """Two files' columns under each other; places are among the values that occur, -1 for none."""
    frames = [coded(pl.Series("c", cells, dtype=pl.String)).to_frame() for cells in (first, second)]
    column = stacked(frames)["c"]
    cells = obvious([*first, *second])
    assert column.cast(pl.String).to_list() == cells
    kept = column.slice(1)
    names, places = numbered(kept)
    assert names.to_list() == sorted({cell for cell in cells[1:] if cell}, key=str.encode)
    assert [names[int(p)] if p >= 0 else None for p in places] == cells[1:]


@FUZZ
@given(st.lists(st.one_of(st.none(), st.integers(-(2**62), 2**62), st.integers(0, 3)), max_size=12))
def test_whole_numbers_become_their_text(numbers: list[int | None]) -> None:
    """Negative and large ones too."""
    column = coded_integers(pl.Series("n", numbers, dtype=pl.Int64))
    assert column.cast(pl.String).to_list() == [None if n is None else str(n) for n in numbers]
    assert numbered(column)[1].dtype == np.int64
