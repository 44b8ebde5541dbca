"""Files that cannot be used, and files that look as if they could not."""

import gzip
import os
from pathlib import Path

import polars as pl
import pytest

from training.readers.columns import parse_columns
from training.readers.errors import InputError
from training.readers.options import ReadOptions
from training.readers.orders import read_orders

DEFAULT = ReadOptions()
GOOD = "order_id,item_id,quantity\n" + "".join(f"{n},tea,1\n" for n in range(100))


def refuse(path: Path, options: ReadOptions = DEFAULT) -> str:
    """The message with which a file is refused."""
    with pytest.raises(InputError) as caught:
        read_orders([path], options, None)
    return str(caught.value)


def bytes_at(folder: Path, content: bytes, name: str = "orders.csv") -> Path:
    """A file of these bytes."""
    path = folder / name
    path.write_bytes(content)
    return path


def items(path: Path, options: ReadOptions = DEFAULT) -> list[bytes]:
    """The items read."""
    return list(read_orders([path], options, None)[0].items)


def test_missing_file_and_folder(tmp_path: Path) -> None:
    """Both are named, with what to do."""
    assert "orders.csv: there is no such file. Check the path" in refuse(tmp_path / "orders.csv")
    assert "this is a folder" in refuse(tmp_path)
    with pytest.raises(InputError, match="no order files given"):
        read_orders([], DEFAULT, None)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"   "])
def test_empty_file(tmp_path: Path, content: bytes) -> None:
    """Nothing, or nothing but space, is empty."""
    assert "orders.csv: the file is empty" in refuse(bytes_at(tmp_path, content))


def test_header_without_lines(tmp_path: Path) -> None:
    """A header alone is refused too."""
    assert "a header but no line below it" in refuse(bytes_at(tmp_path, b"order_id,item_id\n"))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"PK\x03\x04" + bytes(200), "zip archive (or Excel workbook) is damaged"),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "a PNG picture"),
        (b"\xef\xbb\xbf\n<!DOCTYPE html><html><body>Log in</body></html>", "a web page, not an export"),
        (b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 20, "this is not text"),
    ],
)
def test_binary_named_csv(tmp_path: Path, content: bytes, says: str) -> None:
    """A picture or a program named .csv is called what it is."""
    assert says in refuse(bytes_at(tmp_path, content))


def test_header_without_order_id(tmp_path: Path) -> None:
    """The message lists the header and the option that helps, and the option does help."""
    path = bytes_at(tmp_path, b"bon,item_id\n1,tea\n2,cup\n")
    message = refuse(path)
    assert "no column for order_id" in message
    assert "'bon', 'item_id'" in message
    assert "--columns order_id=<column>" in message
    assert items(path, ReadOptions(columns={"order_id": "bon"})) == [b"cup", b"tea"]


def test_two_columns_that_mean_the_same(tmp_path: Path) -> None:
    """Both are named, and `--columns` decides; our own name needs no decision."""
    path = bytes_at(tmp_path, b"order,sku,product_id\n1,tea,9\n2,cup,8\n")
    assert "'sku' (column 2) and 'product_id' (column 3) could each be item_id" in refuse(path)
    assert items(path, ReadOptions(columns={"item_id": "product_id"})) == [b"8", b"9"]
    assert items(bytes_at(tmp_path, b"order,item_id,sku\n1,tea,9\n")) == [b"tea"]
    assert "rename one of them" in refuse(bytes_at(tmp_path, b"order_id,item_id,item_id\n1,tea,9\n"))


def test_wrong_overrides(tmp_path: Path) -> None:
    """An override of nothing of ours, of nothing in the file, or without `=`, is refused; an empty one hides."""
    path = bytes_at(tmp_path, b"order_id,item_id,ts\n1,tea,whenever\n")
    assert "'colour' is none of our columns" in refuse(path, ReadOptions(columns={"colour": "x"}))
    assert "no such column" in refuse(path, ReadOptions(columns={"item_id": "sku"}))
    assert items(path, ReadOptions(columns={"ts": ""})) == [b"tea"]
    assert parse_columns("order_id=Invoice No, ts=") == {"order_id": "Invoice No", "ts": ""}
    with pytest.raises(InputError, match="has no '='"):
        parse_columns("order_id")
    with pytest.raises(InputError, match="given twice"):
        parse_columns("ts=a,ts=b")


def test_six_in_a_hundred_unreadable_lines_refuse_the_file(tmp_path: Path) -> None:
    """6 % are refused with the first three shown; 5 % are not."""
    lines = GOOD.splitlines(keepends=True)
    for bad in (9, 10, 11, 20, 30):
        lines[bad] = f"{bad},tea,many\n"
    path = bytes_at(tmp_path, "".join(lines).encode())
    assert read_orders([path], DEFAULT, None)[1].unparsed == {"bad quantity": 5}
    lines[40] = "40,tea,lots\n"
    message = refuse(bytes_at(tmp_path, "".join(lines).encode()))
    assert message.endswith("; --columns quantity= does without.")
    assert "6 of 100 lines (6.0%) cannot be read, more than 5%" in message
    assert "line 10: bad quantity (order_id='9'" in message
    assert "line 12: bad quantity" in message
    assert "line 21" not in message


def test_truncated_archives(tmp_path: Path) -> None:
    """A .gz or .zst that breaks off is never read in part."""
    whole = gzip.compress(GOOD.encode())
    for cut in (10, len(whole) // 2, len(whole) - 4):
        assert "the gzip data is cut short or damaged" in refuse(bytes_at(tmp_path, whole[:cut], "o.csv.gz"))
    pl.DataFrame({"order_id": range(5000), "item_id": range(5000)}).write_csv(tmp_path / "o.zst", compression="zstd")
    packed = (tmp_path / "o.zst").read_bytes()
    assert "the zstd data is cut short or damaged" in refuse(bytes_at(tmp_path, packed[:-9], "o.csv.zst"))


def test_damaged_parquet(tmp_path: Path) -> None:
    """Parquet that is cut or changed is refused."""
    pl.DataFrame({"order_id": range(500), "item_id": range(500)}).write_parquet(tmp_path / "o.parquet")
    whole = (tmp_path / "o.parquet").read_bytes()
    assert "damaged Parquet" in refuse(bytes_at(tmp_path, whole[: len(whole) // 2], "o.parquet"))
    assert "damaged Parquet" in refuse(bytes_at(tmp_path, b"PAR1" + bytes(50) + b"PAR1", "o.parquet"))


def test_parquet_columns_of_wrong_types(tmp_path: Path) -> None:
    """Fractions and lists are no ids."""
    pl.DataFrame({"order_id": [1.5], "item_id": ["a"]}).write_parquet(tmp_path / "o.parquet")
    assert "column order_id holds fractions" in refuse(tmp_path / "o.parquet")
    pl.DataFrame({"order_id": [1], "item_id": [["a"]]}).write_parquet(tmp_path / "o.parquet")
    assert "column item_id is of type List" in refuse(tmp_path / "o.parquet")


def test_json_that_is_not_lines(tmp_path: Path) -> None:
    """An array is read like lines, unless it breaks off; a line that is no object is counted."""
    assert items(bytes_at(tmp_path, b'[{"order_id":1,\n"item_id":"tea"},\n\n{"order_id":2,"item_id":"cup"}]')) == [
        b"cup",
        b"tea",
    ]
    assert "line 2: the JSON that starts here cannot be read" in refuse(bytes_at(tmp_path, b'[{"order_id":1},\n{"o'))
    assert "the array never closes" in refuse(bytes_at(tmp_path, b'[{"order_id":1}'))
    assert "a comma is missing" in refuse(bytes_at(tmp_path, b'[{"order_id":1} 2]'))
    good = b"".join(b'{"order_id":%d,"item_id":"cup"}\n' % n for n in range(100))
    bad = [b'{"order_id":', b'{"order_id":[1],"item_id":2}', b'{"order_id":1,"item_id":"\\ud800"}', b"[" * 100_000]
    report = read_orders([bytes_at(tmp_path, good + b"\n".join(bad))], DEFAULT, None)[1]
    assert report.unparsed == {"half a character": 1, "nested value": 1, "not a JSON object": 2}


def test_some_files_with_times_and_some_without(tmp_path: Path) -> None:
    """Order by time and order by file do not mix."""
    a = bytes_at(tmp_path, b"order_id,item_id,ts\n1,tea,2026-01-01\n", "a.csv")
    b = bytes_at(tmp_path, b"order_id,item_id\n1,tea\n", "b.csv")
    with pytest.raises(InputError, match=r"b\.csv has no times but .*a\.csv has"):
        read_orders([a, b], DEFAULT, None)


def test_nothing_left(tmp_path: Path) -> None:
    """A file of cancellations only is refused with the count."""
    assert "no line is a purchase (cancelled: 1)" in refuse(bytes_at(tmp_path, b"order,sku,qty\nC1,tea,-1\n"))


def test_a_quote_that_never_closes(tmp_path: Path) -> None:
    """The line that opens it is named instead of a file lost in one cell."""
    text = 'order_id,item_id,title\n1,tea,Tea\n2,cup,"Cup\n' + "3,tea,Tea\n" * 20_000
    assert "line 3: a quoted cell opens here and does not close" in refuse(bytes_at(tmp_path, text.encode()))


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbforder_id,item_id\n1,tea\n",
        "order_id,item_id\n1,tea\n".encode("utf-16"),
        "order_id,item_id\n1,tea\n".encode("utf-16-le"),
        "order_id,item_id\n1,tea\n".encode("utf-32"),
        b"order_id;item_id\n1;tea\n",
        b"Order ID\tSKU\n1\ttea\n",
        b"invoice_no|Product Code\n1|tea\n",
        b'"order_id","item_id"\r\n"1","tea"\r\n',
        b"order_id,item_id\r1,tea\r",
        b"\n\norder_id,item_id\n1,tea",
        b'item_id,order_id,note\ntea,1,12" plate\n',
    ],
)
def test_tables_as_programs_write_them(tmp_path: Path, content: bytes) -> None:
    """Marks, encodings, delimiters, line ends and stray quotes make no difference."""
    assert items(bytes_at(tmp_path, content)) == [b"tea"]


def test_not_utf8_is_read_as_western_and_said(tmp_path: Path) -> None:
    """One single-byte é makes the file Windows-1252; the report says so."""
    orders, report = read_orders([bytes_at(tmp_path, b"order_id,item_id\n1,caf\xe9\n")], DEFAULT, None)
    assert list(orders.items) == ["café".encode()]
    assert any("Windows-1252" in note for note in report.notes)


def test_semicolons_and_decimal_commas(tmp_path: Path) -> None:
    """Prices 12,50 and 1.234,50 EUR of a European sheet."""
    path = bytes_at(tmp_path, b"order_id;item_id;price\n1;a;12,50\n2;b;1.234,50 EUR\n3;c;7\n")
    assert read_orders([path], DEFAULT, None)[0].price.tolist() == [125_000, 12_345_000, 70_000]


def test_line_ends_inside_cells_keep_line_numbers_true(tmp_path: Path) -> None:
    """CRLF in a quoted title spans lines; the reject names the physical line."""
    rows = "".join(f'{n},tea,"two\r\nlines",1\r\n' for n in range(30))
    path = bytes_at(tmp_path, ("order_id,item_id,title,qty\r\n" + rows + '99,cup,"x",many\r\n').encode())
    report = read_orders([path], DEFAULT, tmp_path / "rejects.csv")[1]
    assert (report.lines, report.kept) == (31, 30)
    assert ",62,bad quantity," in (tmp_path / "rejects.csv").read_text()


def test_awkward_ids_and_a_megabyte_cell(tmp_path: Path) -> None:
    """Emoji, composed and decomposed accents stay as written; a cell of 1 MB beside them is read over."""
    rows = ["1,🫖,x", "2,e\u0301,x", "3,\u00e9,x", f"4,שלום,{'y' * (1 << 20)}"]
    path = bytes_at(tmp_path, ("order_id,item_id,note\n" + "\n".join(rows)).encode())
    assert items(path) == sorted(i.encode() for i in ("🫖", "e\u0301", "\u00e9", "שלום"))


def test_ten_thousand_columns(tmp_path: Path) -> None:
    """Columns we do not know are read over, however many."""
    header = ",".join(["order_id", *(f"c{n}" for n in range(10_000)), "item_id"])
    assert items(bytes_at(tmp_path, f"{header}\n1{',' * 10_001}tea\n".encode())) == [b"tea"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_file(tmp_path: Path) -> None:
    """Permissions are named."""
    path = bytes_at(tmp_path, GOOD.encode())
    path.chmod(0)
    assert "cannot be read" in refuse(path)
