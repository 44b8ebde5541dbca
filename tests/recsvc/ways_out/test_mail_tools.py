"""What each how-to page tells a mail tool to do, done by a small fake of it: its calls, deadlines and manners."""

from __future__ import annotations

import csv
import json
import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http.client import HTTPConnection
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
    from conftest import Builders, CheckedClient, RedisServer, Served

PAGES = Path(__file__).parents[3] / "docs" / "how-to" / "mail-tools"
NOW = datetime(2026, 1, 15, 10, tzinfo=UTC)
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
        self.was_noted()

    def list_sent(self, name: str, folder: Path) -> None:
        """Note a list as the page says, twice: kept once."""
        (command,) = re.findall(r"^recsvc (events sent .*)$", page(name), re.MULTILINE)
        (folder / "sent.txt").write_text("ann\n")
        for _ in range(2):
            assert (
                main([*command.replace("sent.txt", str(folder / "sent.txt")).split(), "--day", f"{NOW:%Y-%m-%d}"]) == 0
            )
        self.was_noted()

    def was_noted(self) -> None:
        """One mail, to this customer, with the items that were decided for it."""
        (kept,) = self.state.customer("ann").events
        assert (kept.type, kept.channel, kept.campaign, len(kept.items)) == ("email_sent", "email", "autumn", 4)


@pytest.fixture
def tool(serve: Callable[..., CheckedClient], shop: Builders, tmp_path: Path) -> Tool:
    """The tea shop behind keys, with a memory."""
    keys = add((), Wanted(("customers", "events"), name="mail"), SECRET, NOW)
    write_keys(tmp_path / "keys.json", keys)
    state = SqliteState(tmp_path / "state.db")
    clock = NOW.timestamp
    client = serve(shop.tea(), clock=clock, state=state, keys=tmp_path / "keys.json", token_secret=SIGNING)
    return Tool(client, state)


def connected_content(known: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """What Braze asks, from its page's tag."""
    (line,) = re.findall(r"\{% connected_content (.*) :save picks %\}", page("braze"))
    url, _, options = filled(line, known).partition(" ")
    return url, json.loads(re.findall(r":headers (\{.*?\})", options)[0])


def feed(name: str, known: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """What a feed with a static header asks, from its page's first block."""
    (block,) = re.findall(r"```text\n(.*?)\n```", page(name), re.DOTALL)
    url, header = filled(block, {**known, "secret": SECRET}).splitlines()
    field, value = header.split(": ", 1)
    return url, {field: value}


def amp_url(known: Mapping[str, str]) -> str:
    """What AMPscript's `Concat` makes of its parts: texts, columns, and columns encoded for an address."""
    (parts,) = re.findall(r"set @url = Concat\((.*)\)$", page("sfmc"), re.MULTILINE)
    made = ""
    for text, encoded, column in re.findall(r'"([^"]*)"|URLEncode\((\w+), 1, 1\)|(\w+)', parts):
        made += text or (quote(known[encoded], safe="") if encoded else known[column])
    return made


def asked_by_each(who: str, now: float = NOW.timestamp()) -> dict[str, tuple[str, dict[str, str], float]]:
    """Address, headers and deadline of every tool that asks when it sends."""
    known = {"${user_id} | url_param_escape": who, "secret": SECRET, "userId": who, "contact.EXT_ID": who}
    token = Signer([SIGNING.encode()], "recsvc").sign(who, "email", int(now) + 7 * 86_400)
    return {
        "braze": (*connected_content(known), 2),
        "iterable": (*feed("iterable", known), 10),
        "brevo": (*feed("brevo", known), 10),
        "sfmc": (amp_url({"_subscriberkey": who, "token": token}), {}, 30),
    }


def test_braze_asks_three_times_within_two_seconds(tool: Tool) -> None:
    """HTML, text and validation get one answer, also after the mail was reported; silence aborts the mail."""
    url, headers, seconds = asked_by_each("ann")["braze"]
    answers = [tool.fetch(url, headers, seconds) for _ in range(3)]
    tool.report("braze", {"campaign.${dispatch_id}": "d1", "${user_id}": "ann"})
    assert [*answers, tool.fetch(url, headers, seconds)] == [answers[0]] * 4
    assert answers[0]["send"] is True
    held = tool.fetch(url.replace("autumn", "winter"), headers, seconds)
    assert (held["send"], held["items"]) == (False, [])


@pytest.mark.parametrize("name", ["iterable", "brevo"])
def test_feeds_with_a_static_header(tool: Tool, name: str) -> None:
    """An object at the top, one call per contact, again after an error; the same answer each time."""
    url, headers, seconds = asked_by_each("ann")[name]
    refused = tool.client.get(url.removeprefix("https://recs.example"))
    assert refused.status_code == 401
    answers = [tool.fetch(url, headers, seconds) for _ in range(6)]
    assert answers == [answers[0]] * 6
    assert answers[0]["items"][0]["title"] == answers[0]["item_1_title"]


def test_iterables_journey_reports(tool: Tool) -> None:
    """Its webhook's own body, filled with fields of the user."""
    url, headers, seconds = asked_by_each("ann")["iterable"]
    tool.fetch(url, headers, seconds)
    tool.report("iterable", {"userId": "ann"})


def test_salesforce_sends_no_header(tool: Tool) -> None:
    """One call per address, a token in it; another customer's address is refused; the words it looks for are there."""
    url, headers, seconds = asked_by_each("ann")["sfmc"]
    answer = tool.fetch(url, headers, seconds)
    assert [item["item_id"] for item in answer["items"]] == [answer[f"item_{n}_id"] for n in (1, 2, 3, 4)]
    assert "score" not in answer["items"][0]
    (wanted,) = re.findall(r"IndexOf\(@answer, '(.*?)'\)", page("sfmc"))
    assert wanted in tool.client.get(url.removeprefix("https://recs.example")).text
    for column in re.findall(r'Field\(@item, "(\w+)"\)', page("sfmc")):
        assert isinstance(answer["items"][0][column], str)
    others = url.replace("/ann/", "/ben/").removeprefix("https://recs.example")
    assert tool.client.get(others).status_code == 403
    tool.state.set_consent("ann", "none")
    assert wanted not in tool.client.get(url.removeprefix("https://recs.example")).text


@pytest.mark.parametrize("name", ["braze", "iterable", "brevo", "sfmc", "klaviyo"])
def test_a_list_of_recipients_is_a_report_too(
    tool: Tool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Where a tool cannot report, or names people by address: the page's command, on what was decided that day."""
    tool.client.get("/customers/ann/picks?n=4&campaign=autumn", headers={"X-API-Key": SECRET})
    monkeypatch.setenv("RECSVC_STATE", str(tmp_path / "state.db"))
    tool.list_sent(name, tmp_path)


def test_every_tool_asks_for_any_id(tool: Tool) -> None:
    """Slashes and letters of any language, encoded as each tool does it."""
    url, headers, seconds = asked_by_each("zoë/1")["sfmc"]
    assert tool.fetch(url, headers, seconds)["customer_id"] == "zoë/1"
    url = f"/customers/{quote('zoë/1', safe='')}/picks"
    assert tool.fetch(url, {"X-API-Key": SECRET}, 2)["customer_id"] == "zoë/1"


def test_a_memory_that_hangs_keeps_every_deadline(
    served: Callable[..., Served], start_redis: Callable[..., RedisServer], shop: Builders, tmp_path: Path
) -> None:
    """The running service, its Redis stopped in the middle: every tool hears in time that nothing is to be sent.

    That is no failure to any of them: Braze leaves a host alone that answers 429, 502, 503 or 504 too often.
    """
    keeping = ("--appendonly", "yes", "--appendfsync", "always")
    models, store = tmp_path / "models", start_redis(*keeping)
    shop.write(models, shop.tea())
    keys = add((), Wanted(("customers", "events"), name="mail"), SECRET, NOW)
    write_keys(tmp_path / "keys.json", keys)
    service = served(
        "--workers", "1", "--models", str(models), RECSVC_STATE_URL=store.url,
        RECSVC_KEYS=str(tmp_path / "keys.json"), RECSVC_TOKEN_SECRET=SIGNING,
    )  # fmt: skip
    for hanging in (False, True):
        if hanging:
            store.pause()
        for url, headers, seconds in asked_by_each("ann", time.time()).values():
            connection = HTTPConnection("127.0.0.1", service.port, timeout=seconds)
            began = time.monotonic()
            connection.request("GET", url.removeprefix("https://recs.example"), headers=headers)
            answer = connection.getresponse()
            told = json.loads(answer.read())
            assert time.monotonic() - began < min(seconds, 2)
            connection.close()
            assert answer.status == 200
            assert (told["send"], told["send_reason"]) == ((False, "state_unavailable") if hanging else (True, None))
    store.resume()


def test_klaviyo_takes_a_file(tool: Tool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page's command writes a profile per customer: an id, and properties that its template asks for."""
    (command,) = re.findall(r"^recsvc (export picks .*)$", page("klaviyo"), re.MULTILINE)
    monkeypatch.setenv("RECSVC_MODELS", str(tool.client.root))
    monkeypatch.chdir(tmp_path)
    tool.client.get("/customers/ann/picks?n=4&campaign=autumn", headers={"X-API-Key": SECRET})
    assert main(command.split()) == 0
    with (tmp_path / "picks.csv").open(encoding="utf-8", newline="") as file:
        profiles = {row["External ID"]: row for row in csv.DictReader(file)}
    assert "ann" in profiles
    for wanted in re.findall(r"lookup:'(\w+)'", page("klaviyo")):
        assert isinstance(profiles["ann"][wanted], str)
    assert profiles["ann"]["item_1_id"]
    assert profiles["ann"]["send"] == "yes"
    tool.report("klaviyo", {"person|lookup:'customer_id'": "ann"})


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
