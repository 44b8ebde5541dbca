"""The whole street from orders to a model."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from models.artefact import draft
from models.model import Model
from training.pipeline import build_model
from training.records import Catalogue, Orders
from training.settings import TrainSettings

Lines = list[tuple[str, str | None, int, list[str]]]


@pytest.fixture(scope="module")
def lines() -> Lines:
    """Two hundred orders of a tea shop: cups go with tea, shirts come in two colours."""
    rng = np.random.default_rng(7)
    rows: Lines = []
    for n in range(200):
        items = {["tea", "cup", "pot", "red-shirt", "blue-shirt", "grand-pot"][i] for i in rng.integers(0, 6, 2)}
        if "tea" in items and rng.random() < 0.8:
            items.add("cup")
        rows.append((f"o{n:03}", f"c{n % 30:02}" if n % 5 else None, int(rng.integers(0, 90)), sorted(items)))
    return rows


@pytest.fixture(scope="module")
def catalogue(catalogue_of: Callable[..., Catalogue]) -> Catalogue:
    """Its catalogue, with an item that nobody bought."""
    return catalogue_of(
        [
            {"item_id": "tea", "title": "Tea", "category": "Tea", "price": 5, "consumable": 1},
            {"item_id": "cup", "title": "Cup", "category": "Cups", "price": 4, "consumable": 0},
            {"item_id": "pot", "title": "Pot", "category": "Pots", "price": 30},
            {"item_id": "grand-pot", "title": "Grand pot", "category": "Pots", "price": 60},
            {"item_id": "red-shirt", "title": "Shirt red", "category": "Shirts", "family": "shirt", "price": 20},
            {"item_id": "blue-shirt", "title": "Shirt blue", "category": "Shirts", "family": "shirt", "price": 20},
            {"item_id": "new-cup", "title": "New cup", "category": "Cups", "price": 6},
        ]
    )


@pytest.fixture(scope="module")
def model(lines: Lines, catalogue: Catalogue, orders_of: Callable[..., Orders]) -> Model:
    """Trained with default settings."""
    return build_model(orders_of(lines), catalogue, TrainSettings())


def names(model: Model, kind: str, item: str) -> list[str]:
    """The neighbours of an item, by name."""
    vectors = model.vectors[kind]
    return [model.items.text(j) for j in vectors.item[vectors.row(model.items.find(item))].tolist()]


def test_what_goes_together_comes_first(model: Model) -> None:
    """Tea's first companion is the cup."""
    assert names(model, "cross_sell", "tea")[0] == "cup"


def test_an_upsell_is_dearer_and_of_the_same_category(model: Model) -> None:
    """The pot leads to the grand pot, the grand pot to nothing, tea (alone in its category) to nothing."""
    assert names(model, "upsell", "pot") == ["grand-pot"]
    assert names(model, "upsell", "grand-pot") == []
    assert names(model, "upsell", "tea") == []


def test_variants_share_a_row_and_never_meet(model: Model) -> None:
    """Both shirts have one list; no list holds both shirts, and no shirt lists a shirt."""
    assert names(model, "cross_sell", "red-shirt") == names(model, "cross_sell", "blue-shirt")
    shirts = {"red-shirt", "blue-shirt"}
    for index in range(len(model.items)):
        item = model.items.text(index)
        listed = shirts & set(names(model, "cross_sell", item))
        assert len(listed) <= (0 if item in shirts else 1)


def test_every_item_has_a_list_even_a_new_one(model: Model) -> None:
    """What nobody bought yet is offered what goes with its category."""
    assert len(names(model, "cross_sell", "new-cup")) == 5
    assert np.all(np.diff(model.vectors["cross_sell"].indptr) > 0)


def test_the_catalogue_says_what_is_consumable_else_the_orders(model: Model) -> None:
    """Tea is by the catalogue's word, the cup is not; the pot is judged by who came back."""
    facts = {model.items.text(i): bool(model.facts.consumable[i]) for i in range(len(model.items))}
    assert facts["tea"]
    assert not facts["cup"]


def test_evidence_is_what_can_be_counted(model: Model, lines: Lines) -> None:
    """`together` and `orders` are numbers that a person finds in the order file."""
    tea, cup = model.items.find("tea"), model.items.find("cup")
    row = model.vectors["cross_sell"].row(tea)
    place = model.vectors["cross_sell"].item[row].tolist().index(cup)
    together = int(model.vectors["cross_sell"].together[row][place])
    assert together == sum({"tea", "cup"} <= set(items) for *_, items in lines)
    assert int(model.facts.orders[tea]) == sum("tea" in items for *_, items in lines)
    assert int(model.facts.orders[model.items.find("red-shirt")]) == sum(
        any("shirt" in item for item in items) for *_, items in lines
    )


def test_same_orders_same_bytes(
    lines: Lines, catalogue: Catalogue, orders_of: Callable[..., Orders], model: Model
) -> None:
    """Lines shuffled, one thread or two: the same content hash."""
    whole = draft(model).content_sha256
    shuffled = [lines[i] for i in np.random.default_rng(3).permutation(len(lines))]
    for threads in (1, 2):
        again = build_model(orders_of(shuffled), catalogue, TrainSettings(), threads=threads)
        assert draft(again).content_sha256 == whole


def test_settings_are_part_of_the_content(
    lines: Lines, catalogue: Catalogue, orders_of: Callable[..., Orders], model: Model
) -> None:
    """Another setting is another version."""
    other = build_model(orders_of(lines), catalogue, TrainSettings(neighbours=3))
    assert draft(other).content_sha256 != draft(model).content_sha256
    assert other.settings["neighbours"] == 3


def test_orders_without_times_or_catalogue_train(lines: Lines, orders_of: Callable[..., Orders]) -> None:
    """Ids alone are enough: no decay, no upsell, full cross-sell lists."""
    model = build_model(orders_of(lines, timed=False), None, TrainSettings())
    assert model.shop.data_until is None
    assert model.shop.window_days == 0
    assert names(model, "cross_sell", "tea")[0] == "cup"
    assert len(model.vectors["upsell"].item) == 0


def test_cart_vectors_are_trained_unless_told_otherwise(lines: Lines, orders_of: Callable[..., Orders]) -> None:
    """Tea asks for a cup in a cart too; a neighbourhood of 0 leaves the kind out of the version."""
    orders = orders_of(lines)
    with_cart = build_model(orders, None, TrainSettings())
    assert names(with_cart, "cart", "tea")[0] == "cup"
    assert "cart" not in build_model(orders, None, TrainSettings(cart_neighbourhood=0)).vectors


def test_stages_are_reported(lines: Lines, orders_of: Callable[..., Orders]) -> None:
    """Someone who waits sees what is going on."""
    heard: list[str] = []
    build_model(orders_of(lines), None, TrainSettings(), progress=lambda stage, _share: heard.append(stage))
    assert list(dict.fromkeys(heard)) == [
        "join",
        "baskets",
        "cross_sell",
        "rerank",
        "cart",
        "upsell",
        "customers",
        "picks",
        "next",
        "personal",
    ]
