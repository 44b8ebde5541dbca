"""Lines by their values agree with the cells themselves."""

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from training.readers.words import Lines, lines_of, stacked

CELLS = st.lists(
    st.sampled_from([None, "", " ", "a", " a", "b ", "ä", "🫖", "A", "0", "7", "07", "+7", "-7", "-0", "8"]),
    max_size=12,
)
NUMBERS = st.lists(st.sampled_from([None, "0", "7", "8", "9", "12", "-3", "4000000000000000000", "007"]), max_size=12)
FUZZ = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def obvious(cells: list[str | None]) -> list[str | None]:
    """Each cell trimmed, None where nothing is left."""
    return [(cell or "").strip() or None for cell in cells]


def lines(cells: list[str | None]) -> Lines:
    """One column of text."""
    return lines_of(pl.DataFrame({"c": pl.Series(cells, dtype=pl.String)}))


@FUZZ
@given(st.one_of(CELLS, NUMBERS), st.integers(1, 4))
def test_cells_by_their_values_are_the_trimmed_cells(cells: list[str | None], times: int) -> None:
    """Alone and in runs, text and numbers in any spelling; asking each value asks each cell."""
    made = lines([cell for cell in cells for _ in range(times)])
    expected = [cell for cell in obvious(cells) for _ in range(times)]
    assert made.texts(["c"])["c"].to_list() == expected
    if made.values:
        upper = made.changed("c", lambda texts: texts.str.to_uppercase().replace("A", None))
        assert upper.column("c").to_list() == [None if c in (None, "a", "A") else c.upper() for c in expected]
    passed = made.where("c", lambda texts: texts.is_in(["a", "7"]))
    assert ([False] * len(expected) if passed is None else passed.tolist()) == [c in ("a", "7") for c in expected]


@FUZZ
@given(st.one_of(CELLS, NUMBERS), CELLS)
def test_stacked_and_numbered(first: list[str | None], second: list[str | None]) -> None:
    """Two files' columns under each other; numbers are places among the values that occur, -1 for none."""
    whole = stacked([lines(first), lines(second)])
    cells = obvious([*first, *second])
    assert whole.texts(["c"])["c"].to_list() == cells
    kept = whole.filter(pl.Series([n > 0 for n in range(len(cells))], dtype=pl.Boolean))
    names, places = kept.numbered("c")
    assert names.to_list() == sorted({cell for cell in cells[1:] if cell}, key=str.encode)
    assert [names[int(p)] if p >= 0 else None for p in places] == cells[1:]


@FUZZ
@given(st.lists(st.one_of(st.none(), st.integers(-(2**62), 2**62), st.integers(0, 3)), max_size=12))
def test_whole_numbers_become_their_text(numbers: list[int | None]) -> None:
    """Negative and large ones too."""
    made = lines_of(pl.DataFrame({"item_id": pl.Series(numbers, dtype=pl.Int64)}))
    assert made.texts(["item_id"])["item_id"].to_list() == [None if n is None else str(n) for n in numbers]


def test_numbers_by_hand() -> None:
    """7, 9, 7 are two values without hashing; a 07 among them makes all of them text, and stays 07."""
    assert lines(["7", "9", "7"]).values["c"].to_list() == ["7", "9"]
    assert lines(["7", "07", "7"]).column("c").to_list() == ["7", "07", "7"]
