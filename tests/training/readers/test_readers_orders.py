"""Order files by hand and by hypothesis."""

import csv
import gzip
import random
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.money import PRICE_UNKNOWN
from training.readers.errors import InputError
from training.readers.options import ReadOptions
from training.readers.orders import read_orders
from training.records import Orders, ReadReport

DEFAULT = ReadOptions()
HEADER = "order_id,customer_id,item_id,ts,quantity,unit_price\n"
DATA = Path(__file__).parents[3].parent / "shared" / "data"


def write(folder: Path, text: str | bytes, name: str = "orders.csv") -> Path:
    """A file of this content."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def read(folder: Path, text: str | bytes, options: ReadOptions = DEFAULT) -> tuple[Orders, ReadReport]:
    """Read one file of this content, with rejects.csv beside it."""
    return read_orders([write(folder, text)], options, folder / "rejects.csv")


def attempt(path: Path, rejects: Path | None = None) -> tuple[Orders, ReadReport] | str:
    """What was read, or the message of the refusal; anything else than InputError goes up."""
    try:
        return read_orders([path], ReadOptions(max_unparsed=1), rejects)
    except InputError as error:
        return str(error)


def rejected(folder: Path) -> list[dict[str, str]]:
    """The rows of rejects.csv."""
    with (folder / "rejects.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def same(a: Orders, b: Orders) -> bool:
    """Whether two readings agree to the byte."""
    tables = all(list(getattr(a, n)) == list(getattr(b, n)) for n in ("items", "titles", "customers"))
    arrays = ("time", "customer", "indptr", "item", "quantity", "price")
    return tables and all(getattr(a, n).tobytes() == getattr(b, n).tobytes() for n in arrays)


def test_three_baskets_by_hand(tmp_path: Path) -> None:
    """Tea and cup of one order, tea again later by a guest, cup first of all: numbered by time, then by name."""
    orders, report = read(
        tmp_path,
        HEADER
        + "o2,ann,tea,2026-01-02 10:00:00,2,3.50\n"
        + "o2,ann,cup,2026-01-02 10:00:00,1,12\n"
        + "o3,,tea,2026-01-03T09:00:00+01:00,,\n"
        + "o1,bob,cup,2026-01-01,1,11.9999\n"
        + "o2,ann,tea,2026-01-02 10:00:05,3,3.25\n",
    )
    assert list(orders.items) == [b"cup", b"tea"]
    assert list(orders.customers) == [b"ann", b"bob"]
    assert orders.time.tolist() == [1767225600, 1767348000, 1767427200]
    assert orders.customer.tolist() == [1, 0, -1]
    assert orders.indptr.tolist() == [0, 1, 3, 4]
    assert orders.item.tolist() == [0, 0, 1, 1]
    assert orders.quantity.tolist() == [1, 1, 5, 1]
    assert orders.price.tolist() == [119999, 120000, 32500, PRICE_UNKNOWN]
    assert (report.lines, report.kept, report.dropped, report.unparsed) == (5, 5, {}, {})


@pytest.mark.parametrize("cell", ["", "0", "-1", "NULL", "Guest", "walk-in"])
def test_whom_nobody_knows_is_a_guest(tmp_path: Path, cell: str) -> None:
    """What tills write for an unknown customer makes no account out of all of them."""
    orders, _ = read(tmp_path, HEADER + f"o1,{cell},tea,2026-01-02,1,1\no2,ann,tea,2026-01-03,1,1\n")
    assert list(orders.customers) == [b"ann"]
    assert orders.customer.tolist() == [-1, 0]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("C123,ann,tea,2026-01-01,-1,2", "cancelled"),
        ("9,ann,POSTAGE,2026-01-01,1,2", "not a product"),
        ("9,ann,tea,2026-01-01,0,2", "quantity not above zero"),
        ("9,ann,tea,2026-01-01,-3,2", "quantity not above zero"),
        ("9,ann,tea,2026-01-01,1,0.00", "price not above zero"),
        ("9,ann,tea,2026-01-01,1,-5", "price not above zero"),
        ("1,ann,tea,2026-01-01,1,2", "repeated line"),
        (",ann,tea,2026-01-01,1,2", "no order id"),
        ("9,ann,  ,2026-01-01,1,2", "no item id"),
        ("", "empty line"),
        (",,,,,", "empty line"),
        ("9,ann", "wrong number of fields"),
        ("9,ann,tea,2026-01-01,1,2,surplus", "wrong number of fields"),
        ("9,ann,tea,,1,2", "bad time"),
        ("9,ann,tea,yesterday,1,2", "bad time"),
        ("9,ann,tea,2026-02-30,1,2", "bad time"),
        ("9,ann,tea,2026-01-01,many,2", "bad quantity"),
        ("9,ann,tea,2026-01-01,1e308,2", "bad quantity"),
        ("9,ann,tea,2026-01-01,inf,2", "bad quantity"),
        ("9,ann,tea,2026-01-01,1,free", "bad price"),
        ("9,ann,te\0a,2026-01-01,1,2", "bad id"),
        (f"9,ann,{'t' * 257},2026-01-01,1,2", "bad id"),
    ],
)
def test_a_line_that_is_no_purchase_is_listed_with_its_reason(tmp_path: Path, line: str, reason: str) -> None:
    """The one odd line among a hundred is counted under its reason, and rejects.csv names its line."""
    good = [f"{n},ann,tea,2026-01-01,1,2\n" for n in range(1, 100)]
    orders, report = read(tmp_path, HEADER + "".join(good[:50]) + line + "\n" + "".join(good[50:]))
    assert report.dropped | report.unparsed == {reason: 1}
    assert (report.lines, report.kept, orders.n_orders) == (100, 99, 99)
    assert [(row["line"], row["reason"]) for row in rejected(tmp_path)] == [("52", reason)]


def test_a_cancelled_status_drops_the_line_and_a_paid_one_does_not(tmp_path: Path) -> None:
    """`status` cancelled, refunded or voided is no purchase; partially refunded still is."""
    lines = [(n, s) for n, s in enumerate(["paid", "Cancelled", "refunded", "VOIDED", "partially_refunded", ""])]
    orders, report = read(tmp_path, "order_id,item_id,status\n" + "".join(f"{n},tea,{s}\n" for n, s in lines))
    assert orders.n_orders == 3
    assert report.dropped == {"cancelled": 3}


def test_invoices_that_start_with_c_are_orders_unless_they_give_goods_back(tmp_path: Path) -> None:
    """A shop whose order numbers are C1, C2 … keeps them."""
    orders, _ = read(tmp_path, "order_id,item_id,quantity\nC1,tea,1\nC2,cup,2\n")
    assert orders.n_orders == 2


def test_uci_fee_codes_are_known_among_uci_stock_codes_only(tmp_path: Path) -> None:
    """M is a fee beside five-digit stock codes and a product elsewhere; a shop's own list replaces the rule."""
    uci = "InvoiceNo,StockCode\n" + "".join(f"{n},8512{n % 10}A\n" for n in range(100))
    fees = ["POST", "DOT", "M", "gift_0001_20"]
    text = uci + "".join(f"{500 + i},{fee}\n" for i, fee in enumerate(fees))
    assert read(tmp_path, text)[1].dropped == {"not a product": 4}
    assert read(tmp_path, text, ReadOptions(not_products=frozenset({"85120a"})))[1].dropped == {"not a product": 10}
    assert read(tmp_path, "order,sku\n1,M\n2,tea\n3,cup\n")[1].dropped == {}


def test_prices_that_are_all_zero_are_unknown_not_free(tmp_path: Path) -> None:
    """A file without any price above zero keeps its lines and says so."""
    orders, report = read(tmp_path, HEADER + "1,ann,tea,2026-01-01,1,0\n2,ann,cup,2026-01-01,1,0.0\n")
    assert orders.price.tolist() == [PRICE_UNKNOWN, PRICE_UNKNOWN]
    assert any("prices are unknown" in note for note in report.notes)


@pytest.mark.parametrize("hint", [b"sep=;\r\n", b'\xef\xbb\xbf"SEP=;"\n'])
def test_excels_line_about_the_delimiter_is_no_header(tmp_path: Path, hint: bytes) -> None:
    """The header stands below it, and lines keep their numbers."""
    orders, _ = read(
        tmp_path, hint + b"order_id;item_id;price\r\n1;tea;2,50\r\n1;cup;many\r\n" + b"2;tea;3,00\r\n" * 40
    )
    assert list(orders.items) == [b"tea"]
    assert next((row["line"], row["reason"]) for row in rejected(tmp_path)) == ("4", "bad price")


def test_a_status_cancels_in_other_languages_too(tmp_path: Path) -> None:
    """`storniert` and `annulé` are no purchases, nor is what WooCommerce's database calls `wc-failed`."""
    rows = "1;tea;versandt\n2;cup;Storniert\n3;pot;annulé\n4;mug;wc-failed\n5;tea;wc-completed\n"
    orders, report = read(tmp_path, "Bestellnummer;Artikelnummer;Status\n" + rows)
    assert (list(orders.items), orders.n_orders, report.dropped) == ([b"tea"], 2, {"cancelled": 3})


@pytest.mark.parametrize("queried", ["orders.csv", "orders.jsonl", "orders.parquet"])
def test_the_report_names_columns_that_were_not_read(tmp_path: Path, queried: str) -> None:
    """In tables, JSON and Parquet alike."""
    frame = pl.DataFrame({"order_id": ["1", "2"], "item_id": ["tea", "cup"], "when": ["2026-01-01", "2026-01-02"]})
    path = tmp_path / queried
    {"csv": frame.write_csv, "jsonl": frame.write_ndjson, "parquet": frame.write_parquet}[queried[7:]](path)
    notes = read_orders([path], DEFAULT, None)[1].notes
    assert f"{path}: no column for customer_id and ts and quantity and unit_price; not read: 'when'." in notes[0]


def test_an_order_of_two_customers_is_the_earlier_ones(tmp_path: Path) -> None:
    """First in time wins, whatever the order of the lines."""
    orders, _ = read(tmp_path, HEADER + "1,bob,tea,2026-01-02,1,1\n1,zoe,cup,2026-01-01,1,1\n")
    assert orders.customers.text(int(orders.customer[0])) == "zoe"
    assert orders.time.tolist() == [1767225600]


def test_ids_stay_text_and_whole_floats_lose_their_point_zero(tmp_path: Path) -> None:
    """00123 and 1e5 are names; a customer column of 17850.0 went through floating point and is 17850."""
    orders, _ = read(tmp_path, "order_id,customer_id,item_id\n00123,17850.0,1e5\n1e5,,00123\nx,13047.0,1.0\n")
    assert list(orders.items) == [b"00123", b"1.0", b"1e5"]
    assert list(orders.customers) == [b"13047", b"17850"]


def test_without_times_orders_stand_in_file_order(tmp_path: Path) -> None:
    """No time column, or an empty one, means: as they come."""
    for header, gap in (("order_id,item_id", ""), ("order_id,item_id,ts", ",")):
        orders, _ = read(tmp_path, f"{header}\nz,tea{gap}\na,cup{gap}\nz,cup{gap}\n")
        assert not orders.timed
        assert orders.indptr.tolist() == [0, 2, 3]
        assert orders.item.tolist() == [0, 1, 0]


def test_day_first_is_seen_in_any_file_and_used_in_all(tmp_path: Path) -> None:
    """25/12/2010 in one file settles 3/4/2010 in the other; nothing to see means month first; the option overrules."""
    other = write(tmp_path, "order_id,item_id,ts\n1,tea,3/4/2010 8:26\n", "a.csv")
    clear = write(tmp_path, "order_id,item_id,ts\n2,tea,25/12/2010 8:26\n", "b.csv")
    april, march = 1270283160, 1267691160
    for paths in ([other, clear], [clear, other]):
        assert read_orders(paths, DEFAULT, None)[0].time[0] == april
    assert read_orders([other], DEFAULT, None)[0].time.tolist() == [march]
    assert read_orders([other], ReadOptions(day_first=True), None)[0].time.tolist() == [april]
    dotted = write(tmp_path, "order_id,item_id,ts\n1,tea,3.4.2010 8:26\n", "c.csv")
    assert read_orders([dotted], DEFAULT, None)[0].time.tolist() == [april]


def test_titles_are_those_of_most_orders(tmp_path: Path) -> None:
    """Two orders say Tea, one says TEA?."""
    orders, _ = read(tmp_path, "order_id,item_id,description\n1,t,TEA?\n2,t,Tea\n3,t,Tea\n3,c,\n")
    assert [orders.titles.text(i) for i in range(2)] == ["", "Tea"]


def test_files_read_twice_give_the_same_baskets(tmp_path: Path) -> None:
    """Overlapping files count their common lines once, and say how many they left out."""
    path = write(tmp_path, HEADER + "1,ann,tea,2026-01-01,2,1\n1,ann,tea,2026-01-01,3,1\n2,,cup,2026-01-02,1,1\n")
    once, _ = read_orders([path], DEFAULT, None)
    twice, report = read_orders([path, path], DEFAULT, None)
    assert same(once, twice)
    assert report.dropped == {"repeated line": 3}


ID = st.sampled_from(["", "a", "b", "00123", "1e5", "🫖", "e\u0301", "C7", "POST", " x ", "=1+1"])
CELL = st.one_of(
    st.sampled_from(["", "1", "2.5", "0", "-1", "nan", "1e308", "1.234,50 EUR", "many", "1,5", "12 USD", "-", "\0"]),
    st.text(max_size=6),
)
TIME = st.one_of(st.sampled_from(["", "2026-01-01", "25/12/2010 8:26", "12/25/2010", "1767225600", "x"]), CELL)
LINES = st.lists(st.tuples(ID, ID, ID, TIME, CELL, CELL), min_size=1, max_size=12)
FUZZ = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FUZZ
@given(LINES)
def test_every_line_is_kept_or_counted(tmp_path: Path, lines: list[tuple[str, ...]]) -> None:
    """Kept + dropped + unparsed = lines written, every rejected line is listed, and only InputError is raised."""
    path = tmp_path / "orders.csv"
    with path.open("w", newline="", encoding="utf-8", errors="replace") as file:
        csv.writer(file, lineterminator="\r\n").writerows([HEADER.strip().split(","), *lines])
    outcome = attempt(path, tmp_path / "rejects.csv")
    if isinstance(outcome, str):
        assert "orders.csv" in outcome
        return
    orders, report = outcome
    assert report.lines == len(lines) == report.kept + sum(report.dropped.values()) + sum(report.unparsed.values())
    listed = rejected(tmp_path)
    assert len(listed) == report.lines - report.kept
    assert not any(cell[:1] in tuple("=+@\t\r\n") for row in listed for cell in row.values())
    assert orders.indptr[-1] == len(orders.item) <= report.kept
    assert (orders.quantity > 0).all()


@FUZZ
@given(st.binary(max_size=200) | st.text(alphabet='a,;"\n\r\t\\\0é{}[]:', max_size=80).map(str.encode))
def test_bytes_of_any_kind_are_read_or_refused(tmp_path: Path, tail: bytes) -> None:
    """Whatever follows a header, and whatever stands alone, raises nothing but InputError."""
    for content in (tail, b"order_id,item_id\n" + tail, b'{"order_id":"1","item_id":"2"}\n' + tail, b"\x1f\x8b" + tail):
        outcome = attempt(write(tmp_path, content))
        if isinstance(outcome, str):
            assert "orders.csv" in outcome
        else:
            report = outcome[1]
            assert report.lines == report.kept + sum(report.dropped.values()) + sum(report.unparsed.values())


PURCHASE = st.tuples(
    st.integers(1, 4), st.sampled_from("uvw"), st.sampled_from(["", "ann", "bob"]), st.integers(0, 3), st.integers(1, 3)
)


@FUZZ
@given(st.lists(PURCHASE, min_size=1, max_size=20), st.randoms(use_true_random=False))
def test_lines_and_files_may_come_in_any_order(
    tmp_path: Path, lines: list[tuple[int, str, str, int, int]], rng: random.Random
) -> None:
    """Shuffled over two files, the same purchases give the same arrays."""
    text = [f"{o},{c},{i},2026-01-0{1 + t},{q},{q}.5,title {q}\n" for o, i, c, t, q in lines]
    header = HEADER.strip() + ",title\n"
    whole, _ = read_orders([write(tmp_path, header + "".join(text), "whole.csv")], DEFAULT, None)
    rng.shuffle(text)
    cut = rng.randrange(len(text) + 1)
    parts = [write(tmp_path, header + "".join(p), f"{n}.csv") for n, p in enumerate((text[:cut], text[cut:])) if p]
    assert same(whole, read_orders(parts, DEFAULT, None)[0])


@FUZZ
@given(st.lists(PURCHASE, min_size=1, max_size=20))
def test_baskets_agree_with_the_obvious_reading(tmp_path: Path, lines: list[tuple[int, str, str, int, int]]) -> None:
    """Distinct lines in dicts of dicts give the same quantities, times and customers."""
    text = [f"{o},{c},{i},2026-01-0{1 + t},{q},{q}.5\n" for o, i, c, t, q in lines]
    orders, _ = read_orders([write(tmp_path, HEADER + "".join(text))], DEFAULT, None)
    day = 86400
    first = 1767225600
    times = {o: min(first + t * day for p, _, _, t, _ in lines if p == o) for o, *_ in lines}
    expected = sorted(times, key=lambda o: (times[o], str(o)))
    assert orders.time.tolist() == [times[o] for o in expected]
    for row, o in enumerate(expected):
        named = sorted((t, c) for p, _, c, t, _ in lines if p == o and c)
        index = int(orders.customer[row])
        assert (orders.customers.text(index) if index >= 0 else "") == (named[0][1] if named else "")
        found = {}
        for at in range(int(orders.indptr[row]), int(orders.indptr[row + 1])):
            found[orders.items.text(int(orders.item[at]))] = (float(orders.quantity[at]), int(orders.price[at]))
        distinct = {line for line in lines if line[0] == o}
        assert found == {
            i: (
                sum(q for _, j, _, _, q in distinct if j == i),
                max((t, q * 10_000 + 5_000) for _, j, _, t, q in distinct if j == i)[1],
            )
            for i in {line[1] for line in distinct}
        }


@pytest.mark.skipif(not DATA.is_dir(), reason="the real shops' orders are not beside the repository")
def test_the_uci_shop_adds_up() -> None:
    """Of 541,909 raw lines every one is kept or counted, and no fee is among the items."""
    orders, report = read_orders([DATA / "online_retail" / "orders.csv.gz"], DEFAULT, None)
    assert report.lines == 541_909
    assert report.dropped["cancelled"] == 9_288
    assert report.unparsed == {}
    assert not {b"POST", b"DOT", b"M", b"BANK CHARGES"} & set(orders.items)
    assert all(not c.endswith(b".0") for c in orders.customers)


def test_formats_agree(tmp_path: Path) -> None:
    """The same purchases as CSV, .gz, .zst, Parquet and NDJSON give the same arrays."""
    frame = pl.DataFrame(
        {
            "order_id": [1, 2, 2],
            "customer_id": [7.0, None, None],
            "item_id": ["a", "b", "a"],
            "ts": ["2026-01-01 00:00:00", "2026-01-02 00:00:00", "2026-01-02 00:00:00"],
            "quantity": [1, 2, None],
            "unit_price": [1.5, None, 2.25],
        }
    )
    typed = frame.with_columns(pl.col("ts").str.to_datetime())
    frame.write_csv(tmp_path / "a.csv")
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress((tmp_path / "a.csv").read_bytes()))
    frame.write_csv(tmp_path / "c.csv.zst", compression="zstd")
    typed.write_parquet(tmp_path / "d.parquet")
    frame.write_ndjson(tmp_path / "e.ndjson")
    frame.with_columns(pl.col("ts").str.to_datetime().dt.epoch("ms")).write_ndjson(tmp_path / "f.jsonl")
    frame.write_csv(tmp_path / "g.tsv", separator="\t")
    expected, _ = read_orders([tmp_path / "a.csv"], DEFAULT, None)
    for path in sorted(tmp_path.glob("[b-g].*")):
        assert same(expected, read_orders([path], DEFAULT, None)[0]), path.name


def test_a_guessed_day_order_is_told(tmp_path: Path) -> None:
    """Where no day above 12 says which number is the day, the report says that it was guessed, and how."""
    path = tmp_path / "orders.csv"
    path.write_text("order_id,item_id,ts\no1,a,3/4/2026\no2,a,5/6/2026\n")
    _, report = read_orders([path], ReadOptions(), None)
    assert any("taken as month first" in note and "2026-04-03" in note for note in report.notes)
    path.write_text("order_id,item_id,ts\no1,a,3/4/2026\no2,a,25/6/2026\n")
    _, report = read_orders([path], ReadOptions(), None)
    assert "dates such as 3/4/2026 read day first" in report.notes


def test_two_currencies_need_a_choice(tmp_path: Path) -> None:
    """Prices in two currencies are refused; with a choice the purchases stay and the other's prices are unknown."""
    text = "order_id,item_id,price,currency\n1,tea,3,EUR\n2,cup,4,usd\n3,pot,5 USD,\n4,jar,6,\n"
    with pytest.raises(InputError, match=r"EUR, USD\. Say which counts with --currency EUR"):
        read(tmp_path, text)
    orders, report = read(tmp_path, text, ReadOptions(currency="EUR"))
    assert list(orders.items) == [b"cup", b"jar", b"pot", b"tea"]
    assert [int(orders.price[orders.item == i][0]) for i in range(4)] == [PRICE_UNKNOWN, 60_000, PRICE_UNKNOWN, 30_000]
    assert (orders.currency, report.kept) == ("EUR", 4)
    assert "prices in USD are unknown, those in EUR count" in report.notes
    with pytest.raises(InputError, match="none in GBP"):
        read(tmp_path, text, ReadOptions(currency="GBP"))
    assert read(tmp_path, "order_id,item_id,price\n1,tea,3 CHF\n")[0].currency == "CHF"
