"""Questions about trading up, the rules of shops, and the report."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from recsvc.cli.main import main
from training.evaluation.trade_ups import Past, drawn, measure, questions
from training.evaluation.upsell_peers import PEERS
from training.records import Orders

OrdersOf = Callable[..., Orders]


@pytest.fixture
def past(orders_of: OrdersOf) -> tuple[Orders, Past]:
    """Items a, b, c, d at 1.00, 2.00, 2.50, 9.00 of one kind, e at 2.00 of another; the window begins at order 4."""
    orders = orders_of(
        [
            ("1", "ann", 1, ["a"]),
            ("2", "ben", 2, ["a", "b"]),
            ("3", "ann", 3, ["e"]),
            ("4", "cat", 4, ["d"]),
            ("5", "ann", 5, ["b", "d"]),
            ("6", "ben", 6, ["a", "c"]),
            ("7", "dan", 7, ["a", "c"]),
            ("8", "ann", 8, ["c"]),
        ]
    )
    price = np.array([10_000, 20_000, 25_000, 90_000, 20_000])
    return orders, Past(orders, price, np.array([0, 0, 0, 0, 1]))


def test_questions_by_hand(past: tuple[Orders, Past]) -> None:
    """Ann trades a up to b, then b up to c; ben had a and b on one day, the lower counts; d is too dear; dan is new."""
    orders, known = past
    ann, ben = (orders.customers.find(name) for name in ("ann", "ben"))
    assert questions(orders, 4, 8, known) == {(ann, 0): {1}, (ann, 1): {2}, (ben, 0): {2}}
    assert known.dearer(0).tolist() == [1, 2]
    assert known.dearer(3).tolist() == []


def test_fewer_questions_are_drawn_not_cut(past: tuple[Orders, Past]) -> None:
    """The same seed draws the same; all stay where there are not more."""
    orders, known = past
    asked = questions(orders, 4, 8, known)
    assert drawn(asked, 3, 1) == asked
    two = drawn(asked, 2, 1)
    assert len(two) == 2
    assert two == drawn(asked, 2, 1)
    assert all(asked[key] == chosen for key, chosen in two.items())


def test_measures_by_hand(past: tuple[Orders, Past]) -> None:
    """One question, c chosen, shown second after b: half a reciprocal rank, a gain of 1.50, ratios 2 and 2.5."""
    _, known = past
    asked, dearer = {(0, 0): {2}}, {0: known.dearer(0)}
    row = measure(asked, known, dearer, PEERS["cheapest-above"][0](known, {}))[0]
    assert row.tolist() == pytest.approx([1, 1 / np.log2(3), 1 / 2, 1.5, 2.25])
    nothing = measure(asked, known, dearer, lambda _item, others: np.full(len(others), -np.inf))[0]
    assert nothing[:4].tolist() == [0, 0, 0, 0]
    assert np.isnan(nothing[4])


def test_rules_by_hand(past: tuple[Orders, Past]) -> None:
    """Item c sold three times and b twice; only b is within 2.2 times a; ben's b and everybody's c stand beside a."""
    _, known = past
    others = np.array([1, 2])

    def best(name: str, **parameters: float) -> int:
        return int(others[np.argmax(PEERS[name][0](known, parameters)(0, others))])

    assert best("popularity") == 2
    assert best("price-cap", cap=2.2) == 1
    assert best("cheapest-above") == 1
    assert best("same-basket") == 2
    assert best("same-customers", half_life=0.3, belief=1.0) == 2
    assert best("recent-popularity", half_life=0.05) == 2


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Customers who start with a small thing of one of six kinds and later take its large one, never the grand one."""
    random = np.random.default_rng(5)
    lines = []
    for customer in range(1200):
        kind = int(random.integers(0, 6))
        start = int(random.integers(0, 900))
        for step, thing in enumerate(("small", "large")):
            for extra in range(3):
                moment = start + step * 60 + extra * 8
                lines.append((moment, customer, f"{thing}-{kind}"))
        lines.append((start + 30, customer, f"grand-{int(random.integers(0, 6))}"))
    path = tmp_path / "orders.csv"
    prices = {"small": "2.00", "large": "3.00", "grand": "4.00"}
    with path.open("w", newline="", encoding="utf-8") as target:
        out = csv.writer(target)
        out.writerow(["order_id", "customer_id", "item_id", "ts", "quantity", "unit_price"])
        for number, (moment, customer, item) in enumerate(sorted(lines)):
            day = np.datetime64("2024-01-01") + np.timedelta64(moment, "D")
            out.writerow([f"o{number}", f"c{customer}", item, f"{day}T10:00:00Z", 1, prices[item.split("-")[0]]])
    catalogue = tmp_path / "catalogue.csv"
    catalogue.write_text(
        "item_id,title,category,price\n"
        + "".join(f"{t}-{k},{t} thing {k},Kind {k},99\n" for k in range(6) for t in ("small", "large", "grand"))
    )
    return path


def test_the_command_measures_upsells(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Ours stands beside the rules, at several powers, with intervals; the catalogue's prices (all 99) are not used."""
    data, page = file.with_name("u.json"), file.with_name("u.html")
    argv = ["evaluate", "--upsell", "--orders", str(file), "--catalogue", str(file.with_name("catalogue.csv"))]
    assert main([*argv, "--threads", "1", "--json", str(data), "--html", str(page)]) == 0
    tables = json.loads(data.read_text("utf-8"))["tables"]
    names = {line["name"] for line in tables["upsell"]["lines"]}
    assert {"price-cap", "same-customers", "recsvc, gain^0", "recsvc, gain^1"} <= names
    ours = {line["name"]: line for line in tables["upsell"]["lines"]}["recsvc, gain^0"]
    assert ours["hit_rate"] == 1.0
    assert {line["name"]: line["share"] for line in tables["silence"]["lines"]}["with an upsell"] == pytest.approx(
        2 / 3
    )
    assert "hits and revenue" in page.read_text("utf-8")
    assert "the best rule" in capsys.readouterr().out


def test_nothing_to_ask_is_said(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without categories there are no kinds; the message names what is missing."""
    assert main(["evaluate", "--upsell", "--orders", str(file)]) == 2
    assert "the catalogue (--catalogue) categories?" in capsys.readouterr().err
