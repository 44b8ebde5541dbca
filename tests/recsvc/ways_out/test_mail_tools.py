"""What each how-to page tells a mail tool to do, done by a small fake of it: its calls, deadlines and manners."""

from __future__ import annotations

import csv
import json
import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from recsvc.cli.main import main
from recsvc.keys.changes import Wanted, add
from recsvc.keys.file import write_keys
from recsvc.keys.tokens import Signer
from recsvc.state.sqlite import SqliteState

if TYPE_CHECKING:
    from conftest import Builders, CheckedClient

PAGES = Path(__file__).parents[3] / "docs" / "how-to" / "mail-tools"
NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
SECRET = "sk_" + "s" * 43
SIGNING = "t" * 32
PLACEHOLDER = re.compile(r"\{\{\s*(.+?)\s*\}\}(?!\})")


def page(name: str) -> str:
    """A how-to page."""
    return (PAGES / f"{name}.md").read_text("utf-8")


def filled(text: str, known: Mapping[str, str]) -> str:
    """A tool's text with its placeholders filled; one that the fake does not know is an error of the page."""
    return PLACEHOLDER.sub(lambda found: known[found[1]], text)


class Tool:
    """A mail tool in front of the service.

    Attributes:
        client: how it reaches the service.
        state: what the service remembers.
    """

    def __init__(self, client: CheckedClient, state: SqliteState) -> None:
        self.client, self.state = client, state

    def fetch(self, url: str, headers: Mapping[str, str], seconds: float) -> Any:  # noqa: ANN401  # JSON
        """What every tool wants of an answer: in time, 200, no redirect, a JSON object in UTF-8."""
        assert "@" not in url
        began = time.monotonic()
        response = self.client.get(url.removeprefix("https://recs.example"), headers=dict(headers))
        assert time.monotonic() - began < seconds
        assert response.status_code == 200, response.text
        assert response.headers["Content-Type"] == "application/json; charset=utf-8"
        assert len(response.data) < 1_000_000
        assert isinstance(response.json, dict)
        return response.json

    def report(self, name: str, known: Mapping[str, str]) -> None:
        """Send what the page says to send, twice, as tools do; it is kept once, with the items that were decided."""
        (body,) = re.findall(r"```json\n(.*?)\n```", page(name), re.DOTALL)
        event = json.loads(filled(body, known))
        said = [self.client.post("/events", json=event, headers={"X-API-Key": SECRET}).json for _ in range(2)]
        assert [(each["accepted"], each["duplicates"]) for each in said] == [(1, 0), (0, 1)]
        (kept,) = self.state.customer("ann").events
        assert (kept.type, kept.channel) == ("email_sent", "email")


@pytest.fixture
def tool(serve: Callable[..., CheckedClient], shop: Builders, tmp_path: Path) -> Tool:
    """The tea shop behind keys, with a memory."""
    keys = add((), Wanted(("customers", "events"), name="mail"), SECRET, NOW)
    write_keys(tmp_path / "keys.json", keys)
    state = SqliteState(tmp_path / "state.db")
    clock = NOW.timestamp
    client = serve(shop.tea(), clock=clock, state=state, keys=tmp_path / "keys.json", token_secret=SIGNING)
    return Tool(client, state)


def test_braze_asks_three_times_within_two_seconds(tool: Tool) -> None:
    """HTML, text and validation get one answer, also after the mail was reported; silence aborts the mail."""
    (line,) = re.findall(r"\{% connected_content (.*) :save picks %\}", page("braze"))
    known = {"${user_id} | url_param_escape": "ann", "campaign.${api_id}": "camp-1", "secret": SECRET}
    url, _, options = filled(line, known).partition(" ")
    headers = json.loads(re.findall(r":headers (\{.*?\})", options)[0])
    answers = [tool.fetch(url, headers, 2) for _ in range(3)]
    tool.report("braze", {"dispatch_id": "d1", "user_id": "ann", "campaign_id": "camp-1"})
    assert [*answers, tool.fetch(url, headers, 2)] == [answers[0]] * 4
    assert answers[0]["send"] is True
    assert len(tool.state.customer("ann").events[0].items) == 4
    held = tool.fetch(url.replace("camp-1", "camp-2"), headers, 2)
    assert (held["send"], held["items"]) == (False, [])


@pytest.mark.parametrize(
    ("name", "known", "reported", "seconds"),
    [
        (
            "iterable",
            {"userId": "ann", "campaignId": "c1"},
            {"messageId": "m1", "userId": "ann", "campaignId": "c1"},
            10,
        ),
        (
            "brevo",
            {"contact.EXT_ID": "ann", "campaign.id": "c1"},
            {"message_id": "m1", "EXT_ID": "ann", "campaign_id": "c1"},
            10,
        ),
    ],
)
def test_feeds_with_a_static_header(
    tool: Tool, name: str, known: dict[str, str], reported: dict[str, str], seconds: float
) -> None:
    """Iterable and Brevo: an object at the top, one call per contact, again after an error; same answer each time."""
    (block,) = re.findall(r"```text\n(.*?)\n```", page(name), re.DOTALL)
    url, header = filled(block, {**known, "secret": SECRET}).splitlines()
    field, value = header.split(": ", 1)
    refused = tool.client.get(url.removeprefix("https://recs.example"))
    assert refused.status_code == 401
    answers = [tool.fetch(url, {field: value}, seconds) for _ in range(2)]
    assert answers[0] == answers[1]
    assert answers[0]["items"][0]["title"] == answers[0]["item_1_title"]
    tool.report(name, reported)


def test_salesforce_sends_no_header(tool: Tool) -> None:
    """One call per address, a token in it; another customer's address is refused; the charset is said."""
    (address,) = re.findall(r'set @url = "(.*?)"', page("sfmc"))
    exp = int(NOW.timestamp()) + 7 * 86_400
    token = Signer([SIGNING.encode()], "recsvc").sign("ann", "email", exp)
    url = filled(address, {"customer_id": "ann", "job_id": "j1", "token": token})
    answer = tool.fetch(url, {}, 30)
    assert [item["item_id"] for item in answer["items"]] == [answer[f"item_{n}_id"] for n in (1, 2, 3, 4)]
    assert "score" not in answer["items"][0]
    others = url.replace("/ann/", "/ben/").removeprefix("https://recs.example")
    assert tool.client.get(others).status_code == 403
    tool.report("sfmc", {"job_id": "j1", "customer_id": "ann"})


def test_klaviyo_takes_a_file(tool: Tool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page's command writes a profile per customer: an id, and properties that its template asks for."""
    (command,) = re.findall(r"```sh\nrecsvc (.*?)\n```", page("klaviyo"), re.DOTALL)
    monkeypatch.setenv("RECSVC_MODELS", str(tool.client.root))
    monkeypatch.chdir(tmp_path)
    assert main(command.split()) == 0
    with (tmp_path / "picks.csv").open(encoding="utf-8", newline="") as file:
        profiles = {row["External ID"]: row for row in csv.DictReader(file)}
    assert "ann" in profiles
    for wanted in re.findall(r"lookup:'(\w+)'", page("klaviyo")):
        assert isinstance(profiles["ann"][wanted], str)
    assert profiles["ann"]["item_1_id"]
    assert profiles["ann"]["send"] == "yes"
    tool.report("klaviyo", {"message_id": "m1", "external_id": "ann", "campaign_id": "c1"})


def test_a_file_leaves_out_who_was_erased_or_did_not_consent(
    tool: Tool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the copy beside the versions, or from the state where it is named."""
    monkeypatch.setenv("RECSVC_MODELS", str(tool.client.root))
    out = tmp_path / "picks.jsonl"
    command = ["export", "picks", "--format", "jsonl", "--out", str(out)]
    headers = {"X-API-Key": SECRET}
    tool.client.delete("/customers/ann/data", headers=headers)
    assert main(command) == 0
    assert {json.loads(line)["customer_id"] for line in out.read_text().splitlines()} == {"ben", "zoë/1"}
    tool.state.set_consent("ben", "none")
    monkeypatch.setenv("RECSVC_STATE", str(tmp_path / "state.db"))
    assert main(command) == 0
    assert {json.loads(line)["customer_id"] for line in out.read_text().splitlines()} == {"zoë/1"}


def test_any_customer_id_can_be_put_into_an_address(tool: Tool) -> None:
    """Slashes and letters of any language, percent-encoded."""
    url = f"/customers/{quote('zoë/1', safe='')}/picks"
    assert tool.fetch(url, {"X-API-Key": SECRET}, 2)["customer_id"] == "zoë/1"
