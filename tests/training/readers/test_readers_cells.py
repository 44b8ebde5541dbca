"""Numbers, times and column names, cell by cell."""

import math
from collections import Counter
from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.readers.columns import catalogue_columns, normalise, order_columns, resolve, unread
from training.readers.names import CATALOGUE_FIELDS, ORDER_FIELDS
from training.readers.numbers import parse_number, parse_numbers
from training.readers.times import day_first_votes, parse_times


def numbers(*cells: str | None) -> list[float | str | None]:
    """A column parsed, `bad` for what is no number."""
    parsed = parse_numbers(pl.Series("quantity", cells, dtype=pl.String)).to_list()
    return ["bad" if value is not None and math.isnan(value) else value for value in parsed]


def time_of(cell: str, *, day_first: bool = False) -> str | None:
    """A cell parsed, as text in UTC."""
    seconds = parse_times(pl.Series("ts", [cell], dtype=pl.String), day_first=day_first)[0]
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def test_plain_numbers_and_what_is_none() -> None:
    """Empty and `nan` are empty cells; words, infinity and 10⁹ over are no numbers."""
    assert numbers("1", "2.50", "-3", "+4", "1e3", None, "NaN", "null") == [1, 2.5, -3, 4, 1000, None, None, None]
    assert numbers("many", "inf", "-inf", "1e308", "1000000001", "1_000", "0x10", "1.2.3") == ["bad"] * 8


def test_a_comma_means_what_its_column_shows() -> None:
    """Decimal where one is followed by other than three digits and no point is seen; else it groups thousands."""
    assert numbers("1,5", "2,345", "1.234,50", "3") == [1.5, 2.345, 1234.5, 3]
    assert numbers("1,234", "2.50") == [1234, 2.5]
    assert numbers("1,234.50", "2,000") == [1234.5, 2000]
    assert numbers("1,234", "5") == ["bad", 5]
    assert numbers("1,234,567", "1,234") == [1234567, 1234]
    assert numbers("1.5", "2,5") == [1.5, "bad"]


def test_a_point_groups_thousands_where_commas_are_decimal() -> None:
    """`1.234` is a thousand and more beside `12,50`; a point that cannot group leaves the doubt."""
    assert numbers("1.234,50", "12,5", "1.234", "-2.000", "999") == [1234.5, 12.5, 1234, -2000, 999]
    assert numbers("1.234.567", "1.234", "7") == [1234567, 1234, 7]
    assert numbers("12,50", "0.125") == ["bad", 0.125]
    assert numbers("1.234", "1.500") == [1.234, 1.5]


def test_thousands_may_stand_apart() -> None:
    """By spaces of any width, or by apostrophes; other gaps are no number."""
    assert numbers("1 038,47", "1\u202f038,47 €", "CHF 1'019,86", "7,5") == [1038.47, 1038.47, 1019.86, 7.5]
    assert numbers("1'019.86", "12 345 678", "CHF 1\u2019000.00") == [1019.86, 12345678, 1000]
    assert numbers("12 34", "1 2345", "1  234") == ["bad"] * 3


def test_currencies_beside_a_number_are_read_over() -> None:
    """An ISO code or a sign, on either side."""
    assert numbers("15.00 USD", "EUR 3", "£2.55", "7 €", "USD", "15 usd") == [15, 3, 2.55, 7, "bad", "bad"]
    assert numbers("19,86 kr", "kr. 5,00", "7 zł", "R$ 2,50", "US$3", "-€4", "\u22124 €") == [
        19.86,
        5,
        7,
        2.5,
        3,
        -4,
        -4,
    ]


@given(st.floats(min_value=-1e9, max_value=1e9))
def test_every_plain_decimal_is_read_exactly(value: float) -> None:
    """What Python writes, the column and the cell parser both read back."""
    assert numbers(repr(value)) == [value]
    assert parse_number(repr(value)) == value


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2026-04-03", "2026-04-03 00:00:00"),
        ("2026-04-03 08:26", "2026-04-03 08:26:00"),
        ("2026-04-03T08:26:09.75Z", "2026-04-03 08:26:09"),
        ("2026-04-03T08:26:09+02:00", "2026-04-03 06:26:09"),
        ("2025-10-07 09:50:26 -0530", "2025-10-07 15:20:26"),
        ("2026-04-03 08:26:09 UTC", "2026-04-03 08:26:09"),
        ("2026-04-03T08:26:09+02", "2026-04-03 06:26:09"),
        ("2026/4/3 8:26", "2026-04-03 08:26:00"),
        ("20260403", "2026-04-03 00:00:00"),
        ("1775204769", "2026-04-03 08:26:09"),
        ("1775204769.9", "2026-04-03 08:26:09"),
        ("1775204769123", "2026-04-03 08:26:09"),
        ("1775204769123456", "2026-04-03 08:26:09"),
        ("4/3/2026 8:26", "2026-04-03 08:26:00"),
        ("4/3/2026 8:26 PM", "2026-04-03 20:26:00"),
        ("4/3/2026, 12:05:01 AM", "2026-04-03 00:05:01"),
        ("4.3.2026", "2026-04-03 00:00:00"),
        ("4/3/26", "2026-04-03 00:00:00"),
        ("4.3.26 8:26", "2026-04-03 08:26:00"),
        ("4/3/69", "2069-04-03 00:00:00"),
        ("4/3/70 8:26 pm", "1970-04-03 20:26:00"),
        ("3 Apr 2026", "2026-04-03 00:00:00"),
        ("03-APR-26 08:26:09", "2026-04-03 08:26:09"),
        ("Apr-03-26", "2026-04-03 00:00:00"),
        ("April 3, 2026, 8:26:09 PM", "2026-04-03 20:26:09"),
        ("Fri, 03 Apr 2026 08:26:09 +0200", "2026-04-03 06:26:09"),
        ("Friday, Sept. 4, 2026", "2026-09-04 00:00:00"),
        ("2024-02-29", "2024-02-29 00:00:00"),
        ("1970-01-01", "1970-01-01 00:00:00"),
    ],
)
def test_times(cell: str, expected: str) -> None:
    """Each way of writing a time, to seconds of UTC."""
    assert time_of(cell) == expected


def test_day_first() -> None:
    """3/4/2026 is 3 April when days come first."""
    assert time_of("3/4/2026 8:26", day_first=True) == "2026-04-03 08:26:00"
    assert time_of("3.4.26", day_first=True) == "2026-04-03 00:00:00"
    assert time_of("13/4/2026", day_first=False) is None


def test_days_above_twelve_vote_in_short_years_too() -> None:
    """Dates with two digits for the year tell the order of day and month as those with four do."""
    assert day_first_votes(pl.Series(["31.12.25", "1/13/26", "1/2/2026 8:00", "2025-12-31"])) == (1, 1, 1, 3)


@pytest.mark.parametrize(
    "cell",
    [
        "2023-02-29",
        "2026-13-01",
        "2026-00-10",
        "2026-01-00",
        "2026-01-01 24:00",
        "2026-01-01 10:60",
        "12",
        "1e9",
        "soon",
        "26-1-1",
        "1/1/026",
        "31 Foo 2026",
        "31 Feb 2026",
        "May",
        "1969-12-31",
        "2200-01-01",
        "0000-01-01",
        "13:00",
        "1/1/2026 13:00 PM",
        "99999999",
        "2026-01-01x",
    ],
)
def test_what_is_no_time(cell: str) -> None:
    """Days that the calendar lacks, clocks that no wall has, and times before 1970 or after 2199."""
    assert time_of(cell) is None


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2199, 12, 31)))  # noqa: DTZ001 - bounds of naive values
def test_iso_agrees_with_the_standard_library(moment: datetime) -> None:
    """Any second of the supported years, written as ISO, is read as `datetime` means it."""
    expected = int(moment.replace(tzinfo=UTC, microsecond=0).timestamp())
    cells = pl.Series("ts", [moment.isoformat(), moment.isoformat(" "), moment.strftime("%d/%m/%Y %I:%M:%S %p")])
    assert parse_times(cells, day_first=True).to_list() == [expected] * 3


def test_typed_times() -> None:
    """Datetimes, dates and whole numbers of Parquet."""
    moment = datetime(2026, 4, 3, 8, 26, 9, tzinfo=UTC)
    assert parse_times(pl.Series([moment]), day_first=False).to_list() == [1775204769]
    assert parse_times(pl.Series([moment.date()]), day_first=False).to_list() == [1775174400]
    assert parse_times(pl.Series([1775204769, 1775204769000, 20260403, 5, None]), day_first=False).to_list() == [
        1775204769,
        1775204769,
        1775174400,
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country", "0614352"),
        ("order_id,item_id,customer_id,timestamp,price", "0213-4-"),
        ("household_id,store_id,basket_id,product_id,quantity,sales_value,transaction_timestamp", "20364--"),
        ("Transaction ID,USER-ID,sku,Created At,Qty", "01234--"),
    ],
)
def test_order_columns_are_known_by_their_names(header: str, expected: str) -> None:
    """Position of order, customer, item, time, quantity, price and title; `-` where the file has none."""
    found = resolve(header.split(","), order_columns({}), "orders.csv")
    fields = ("order_id", "customer_id", "item_id", "ts", "quantity", "unit_price", "title")
    assert "".join(str(found.get(f, "-")) for f in fields) == expected


@pytest.mark.parametrize(
    "header",
    [
        "Bestellnummer;Kundennummer;Artikelnummer;Bestelldatum;Menge;Einzelpreis;Artikelbezeichnung",
        "N° de commande;Client;Code article;Date de commande;Quantité;Prix unitaire;Désignation",
        "Bestelnummer;Klantnummer;Artikelcode;Besteldatum;Aantal;Stukprijs;Omschrijving",
        "Número de pedido;ID cliente;Código de producto;Fecha de pedido;Cantidad;Precio unitario;Descripcion;title",
        "Numero d'ordine;Codice cliente;Codice articolo;Data ordine;Quantità;Prezzo unitario;Nome prodotto",
    ],
)
def test_order_columns_are_known_in_other_languages(header: str) -> None:
    """A German, French, Dutch, Spanish or Italian export needs no `--columns`."""
    found = resolve(header.split(";"), order_columns({}), "orders.csv")
    fields = ("order_id", "customer_id", "item_id", "ts", "quantity", "unit_price")
    assert [found[field] for field in fields] == [0, 1, 2, 3, 4, 5]
    assert found["title"] >= 6


def test_no_name_means_two_fields() -> None:
    """A column is never taken for two of ours, and a name stands in one tier."""
    for fields in (ORDER_FIELDS, CATALOGUE_FIELDS):
        names = [name for tiers in fields.values() for tier in tiers for name in tier]
        assert [name for name, times in Counter(names).items() if times > 1] == []
        assert [name for name in names if name != normalise(name) and name not in fields] == []


def test_useful_columns_that_are_missing_are_told_with_those_not_read() -> None:
    """Unless nothing else is there, or the option hides them."""
    header = ["order_id", "item_id", "Käufer", "price", "qty"]
    wanted = order_columns({})
    (told,) = unread(header, resolve(header, wanted, "orders.csv"), wanted)
    assert told.startswith("no column for customer_id and ts; not read: 'Käufer'.")
    assert told.endswith("--columns customer_id=<column>,ts=<column>")
    assert unread(header[:2], resolve(header[:2], wanted, "orders.csv"), wanted) == ()
    hidden = order_columns({"customer_id": "", "ts": ""})
    assert unread(header, resolve(header, hidden, "orders.csv"), hidden) == ()


def test_catalogue_columns_are_known_by_their_names() -> None:
    """A Google Merchant feed and our own; orders' overrides leave a catalogue alone unless it has the column."""
    feed = "id,title,description,link,image_link,availability,price,brand,product_type,google_product_category"
    feed += ",item_group_id"
    found = resolve(feed.split(","), catalogue_columns({"order_id": "x", "item_id": "StockCode"}), "feed.csv")
    names = feed.split(",")
    assert {f: names[at] for f, at in found.items()} == {
        "item_id": "id",
        "title": "title",
        "brand": "brand",
        "category": "product_type",
        "family": "item_group_id",
        "link": "link",
        "image_link": "image_link",
        "price": "price",
        "in_stock": "availability",
    }
