"""Catalogues by hand and by hypothesis."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.money import PRICE_UNKNOWN
from training.readers.catalogue import missing_items, read_catalogue
from training.readers.errors import InputError
from training.readers.options import ReadOptions
from training.readers.orders import read_orders
from training.records import Catalogue, CatalogueReport

DEFAULT = ReadOptions()


def read(folder: Path, text: str, options: ReadOptions = DEFAULT) -> tuple[Catalogue, CatalogueReport]:
    """Read a catalogue of this content."""
    path = folder / "catalogue.csv"
    path.write_bytes(text.encode())
    return read_catalogue(path, options)


def attempt(path: Path) -> tuple[Catalogue, CatalogueReport] | str:
    """What was read, or the message of the refusal; anything else than InputError goes up."""
    try:
        return read_catalogue(path, ReadOptions(max_unparsed=1))
    except InputError as error:
        return str(error)


def test_a_catalogue_by_hand(tmp_path: Path) -> None:
    """Every field, sorted by id; what is not said is empty, -1 or in stock."""
    catalogue, report = read(
        tmp_path,
        "sku;name;manufacturer;department;price;parent;url;image;cost;consumable;availability\n"
        "tea;Green tea;Leaf;Food>Tea;3,50 EUR;T;https://e.example/t;https://e.example/t.png;1,25;yes;in stock\n"
        "cup;Cup;;;;;;;;;out_of_stock\n"
        "pot;Pot;Clay;Kitchen;0;;;;oops;perhaps;12\n",
    )
    assert list(catalogue.ids) == [b"cup", b"pot", b"tea"]
    assert list(catalogue.title) == [b"Cup", b"Pot", b"Green tea"]
    assert list(catalogue.brand) == [b"", b"Clay", b"Leaf"]
    assert list(catalogue.category) == [b"", b"Kitchen", b"Food > Tea"]
    assert list(catalogue.family) == [b"", b"", b"T"]
    assert list(catalogue.link) == [b"", b"", b"https://e.example/t"]
    assert list(catalogue.image_link) == [b"", b"", b"https://e.example/t.png"]
    assert catalogue.price.tolist() == [PRICE_UNKNOWN, PRICE_UNKNOWN, 35_000]
    assert catalogue.cost.tolist() == [PRICE_UNKNOWN, PRICE_UNKNOWN, 12_500]
    assert catalogue.consumable.tolist() == [-1, -1, 1]
    assert catalogue.in_stock.tolist() == [0, 1, 1]
    assert catalogue.currency == "EUR"
    assert report.unread_cells == {"consumable": 1, "cost": 1, "price": 1}
    assert (report.lines, report.kept, report.dropped) == (3, 3, {})


@pytest.mark.parametrize(
    ("cell", "in_stock"),
    [
        ("0", 0),
        ("-2", 0),
        ("5", 1),
        ("", 1),
        ("no", 0),
        ("Sold out", 0),
        ("https://schema.org/InStock", 1),
        ("https://schema.org/OutOfStock", 0),
        ("backorder", 1),
        ("whenever", 1),
        ("nan", 1),
    ],
)
def test_stock(tmp_path: Path, cell: str, in_stock: int) -> None:
    """Words and numbers; only what clearly says so is out of stock."""
    assert read(tmp_path, f"item_id,stock\ntea,{cell}\n")[0].in_stock.tolist() == [in_stock]


def test_items_listed_twice(tmp_path: Path) -> None:
    """The line that says most stays, whatever the order; each lost line is counted."""
    lines = ["tea,Tea,\n", "tea,Tea leaf,3.50\n", "tea,Tea,\n", ",Nameless,1\n"]
    for order in (lines, lines[::-1]):
        catalogue, report = read(tmp_path, "item_id,title,price\n" + "".join(order))
        assert list(catalogue.title) == [b"Tea leaf"]
        assert report.dropped == {"no item id": 1, "repeated line": 1, "item listed again, differently": 1}


def test_a_catalogue_that_lacks_half_the_items_says_which(tmp_path: Path) -> None:
    """Two of four items bought are not listed."""
    path = tmp_path / "orders.csv"
    path.write_text("order_id,item_id\n1,tea\n1,cup\n2,pot\n3,jar\n")
    orders, _ = read_orders([path], DEFAULT, None)
    catalogue, _ = read(tmp_path, "item_id,title\ntea,Tea\npot,Pot\nspoon,Spoon\n")
    assert [orders.items.text(i) for i in missing_items(catalogue, orders)] == ["cup", "jar"]


def test_catalogues_that_cannot_be_used(tmp_path: Path) -> None:
    """Two currencies, no id column, no line, no item, broken lines."""
    for text, says in (
        ("item_id,price\ntea,3 EUR\ncup,4 USD\n", "prices are in EUR, USD"),
        ("name,price\nTea,3\n", "no column for item_id"),
        ("item_id\n", "no line below it"),
        ("item_id,title\n,Tea\n", "no line names an item"),
        ("item_id,title\ntea,Tea,x\ncup,Cup\n", "1 of 2 lines (50.0%) cannot be read"),
        ("", "is empty"),
    ):
        with pytest.raises(InputError, match=r"catalogue\.csv") as caught:
            read(tmp_path, text)
        assert says in str(caught.value)


CELL = st.one_of(st.sampled_from(["", "tea", "1", "3.50", "2 EUR", "yes", "-1", "nan", "0"]), st.text(max_size=5))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(CELL, min_size=7, max_size=8), min_size=1, max_size=8))
def test_every_catalogue_line_is_kept_or_counted(tmp_path: Path, lines: list[list[str]]) -> None:
    """Whatever the cells, the report adds up (its record checks it) or the file is refused."""
    text = "\n".join(["item_id,title,price,cost,consumable,stock,category", *(",".join(line) for line in lines)])
    path = tmp_path / "catalogue.csv"
    path.write_bytes(text.encode("utf-8", "replace"))
    outcome = attempt(path)
    if isinstance(outcome, str):
        assert "catalogue.csv" in outcome
    else:
        catalogue, report = outcome
        assert report.kept == len(catalogue.ids) == len(set(catalogue.ids))
        assert list(catalogue.ids) == sorted(catalogue.ids)
