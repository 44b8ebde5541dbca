"""Customers' wishes reach the trainer: erased, refused, given away."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from training.readers.errors import InputError
from training.readers.options import ReadOptions
from training.readers.orders import read_orders
from training.readers.wishes import WITHHELD, Wish, honour, read_wishes


def digest(who: str) -> str:
    """As the service files customers."""
    return hashlib.sha256(who.encode()).hexdigest()


def lines() -> pl.DataFrame:
    """Three customers and a guest; ann bought tea twice."""
    rows: list[tuple[Any, ...]] = [
        ("o1", "tea", "ann", 100),
        ("o1", "cup", "ann", 100),
        ("o2", "tea", "ann", 200),
        ("o3", "tea", "ben", 100),
        ("o4", "tea", None, 100),
    ]
    return pl.DataFrame(rows, ["order_id", "item_id", "customer_id", "ts"], orient="row")


@pytest.mark.parametrize(
    ("wish", "kept"),
    [
        (Wish(), ["o1 tea ann", "o1 cup ann", "o2 tea ann"]),
        (Wish(erased_at=100), ["o2 tea ann"]),
        (Wish(erased_at=99), ["o1 tea ann", "o1 cup ann", "o2 tea ann"]),
        (Wish(consent="none"), []),
        (Wish(consent="session"), ["o1 tea None", "o1 cup None", "o2 tea None"]),
        (Wish(unused=frozenset({("tea", "")})), ["o1 cup ann"]),
        (Wish(unused=frozenset({("tea", "o2")})), ["o1 tea ann", "o1 cup ann"]),
        (Wish(erased_at=100, unused=frozenset({("tea", "o2"), ("pot", "")})), []),
    ],
)
def test_a_wish_concerns_its_customer_alone(wish: Wish, kept: list[str]) -> None:
    """Others' lines stay; what is left out is counted; columns and order stay."""
    found, left_out = honour(lines(), {digest("ann"): wish, digest("nobody"): Wish(erased_at=9)})
    assert found.columns == lines().columns
    told = [f"{order} {item} {who}" for order, item, who, _ in found.iter_rows()]
    assert told == [*kept, "o3 tea ben", "o4 tea None"]
    assert left_out == 5 - len(told)


def test_untimed_purchases_of_an_erased_customer_go() -> None:
    """Nobody can say that they came later."""
    untimed = lines().with_columns(pl.lit(-1).alias("ts"))
    found, left_out = honour(untimed, {digest("ann"): Wish(erased_at=5)})
    assert (found.height, left_out) == (2, 3)


def test_files_of_wishes_add_up(tmp_path: Path) -> None:
    """Of two files the stricter; a line that cannot be read stops the run, for a promise would be broken."""
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    one.write_text(json.dumps({"customer": "a", "erased_at": 5, "unused": [["tea", ""]]}) + "\n\n")
    two.write_text(json.dumps({"customer": "a", "erased_at": 3, "consent": "none", "unused": [["cup", "o"]]}) + "\n")
    assert read_wishes([one, two]) == {"a": Wish(5, "none", frozenset({("tea", ""), ("cup", "o")}))}
    for text in ("{}", "[]", "half a li", '{"customer": "a", "erased_at": "x"}'):
        one.write_text(f"\n{text}\n")
        with pytest.raises(InputError, match="line 2"):
            read_wishes([one])
    with pytest.raises(InputError, match="cannot be read"):
        read_wishes([tmp_path / "missing"])


def test_the_report_counts_what_was_left_out(tmp_path: Path) -> None:
    """Every line is kept or counted."""
    path = tmp_path / "orders.csv"
    path.write_text(
        "order_id,item_id,customer_id,ts\no1,tea,ann,2026-01-01\no2,tea,ben,2026-01-01\no3,cup,ann,2026-01-02\n"
    )
    wishes = {digest("ann"): Wish(erased_at=1_767_225_600)}
    orders, report = read_orders([path], ReadOptions(wishes=wishes), None)
    assert report.dropped == {WITHHELD: 1}
    assert report.lines == report.kept + sum(report.dropped.values())
    assert orders.n_orders == 2
