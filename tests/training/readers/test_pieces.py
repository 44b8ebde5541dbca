"""Files read piece by piece say what they say as a whole."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from training.readers import delimited, parquet
from training.readers.errors import InputError
from training.readers.options import ReadOptions
from training.readers.orders import read_orders
from training.readers.pieces import mapped

LENIENT = ReadOptions(max_unparsed=1)
CELL = st.sampled_from(
    ["", "1", "7", "07", "tea", '"tea"', '"a\nb"', '"a,b"', 'a"b', '"', "ä", " x ", "2026-01-02", "-1"]
)
LINE = st.lists(CELL, min_size=0, max_size=7).map(",".join)
FUZZ = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))


def outcome(path: Path) -> str:
    """All that a reading says: the arrays, the report and the rejects, or the refusal."""
    try:
        orders, report = read_orders([path], LENIENT, path.with_name("rejects.csv"))
    except InputError as error:
        return str(error)
    arrays = [getattr(orders, n).tolist() for n in ("time", "customer", "indptr", "item", "quantity", "price")]
    names = [list(getattr(orders, n)) for n in ("items", "titles", "customers")]
    return repr((arrays, names, report)) + path.with_name("rejects.csv").read_text("utf-8")


@FUZZ
@given(st.lists(LINE, min_size=1, max_size=12), st.booleans(), st.integers(1, 40))
def test_a_table_in_pieces_reads_like_one_split_record_by_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: list[str], ends: bool, piece: int
) -> None:
    """Whatever the size of a piece, the outcome is that of the standard library's parse, record by record."""
    path = tmp_path / "orders.csv"
    path.write_text("order_id,item_id,customer_id,ts,quantity\n" + "\n".join(lines) + "\n" * ends, "utf-8")
    with monkeypatch.context() as patched:
        patched.setattr(delimited, "_fast", lambda *_: None)
        slow = outcome(path)
    with monkeypatch.context() as patched:
        patched.setattr(delimited, "_PIECE", piece)
        assert outcome(path) == slow


def test_a_cell_that_spans_a_border_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A title of two lines, cut between them, is one cell, and the line after it has its own number."""
    path = tmp_path / "orders.csv"
    path.write_text('order_id,item_id,title\n1,tea,"Tea\nfine"\n2,,\n')
    monkeypatch.setattr(delimited, "_PIECE", 4)
    orders, _ = read_orders([path], LENIENT, tmp_path / "rejects.csv")
    assert list(orders.titles) == [b"Tea\nfine"]
    assert (tmp_path / "rejects.csv").read_text().splitlines()[1].split(",")[1:3] == ["4", "no item id"]


def test_parquet_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rows at a time, empty columns at the start and the end included, give what one read gives."""
    path = tmp_path / "orders.parquet"
    pl.DataFrame(
        {
            "order_id": [1, 1, 2, 2, 3, None],
            "item_id": ["tea", "cup", "tea", " ", "cup", "tea"],
            "customer_id": [None, None, 7, 7, None, None],
            "ts": [None, None, 1_767_225_600, 1_767_225_600, 1_767_225_601, 1_767_225_601],
            "title": ["Tea", None, None, None, None, None],
        }
    ).write_parquet(path)
    whole = outcome(path)
    monkeypatch.setattr(parquet, "_ROWS", 2)
    assert outcome(path) == whole
    assert "'bad time': 2" in whole


def test_pieces_come_back_in_their_order() -> None:
    """However many are under way, and none at all."""
    assert list(mapped(lambda n: n * n, range(50))) == [n * n for n in range(50)]
    assert list(mapped(lambda n: n, iter(()))) == []
