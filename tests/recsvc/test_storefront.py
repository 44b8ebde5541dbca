"""The demonstration shop: there only when it is asked for; self-contained, read-only, in step with the model."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from recsvc.storefront import pages

STATIC = Path(pages.__file__).parent / "static"
MOST_BYTES = 10_000
"""What the component that shops copy may weigh."""


class Front:
    """The plain client: the shop's routes are not in the specification that the checked one goes by."""

    def __init__(self, checked: Any) -> None:  # noqa: ANN401  # the client of conftest
        self.root = checked.root
        self._client = checked.client

    def get(self, path: str) -> TestResponse:
        """GET, read to the end, so that no file stays open."""
        response = self._client.get(path)
        response.get_data()
        response.close()
        return response


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A demo shop's folder, with something in it that is nobody's business."""
    folder = tmp_path / "demo"
    (folder / "pictures").mkdir(parents=True)
    (folder / "pictures" / "cup.svg").write_text("<svg/>")
    (folder / "orders.csv").write_text("order_id,item_id\n")
    (folder / "shoppers.json").write_text(json.dumps([{"customer_id": "ann", "label": "A regular", "text": "Tea."}]))
    return folder


@pytest.fixture
def front(serve: Callable[..., Any], shop: Any, folder: Path) -> Any:  # noqa: ANN401  # the builders of conftest
    """The tea shop with a storefront before it."""
    return Front(serve(shop.tea(), storefront=folder))


def ids(front: Front, query: str = "") -> list[str]:
    """Items of one page of the list."""
    return [item["item_id"] for item in front.get(f"/shop/api/items?{query}").json["items"]]


def test_without_the_setting_there_is_no_shop(tea: Any) -> None:  # noqa: ANN401  # as above
    """A real installation serves none of it."""
    for path in ("/shop", "/shop/", "/shop/shop.js", "/shop/api/items"):
        assert tea.get(path).status_code == 404


def test_the_specification_says_nothing_of_the_shop(front: Front) -> None:
    """It is no part of the interface, even where it is shown."""
    assert not [path for path in front.get("/openapi.json").json["paths"] if "shop" in path]


def test_pages_and_pictures_are_served_and_nothing_else_of_the_folder(front: Front) -> None:
    """The page and its parts come with a policy that lets nothing in from elsewhere; orders stay where they are."""
    assert front.get("/shop").status_code == 302
    for name in ("", "shop.js", "shop.css", "recsvc-shelf.js", "icon.svg", "pictures/cup.svg"):
        response = front.get(f"/shop/{name}")
        assert response.status_code == 200, name
        assert response.headers["Content-Security-Policy"].startswith("default-src 'self'")
    for name in ("orders.csv", "pictures/../orders.csv", "pictures/%2e%2e/orders.csv", "..%2fpages.py", "pages.py"):
        assert front.get(f"/shop/{name}").status_code == 404, name


def test_the_shop_says_what_it_stands_on(front: Front) -> None:
    """Version, numbers, departments by size, and who may be played."""
    facts = front.get("/shop/api/shop").json
    assert facts["items"] == 11
    assert facts["currency"] == "EUR"
    assert facts["departments"][0] == "Cups"
    assert facts["shoppers"][0]["customer_id"] == "ann"
    assert facts["version"]


def test_a_list_shows_one_item_per_family_and_mixes_categories(front: Front) -> None:
    """All families are found once; the best of each category stand first: a window, not a chart."""
    found = ids(front)
    assert len(found) == 10
    assert not {"cup-blue", "cup-red"} <= set(found)
    assert found[:3] == ["tea", "biscuit", "cup-blue"]
    assert found.index("pot") < found.index("mug") < found.index("tea-rare")


def test_search_wants_every_word_at_the_beginning_of_one(front: Front) -> None:
    """Words may come in any case and order; the middle of a word does not count; a variant can be searched for."""
    assert ids(front, "q=TEA+green") == ["tea", "tea-fine", "tea-rare"]
    assert ids(front, "q=een") == []
    assert ids(front, "q=green,+„tea“!") == ["tea", "tea-fine", "tea-rare"]
    assert ids(front, "q=red") == ["cup-red"]
    assert ids(front, "q=茶") == ["ünï/çode id,1"]
    assert ids(front, "category=Pots") == ["pot", "pot-silver"]
    assert ids(front, "q=tea&category=Pots") == ["pot"]


def test_pages_of_a_list_do_not_overlap(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four to a page, three pages, everything once; a page beyond the last, or below the first, is no error."""
    monkeypatch.setattr(pages, "PAGE_SIZE", 4)
    parts = [ids(front, f"page={page}") for page in (1, 2, 3, 4)]
    assert [len(part) for part in parts] == [4, 4, 2, 0]
    assert len({item for part in parts for item in part}) == 10
    assert ids(front, "page=-1") == ids(front, "page=x") == parts[0]


def test_one_item_comes_with_its_variants_price_and_stock(front: Front) -> None:
    """What a product page needs; an unknown item is a 404."""
    cup = front.get("/shop/api/items/cup-red").json
    assert cup["price"] == {"amount": "9.00", "currency": "EUR"}
    assert [each["item_id"] for each in cup["variants"]] == ["cup-blue", "cup-red"]
    assert front.get("/shop/api/items/pot-silver").json["in_stock"] is False
    assert front.get("/shop/api/items/spoon").json["price"] is None
    assert front.get("/shop/api/items/nothing").status_code == 404


def test_a_new_version_is_listed_at_once(front: Front, shop: Any) -> None:  # noqa: ANN401  # as above
    """The list follows what is published."""
    assert "novelty" not in ids(front)
    shop.write(front.root, shop.model({"novelty": {"price": 1, "category": "New"}}), 5)
    assert ids(front) == ["novelty"]


def test_without_a_version_the_shop_is_open_and_empty(serve: Callable[..., Any], folder: Path) -> None:
    """No model: no goods, no error."""
    front = Front(serve(None, storefront=folder))
    assert front.get("/shop/").status_code == 200
    assert front.get("/shop/api/items").json["total"] == 0
    assert front.get("/shop/api/shop").json["version"] is None
    assert front.get("/shop/api/items/tea").status_code == 404


def test_the_shelf_is_small_and_stands_alone() -> None:
    """What a shop copies is one file under 10 kB that imports nothing and names no other host."""
    code = (STATIC / "recsvc-shelf.js").read_text("utf-8")
    assert len(code.encode()) < MOST_BYTES
    assert not re.search(r"^\s*import\b|\bimport\(|innerHTML|https?://", code, re.MULTILINE)


def test_the_shop_asks_nobody_else() -> None:
    """No file of the storefront names another host (but for XML's own namespace)."""
    for path in STATIC.iterdir():
        text = path.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|//[a-z0-9-]+\.[a-z]{2,}/", text), path.name
        assert "innerHTML" not in text or path.name == "dom.js"  # which escapes


def test_the_guide_names_every_attribute_event_and_part_of_the_shelf() -> None:
    """docs/how-to/put-the-shelf-on-a-page.md and the code agree on what there is to use."""
    guide = (Path(__file__).parents[2] / "docs" / "how-to" / "put-the-shelf-on-a-page.md").read_text("utf-8")
    code = (STATIC / "recsvc-shelf.js").read_text("utf-8")
    used = set(re.findall(r'(?:get|has)Attribute\("([a-z-]+)"\)', code))
    used |= set(re.findall(r'^  "?([a-z-]+)"?: "[a-z_]+",$', code, re.MULTILINE))
    told = set(re.findall(r"`([a-z-]+)`", "".join(re.findall(r"^\| (`[^|]*) \|[^|]*\|[^|]*\|$", guide, re.MULTILINE))))
    events = set(re.findall(r'"(recsvc-(?:filled|empty|select|why))"', code))
    assert told == used | events
    parts = set(re.findall(r'(?:part: |text\()"([a-z]+)"', code))
    assert parts == set(re.findall(r"`([a-z]+)`", guide.partition("Style parts for the rest:")[2].partition(".\n")[0]))
    for name in re.findall(r"--recsvc-[a-z]+", code):
        assert f"`{name}`" in guide
