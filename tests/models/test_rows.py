"""A model as rows and blocks, and back."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from models.artefact import draft
from models.model import Model
from models.rows import VECTOR_ROW, assemble, blocks, frame_of, row_tables
from models.sealed import unseal


def test_rows_and_blocks_make_the_same_model(small_model: Callable[..., Model]) -> None:
    """Taken apart and put together again, every byte of the manifest is the same."""
    model = small_model()
    manifest = draft(model).manifest
    rows = {name: [table.row(i) for i in range(len(table))] for name, table in row_tables(model).items()}
    again = assemble(frame_of(blocks(model), unseal(manifest, "content_sha256")), rows)
    assert draft(again).manifest == manifest


def test_a_vector_row_takes_eight_bytes_a_neighbour(small_model: Callable[..., Model]) -> None:
    """Tea's two neighbours: 16 bytes, and they read back as item, score and count."""
    model = small_model()
    held = model.vectors["cross_sell"]
    row = row_tables(model)["vectors.cross_sell"].row(3)
    assert len(row) == 16
    item, score, together = VECTOR_ROW.decode(row)
    assert item.tolist() == [0, 2]
    assert score.tolist() == held.score[held.row(3)].tolist()
    assert together.tolist() == [2, 1]


def test_rows_cut_off_are_refused() -> None:
    """Half an entry is damage, not an entry."""
    with pytest.raises(ValueError, match="cut off"):
        VECTOR_ROW.decode(b"123456789")
    assert [len(column) for column in VECTOR_ROW.decode(b"")] == [0, 0, 0]


def test_no_rows_make_empty_columns() -> None:
    """A shop without customers has a table without rows."""
    indptr, columns = VECTOR_ROW.decode_all([])
    assert indptr.tolist() == [0]
    assert [column.dtype for column in columns] == [np.int32, np.float16, np.uint16]
