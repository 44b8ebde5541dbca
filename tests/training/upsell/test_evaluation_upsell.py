"""Questions about trading up, the rules of shops, and the report."""

from __future__ import annotations

import csv
import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from recsvc.cli.main import main
from training.evaluation.trade_ups import Past, drawn, measure, questions
from training.evaluation.upsell_ours import Learnt, Way
from training.evaluation.upsell_peers import PEERS
from training.evaluation.upsell_tables import calibration, silence
from training.records import Orders
from training.upsell.purchases import Steps

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
    assert row[:5].tolist() == pytest.approx([1, 1 / np.log2(3), 1 / 2, 1.5, 2.25])
    assert np.isnan(row[5])
    costly = dataclasses.replace(known, margin=np.array([5_000, 5_000, 9_000, 0, 0]))
    assert measure(asked, costly, dearer, PEERS["cheapest-above"][0](known, {}))[0, 5] == pytest.approx(0.4)
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
def learnt(past: tuple[Orders, Past]) -> Learnt:
    """Steps from a to b and c and from b to c, the more likely the dearer; margins fall from b to c."""
    steps = Steps(np.array([0, 0, 1]), np.array([1, 2, 2]), 5)
    known = dataclasses.replace(past[1], margin=np.array([5_000, 10_000, 8_000, 0, 0]))
    return Learnt(known, steps, np.array([0.1, 0.2, 0.3]), 0.0)


def test_every_way_to_rank_by_hand(learnt: Learnt) -> None:
    """p, p times gains of 1.00, 1.50 and 0.50, and of 0.50, 0.30 and less than nothing in margin."""
    assert learnt.values(Way(0)).tolist() == [0.1, 0.2, 0.3]
    assert learnt.values(Way(1)).tolist() == pytest.approx([0.1, 0.3, 0.15])
    assert learnt.values(Way(1, margin=True)).tolist() == pytest.approx([0.05, 0.06, -np.inf])
    scores = learnt.scores(Way(1))
    assert scores(0, np.array([1, 2, 3])).tolist() == pytest.approx([0.1, 0.3, -np.inf])
    assert scores(3, np.array([1, 2])).tolist() == [-np.inf, -np.inf]


def test_calibration_by_hand(learnt: Learnt) -> None:
    """Of the three who bought a one took b and one c; of the two with b none took c. p stands beside, per 10,000."""
    table = calibration(learnt, {(0, 0): {1}, (1, 0): {2}, (2, 4): {3}})
    told = [[figure.value for figure in line.figures] for line in table.lines]
    assert told == [pytest.approx(line) for line in ([1000, 10_000 / 3, 1], [2000, 10_000 / 3, 1], [3000, 0, 1])]
    assert f"Mean absolute error {(0.7 / 3 + 0.4 / 3 + 0.3) / 3:.5f}" in table.about


def test_silence_by_hand(learnt: Learnt) -> None:
    """By price a and b have an upsell, by margin a alone; c is below d, but too far; d and e stand alone or on top."""
    price = {line.name.partition(":")[0]: line.figures[1].value for line in silence(learnt, Way(0)).lines}
    assert price == {"with an upsell": 2, "no_price": 0, "no_kin": 0, "top_of_ladder": 3, "not_taken": 0}
    margin = {line.name.partition(":")[0]: line.figures[1].value for line in silence(learnt, Way(1, margin=True)).lines}
    assert (margin["with an upsell"], margin["not_taken"]) == (1, 1)


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
        "item_id,title,category,price,cost\n"
        + "".join(
            f"{t}-{k},{t} thing {k},Kind {k},99,{cost}\n"
            for k in range(6)
            for t, cost in (("small", 1), ("large", 1), ("grand", 3.5))
        )
    )
    return path


def test_the_command_measures_upsells(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Ours stands beside the rules, at several powers, with intervals; the catalogue's prices (all 99) are not used.

    A grand thing earns less than a small one: ranked by margin the large one alone is shown.
    """
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
    margin = {line["name"]: line for line in tables["upsell"]["lines"]}["recsvc, margin^1"]
    assert (margin["hit_rate"], margin["ratio"], margin["margin"]) == (1.0, pytest.approx(1.5), pytest.approx(1.0))
    assert "hits and margin" in page.read_text("utf-8")
    assert "hits and revenue" in page.read_text("utf-8")
    assert "the best rule" in capsys.readouterr().out


def test_any_variant_of_what_is_shown_is_a_hit(file: Path) -> None:
    """Half of the lines are of a blue variant; the shelf names one of the two, and who takes either took the step."""
    with file.open(newline="", encoding="utf-8") as source:
        rows = list(csv.DictReader(source))
    for at, row in enumerate(rows):
        row["item_id"] += "-blue" if at % 2 else ""
    with file.open("w", newline="", encoding="utf-8") as target:
        out = csv.DictWriter(target, rows[0])
        out.writeheader()
        out.writerows(rows)
    things = [(f"{thing}-{k}{colour}", f"{thing}-{k}", k) for thing in ("small", "large", "grand") for k in range(6)
              for colour in ("", "-blue")]  # fmt: skip
    catalogue, data = file.with_name("catalogue.csv"), file.with_name("u.json")
    catalogue.write_text(
        "item_id,title,category,family\n" + "".join(f"{i},{i} thing,Kind {k},{family}\n" for i, family, k in things)
    )
    argv = ["evaluate", "--upsell", "--orders", str(file), "--catalogue", str(catalogue), "--against", "popularity"]
    assert main([*argv, "--threads", "1", "--json", str(data)]) == 0
    tables = json.loads(data.read_text("utf-8"))["tables"]
    assert {line["name"]: line for line in tables["upsell"]["lines"]}["recsvc, gain^0"]["hit_rate"] == 1.0


def test_nothing_to_ask_is_said(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without categories there are no kinds; the message names what is missing."""
    assert main(["evaluate", "--upsell", "--orders", str(file)]) == 2
    assert "the catalogue (--catalogue) categories?" in capsys.readouterr().err
