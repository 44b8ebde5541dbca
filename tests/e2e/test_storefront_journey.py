"""The demo shop in a real browser: the whole journey, on a phone and on a desk."""

from __future__ import annotations

import csv
import json
import re
import urllib.request
from collections.abc import Callable, Iterator
from decimal import Decimal
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


def failed(request: Any, troubles: list[str]) -> None:  # noqa: ANN401  # Playwright is optional
    """A request that went wrong; one that is given up because another page is wanted did not."""
    if request.failure != "net::ERR_ABORTED":
        troubles.append(f"failed: {request.url}")


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
        page.on("requestfailed", lambda request: failed(request, troubles))
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


def who_has_something_due(served: Any) -> str:  # noqa: ANN401  # as above
    """The first shopper who is due to buy something again."""
    for shopper in json.loads((served.folder / "shoppers.json").read_text("utf-8")):
        url = f"{served.url}/customers/{shopper['customer_id']}/replenish?n=6&within_days=14"
        with urllib.request.urlopen(url) as answer:  # noqa: S310  # our own server
            if json.load(answer)["items"]:
                return str(shopper["customer_id"])
    pytest.fail("nobody of the toy shop has anything due")


def test_somebody_known_sees_what_is_due_and_shelves_of_their_own(page_at: Callable[[str], Any], served: Any) -> None:  # noqa: ANN401  # as above
    """The first page says what is due, when and how much; a click puts it in the cart; shelves say for whom."""
    page = page_at("phone")
    assert page.get_by_role("region", name="Time to buy again").count() == 0
    page.get_by_label("Who is shopping").select_option(who_has_something_due(served))
    due = page.get_by_role("region", name="Time to buy again").locator("li")
    due.first.wait_for()
    assert re.search(r"(Due on|Was due on|Due today).*About every \d+ days?\.", due.first.inner_text())
    button = due.first.get_by_role("button")
    quantity = int(button.inner_text().removeprefix("Add "))
    button.click()
    assert page.locator("#cart-count").inner_text() == str(quantity)
    assert page.evaluate(STAYS_INSIDE)
    due.first.get_by_role("link").click()
    page.get_by_role("heading", name="Goes well with it, for you").wait_for()
    page.get_by_label("Who is shopping").select_option("")
    page.get_by_role("heading", name="Goes well with it", exact=True).wait_for()


def article_with_a_swap(served: Any) -> str:  # noqa: ANN401  # as above
    """The title of the first thing listed for which something dearer was learnt."""
    with urllib.request.urlopen(f"{served.url}/shop/api/items") as listed:  # noqa: S310  # our own server
        items = json.load(listed)["items"]
    for item in items:
        url = f"{served.url}/recommend?item_id={item['item_id']}&type=upsell&fallback=false"
        with urllib.request.urlopen(url) as answer:  # noqa: S310  # as above
            if item["in_stock"] and json.load(answer)["upsell"]:
                return str(item["title"])
    pytest.fail("nothing listed has a learnt upsell")


def test_a_swap_changes_the_cart_by_what_it_says(page_at: Callable[[str], Any], served: Any) -> None:  # noqa: ANN401  # as above
    """Two of an article with a better one: the offer names the difference, and taking it makes just that."""
    page = page_at("desk")
    title = article_with_a_swap(served)
    page.get_by_label("Search the shop").fill(title)
    page.locator(".grid .title", has_text=title).click()
    page.get_by_role("button", name="Add to cart").click()
    page.get_by_role("button", name="Add to cart").click()
    page.get_by_role("link", name="Cart").click()
    offer = page.get_by_role("region", name="A step up for your cart").locator("li")
    offer.first.wait_for()
    assert f"Instead of {title}" in offer.first.inner_text()
    more = amount(offer.first.locator(".delta").inner_text())
    before = amount(page.locator(".total b").inner_text())
    better = offer.first.get_by_role("link").inner_text()
    shown = page.locator("recsvc-shelf li")
    shown.first.wait_for()
    assert better not in shown.locator(".title").all_inner_texts()
    offer.first.get_by_role("button", name="Swap").click()
    page.locator(".lines a", has_text=better).wait_for()
    assert page.locator(".steps output").inner_text() == "2"
    assert amount(page.locator(".total b").inner_text()) == before + more
    page.get_by_role("button", name="Order, in imagination").click()
    page.get_by_role("heading", name="Your cart is empty").wait_for()


def amount(text: str) -> Decimal:
    """The first price in a text, in euros."""
    found = re.search(r"€([\d,]+\.\d\d)", text)
    assert found, text
    return Decimal(found[1].replace(",", ""))


def test_a_pick_that_was_turned_down_makes_room(page_at: Callable[[str], Any], served: Any) -> None:  # noqa: ANN401  # as above
    """The mail says whether to send it; what a customer is not interested in is replaced at once."""
    page = page_at("phone")
    page.get_by_label("Who is shopping").select_option(who_has_something_due(served))
    page.get_by_role("link", name="Their e-mail").click()
    page.get_by_text("Send it.").wait_for()
    titles = page.locator(".mail li .title")
    refused = titles.first.inner_text()
    page.get_by_role("button", name=f"Not interested in {refused}").click()
    page.locator(".mail li .title", has_text=refused).wait_for(state="detached")
    assert titles.count() == 4
    assert page.evaluate(STAYS_INSIDE)


UNREADABLE = """() => {
    const light = (text) => { const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number);
        const part = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
        return a ? 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b) : null; };
    const ground = (element) => { for (; element; element = element.parentElement) {
        const found = light(getComputedStyle(element).backgroundColor); if (found !== null) return found; } return 1; };
    const ratio = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    return [...document.querySelectorAll("body *")].filter((element) => element.checkVisibility() && !element.disabled
        && (element.localName === "input"
          || [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
        && ratio(light(getComputedStyle(element).color), ground(element)) < 4.5
    ).map((element) => element.outerHTML.slice(0, 120)); }"""
"""Elements whose own text stands out less than 4.5 : 1 (WCAG 2.2, 1.4.3) from the colour behind it."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_stand_out_on_light_and_dark_screens(page_at: Callable[[str], Any], served: Any, scheme: str) -> None:  # noqa: ANN401  # as above
    """Every page's own texts keep a contrast of 4.5 : 1."""
    page = page_at("desk")
    page.emulate_media(color_scheme=scheme)
    page.get_by_label("Who is shopping").select_option(who_has_something_due(served))
    page.locator(".rows li").first.wait_for()
    assert page.evaluate(UNREADABLE) == []
    page.locator(".rows a").first.click()
    page.get_by_role("button", name="Add to cart").click()
    assert page.evaluate(UNREADABLE) == []
    page.get_by_role("link", name="Cart").click()
    page.locator("recsvc-shelf li").first.wait_for()
    assert page.evaluate(UNREADABLE) == []
    page.get_by_role("link", name="Their e-mail").click()
    page.locator(".mail li").first.wait_for()
    page.locator(".mail").get_by_role("button", name="Why").first.click()
    assert page.evaluate(UNREADABLE) == []


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
