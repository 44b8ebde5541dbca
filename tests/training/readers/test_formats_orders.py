"""Orders as well-known tools export them."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from training.readers.errors import InputError
from training.readers.options import ReadOptions
from training.readers.orders import read_orders
from training.records import Orders, ReadReport

Build = Callable[..., Any]
DEFAULT = ReadOptions()
SOMEONE = hashlib.sha256(b"someone@shop.example").hexdigest()


def read(folder: Path, text: str | bytes, options: ReadOptions = DEFAULT) -> tuple[Orders, ReadReport]:
    """Read one file of this content."""
    path = folder / "export"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_orders([path], options, None)


def baskets(orders: Orders) -> list[dict[str, float]]:
    """Each basket's quantities by item."""
    rows = [slice(orders.indptr[o], orders.indptr[o + 1]) for o in range(orders.n_orders)]
    pairs = [zip(orders.item[row], orders.quantity[row], strict=True) for row in rows]
    return [{orders.items.text(int(i)): float(q) for i, q in row} for row in pairs]


def line(order: str, name: str, price: str, sku: str = "", **more: object) -> dict[str, object]:
    """A row of a Shopify export."""
    cells = {"Name": order, "Lineitem quantity": 1, "Lineitem name": name, "Lineitem price": price, "Lineitem sku": sku}
    return cells | more


def test_shopify(tmp_path: Path, shopify_orders: Build) -> None:
    """Order cells stand on the first row; undone orders go whole; an empty SKU falls back to the name and is told.

    Zips with a leading quote, notes over several lines and emoji change nothing.
    """
    paid = {"Financial Status": "paid", "Currency": "EUR", "Created at": "2026-01-01 09:50:26 +0200"}
    odd = {"Notes": 'Leave it\r\nat the "door", please 🫖', "Total": "1.234,50", "Billing Zip": "'75008"}
    who = {"Email": " Someone@shop.example"}
    rows = [
        line("#1001", "Tea - L", "3.50", "00123", **paid, **odd, **who) | {"Lineitem quantity": 2},
        line("#1001", "Cup", "9", **who),
        line("#1002", "Pot", "9", "POT", **paid, **{"Cancelled at": "2026-01-02 10:00:00 +0200"}),
        line("#1002", "Jar", "9", "JAR"),
        line("#1003", "Pot", "9", "POT", **paid | {"Financial Status": "refunded"}),
        line("#1004", "Jar", "4", "1e5", **paid | {"Financial Status": "partially_refunded"}),
    ]
    orders, report = read(tmp_path, "\ufeff" + shopify_orders(rows))
    assert baskets(orders) == [{"00123": 2, "Cup": 1}, {"1e5": 1}]
    assert orders.time.tolist() == [1767253826, 1767253826]
    assert [orders.customers.text(i) for i in range(len(orders.customers))] == [SOMEONE]
    assert orders.customer.tolist() == [0, -1]
    assert orders.currency == "EUR"
    assert (report.lines, report.kept, report.dropped) == (6, 3, {"cancelled": 3})
    assert any("1 of 6 lines (16.7%) have no SKU" in note for note in report.notes)
    assert "shopify-orders" in next(iter(report.formats.values()))


@pytest.mark.parametrize("delimiter", [";", "\t", ","])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_shopify_after_a_spreadsheet(tmp_path: Path, shopify_orders: Build, delimiter: str, encoding: str) -> None:
    """A spreadsheet's delimiter, encoding, line ends and decimal commas make no difference."""
    text = shopify_orders([line("#1", "Thé", "3,50", "00123"), line("#2", "Thé", "3,50", "00123")], delimiter)
    orders, _ = read(tmp_path, text.replace("\n", "\r\n").encode(encoding))
    assert baskets(orders) == [{"00123": 1}, {"00123": 1}]
    assert orders.price.tolist() == [35_000, 35_000]
    assert orders.titles.text(0) == "Thé"


def test_a_header_alone_is_refused_by_name(tmp_path: Path, shopify_orders: Build) -> None:
    """An export of no orders says so; nothing is divided by its lines."""
    path = tmp_path / "empty.csv"
    path.write_text(shopify_orders([line("#1", "Tea", "3")]).splitlines()[0] + "\n")
    with pytest.raises(InputError, match=r"empty\.csv"):
        read_orders([path], ReadOptions(), None)


def test_two_equal_lines_of_one_order_are_two(tmp_path: Path, shopify_orders: Build) -> None:
    """Where the format tells a line's place, equal lines add up; the same file twice still counts once."""
    row = line("#1", "Tea", "3", "T")
    path = tmp_path / "orders.csv"
    path.write_text(shopify_orders([row, row]))
    assert baskets(read_orders([path], DEFAULT, None)[0]) == [{"T": 2}]
    twice, report = read_orders([path, path], DEFAULT, None)
    assert baskets(twice) == [{"T": 2}]
    assert report.dropped == {"repeated line": 2}


def test_woocommerce(tmp_path: Path, woo_order: Build, ndjson: Build) -> None:
    """Processing and completed orders; the variation before its product; a guest is known by the e-mail's hash."""
    sold = [
        woo_order(1, [{}, {"product_id": 20, "variation_id": 21, "quantity": 3}]),
        woo_order(
            2, [{"product_id": 30, "price": None, "total": "9.00", "quantity": 2}], status="processing", customer_id=0
        ),
        woo_order(3, [{}], status="pending"),
        woo_order(4, [{}, {}], status="refunded"),
        woo_order(5, [{}], status="checkout-draft"),
        woo_order(6, []),
    ]
    for text in (
        json.dumps(sold),
        json.dumps(sold, indent=1),
        ndjson(sold),
        ndjson([sold[:3], sold[3:]]),
        json.dumps({"orders": sold}),
    ):
        orders, report = read(tmp_path, text)
        assert baskets(orders) == [{"10": 1, "21": 3}, {"30": 2}]
        assert sorted(orders.customers) == sorted([b"7", SOMEONE.encode()])
        assert orders.price[orders.item == 2].tolist() == [45_000]
        assert orders.time.tolist() == [1767261600] * 2
        assert (report.lines, report.kept) == (8, 3)
        assert report.dropped == {"cancelled": 2, "order not paid": 2, "order of no lines": 1}
        assert any("checkout-draft 1, pending 1, refunded 1" in note for note in report.notes)
    by_sku, _ = read(tmp_path, json.dumps(sold), ReadOptions(columns={"item_id": "sku"}))
    assert list(by_sku.items) == [b"T"]


def test_magento(tmp_path: Path, magento_order: Build) -> None:
    """Children of configurables are not doubled; lines that came back whole are cancelled."""
    parent = {"item_id": 5, "sku": "shirt-M", "product_type": "configurable", "qty_ordered": 2, "price": 20}
    child = {"item_id": 6, "sku": "shirt-M", "parent_item_id": 5, "qty_ordered": 2, "price": 0}
    sold = [
        magento_order(1, [parent, child, {"sku": "00123"}, {"sku": "gone", "qty_refunded": 1}]),
        magento_order(2, [{}], state="canceled"),
        magento_order(3, [{}], state="holded", status="holded"),
    ]
    for text in (json.dumps({"items": sold, "search_criteria": {}, "total_count": 3}), json.dumps(sold)):
        orders, report = read(tmp_path, text)
        assert baskets(orders) == [{"shirt-M": 2, "00123": 1}]
        assert orders.price[orders.item == 1].tolist() == [200_000]
        assert list(orders.customers) == [SOMEONE.encode()]
        assert report.dropped == {"cancelled": 2, "order not paid": 1, "part of another line": 1}
        assert report.lines == 6


def test_ga4(tmp_path: Path, ga4_event: Build, ndjson: Build) -> None:
    """Purchases only, from NDJSON (numbers as text, as BigQuery writes them) and from Parquet alike."""
    events = [
        ga4_event("T1", ["tea", "cup"]),
        ga4_event("T2", ["tea"], user_id="ann"),
        ga4_event(None, [], event_name="view_item"),
        ga4_event("(not set)", ["tea"]),
        ga4_event("T3", []),
    ]
    as_text = [{**e, "event_timestamp": str(e["event_timestamp"])} for e in events]
    pl.DataFrame(events, infer_schema_length=None).write_parquet(tmp_path / "events.parquet")
    (tmp_path / "events.json").write_text(ndjson(as_text))
    for name in ("events.parquet", "events.json"):
        orders, report = read_orders([tmp_path / name], DEFAULT, None)
        assert baskets(orders) == [{"cup": 1, "tea": 1}, {"tea": 1}]
        assert [orders.customers.text(i) for i in orders.customer] == ["111.222", "ann"]
        assert orders.currency == "EUR"
        assert (report.lines, report.kept) == (6, 3)
        assert report.dropped == {"no order id": 1, "not a purchase": 1, "order of no lines": 1}


def test_days_read_again_double_nothing(tmp_path: Path, ga4_event: Build, ndjson: Build) -> None:
    """A rewritten day, with its customer now known, and a thank-you page loaded again an hour later, count once."""
    hour = 3_600_000_000
    first = ga4_event("T1", ["tea", "cup"])
    day = [first, ga4_event("T1", ["tea", "cup"], first["event_timestamp"] + hour)]
    rewritten = [ga4_event("T1", ["tea", "cup"], user_id="ann"), ga4_event("T2", ["pot"])]
    for name, events in (("day", day), ("intraday", rewritten)):
        (tmp_path / name).write_text(ndjson(events))
    for files in (["day", "intraday"], ["intraday", "day"], ["day", "intraday", "intraday"]):
        orders, report = read_orders([tmp_path / name for name in files], DEFAULT, None)
        assert baskets(orders) == [{"cup": 1, "tea": 1}, {"pot": 1}]
        assert orders.time.tolist() == [1767225600] * 2
        assert report.kept == 3


def test_segment(tmp_path: Path, segment_event: Build, ndjson: Build) -> None:
    """Order Completed only; other events and refunds are counted; a delivery made twice counts once."""
    tea = {"product_id": "tea", "sku": "T", "name": "Tea", "price": 3.5, "quantity": 2}
    done = segment_event("o1", [tea, {"sku": "CUP", "price": "9.00"}])
    events = [done, done, segment_event("o1", [], "Order Refunded"), segment_event("o2", [tea], "Product Viewed")]
    orders, report = read(tmp_path, ndjson([*events, segment_event("o3", [tea], userId=None)]))
    assert baskets(orders) == [{"tea": 2, "CUP": 1}, {"tea": 2}]
    assert sorted(orders.customers) == [b"a1", b"u1"]
    assert report.dropped == {"cancelled": 1, "not a purchase": 1, "repeated line": 2}
    assert (report.lines, report.kept) == (7, 3)


def test_broken_lines_among_nested_ones_are_counted(tmp_path: Path, segment_event: Build, ndjson: Build) -> None:
    """No JSON, half characters and objects where text belongs: a reason each, and the totals add up."""
    good = [segment_event(f"o{n}", [{"product_id": "tea"}]) for n in range(100)]
    odd = [segment_event("x", [{"product_id": {"a": 1}}]), segment_event("y", [{"product_id": "\ud800"}]), 7, "text"]
    _, report = read(tmp_path, ndjson([*good, *odd]) + '{"event":\n')
    assert report.unparsed == {"half a character": 1, "nested value": 1, "not a JSON object": 3}
    assert (report.lines, report.kept) == (105, 100)


def test_columns_may_name_the_item_of_a_nested_format(tmp_path: Path, ga4_event: Build, ndjson: Build) -> None:
    """`--columns item_id=item_name` takes the name as id."""
    orders, _ = read(tmp_path, ndjson([ga4_event("1", ["tea"])]), ReadOptions(columns={"item_id": "item_name"}))
    assert list(orders.items) == [b"Tea"]


def test_formats_of_one_run_may_differ(tmp_path: Path, shopify_orders: Build, woo_order: Build) -> None:
    """A shop that moved trains on both; the report tells each file's format."""
    row = {
        "Lineitem quantity": 1,
        "Lineitem name": "Tea",
        "Lineitem price": "3",
        "Lineitem sku": "10",
        "Currency": "EUR",
    }
    (tmp_path / "old.csv").write_text(
        shopify_orders([{"Name": "#1", "Created at": "2025-01-01 10:00:00 +0000", **row}])
    )
    (tmp_path / "new.json").write_text(json.dumps([woo_order(1, [{}])]))
    orders, report = read_orders([tmp_path / "new.json", tmp_path / "old.csv"], DEFAULT, None)
    assert baskets(orders) == [{"10": 1}, {"10": 1}]
    assert [text.split()[0] for text in report.formats.values()] == ["woocommerce-orders", "shopify-orders"]


def test_a_format_named_by_hand(tmp_path: Path) -> None:
    """`--format` overrides the recogniser; an unknown name lists the known; two for one kind are refused."""
    with pytest.raises(InputError, match=r"'shopfy' is not known\. Use one of plain-orders, shopify-orders"):
        read(tmp_path, "order_id,item_id\n1,tea\n", ReadOptions(formats=("shopfy",)))
    with pytest.raises(InputError, match="ga4 and segment are both for orders"):
        read(tmp_path, "order_id,item_id\n1,tea\n", ReadOptions(formats=("ga4", "segment")))
    assert read(tmp_path, "order_id,item_id\n1,tea\n", ReadOptions(formats=("plain-orders",)))[0].n_orders == 1
    with pytest.raises(InputError, match="no column for order_id and title"):
        read(tmp_path, "order_id,item_id\n1,tea\n", ReadOptions(formats=("shopify-orders",)))


def test_what_fits_two_formats_is_refused_with_both(tmp_path: Path, segment_event: Build, woo_order: Build) -> None:
    """A file that two formats fit names them and the option."""
    both = segment_event("1", [{"product_id": "tea"}]) | woo_order(1, [{}])
    with pytest.raises(InputError, match=r"could be (segment|woocommerce-orders) .* or .*--format"):
        read(tmp_path, json.dumps(both))


def test_xml_is_no_order_file(tmp_path: Path) -> None:
    """XML of no known format says what to do."""
    with pytest.raises(InputError, match=r"XML of no known format of orders \(known: none\)"):
        read(tmp_path, "<?xml version='1.0'?><orders><order/></orders>")
