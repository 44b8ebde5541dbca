"""Packed files, and what hides in them."""

import gzip
import io
import zipfile
from pathlib import Path

import pytest

from training.readers import archives
from training.readers.catalogue import read_catalogue
from training.readers.errors import InputError
from training.readers.options import ReadOptions
from training.readers.orders import read_orders

DEFAULT = ReadOptions()
ONE, TWO = b"order_id,item_id\n1,tea\n", b"order_id;item_id\n2;cup\n"


def packed(folder: Path, files: dict[str, bytes], name: str = "export.zip") -> Path:
    """A zip of these files."""
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for inner, content in files.items():
            archive.writestr(inner, content)
    return path


def refusal(path: Path) -> str:
    """Why it is refused."""
    with pytest.raises(InputError) as caught:
        read_orders([path], DEFAULT, None)
    return str(caught.value)


def test_a_zip_of_exports_is_read_file_by_file(tmp_path: Path) -> None:
    """Each is recognised by itself and named in the report; what macOS adds is passed over."""
    files = {"a/orders_1.csv": ONE, "__MACOSX/a/._orders_1.csv": b"\0", "a/.DS_Store": b"\0", "orders_2.csv": TWO}
    orders, report = read_orders([packed(tmp_path, files)], DEFAULT, None)
    assert list(orders.items) == [b"cup", b"tea"]
    assert [name.rsplit(".zip/", 1)[1] for name in report.formats] == ["a/orders_1.csv", "orders_2.csv"]


def test_a_zipped_catalogue_is_one_file(tmp_path: Path) -> None:
    """Two are in doubt."""
    assert len(read_catalogue(packed(tmp_path, {"c.csv": b"item_id\ntea\n"}), DEFAULT)[0].ids) == 1
    with pytest.raises(InputError, match="holds 2 files"):
        read_catalogue(packed(tmp_path, {"c.csv": ONE, "d.csv": ONE}), DEFAULT)


def test_a_path_that_climbs_out_writes_nothing(tmp_path: Path) -> None:
    """A member named ../../evil.csv is read, and nothing appears beside the archive."""
    folder = tmp_path / "in" / "here"
    folder.mkdir(parents=True)
    path = packed(folder, {"../../evil.csv": ONE, "/abs.csv": TWO})
    assert read_orders([path], DEFAULT, None)[0].n_orders == 2
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["export.zip", "here", "in"]


def test_archives_that_are_refused(tmp_path: Path) -> None:
    """Workbooks, archives inside archives, encrypted, empty and damaged ones: each with what to do."""
    assert "Save the sheet as CSV" in refusal(packed(tmp_path, {"[Content_Types].xml": b"<x/>", "xl/s.xml": b"<x/>"}))
    assert "an OpenDocument file. Save" in refusal(packed(tmp_path, {"mimetype": b"x", "content.xml": b"<x/>"}))
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("a.csv", ONE)
    for content in (inner.getvalue(), gzip.compress(ONE)):
        assert "a packed file inside an archive" in refusal(packed(tmp_path, {"a": content}))
    path = packed(tmp_path, {"a.csv": ONE})
    whole = bytearray(path.read_bytes())
    for at in (whole.index(b"PK\x03\x04") + 6, whole.index(b"PK\x01\x02") + 8):
        whole[at] |= 1
    path.write_bytes(whole)
    assert "encrypted" in refusal(path)
    path = packed(tmp_path, {"a.csv": ONE * 100})
    for cut in (10, 60, len(path.read_bytes()) - 5):
        short = tmp_path / "short.zip"
        short.write_bytes(path.read_bytes()[:cut])
        assert "is damaged or packed in an unknown way" in refusal(short)
    assert "holds 0 files" in refusal(packed(tmp_path, {"__MACOSX/x": b"x"}))
    assert "the file is empty" in refusal(packed(tmp_path, {"a.csv": b""}))


@pytest.mark.parametrize("kind", ["gz", "zst", "zip", "zip of many"])
def test_bombs_stop_early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """What grows a thousandfold is left at the cap, whether by ratio or, in many files, by sum."""
    monkeypatch.setattr(archives, "UNCHECKED", 1 << 20)
    monkeypatch.setattr(archives, "MAX_UNPACKED", 8 << 20)
    zeros = b"0" * (3 << 20)
    path = tmp_path / "bomb"
    if kind == "gz":
        path.write_bytes(gzip.compress(zeros))
    elif kind == "zst":
        path.write_bytes(archives.zstd.compress(zeros))
    elif kind == "zip":
        path = packed(tmp_path, {"a.csv": zeros})
    else:
        monkeypatch.setattr(archives, "MAX_RATIO", 10_000)
        path = packed(tmp_path, {f"{n}.csv": ONE + zeros for n in range(4)})
    assert "packed bytes grow beyond" in refusal(path)


def test_a_small_file_of_one_repeated_line_is_no_bomb(tmp_path: Path) -> None:
    """Twenty megabytes of one line shrink three-hundredfold and are still read."""
    path = tmp_path / "orders.csv.gz"
    path.write_bytes(gzip.compress(ONE + b"1,tea\n" * 3_000_000))
    assert path.stat().st_size * archives.MAX_RATIO < 18_000_000
    assert read_orders([path], DEFAULT, None)[1].lines == 3_000_001
