"""Files for mail tools: whom to write to by the ledger's word, in the columns and bodies of each tool."""

from __future__ import annotations

import csv
import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from recsvc.cli.main import main
from recsvc.contact import decided
from recsvc.picks_tools import BRAZE_BATCH, LAYOUTS, TELLING
from recsvc.state.records import Event, Line
from recsvc.state.sqlite import SqliteState

if TYPE_CHECKING:
    from conftest import Builders

DAY = 86_400


class Export:
    """A folder with the tea shop's version, and the memory of its service."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.state = folder, folder / "state.db"
        self._told = 0

    def tell(self, kind: Any, who: str, *items: str, days_ago: int = 1, **said: Any) -> None:  # noqa: ANN401
        """Keep an event."""
        self._told += 1
        at = int(time.time()) - days_ago * DAY
        lines = tuple(Line(item) for item in items)
        memory = SqliteState(self.state)
        memory.append([Event(f"e{self._told}", kind, at, who, lines, **said)], at)
        memory.close()

    def run(self, layout: str, *options: str) -> str:
        """The file."""
        out = self.folder / "out"
        known = ["--state", str(self.state)] if self.state.exists() else []
        command = ["export", "picks", "--models", str(self.folder / "models"), "--format", layout, "--out", str(out)]
        assert main([*command, *known, *options]) == 0
        return out.read_text("utf-8")

    def klaviyo(self, *options: str) -> dict[str, dict[str, str]]:
        """Its rows by customer."""
        return {row["External ID"]: row for row in csv.DictReader(self.run("klaviyo", *options).splitlines())}

    def braze(self, *options: str) -> dict[str, dict[str, Any]]:
        """Its attributes by customer."""
        bodies = [json.loads(line) for line in self.run("braze", *options).splitlines()]
        assert all(body.keys() == {"attributes"} and len(body["attributes"]) <= BRAZE_BATCH for body in bodies)
        return {user["external_id"]: user for body in bodies for user in body["attributes"]}


@pytest.fixture
def export(shop: Builders, tmp_path: Path) -> Export:
    """The tea shop."""
    shop.write(tmp_path / "models", shop.tea())
    return Export(tmp_path)


def test_without_a_memory_everyone_with_a_pick(export: Export) -> None:
    """Both say yes, name the same items, and ids stay as they are."""
    rows, users = export.klaviyo(), export.braze()
    assert set(rows) == set(users) == {"ann", "ben", "zoë/1"}
    for name, row in rows.items():
        assert (row["send"], row["send_reason"], row["next_eligible_at"]) == ("yes", "", "")
        assert (users[name]["recs_send"], users[name]["recs_send_reason"]) == (True, None)
        items = users[name]["recs_items"]
        assert int(row["count"]) == len(items)
        assert [row[f"item_{at}_id"] for at in range(1, len(items) + 1)] == [item["id"] for item in items]


def test_a_pipe_takes_the_file_and_stays_a_pipe(export: Export) -> None:
    """`--out /dev/null` as root must not put a file where the device was."""
    pipe, found = export.folder / "out", list[str]()
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: found.append(pipe.read_text("utf-8")))
    reader.start()
    assert main(["export", "picks", "--models", str(export.folder / "models"), "--out", str(pipe)]) == 0
    reader.join(10)
    assert pipe.is_fifo()
    assert found[0].count("\n") == 4


def test_a_folder_that_is_not_there_is_named(export: Export, capsys: pytest.CaptureFixture[str]) -> None:
    """By the path that was typed."""
    out = export.folder / "none" / "picks.csv"
    assert main(["export", "picks", "--models", str(export.folder / "models"), "--out", str(out)]) == 2
    assert f"recsvc export: {out}: No such file or directory; nothing was written" in capsys.readouterr().err


def test_the_ledger_decides(export: Export) -> None:
    """Written to yesterday: no, why, and when again, without an item; the others as ever."""
    export.tell("email_sent", "ann", "biscuit", channel="email")
    row, user = export.klaviyo()["ann"], export.braze()["ann"]
    again = f"{time.strftime('%Y-%m-%d', time.gmtime(time.time() + 2 * DAY))}T00:00:00Z"
    assert (row["send"], row["send_reason"], row["count"], row["item_1_id"]) == ("no", "pause", "0", "")
    assert row["next_eligible_at"] == again
    assert (user["recs_send"], user["recs_send_reason"], user["recs_items"]) == (False, "pause", None)
    assert export.klaviyo()["zoë/1"]["send"] == "yes"


def test_plain_files_leave_out_who_is_held_back(export: Export, capsys: pytest.CaptureFixture[str]) -> None:
    """They cannot say so in a row, so it is said on the terminal."""
    export.tell("email_sent", "ann", "biscuit", channel="email")
    lines = [json.loads(line) for line in export.run("jsonl").splitlines()]
    assert "ann" not in {line["customer_id"] for line in lines}
    assert "left out: 1 customers (pause 1)" in capsys.readouterr().out


def test_every_tool_is_told_the_same(export: Export) -> None:
    """Whom to write to, why not, when again and with what: in five shapes, and nobody is left out of any."""
    export.tell("email_sent", "ann", "biscuit", channel="email")
    wanted = {
        who: (row["send"] == "yes", row["send_reason"], row["next_eligible_at"], row["item_1_id"])
        for who, row in export.klaviyo().items()
    }
    assert set(wanted) == {"ann", "ben", "zoë/1"}
    assert set(LAYOUTS) == {"csv", "jsonl"} | TELLING
    rows = {row["SubscriberKey"]: row for row in csv.DictReader(export.run("sfmc").splitlines())}
    assert {
        w: (r["send"] == "yes", *map(r.get, ("send_reason", "next_eligible_at", "item_1_id"))) for w, r in rows.items()
    } == wanted
    rows = {row["EXT_ID"]: row for row in csv.DictReader(export.run("brevo").splitlines(), delimiter=";")}
    names = ("RECS_SEND_REASON", "RECS_NEXT_ELIGIBLE_AT", "RECS_ITEM_1_ID")
    assert {who: (row["RECS_SEND"] == "yes", *map(row.get, names)) for who, row in rows.items()} == wanted
    (body,) = map(json.loads, export.run("iterable").splitlines())
    assert body.keys() == {"users"}
    users = {user["userId"]: user["dataFields"] for user in body["users"]}
    assert users == {
        who: {name: value for name, value in user.items() if name != "external_id"}
        for who, user in export.braze().items()
    }
    for who, user in users.items():
        first = (user["recs_items"] or [{"id": ""}])[0]["id"]
        told = (user["recs_send_reason"] or "", user["recs_next_eligible_at"] or "")
        assert (user["recs_send"], *told, first) == wanted[who]


def test_what_was_decided_is_noted(export: Export) -> None:
    """For this day and campaign, as over HTTP: a mail reported without items means these."""
    export.tell("view", "ann", "pot")
    row = export.klaviyo("--campaign", "autumn")["ann"]
    memory = SqliteState(export.state)
    names = [decided.name_of("email", "autumn", int(time.time()) // DAY + shift) for shift in (0, -1)]
    kept = next(filter(None, (decided.unpack(memory.customer("ann", name).decision) for name in names)))
    memory.close()
    assert (kept.send, kept.items[0]) == (True, row["item_1_id"])


def test_gifts_and_erasures_are_honoured(export: Export) -> None:
    """A purchase that must not be used gives no reason; who was erased is in no file."""
    before = export.braze()
    assert any("Green tea" in item["reason"] for item in before["ann"]["recs_items"])
    memory = SqliteState(export.state)
    for item in ("tea", "cup-blue", "pot"):
        memory.set_use("ann", item, "", use=False)
    memory.erase("ben", int(time.time()))
    memory.close()
    users = export.braze()
    assert set(users) == set(export.klaviyo()) == {"ann", "zoë/1"}
    assert users["ann"]["recs_source"] == "popular"
    assert not any("Green tea" in item["reason"] for item in users["ann"]["recs_items"] or ())


def test_ids_that_are_formulas(shop: Builders, tmp_path: Path) -> None:
    """Left out of a table and counted, exact in JSON; a title gets an apostrophe in the table alone."""
    model = shop.model(
        {"tea": {"title": "=1+1"}, "cup": {}}, customers={"=cmd": [("cup", 1, 20_000)], "ann": [("cup", 1, 20_000)]}
    )
    shop.write(tmp_path / "models", model)
    export = Export(tmp_path)
    assert set(export.klaviyo("--purchased", "include")) == {"ann"}
    assert "'=1+1" in export.klaviyo("--purchased", "include")["ann"].values()
    users = export.braze("--purchased", "include")
    assert set(users) == {"=cmd", "ann"}
    assert "=1+1" in {item["title"] for item in users["=cmd"]["recs_items"]}


def test_braze_takes_75_users_at_a_time(shop: Builders, tmp_path: Path) -> None:
    """160 customers are bodies of 75, 75 and 10."""
    buyers = {f"c{number:03}": [("tea", 1, 20_000)] for number in range(160)}
    shop.write(tmp_path / "models", shop.model({"tea": {}, "cup": {}}, customers=buyers))
    lines = Export(tmp_path).run("braze").splitlines()
    assert [len(json.loads(line)["attributes"]) for line in lines] == [75, 75, 10]


def test_a_memory_that_is_not_there(export: Export, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong name does not make an empty memory: nobody would be held back."""
    out = export.folder / "out"
    command: Callable[[str], list[str]] = lambda state: [  # noqa: E731
        *("export", "picks", "--models", str(export.folder / "models"), "--out", str(out), "--state", state)
    ]
    assert main(command(str(export.folder / "other.db"))) == 2
    assert "does not exist" in capsys.readouterr().err
    assert not out.exists()
