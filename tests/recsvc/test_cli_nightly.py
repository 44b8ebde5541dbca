"""`recsvc nightly`: every exit code, its JSON record, and the live version that stays whatever fails."""

from __future__ import annotations

import errno
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import models.artefact
import models.registry
from models.gate import verdict_path
from models.registry import Registry
from recsvc.cli import nightly, train
from recsvc.cli.lock import alone
from recsvc.cli.main import CommandError, main

if TYPE_CHECKING:
    from conftest import CliShop

DOCS = Path(__file__).parents[2] / "docs" / "how-to" / "retrain-nightly.md"
Run = Callable[..., dict[str, object]]


@pytest.fixture
def run(cli: CliShop, capsys: pytest.CaptureFixture[str]) -> Run:
    """`run(code, *options)`: a night that ends with that exit code, and its record, the last line on stdout."""

    def night(code: int, *options: str) -> dict[str, object]:
        capsys.readouterr()
        argv = [*cli.nightly(), *options]
        assert main(argv) == code
        said = capsys.readouterr()
        record = dict(json.loads(said.out.splitlines()[-1]))
        assert record["exit_code"] == code
        assert (f"recsvc nightly: {record['message']}" in said.err) == bool(code)
        assert record["current"] == Registry(cli.models).current()
        return record

    return night


@pytest.fixture
def live(run: Run) -> str:
    """The version that an earlier night published."""
    return str(run(0)["version"])


def judged(monkeypatch: pytest.MonkeyPatch, verdict: object) -> None:
    """Let somebody else judge each version as soon as it is written."""

    def write(*args: object) -> str:
        name = write_version(*args)  # type: ignore[arg-type]  # passed on as it came
        path = verdict_path(args[0].root, name)  # type: ignore[attr-defined]  # a registry
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(verdict))
        return name

    write_version = Registry.write
    monkeypatch.setattr(Registry, "write", write)


def test_a_night_trains_and_publishes(cli: CliShop, run: Run) -> None:
    """Exit code 0, and a record of what was read, learnt and published."""
    record = run(0, "--catalogue", str(cli.catalogue()))
    assert record["outcome"] == "published"
    assert (record["version"], record["seq"]) == (Registry(cli.models).current(), 1)
    assert (record["lines_read"], record["lines_kept"], record["lines_dropped"]) == (cli.lines, cli.lines, {})
    assert (record["orders"], record["customers"], record["items"]) == (12, 4, 5)
    assert record["data_until"] == "2026-01-12T00:00:00Z"
    assert isinstance(record["peak_rss_mb"], int)
    assert "no verdict stands beside" in str(record["gate"])
    assert not record["warnings"]
    again = run(0, "--catalogue", str(cli.catalogue()), "--columns", "status=")
    assert (again["seq"], again["gate"]) == (2, "passed")


def test_old_versions_go(cli: CliShop, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Disks do not fill: as many stay as RECSVC_KEEP_VERSIONS says, and the record names those that went."""
    monkeypatch.setenv("RECSVC_KEEP_VERSIONS", "1")
    records = [run(0, "--currency", code) for code in ("EUR", "GBP", "SEK", "NOK", "DKK", "CHF")]
    left, pointer = set(Registry(cli.models).names()), Registry(cli.models).pointer()
    removed = [name for record in records for name in record["removed"]]  # type: ignore[attr-defined]  # a list
    assert sorted([*left, *removed]) == sorted(str(record["version"]) for record in records)
    assert {pointer.version, pointer.before} <= left
    assert len(left) <= 3, "the newest, the live one and the one before"


def test_bad_input_leaves_the_live_version(cli: CliShop, live: str, run: Run) -> None:
    """Exit code 2; what was not reached is null."""
    record = run(2, "--catalogue", str(cli.folder / "absent.csv"))
    assert (record["outcome"], record["current"], record["version"], record["seq"]) == ("bad_input", live, None, None)
    assert record["lines_read"] is None
    assert "absent.csv: there is no such file" in str(record["message"])


def test_a_bad_setting_is_bad_input(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is read."""
    monkeypatch.setenv("RECSVC_KEEP_VERSIONS", "none")
    assert "RECSVC_KEEP_VERSIONS" in str(run(2)["message"])
    monkeypatch.setenv("RECSVC_KEEP_VERSIONS", "3")
    monkeypatch.setenv("RECSVC_REDIS_URL", "http://127.0.0.1")
    assert "RECSVC_REDIS_URL" in str(run(2)["message"])


def test_the_gate_refuses(cli: CliShop, live: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 3 with its reasons; the new version is kept to be looked at, and --force publishes it."""
    judged(monkeypatch, {"verdict": "refuse", "reasons": ["hit rate fell from 0.12 to 0.07"]})
    record = run(3, "--currency", "SEK", "--no-gate")
    assert (record["outcome"], record["current"]) == ("gate_refused", live)
    assert "hit rate fell from 0.12 to 0.07" in str(record["message"])
    assert (
        record["what_to_do"]
        == f"read the reasons; to publish it all the same: recsvc publish {record['version']} --force"
    )
    assert record["version"] in Registry(cli.models).names()
    forced = run(0, "--currency", "GBP", "--force", "--no-gate")
    assert (forced["current"], forced["seq"]) == (forced["version"], 2)
    assert "published by --force" in str(forced["gate"])


def test_redis_refuses(cli: CliShop, live: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 4: nobody listens on that socket. The new version waits on disk, nothing has to be trained again."""
    monkeypatch.setenv("RECSVC_REDIS_URL", f"unix://{cli.folder}/nobody.sock")
    record = run(4, "--currency", "SEK")
    assert (record["outcome"], record["current"], record["seq"]) == ("redis_refused", live, None)
    assert "the version before stays" in str(record["message"])
    assert str(record["what_to_do"]).endswith(f"recsvc publish {record['version']}")
    monkeypatch.delenv("RECSVC_REDIS_URL")
    assert main(["publish", str(record["version"]), "--models", str(cli.models)]) == 0


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize("place", ["arrays", "pointer", "rejects", "lock"])
def test_a_full_disk_changes_nothing(
    cli: CliShop, live: str, run: Run, monkeypatch: pytest.MonkeyPatch, number: int, place: str
) -> None:
    """Exit code 5 wherever it fills; no half version is left, and the live one is byte for byte what it was."""

    def full(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    before = {path: path.read_bytes() for path in (cli.models / live).iterdir()}
    owner, name = {
        "arrays": (models.artefact, "write_synced"),
        "pointer": (models.registry, "write_whole"),
        "rejects": (sys.modules["training.readers.rejects"], "write_whole"),
        "lock": (os, "pwrite"),
    }[place]
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, full)
        record = run(5, "--currency", "SEK")
    assert (record["outcome"], record["current"]) == ("no_room", live)
    assert os.strerror(number) in str(record["message"])
    assert {path: path.read_bytes() for path in (cli.models / live).iterdir()} == before
    assert not list(cli.models.glob(".writing-*"))
    assert run(0, "--currency", "SEK")["seq"] == 2, "the next night succeeds unaided"


def test_out_of_memory(live: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 5."""

    def greedy(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(train, "build_model", greedy)
    record = run(5)
    assert (record["outcome"], record["current"], record["version"]) == ("no_room", live, None)
    assert "out of memory" in str(record["message"])


def test_a_second_run_says_who_holds_the_lock(cli: CliShop, live: str, run: Run) -> None:
    """Exit code 75, with the process and since when; the lock ends with its holder, however that ends."""
    code = (
        "import sys, pathlib; from recsvc.cli.lock import alone\n"
        "with alone(pathlib.Path(sys.argv[1]), 'a nightly run'):\n    print('held', flush=True); sys.stdin.read()"
    )
    held = [sys.executable, "-c", code, str(cli.models / nightly.LOCK)]
    with subprocess.Popen(held, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        record = run(75)
        holder.kill()
    assert (record["outcome"], record["current"], record["version"]) == ("already_running", live, None)
    assert re.search(rf"process {holder.pid} on \S+ since \d{{4}}-\d\d-\d\dT", str(record["message"]))
    assert run(0)["outcome"] == "published"


def test_a_lock_is_held_by_one(tmp_path: Path) -> None:
    """Within one process too, and again after its holder let go."""
    with alone(tmp_path / "lock", "it"), pytest.raises(CommandError) as caught, alone(tmp_path / "lock", "it"):
        pass
    assert caught.value.exit_code == 75
    with alone(tmp_path / "lock", "it"):
        assert f"process {os.getpid()} " in (tmp_path / "lock").read_text()


def test_term_ends_a_night_with_its_record(live: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a scheduler that stops it would see."""

    def interrupted(*_: object, **__: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(train, "build_model", interrupted)
    record = run(130)
    assert (record["outcome"], record["current"]) == ("interrupted", live)


def test_a_fault_of_ours_still_leaves_a_record(
    cli: CliShop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The traceback goes to stderr as ever; the record says `fault`."""

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(train, "build_model", broken)
    with pytest.raises(ZeroDivisionError):
        main(cli.nightly())
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["outcome"] == "fault"


def test_the_command_itself(cli: CliShop) -> None:
    """As a timer runs it: a process, its exit code, and nothing on stdout after the record."""
    command = [sys.executable, "-c", "import sys; from recsvc.cli.main import main; sys.exit(main())"]
    done = subprocess.run(
        [*command, *cli.nightly()], capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2]
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["current"] == Registry(cli.models).current()


def test_the_page_explains_every_exit_code() -> None:
    """docs/how-to/retrain-nightly.md has a row per exit code, with its outcome, and one per field of the record."""
    page = DOCS.read_text("utf-8")
    rows = dict(re.findall(r"^\| (\d+) \| `(\w+)` \|", page, re.M))
    assert rows == {str(code): outcome for code, (outcome, _) in nightly.OUTCOMES.items()}
    fields = re.findall(r"`(\w+)`", " ".join(re.findall(r"^- (.*?):", page, re.M)))
    assert sorted(fields) == sorted(nightly.record(nightly.Night(Path()), 1, ""))
