"""The demo shop in a real browser: the whole journey, on a phone and on a desk."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

SCREENS = {"phone": {"width": 360, "height": 740}, "desk": {"width": 1360, "height": 900}}
STAYS_INSIDE = "document.documentElement.scrollWidth <= innerWidth"
NAMELESS = """() => [...document.querySelectorAll("a, button, input, select, img, pre")].filter((element) =>
    element.checkVisibility() && !(element.hasAttribute("alt") || element.getAttribute("aria-label")
    || element.textContent.trim() || element.labels?.length || element.querySelector("img[alt]:not([alt=''])"))
  ).map((element) => element.outerHTML)"""


def article_with_a_better_one(folder: Path) -> str:
    """The title of something in stock that has a complement and is not the best of its kind."""
    planted = json.loads((folder / "planted.json").read_text("utf-8"))
    joined = {pair["item_id"] for pair in planted["complements"]} & {pair["item_id"] for pair in planted["trade_ups"]}
    with (folder / "catalogue.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["item_id"] in joined and row["availability"] == "in_stock"]
    return rows[0]["title"]


@pytest.fixture
def page_at(browser: Any, served: Any) -> Iterator[Callable[[str], Any]]:  # noqa: ANN401  # Playwright is optional
    """`page_at("desk")`: the shop's first page; at the end, nothing may have gone wrong or abroad."""
    troubles: list[str] = []
    contexts = []

    def open_page(screen: str) -> Any:  # noqa: ANN401  # as above
        context = browser.new_context(viewport=SCREENS[screen], reduced_motion="reduce")
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda message: message.type in {"error", "warning"} and troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("requestfailed", lambda request: troubles.append(f"failed: {request.url}"))
        page.on(
            "request", lambda request: request.url.startswith(served.url) or troubles.append(f"abroad: {request.url}")
        )
        page.goto(f"{served.url}/shop/")
        page.wait_for_selector(".grid li")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not troubles


@pytest.mark.parametrize("screen", SCREENS)
def test_a_visit_from_the_list_to_the_mail(page_at: Callable[[str], Any], served: Any, screen: str) -> None:  # noqa: ANN401  # as above
    """Search, article, shelves, why, cart, shopper, mail: every page whole, its parts named, inside the screen."""
    page = page_at(screen)

    def whole() -> None:
        assert page.evaluate(STAYS_INSIDE), page.url
        assert page.evaluate(NAMELESS) == [], page.url
        assert page.locator("main h1").count() == 1

    whole()
    page.get_by_label("Search the shop").fill("mug")
    page.get_by_role("heading", name="“mug”").wait_for()
    assert all(" mug, " in title for title in page.locator(".grid .title").all_text_contents())
    whole()
    title = article_with_a_better_one(served.folder)
    page.get_by_label("Search the shop").fill(title)
    page.locator(".grid .title", has_text=title).click()
    page.get_by_role("heading", name=title).wait_for()
    for kind in ("upsell", "cross_sell"):
        page.locator(f"recsvc-shelf[type={kind}] li").first.wait_for()
    deltas = page.locator("recsvc-shelf[type=upsell] .delta").all_text_contents()
    assert deltas
    assert all(re.fullmatch(r"€[\d.,]+ more", delta) for delta in deltas)
    whole()

    page.locator("recsvc-shelf[type=cross_sell]").get_by_role("button").first.click()
    drawer = page.get_by_role("dialog", name="Why this?")
    drawer.wait_for()
    assert re.search(r"\d+ % of its orders:\s+\d+ of \d+", drawer.inner_text())
    whole()
    page.keyboard.press("Escape")
    drawer.wait_for(state="hidden")

    page.get_by_role("button", name="Add to cart").click()
    page.get_by_role("link", name="Cart").click()
    page.get_by_role("button", name=f"One {title} more").click()
    page.locator(".steps output", has_text="2").wait_for()
    page.locator("recsvc-shelf li").first.wait_for()
    whole()

    shoppers = json.loads((served.folder / "shoppers.json").read_text("utf-8"))
    page.get_by_label("Who is shopping").select_option(shoppers[0]["customer_id"])
    page.get_by_role("link", name="Their e-mail").click()
    page.locator(".mail li").nth(3).wait_for()
    assert shoppers[0]["label"] in page.locator(".mail header").inner_text()
    assert "/picks?n=4" in page.locator("details code").text_content()
    page.locator(".mail").get_by_role("button").first.click()
    drawer.wait_for()
    drawer.get_by_role("button", name="Close").click()
    whole()

    page.reload()
    page.locator(".mail li").first.wait_for()
    assert page.locator("#cart-count").inner_text() == "2"
    assert page.get_by_label("Who is shopping").input_value() == shoppers[0]["customer_id"]


def test_every_shopper_gets_a_mail(page_at: Callable[[str], Any], served: Any) -> None:  # noqa: ANN401  # as above
    """Known and unknown: four picks each, and somebody new is not told what they bought."""
    page = page_at("desk")
    page.get_by_role("link", name="Their e-mail").click()
    for shopper in json.loads((served.folder / "shoppers.json").read_text("utf-8")):
        page.get_by_label("Who is shopping").select_option(shopper["customer_id"])
        page.locator(".mail header", has_text=shopper["label"]).wait_for()
        assert page.locator(".mail li").count() == 4
    assert "Others like these" in page.locator(".letter").inner_text()


def test_the_shop_works_by_keyboard_alone(page_at: Callable[[str], Any]) -> None:
    """The skip link comes first; Enter opens an article; the why-drawer takes focus and gives it back."""
    page = page_at("desk")
    focused = "document.activeElement"
    page.keyboard.press("Tab")
    assert page.evaluate(f"{focused}.textContent") == "Skip to the goods"
    page.keyboard.press("Enter")
    assert page.evaluate(f"{focused}.id") == "main"
    page.locator(".grid a").first.focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Add to cart").wait_for()
    page.locator("main h1:focus").wait_for()
    why = page.locator("recsvc-shelf[type=cross_sell]").get_by_role("button").first
    why.focus()
    page.keyboard.press("Enter")
    page.get_by_role("dialog").wait_for()
    assert page.evaluate(f"{focused}.closest('dialog') !== null")
    page.keyboard.press("Escape")
    assert page.evaluate(f"{focused}.localName") == "recsvc-shelf"


def test_a_shop_without_an_answer_says_so(page_at: Callable[[str], Any], served: Any) -> None:  # noqa: ANN401  # as above
    """An article nobody knows, and a search without a hit, are pages too."""
    page = page_at("phone")
    page.get_by_label("Search the shop").fill("submarine")
    page.get_by_text("Nothing by that name").wait_for()
    page.get_by_label("Search the shop").fill("")
    page.wait_for_selector(".grid li")
    page.get_by_role("button", name="Show more").click()
    page.locator(".grid li").nth(47).wait_for()
    page.get_by_role("link", name="Cart").click()
    page.get_by_text("Your cart is empty").wait_for()
    assert served.url in page.url
