"""The records of customers: what they refuse, and how small they are."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.artefact import CONTENT, DamagedVersionError, Draft, Run, draft, read, write
from models.customers import Customers, Next, Purchases, Traits, Why
from models.model import Model
from models.rows import NEXT_ROW, PURCHASES_ROW, row_tables
from models.sealed import digest, seal


def test_a_purchase_takes_22_bytes_and_a_wish_seven(small_model: Callable[..., Model]) -> None:
    """Ada's two purchases and two wishes, as a store of rows holds them; Bo has no wish."""
    tables = row_tables(small_model())
    assert [len(tables["purchases"].row(i)) for i in range(2)] == [44, 22]
    assert [len(tables["next"].row(i)) for i in range(2)] == [14, 0]
    assert [column.tolist() for column in PURCHASES_ROW.decode(tables["purchases"].row(1))] == [
        [2],
        [1],
        [19_995],
        [19_995],
        [0.875],
        [0],
        [1.0],
    ]
    assert NEXT_ROW.decode(tables["next"].row(0))[2].tolist() == [Why.DUE, Why.COMPLEMENT]


@pytest.mark.parametrize(
    ("record", "column"), [("traits", "value"), ("purchases", "habit"), ("purchases", "item"), ("next", "why")]
)
def test_a_column_of_another_type_or_length_is_refused_by_name(
    small_model: Callable[..., Model], record: str, column: str
) -> None:
    """Three rooms later nobody could tell what is wrong."""
    held: Any = getattr(small_model().customers, record)
    whole = getattr(held, column)
    with pytest.raises(TypeError, match=column):
        dataclasses.replace(held, **{column: whole.astype(np.float64)})
    with pytest.raises(ValueError, match=r"entries"):
        dataclasses.replace(held, **{column: np.append(whole, whole)})


def test_rows_of_another_number_of_customers_are_refused(small_model: Callable[..., Model]) -> None:
    """Everything of a customer stands at the same place."""
    customers: Customers = small_model().customers
    with pytest.raises(ValueError, match="2 customer ids, but 3 rows of next"):
        dataclasses.replace(customers, next=Next.nothing(3))


def test_nothing_is_next_for_anybody() -> None:
    """Empty rows are rows."""
    empty = Next.nothing(2)
    assert (len(empty), empty.row(1)) == (2, slice(0, 0))


def test_customers_come_back_from_disk_as_they_were(small_model: Callable[..., Model], tmp_path: Path) -> None:
    """Every column, unknown values included."""
    model = small_model()
    drafted = draft(model)
    write(tmp_path, drafted, Run("n", "2026-11-21T02:10:00+00:00", "h", {}, drafted.content_sha256, {}))
    again = read(tmp_path).model.customers
    for record, names in (("traits", Traits.__slots__), ("purchases", Purchases.__slots__), ("next", Next.__slots__)):
        for name in names:
            ours, theirs = getattr(getattr(model.customers, record), name), getattr(getattr(again, record), name)
            np.testing.assert_array_equal(ours, theirs)
            assert ours.dtype == theirs.dtype


def test_a_version_of_the_older_format_is_refused_with_a_remedy(
    small_model: Callable[..., Model], tmp_path: Path
) -> None:
    """Schema 1 held less of each customer: the refusal says which format it is and what to do."""
    drafted = draft(small_model())
    document = json.loads(drafted.manifest)
    del document[CONTENT]
    older = dataclasses.replace(drafted, manifest=seal({**document, "schema": 1}, CONTENT))
    write(tmp_path, older, Run("n", "2026-11-21T02:10:00+00:00", "h", {}, drafted.content_sha256, {}))
    with pytest.raises(DamagedVersionError, match="written in format 1, this release reads 2 and 3; train again"):
        read(tmp_path)


def test_a_version_of_format_2_is_read_without_its_buyers(small_model: Callable[..., Model], tmp_path: Path) -> None:
    """It did not count them: 0 stands for every item, and all else is as it was."""
    model = small_model()
    drafted = draft(model)
    document = json.loads(drafted.manifest)
    del document[CONTENT], document["files"]["facts.buyers.npy"]
    document["schema"] = 2
    arrays = {name: array for name, array in drafted.arrays.items() if name != "facts.buyers.npy"}
    older = Draft(arrays, seal(document, CONTENT), digest(document))
    write(tmp_path, older, Run("n", "2026-11-21T02:10:00+00:00", "h", {}, older.content_sha256, {}))
    facts = read(tmp_path).model.facts
    np.testing.assert_array_equal(facts.buyers, np.zeros(4))
    np.testing.assert_array_equal(facts.repeat, model.facts.repeat)
