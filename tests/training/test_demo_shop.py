"""The demo shop is a test instrument: what it says was planted must be there, in raw counts, before any model."""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import polars as pl
import pytest

from recsvc.cli.main import main
from training.demo_shop.goods import stock
from training.demo_shop.kinds import COLOURS, KINDS, TOY_KINDS
from training.demo_shop.pictures import picture
from training.demo_shop.settings import SIZES, Size
from training.demo_shop.shop import open_shop
from training.demo_shop.write import write_shop


@dataclass(frozen=True)
class Read:
    """A shop as its files tell it; `baskets` are (customer, time, families) of orders that were paid for."""

    folder: Path
    planted: dict[str, Any]
    catalogue: dict[str, dict[str, str]]
    lines: list[dict[str, str]]
    baskets: list[tuple[str, dt.datetime, set[str]]]


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Read:
    """The toy shop, written once and read back."""
    folder = tmp_path_factory.mktemp("toy")
    write_shop(open_shop(SIZES["toy"], 1), folder)
    return read(folder)


def read(folder: Path) -> Read:
    """A shop's files; returns, robots and the wholesaler are left out of its baskets."""
    with (folder / "catalogue.csv").open(encoding="utf-8") as file:
        catalogue = {row["item_id"]: row for row in csv.DictReader(file)}
    with (folder / "orders.csv").open(encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    planted = json.loads((folder / "planted.json").read_text(encoding="utf-8"))
    odd = {robot["customer_id"] for robot in planted["robots"]} | {planted["wholesaler"]["customer_id"]}
    orders: dict[str, tuple[str, dt.datetime, set[str]]] = {}
    for line in lines:
        if int(line["quantity"]) > 0 and line["customer_id"] not in odd:
            who, when = line["customer_id"], dt.datetime.fromisoformat(line["ts"])
            orders.setdefault(line["order_id"], (who, when, set()))[2].add(catalogue[line["item_id"]]["family"])
    return Read(folder, planted, catalogue, lines, list(orders.values()))


def files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below `folder` with its bytes."""
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        yield str(path.relative_to(folder)), path.read_bytes()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_shop(toy: Read, tmp_path: Path) -> None:
    """Every file, pictures and planted truth included, depends on size and seed alone."""
    write_shop(open_shop(SIZES["toy"], 1), tmp_path / "again")
    write_shop(open_shop(SIZES["toy"], 2), tmp_path / "other")
    assert dict(files(tmp_path / "again")) == dict(files(toy.folder))
    assert (tmp_path / "other" / "orders.csv").read_bytes() != (toy.folder / "orders.csv").read_bytes()


@pytest.mark.parametrize("name", ["toy", "demo"])
def test_a_catalogue_has_exactly_the_items_of_its_size_and_no_title_twice(name: str) -> None:
    """A merchant's catalogue names every article once; a cost stays below its price."""
    families, items = stock(SIZES[name], np.random.default_rng(3))
    assert len(items) == SIZES[name].items == int(families.first[-1])
    assert np.all(items.cost < items.price)
    assert np.all(np.diff(families.first) > 0)
    assert len(set(items.title)) == len(items)


def test_files_agree_with_each_other(toy: Read) -> None:
    """Orders name items of the catalogue, pictures exist, orders rise in time, an order holds an item once."""
    assert {line["item_id"] for line in toy.lines} == set(toy.catalogue)
    for row in toy.catalogue.values():
        assert (toy.folder / "pictures" / Path(row["image_link"]).name).is_file()
        assert float(row["cost"]) < float(row["price"])
    times = [line["ts"] for line in toy.lines]
    assert times == sorted(times)
    assert len({(line["order_id"], line["item_id"]) for line in toy.lines}) == len(toy.lines)
    assert any(int(line["quantity"]) < 0 for line in toy.lines)
    assert any(line["customer_id"] == "" for line in toy.lines)


def test_complements_stand_together_in_baskets(toy: Read) -> None:
    """A planted complement is in a basket with its anchor at least three times as often as in any basket."""
    holds = Counter(f for _, _, basket in toy.baskets for f in basket)
    lifts = []
    for pair in toy.planted["complements"]:
        a, b = pair["family"], pair["complement_family"]
        together = sum(1 for _, _, basket in toy.baskets if a in basket and b in basket)
        if holds[a] >= 30:
            lifts.append(together * len(toy.baskets) / (holds[a] * holds[b]))
    assert len(lifts) >= 20
    assert sum(lift >= 3 for lift in lifts) >= 0.9 * len(lifts)


def test_trade_ups_follow_their_article(toy: Read) -> None:
    """Customers who own both bought the better article second far more often than first."""
    first: dict[str, dict[str, dt.datetime]] = defaultdict(dict)
    for who, when, basket in toy.baskets:
        for family in basket if who else ():
            first[who].setdefault(family, when)
    pairs = [(pair["family"], pair["better_family"]) for pair in toy.planted["trade_ups"]]
    both = [(mine[a], mine[b]) for mine in first.values() for a, b in pairs if a in mine and b in mine]
    second = [b > a for a, b in both if a != b]
    assert len(second) >= 500
    assert sum(second) >= 0.6 * len(second)


def test_trade_ups_are_one_step_up_the_price_ladder_of_the_same_category(toy: Read) -> None:
    """A trade-up costs more and is the same kind of thing."""
    for pair in toy.planted["trade_ups"]:
        one, better = toy.catalogue[pair["item_id"]], toy.catalogue[pair["better_id"]]
        assert one["category"] == better["category"]
        assert float(one["price"]) < float(better["price"])


def test_the_merchants_links_stand_in_the_catalogue(toy: Read) -> None:
    """What is planted as a link is a cell of its item's row, no more and no less; upsells climb within a category."""
    cells = {
        (kind, item_id, row[kind])
        for item_id, row in toy.catalogue.items()
        for kind in ("cross_sell", "upsell", "never")
        if row[kind]
    }
    assert cells == {(link["kind"], link["item_id"], link["target_id"]) for link in toy.planted["links"]}
    assert Counter(kind for kind, _, _ in cells) == {"cross_sell": 3, "upsell": 3, "never": 1}
    for kind, one, other in cells:
        if kind == "upsell":
            assert toy.catalogue[one]["category"] == toy.catalogue[other]["category"]
            assert float(toy.catalogue[one]["price"]) < float(toy.catalogue[other]["price"])


def test_regulars_keep_their_rhythm(toy: Read) -> None:
    """For three of four habits with six purchases or more the median gap is within 20 % of what was planted."""
    times: dict[tuple[str, str], list[dt.datetime]] = defaultdict(list)
    for who, when, basket in toy.baskets:
        for family in basket:
            times[who, family].append(when)
    close = []
    for habit in toy.planted["rhythms"]:
        when = times[habit["customer_id"], habit["family"]]
        if len(when) >= 6:
            days = median((b - a).total_seconds() / 86_400 for a, b in pairwise(when))
            close.append(abs(days / habit["interval_days"] - 1) <= 0.2)
    assert len(close) >= 100
    assert sum(close) >= 0.75 * len(close)


def test_seasons_peak_where_they_were_planted(toy: Read) -> None:
    """Durable goods in season are in 1.4 times the share of baskets at least, and mostly in more than twice."""
    category = {row["family"]: row["category"] for row in toy.catalogue.values()}
    rises = []
    for season in toy.planted["seasons"]:
        if any(row["consumable"] == "yes" and row["category"] == season["category"] for row in toy.catalogue.values()):
            continue  # regulars buy it all year
        hits: Counter[bool] = Counter()
        orders: Counter[bool] = Counter()
        for _, when, basket in toy.baskets:
            peak = when.month in season["months"]
            orders[peak] += 1
            hits[peak] += any(category[family] == season["category"] for family in basket)
        rises.append(hits[True] / orders[True] * orders[False] / hits[False])
    assert min(rises) >= 1.4
    assert median(rises) >= 2


def test_the_trend_is_a_flash(toy: Read) -> None:
    """In its two weeks the trending family sells more than ten times as fast as in all the time before."""
    trend = toy.planted["trend"]
    begin, end = (dt.datetime.fromisoformat(trend[key] + "T00:00:00Z") for key in ("from", "until"))
    bought = [when for _, when, basket in toy.baskets if trend["family"] in basket]
    inside = sum(begin <= when < end for when in bought) / (end - begin).days
    start = dt.datetime.fromisoformat(toy.planted["from"] + "T00:00:00Z")
    before = sum(when < begin for when in bought) / (begin - start).days
    assert inside > 10 * before
    assert inside * (end - begin).days >= 15


def test_new_items_were_not_sold_before_they_came(toy: Read) -> None:
    """New items have their day, a few orders since, and none before (the wholesaler's apart, who orders unseen)."""
    since = {item["item_id"]: item["since"] for item in toy.planted["new_items"]}
    sold = [
        line
        for line in toy.lines
        if line["item_id"] in since and line["customer_id"] != toy.planted["wholesaler"]["customer_id"]
    ]
    assert since
    assert sold
    assert all(line["ts"][:10] >= since[line["item_id"]] for line in sold)


def test_robots_and_the_wholesaler_do_what_is_said_of_them(toy: Read) -> None:
    """A robot's orders all hold its two items, which nothing planted joins; the wholesaler buys the whole catalogue."""
    bought: dict[str, list[str]] = defaultdict(list)
    for line in toy.lines:
        bought[line["customer_id"]].append(line["item_id"])
    joined = {(pair["family"], pair["complement_family"]) for pair in toy.planted["complements"]}
    for robot in toy.planted["robots"]:
        a, b = robot["item_ids"]
        assert Counter(bought[robot["customer_id"]]) == {a: robot["orders"], b: robot["orders"]}
        families = toy.catalogue[a]["family"], toy.catalogue[b]["family"]
        assert not {families, families[::-1]} & joined
    assert set(bought[toy.planted["wholesaler"]["customer_id"]]) == set(toy.catalogue)


def test_parts_of_a_big_shop_hold_each_order_once(tmp_path: Path) -> None:
    """Written in Parquet parts, a chunk of customers each, orders keep numbers of their own."""
    size = replace(SIZES["toy"], chunk=150, parquet=True)
    counts = write_shop(open_shop(size, 4), tmp_path)
    parts = [pl.read_parquet(path) for path in sorted(tmp_path.glob("orders-*.parquet"))]
    assert len(parts) == size.customers // size.chunk + 1
    assert sum(part["order_id"].n_unique() for part in parts) == counts["orders"]
    assert pl.concat(parts)["order_id"].n_unique() == counts["orders"]
    assert pl.read_parquet(tmp_path / "catalogue.parquet").height == size.items


def test_every_kind_has_a_drawing_and_finds_what_goes_with_it() -> None:
    """No kind names a shape nobody drew or a companion that the shop does not sell; the toy shop stands by itself."""
    names = [kind.name for kind in KINDS]
    assert len(set(names)) == len(names)
    for kind in KINDS:
        assert picture(kind.shape, COLOURS["sage"]).startswith("<svg")
        assert set(kind.goes_with) <= set(names)
    assert sum(bool(set(kind.goes_with) & set(names[:TOY_KINDS])) for kind in KINDS[:TOY_KINDS]) >= 12


def test_shoppers_are_customers_of_the_shop_and_one_is_not(toy: Read) -> None:
    """Everybody the storefront offers has orders, but for the last, whom nobody knows."""
    shoppers = json.loads((toy.folder / "shoppers.json").read_text(encoding="utf-8"))
    known = {line["customer_id"] for line in toy.lines}
    assert len(shoppers) >= 4
    assert all(shopper["customer_id"] in known for shopper in shoppers[:-1])
    assert shoppers[-1]["customer_id"] not in known


def test_the_command_writes_a_shop(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`recsvc demo-shop` says what it wrote; a bad seed and a folder that is a file are refused in a sentence."""
    assert main(["demo-shop", "--size", "toy", "--out", str(tmp_path / "shop")]) == 0
    assert "orders" in capsys.readouterr().out
    assert (tmp_path / "shop" / "planted.json").is_file()
    (tmp_path / "taken").write_text("a file")
    assert main(["demo-shop", "--size", "toy", "--out", str(tmp_path / "taken")]) == 2
    assert main(["demo-shop", "--seed", "-1", "--out", str(tmp_path / "shop")]) == 2
    assert "--seed is 0 or more" in capsys.readouterr().err


def test_a_size_without_room_for_its_kinds_is_refused() -> None:
    """Fewer than eight items a kind leave no ladder to climb."""
    with pytest.raises(ValueError, match="too few"):
        Size(items=100, customers=10)
