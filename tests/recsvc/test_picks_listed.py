"""Picks from the version's list of what is next: its order, gated, with a reason for every item."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from models.customers import Why
from recsvc.cli.main import main

if TYPE_CHECKING:
    from conftest import Builders, CheckedClient

Serve = Callable[..., "CheckedClient"]
AHEAD = {
    "ann": [
        ("tea", 0.5, Why.DUE),
        ("cup-red", 0.4, Why.REPEAT),
        ("biscuit", 0.3, Why.COMPLEMENT),
        ("pot", 0.25, Why.REPEAT),
        ("spoon", 0.2, Why.ALIKE),
        ("pot-silver", 0.15, Why.TRENDING),
        ("mug", 0.1, Why.TRENDING),
    ],
    "zoë/1": [("biscuit", 0.6, Why.REPEAT), ("tea", 0.2, Why.COMPLEMENT)],
}


@pytest.fixture
def listed(serve: Serve, shop: Builders) -> CheckedClient:
    """The tea shop, with lists."""
    return serve(shop.tea(ahead=AHEAD))


def shown(client: CheckedClient, query: str = "", customer: str = "ann") -> list[tuple[str, str]]:
    """Item and reason code of every learned pick."""
    answer: dict[str, Any] = client.get(f"/customers/{customer}/picks{query}").json
    return [(i["item_id"], i["reason"]["code"]) for i in answer["items"] if i["source"] == "learned"]


def test_the_list_comes_in_its_order_without_durables_that_she_has(listed: CheckedClient) -> None:
    """Her tea is due; cup and pot she has, the silver pot is sold out; each of the others says why."""
    assert shown(listed, "?n=10") == [
        ("tea", "due_again"),
        ("biscuit", "bought_together"),
        ("spoon", "customers_alike"),
        ("mug", "trending"),
    ]


def test_a_complement_points_to_the_purchase_it_goes_with_best(listed: CheckedClient) -> None:
    """Biscuits stand on the tea's vector with 0.4 and on the cup's with 0.2."""
    biscuit = listed.get("/customers/ann/picks?n=2").json["items"][1]
    assert biscuit["reason"]["because_item_id"] == "tea"
    assert biscuit["reason"]["evidence"]["orders_together"] == 30


@pytest.mark.parametrize(
    ("purchased", "expected"),
    [
        ("include", ["tea", "cup-red", "biscuit", "pot", "spoon", "mug"]),
        ("exclude", ["biscuit", "spoon", "mug"]),
        ("due", ["tea", "biscuit", "spoon", "mug"]),
    ],
)
def test_own_purchases_as_asked(listed: CheckedClient, purchased: str, expected: list[str]) -> None:
    """Everything, nothing, or what is due."""
    assert [item for item, _ in shown(listed, f"?n=10&purchased={purchased}")] == expected


def test_what_is_included_says_how_often_it_was_bought(listed: CheckedClient) -> None:
    """A durable that she has: no date is promised."""
    cup = listed.get("/customers/ann/picks?purchased=include").json["items"][1]
    assert (cup["reason"]["code"], cup["reason"]["text"]) == ("bought_before", "You have bought this before")
    assert cup["reason"]["evidence"] == {"own_orders": 1}


def test_yesterdays_biscuits_are_too_early(listed: CheckedClient) -> None:
    """Bought yesterday with no rhythm known: not before most of the assumed interval is over, unless asked for."""
    assert [item for item, _ in shown(listed, customer="zo%C3%AB%2F1")] == ["tea"]
    assert shown(listed, "?purchased=include&n=1", "zo%C3%AB%2F1") == [("biscuit", "bought_before")]


def test_an_unknown_way_is_refused(listed: CheckedClient) -> None:
    """By name."""
    answer = listed.get("/customers/ann/picks?purchased=maybe")
    assert answer.status_code == 400
    assert answer.json["errors"][0]["field"] == "purchased"


def test_asked_again_the_same_and_named_apart(listed: CheckedClient) -> None:
    """The answer's name knows what was asked."""
    first = listed.get("/customers/ann/picks").json
    assert listed.get("/customers/ann/picks").json == first
    assert listed.get("/customers/ann/picks?purchased=include").json["recommendation_id"] != first["recommendation_id"]


def export(folder: Path, *options: str) -> tuple[int, Path]:
    """Run the command over the version in `folder`."""
    out = folder / "picks.txt"
    return main(["export", "picks", "--models", str(folder), "--out", str(out), *options]), out


def test_the_file_says_what_the_service_says(listed: CheckedClient, capsys: pytest.CaptureFixture[str]) -> None:
    """Every customer, the same items and reasons, down to those who get bestsellers."""
    code, out = export(listed.root, "--n", "3")
    assert code == 0
    rows = {row["customer_id"]: row for row in csv.DictReader(out.read_text("utf-8").splitlines())}
    assert set(rows) == {"ann", "ben", "zoë/1"}
    for name, path in (("ann", "ann"), ("ben", "ben"), ("zoë/1", "zo%C3%AB%2F1")):
        answer = listed.get(f"/customers/{path}/picks?n=3").json
        assert (rows[name]["source"], int(rows[name]["count"])) == (answer["source"], answer["count"])
        told = {key: value for key, value in answer.items() if key.startswith("item_")}
        assert {key: rows[name][key] for key in told} == told
    assert "3 customers" in capsys.readouterr().out
    assert [path.name for path in listed.root.glob(".picks*")] == []


def test_json_lines_hold_items_as_answers_do(listed: CheckedClient, tmp_path: Path) -> None:
    """For the customers of a list; one that nobody knows gets what is popular, and says so."""
    wanted = tmp_path / "who.txt"
    wanted.write_text("ann\n\nnobody\nann\n", "utf-8")
    _, out = export(listed.root, "--format", "jsonl", "--customers", str(wanted), "--purchased", "include")
    lines = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [(line["customer_id"], line["source"]) for line in lines] == [("ann", "personal"), ("nobody", "popular")]
    assert lines[0]["items"] == listed.get("/customers/ann/picks?purchased=include").json["items"]


def test_no_cell_is_a_formula(serve: Serve, shop: Builders, capsys: pytest.CaptureFixture[str]) -> None:
    """A title that begins like one gets an apostrophe; a customer whose id does is left out and counted."""
    client = serve(
        shop.model(
            {"tea": {"title": "=HYPERLINK(1)"}, "-item": {}},
            customers={"=cmd": [("tea", 1, 20_000)], "ann": [("tea", 1, 20_000)]},
            ahead={"ann": [("-item", 0.6, Why.ALIKE), ("tea", 0.5, Why.REPEAT)]},
        )
    )
    _, out = export(client.root, "--purchased", "include")
    (row,) = csv.DictReader(out.read_text("utf-8").splitlines())
    assert (row["customer_id"], row["item_1_id"], row["item_1_title"]) == ("ann", "tea", "'=HYPERLINK(1)")
    assert "left out: 1 customers whose ids" in capsys.readouterr().out
    _, out = export(client.root, "--purchased", "include", "--format", "jsonl")
    assert len(out.read_text("utf-8").splitlines()) == 2


def test_nonsense_is_refused(listed: CheckedClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Too many, no such list, no such folder: a sentence, and no file."""
    for options, message in (
        (("--n", "31"), "--n is 1 to 30"),
        (("--customers", str(tmp_path / "none")), "No such file"),
        (("--version", "20200101T0000Z-0000"), "20200101T0000Z-0000"),
    ):
        code, out = export(listed.root, *options)
        assert code == 2
        assert message in capsys.readouterr().err
        assert not out.exists()


def test_the_how_to_page_is_run(listed: CheckedClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command of docs/how-to/picks-in-mails.md works as it stands there."""
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "picks-in-mails.md").read_text("utf-8")
    commands = [line.split() for block in page.split("```sh\n")[1:] for line in block.split("```")[0].splitlines()]
    monkeypatch.setenv("RECSVC_MODELS", str(listed.root))
    (tmp_path / "mails").mkdir()
    monkeypatch.chdir(tmp_path / "mails")
    assert [main(command[1:]) for command in commands] == [0] * len(commands)
    assert sorted(path.name for path in Path().iterdir()) == [
        "block.html",
        "braze.jsonl",
        "brevo.csv",
        "iterable.jsonl",
        "klaviyo.csv",
        "picks.csv",
        "picks.jsonl",
        "sfmc.csv",
    ]
