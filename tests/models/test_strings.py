"""Ids as flat arrays."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.strings import StringTable

ids = st.lists(st.text(max_size=8).filter(lambda s: s.isprintable()), unique=True, max_size=50)


@given(ids, st.text(max_size=8))
def test_find_agrees_with_a_dict(names: list[str], other: str) -> None:
    """A sorted table finds exactly what a dict of the same names would find."""
    table = StringTable.of(sorted(name.encode() for name in names))
    slow = {table.text(index): index for index in range(len(table))}
    assert {name: table.find(name) for name in names} == slow
    assert table.find(other) == slow.get(other, -1)


def test_empty_table_finds_nothing() -> None:
    """A shop without items is a shop."""
    table = StringTable.of([])
    assert len(table) == 0
    assert table.find("a") == -1


def test_lone_surrogate_is_nobodys_id() -> None:
    """JSON can smuggle in text that no UTF-8 has; it is not found, not an error."""
    assert StringTable.of(["a"]).find("\ud800") == -1


def test_ids_stay_text() -> None:
    """`00123` and `1e5` come out as they went in."""
    table = StringTable.of(["00123", "1e5", "é", "🫖"])
    assert [table.text(i) for i in range(4)] == ["00123", "1e5", "é", "🫖"]


def test_arrays_that_do_not_fit_are_refused() -> None:
    """Offsets must start at 0 and end where the data ends."""
    data = np.zeros(3, dtype=np.uint8)
    with pytest.raises(ValueError, match="end"):
        StringTable(np.array([0, 2], dtype=np.int64), data)
    with pytest.raises(ValueError, match="start"):
        StringTable(np.array([1, 3], dtype=np.int64), data)
    with pytest.raises(TypeError, match="int64"):
        StringTable(np.array([0, 3], dtype=np.int32), data)  # type: ignore[arg-type]  # the wrong type is the test
