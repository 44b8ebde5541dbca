"""Customers named by an address or a number: their hashes alone go on."""

import hashlib
from pathlib import Path

import polars as pl
import pytest

from training.readers.contacts import contact_hash, remark, without_contacts
from training.readers.options import ReadOptions
from training.readers.orders import read_orders
from training.readers.wishes import Wish

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "files-in.md"
ANN = hashlib.sha256(b"ann@shop.example").hexdigest()
BERLIN = hashlib.sha256(b"+4930123456789").hexdigest()


@pytest.mark.parametrize("said", ["ann@shop.example", " Ann@Shop.EXAMPLE "])
def test_an_address_by_any_spelling(said: str) -> None:
    """Trimmed, in lower case, SHA-256: as mail tools share them."""
    assert contact_hash(said) == ANN


@pytest.mark.parametrize("said", ["+49 30 123456789", "+4930123456789", "0049 (30) 123-456-789", "004930123456789"])
def test_a_number_by_any_spelling(said: str) -> None:
    """`+` and its digits."""
    assert contact_hash(said) == BERLIN


@pytest.mark.parametrize(
    "said", ["c1", "17850", "0000012345", "0012345678", "@home", "a@b", "ann at shop", "+1", "", ANN]
)
def test_other_ids_stay(said: str) -> None:
    """Numbers filled up with zeros, handles, hashes."""
    assert contact_hash(said) is None


def test_a_column_of_ids() -> None:
    """Only contacts change; nulls stay; without any nothing is said."""
    ids = pl.Series("customer_id", ["c1", "ann@shop.example", None, "Ann@shop.example"])
    assert without_contacts(ids).to_list() == ["c1", ANN, None, ANN]
    (said,) = remark([ids, pl.Series(["+49 30 123456789"]), pl.Series([1, 2])])
    assert said.startswith("2 customers are named by")
    assert remark([pl.Series(["c1", None])]) == ()


def read(folder: Path, options: ReadOptions) -> tuple[list[str], tuple[str, ...]]:
    """Customers and remarks of a file in which two people are named by their contacts."""
    path = folder / "orders.csv"
    whose = ["ann@shop.example", "Ann@Shop.example", "+49 30 123456789", "c1"]
    rows = [f"{n},{who},tea,2026-01-0{n},1,4.5" for n, who in enumerate(whose, 1)]
    path.write_text("\n".join(["order_id,customer_id,item_id,ts,quantity,unit_price", *rows]), "utf-8")
    orders, report = read_orders([path], options, folder / "rejects.csv")
    return [orders.customers.text(at) for at in range(len(orders.customers))], report.notes


def test_the_reader_hands_on_hashes_and_says_so(tmp_path: Path) -> None:
    """One person with two spellings is one customer; the report counts people."""
    customers, notes = read(tmp_path, ReadOptions())
    assert customers == sorted([ANN, BERLIN, "c1"])
    assert sum("2 customers are named by" in note for note in notes) == 1


def test_wishes_hold_by_either_name(tmp_path: Path) -> None:
    """Made under the address itself, before it was hashed, or under its hash."""
    for named in (ANN, hashlib.sha256(ANN.encode()).hexdigest()):
        customers, _ = read(tmp_path, ReadOptions(wishes={named: Wish(consent="none")}))
        assert customers == sorted([BERLIN, "c1"])


def test_the_page_shows_the_hash_that_is_made() -> None:
    """docs/reference/files-in.md: what sha256sum prints is what stands in the version."""
    assert f"{contact_hash('someone@shop.example')}  -" in PAGE.read_text("utf-8")
