"""`<recsvc-shelf>` by itself, on a page that is no shop: what a merchant copies."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

ANSWER = {
    "recommendation_id": "r_1",
    "model_version": "v",
    "cross_sell": [
        {
            "item_id": f"D{n}",
            "rank": n,
            "title": f"Thing <b>{n}</b>",
            "brand": "Maker",
            "price": {"amount": f"{n}.50", "currency": "EUR"},
            "link": f"#thing-{n}",
            "reason": {"code": "bought_together", "because_item_id": "D9", "text": "Often bought with nine"},
        }
        for n in (1, 2)
    ],
}
SHELF = '<recsvc-shelf item-id="D9" heading="Goes well with" list-id="rec_pdp_cross" {more}></recsvc-shelf>'
HIDDEN = "document.querySelector('recsvc-shelf').checkVisibility()"


class Bench:
    """A bare page with one shelf; the service's answers are made up here, and its questions kept."""

    def __init__(self, page: Any, url: str) -> None:  # noqa: ANN401  # Playwright is optional
        self.page = page
        self.url = url
        self.asked: list[Any] = []
        self.noted: list[dict[str, Any]] = []
        self.answer: Callable[[Any], None] = lambda route: route.fulfill(json=ANSWER)
        page.route("**/recommend*", self._recommend)
        page.route("**/events", self._events)

    def open(self, shelf: str, script: str = "") -> Any:  # noqa: ANN401  # as above
        """Show `shelf` on a page whose analytics keep what they hear; wait until it is filled or given up."""
        source = f"""<!doctype html><html lang="en"><title>Bench</title><script>
            window.heard = []; window.told = [];
            for (const name of ["recsvc-filled", "recsvc-empty", "recsvc-select", "recsvc-why"])
              addEventListener(name, (event) => heard.push([name, event.detail.reason ?? event.detail.item?.item_id]));
            {script}</script><script type="module" src="/shop/recsvc-shelf.js"></script><body>{shelf}"""
        self.page.route("**/bench", lambda route: route.fulfill(body=source, content_type="text/html"))
        self.page.goto(f"{self.url}/bench")
        self.page.wait_for_function("heard.length > 0")
        return self.page

    def wait_for_notes(self, n: int) -> None:
        """Until the service heard `n` events, at most five seconds."""
        for _ in range(100):
            if len(self.noted) >= n:
                return
            self.page.wait_for_timeout(50)
        pytest.fail(f"{len(self.noted)} events were sent, not {n}")

    def _recommend(self, route: Any) -> None:  # noqa: ANN401  # as above
        self.asked.append(route.request)
        self.answer(route)

    def _events(self, route: Any) -> None:  # noqa: ANN401  # as above
        self.noted += json.loads(route.request.post_data)["events"]
        route.fulfill(status=503)


@pytest.fixture
def bench(browser: Any, served: Any) -> Iterator[Bench]:  # noqa: ANN401  # as above
    """A fresh page per test."""
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(10_000)
    yield Bench(page, served.url)
    context.close()


def test_it_shows_what_was_answered_as_text(bench: Bench) -> None:
    """Title, price and link of every item, in order; markup in a title is shown, not obeyed."""
    page = bench.open(SHELF.format(more="reasons"))
    links = page.locator("recsvc-shelf a")
    assert links.count() == 2
    assert links.first.get_attribute("href") == "#thing-1"
    assert "Thing <b>1</b>" in links.first.inner_text()
    assert "€1.50" in links.first.inner_text()
    assert "Often bought with nine" in links.first.inner_text()
    assert page.get_by_role("list", name="Goes well with").count() == 1


def test_a_link_that_would_run_a_script_leads_nowhere(bench: Bench) -> None:
    """Only pages can be linked to, whatever a catalogue says."""
    item = ANSWER["cross_sell"][0] | {"link": " javascript:alert(1)"}
    bench.answer = lambda route: route.fulfill(json={**ANSWER, "cross_sell": [item]})
    assert bench.open(SHELF.format(more="")).locator("recsvc-shelf a").get_attribute("href") == "#"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"status": 200, "json": {"cross_sell": [], "empty_reason": "below_support"}}, "below_support"),
        ({"status": 500, "body": "oh"}, "status_500"),
        ({"status": 200, "body": "no JSON"}, "unreachable"),
        ({"status": 200, "json": {"upsell": []}}, "status_200"),
    ],
)
def test_it_stays_invisible_without_an_answer(bench: Bench, answer: dict[str, Any], reason: str) -> None:
    """Empty, broken or beside the point: nothing is shown, and the page can hear why."""
    bench.answer = lambda route: route.fulfill(**answer)
    page = bench.open(SHELF.format(more=""))
    assert page.evaluate("heard") == [["recsvc-empty", reason]]
    assert not page.evaluate(HIDDEN)


def test_it_gives_up_on_a_late_answer(bench: Bench) -> None:
    """After `timeout` milliseconds the shelf stays away, for good."""
    bench.answer = lambda _route: None
    page = bench.open(SHELF.format(more='timeout="50"'))
    assert page.evaluate("heard") == [["recsvc-empty", "late"]]
    assert not page.evaluate(HIDDEN)


def test_an_unreachable_service_is_nobodys_problem(bench: Bench) -> None:
    """No connection: invisible."""
    bench.answer = lambda route: route.abort()
    page = bench.open(SHELF.format(more=""))
    assert page.evaluate("heard") == [["recsvc-empty", "unreachable"]]
    assert not page.evaluate(HIDDEN)


def test_it_tells_tag_manager_what_was_seen_and_chosen(bench: Bench) -> None:
    """GA4's view_item_list once the shelf is seen, select_item on a click, with list, index, price and currency."""
    page = bench.open(SHELF.format(more=""), "window.dataLayer = [];")
    page.wait_for_function("dataLayer.length === 2")
    page.locator("recsvc-shelf a").nth(1).click()
    cleared, view, cleared_again, select = page.evaluate("dataLayer")
    assert cleared == cleared_again == {"ecommerce": None}
    assert view["event"] == "view_item_list"
    assert view["ecommerce"] == {
        "item_list_id": "rec_pdp_cross",
        "item_list_name": "Goes well with",
        "currency": "EUR",
        "items": [
            {
                "item_id": f"D{n}",
                "item_name": f"Thing <b>{n}</b>",
                "item_brand": "Maker",
                "index": n - 1,
                "price": n + 0.5,
            }
            for n in (1, 2)
        ],
    }
    assert select["event"] == "select_item"
    assert [(item["item_id"], item["index"]) for item in select["ecommerce"]["items"]] == [("D2", 1)]


def test_gtag_is_preferred_where_there_is_one(bench: Bench) -> None:
    """With gtag.js on the page nothing goes to `dataLayer` besides."""
    page = bench.open(SHELF.format(more=""), "window.dataLayer = []; window.gtag = (...all) => told.push(all);")
    page.wait_for_function("told.length === 1")
    assert page.evaluate("told[0].slice(0, 2)") == ["event", "view_item_list"]
    assert page.evaluate("dataLayer") == []


def test_the_service_hears_what_was_seen_and_chosen_where_asked(bench: Bench) -> None:
    """With `events`: an impression of the shelf, a click on an item, each with its name; a refusal shows nowhere."""
    page = bench.open(SHELF.format(more='events customer-id="c 1"'))
    bench.wait_for_notes(1)
    page.locator("recsvc-shelf a").nth(1).click()
    bench.wait_for_notes(2)
    shown, chosen = bench.noted
    assert shown.pop("event_id") != chosen.pop("event_id")
    same = {"customer_id": "c 1", "placement": "rec_pdp_cross", "recommendation_id": "r_1", "channel": "web"}
    assert shown == {"type": "impression", "items": ["D1", "D2"], **same}
    assert chosen == {"type": "click", "items": ["D2"], **same}
    assert page.locator("recsvc-shelf a").count() == 2


def test_nothing_is_noted_unasked(bench: Bench) -> None:
    """Without `events` the service hears of questions only."""
    page = bench.open(SHELF.format(more=""), "window.dataLayer = [];")
    page.wait_for_function("dataLayer.length === 2")
    page.locator("recsvc-shelf a").first.click()
    assert bench.noted == []


def test_what_nobody_saw_is_not_reported(bench: Bench) -> None:
    """A shelf below the fold is seen when it is scrolled to, not before."""
    page = bench.open('<div style="height: 300vh"></div>' + SHELF.format(more=""), "window.dataLayer = [];")
    page.wait_for_timeout(200)
    assert page.evaluate("dataLayer.length") == 0
    page.locator("recsvc-shelf").scroll_into_view_if_needed()
    page.wait_for_function("dataLayer.length === 2")


def test_a_page_asks_by_get_and_a_cart_by_post(bench: Bench) -> None:
    """A page's question can be cached; a cart goes in the body, with the shelf's wishes and what it excludes."""
    more = 'n="3" customer-id="c 1" fallback="false"'
    page = bench.open(SHELF.format(more=more))
    assert bench.asked[0].method == "GET"
    assert bench.asked[0].url.endswith("?item_id=D9&type=cross_sell&n=3&customer_id=c+1&fallback=false")
    page.evaluate("document.querySelector('recsvc-shelf').cart = [{item_id: 'D1', quantity: 2, title: 'not asked'}]")
    page.wait_for_function("heard.length === 2")
    assert bench.asked[1].method == "POST"
    wish = {"type": "cross_sell", "n": 3, "customer_id": "c 1", "fallback": False}
    assert json.loads(bench.asked[1].post_data) == {"cart": [{"item_id": "D1", "quantity": 2}], **wish}
    page.evaluate("Object.assign(document.querySelector('recsvc-shelf'), {exclude: ['D7'], cart: [{item_id: 'D1'}]})")
    page.wait_for_function("heard.length === 3")
    assert json.loads(bench.asked[2].post_data) == {"cart": [{"item_id": "D1"}], "exclude": ["D7"], **wish}


def test_changes_made_together_make_one_question(bench: Bench) -> None:
    """Three attributes changed in one go: one more request, for the last state."""
    page = bench.open(SHELF.format(more=""))
    page.evaluate("""() => { const shelf = document.querySelector("recsvc-shelf");
        for (const id of ["D5", "D6", "D7"]) shelf.setAttribute("item-id", id); }""")
    page.wait_for_function("heard.length === 2")
    assert [request.url.partition("item_id=")[2][:2] for request in bench.asked] == ["D9", "D7"]


def test_the_page_may_take_a_click_or_a_why_over(bench: Bench) -> None:
    """`recsvc-select` can be cancelled, so that a shop opens the article its own way; `why` adds a button that asks."""
    page = bench.open(SHELF.format(more="why"), "addEventListener('recsvc-select', (event) => event.preventDefault());")
    page.locator("recsvc-shelf a").first.click()
    page.get_by_role("button", name="Why Thing <b>2</b>?").click()
    assert page.evaluate("heard.slice(1)") == [["recsvc-select", "D1"], ["recsvc-why", "D2"]]
    assert "#thing" not in page.url


def test_the_real_service_fills_it(bench: Bench) -> None:
    """Against the toy shop itself: an article's companions, with pictures that load."""
    bench.answer = lambda route: route.continue_()
    page = bench.open('<recsvc-shelf item-id="D0000001" heading="Real"></recsvc-shelf>')
    page.locator("recsvc-shelf img").first.wait_for()
    page.wait_for_function("document.querySelector('recsvc-shelf').shadowRoot.querySelector('img').naturalWidth > 0")
