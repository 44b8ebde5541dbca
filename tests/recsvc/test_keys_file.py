"""Keys on disk and the commands that change them."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import stat
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from recsvc.cli.main import main
from recsvc.keys import changes
from recsvc.keys.file import read_keys, token_secrets, write_keys
from recsvc.keys.records import Key, KeysError, check, digest_of
from recsvc.keys.ring import KeyRing
from recsvc.keys.watch import KeyWatch

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`run("add", …)`: exit code, output and errors of `recsvc keys` on a file of its own."""
    for name in [name for name in os.environ if name.startswith("RECSVC_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("RECSVC_KEYS", str(tmp_path / "keys.json"))

    def keys(*words: str) -> tuple[int, str, str]:
        code = main(["keys", *words])
        said = capsys.readouterr()
        return code, said.out, said.err

    return keys


def test_a_key_is_shown_once_and_kept_as_its_hash(run: Run, tmp_path: Path) -> None:
    """256 bits, on the standard output alone; the file is its owner's, holds SHA-256, and `list` shows no secret."""
    code, out, err = run("add", "--scope", "recommend", "--scope", "customers", "--name", "backend")
    secret = out.strip()
    assert code == 0
    assert secret.startswith("sk_")
    assert len(secret) >= 3 + 43  # 32 bytes in base64 without padding
    assert secret not in err
    path = tmp_path / "keys.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert secret not in path.read_text()
    (kept,) = json.loads(path.read_text())["keys"]
    assert kept["sha256"] == hashlib.sha256(secret.encode()).hexdigest()
    assert kept["scopes"] == ["recommend", "customers"]
    listed = run("list")[1]
    assert "backend" in listed
    assert secret not in listed
    assert {entry.name for entry in tmp_path.iterdir()} == {"keys.json"}


def test_names_are_given_and_taken_once(run: Run) -> None:
    """Without a name the next free one; a taken one is refused."""
    assert "recommend-1 may" in run("add", "--scope", "recommend")[2]
    assert "recommend-2 may" in run("add", "--scope", "recommend")[2]
    code, out, err = run("add", "--scope", "admin", "--name", "recommend-2")
    assert (code, out) == (2, "")
    assert "there is a key named recommend-2" in err


def test_rotation_keeps_two_and_ends_one(run: Run, tmp_path: Path) -> None:
    """Both secrets are active; a second rotation waits for the first; the old secret can be ended by itself."""
    old = run("add", "--scope", "recommend", "--name", "shop")[1].strip()
    new = run("rotate", "shop", "--grace-hours", "2")[1].strip()
    ring = KeyRing(read_keys(tmp_path / "keys.json"))
    now = datetime.now(UTC)
    later = now + timedelta(hours=3)
    assert [key and key.name for key in (ring.find(old, now), ring.find(new, now))] == ["shop", "shop"]
    assert ring.find(old, later) is None
    assert ring.find(new, later) is not None
    code, _, err = run("rotate", "shop")
    assert (code, "revoke shop --old" in err) == (2, True)
    assert "; ends " in run("list")[1]
    assert run("revoke", "shop", "--old")[0] == 0
    ring = KeyRing(read_keys(tmp_path / "keys.json"))
    assert [ring.find(secret, now) is None for secret in (old, new)] == [True, False]
    assert run("rotate", "shop", "--grace-hours", "-1")[0] == 2


def test_revoking_ends_every_secret_of_a_name(run: Run, tmp_path: Path) -> None:
    """Both go, others stay; a name that is not there is an error."""
    run("add", "--scope", "recommend", "--name", "shop")
    run("add", "--scope", "recommend", "--name", "other")
    run("rotate", "shop")
    assert run("revoke", "shop")[0] == 0
    assert [key.name for key in read_keys(tmp_path / "keys.json")] == ["other"]
    for words in (["revoke", "shop"], ["rotate", "shop"], ["revoke", "other", "--old"]):
        code, _, err = run(*words)
        assert (code, words[1] in err) == (2, True)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--public", "--origin", "https://shop.example", "--scope", "customers"], "scope recommend and no other"),
        (["--public", "--scope", "recommend"], "needs an origin"),
        (["--public", "--scope", "recommend", "--origin", "shop.example"], "is no origin"),
        (["--public", "--scope", "recommend", "--origin", "https://shop.example/"], "is no origin"),
        (["--public", "--scope", "recommend", "--origin", "https://Shop.example"], "is no origin"),
        (["--public", "--scope", "recommend", "--origin", "*"], "is no origin"),
        (["--public", "--scope", "recommend", "--origin", "null"], "is no origin"),
        (["--scope", "recommend", "--rate", "5"], "belong to public keys"),
        (["--scope", "recommend", "--origin", "https://shop.example"], "belong to public keys"),
    ],
)
def test_an_unsound_key_is_not_made(run: Run, tmp_path: Path, words: list[str], message: str) -> None:
    """Exit code 2, a sentence, and no file."""
    code, out, err = run("add", *words)
    assert (code, out) == (2, "")
    assert message in err
    assert not (tmp_path / "keys.json").exists()


def test_without_a_file_named_the_command_says_where_to_name_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """RECSVC_KEYS or --keys."""
    monkeypatch.delenv("RECSVC_KEYS")
    code, _, err = run("list")
    assert (code, "RECSVC_KEYS" in err) == (2, True)


@pytest.mark.parametrize("command", ["add", "list", "revoke", "rotate", "serve"])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "truncated"),
        (b"{", "truncated"),
        (b'{"format":2,"keys":[]}', "$.format"),
        (b'{"format":1,"keys":[{"name":"a"}]}', "sha256"),
        (b'{"format":1,"keys":[],"more":1}', "more"),
        (b'{"format":1,"keys":[{"name":"a","sha256":"00","scopes":["admin"],"created":"2026-01-01T00:00:00Z"}]}', "64"),
        (b"\xff\xfe", "is no list of keys"),
        (b"[" * 100_000, "is no list of keys"),
    ],
)
def test_a_damaged_file_is_refused_and_left_alone(
    run: Run, tmp_path: Path, command: str, content: bytes, message: str
) -> None:
    """Every command says which file, where and what to do; none writes over it; the service does not start."""
    path = tmp_path / "keys.json"
    path.write_bytes(content)
    words = {"add": ["--scope", "admin"], "list": [], "revoke": ["a"], "rotate": ["a"]}
    if command == "serve":
        assert main(["serve", "--bind=0.0.0.0:0"]) == 2
    else:
        code, _, err = run(command, *words[command])
        assert code == 2
        assert str(path) in err
        assert message in err
        assert "bring back a copy" in err
    assert path.read_bytes() == content


def test_a_missing_or_open_file_is_refused(run: Run, tmp_path: Path) -> None:
    """No file: the command that makes one. Writable by others: they could make keys."""
    assert "recsvc keys add --scope recommend" in run("list")[2]
    run("add", "--scope", "recommend")
    path = tmp_path / "keys.json"
    path.chmod(0o622)
    code, _, err = run("list")
    assert (code, "chmod 600" in err) == (2, True)
    path.chmod(0o444)  # as secrets are mounted into containers
    assert run("list")[0] == 0


def made(name: str, secret: str, **more: object) -> Key:
    """A key."""
    return Key(name=name, sha256=digest_of(secret).hex(), scopes=("recommend",), created=NOW, **more)  # type: ignore[arg-type]  # any field


def test_a_list_holds_two_active_keys_of_a_name_and_no_secret_twice() -> None:
    """Ended ones do not count."""
    ended = NOW - timedelta(seconds=1)
    check([made("a", "1"), made("a", "2"), made("a", "3", ends=ended)], NOW)
    with pytest.raises(KeysError, match="3 active keys are named a"):
        check([made("a", "1"), made("a", "2"), made("a", "3", ends=NOW + timedelta(1))], NOW)
    with pytest.raises(KeysError, match="twice: a, b"):
        check([made("a", "1"), made("b", "1")], NOW)


def test_a_key_ends_at_its_end() -> None:
    """Accepted before, refused from the very moment on."""
    ring = KeyRing([made("a", "secret", ends=NOW)])
    assert ring.find("secret", NOW - timedelta(microseconds=1)) is not None
    assert ring.find("secret", NOW) is None
    for nearly in ("", "secre", "secrett", "Secret", "secret\n", "sécret", "\ud800"):
        assert KeyRing([made("a", "secret")]).find(nearly, NOW) is None


def test_secrets_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """What opens is `hmac.compare_digest` over whole digests, for known and unknown keys alike: it alone decides."""
    compared: list[tuple[bytes, bytes]] = []

    def never(a: bytes, b: bytes) -> bool:
        compared.append((a, b))
        return False

    monkeypatch.setattr("recsvc.keys.ring.hmac.compare_digest", never)
    ring = KeyRing([made("a", "secret")])
    assert ring.find("secret", NOW) is None
    assert ring.find("other", NOW) is None
    assert [(len(a), len(b)) for a, b in compared] == [(32, 32), (32, 32)]
    assert compared[0][0] == compared[0][1] == digest_of("secret")


def test_commands_at_once_lose_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight keys added at the same time are eight keys."""
    monkeypatch.setenv("RECSVC_KEYS", str(tmp_path / "keys.json"))
    threads = [
        threading.Thread(target=main, args=(["keys", "add", "--scope", "recommend", "--name", f"k{i}"],))
        for i in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(key.name for key in read_keys(tmp_path / "keys.json")) == [f"k{i}" for i in range(8)]


def test_an_interrupted_write_leaves_the_keys_of_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The old file stands, nothing lies beside it."""
    path = tmp_path / "keys.json"
    write_keys(path, [made("a", "1")])

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("models.files.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_keys(path, changes.add(read_keys(path), changes.Wanted(("admin",)), "2", NOW))
    assert [key.name for key in read_keys(path)] == ["a"]
    assert [entry.name for entry in tmp_path.iterdir()] == ["keys.json"]


def test_a_change_is_seen_and_a_broken_file_keeps_the_keys_of_before(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A new file is taken at the next look; a broken or missing one is told of once and changes nothing."""
    path = tmp_path / "keys.json"
    write_keys(path, [made("a", "1")])
    time = 0.0
    watch = KeyWatch(path, 1.0, lambda: time)

    def names() -> list[str]:
        ring = watch.ring()
        assert ring is not None
        return [found.name for secret in "12" if (found := ring.find(secret, NOW))]

    assert names() == ["a"]
    write_keys(path, [made("b", "2")])
    assert names() == ["a"]  # not yet looked
    time = 1.0
    assert names() == ["b"]
    with caplog.at_level(logging.ERROR, "recsvc.keys"):
        path.write_text("{")
        for later in (2.0, 3.0, 4.0):
            time = later
            assert names() == ["b"]
        assert watch.trouble is not None
        path.unlink()
        time = 5.0
        assert names() == ["b"]
    assert [record.getMessage().endswith("the keys of before go on") for record in caplog.records] == [True, True]
    write_keys(path, [made("a", "1")])
    time = 6.0
    assert names() == ["a"]
    assert watch.trouble is None


def test_a_worker_that_never_read_its_keys_has_none(tmp_path: Path) -> None:
    """Not an empty list, which would be somebody's decision: None."""
    watch = KeyWatch(tmp_path / "keys.json", 0)
    assert watch.ring() is None
    write_keys(tmp_path / "keys.json", [])
    assert watch.ring() is not None


def test_token_secrets_are_long_and_come_from_one_place(tmp_path: Path) -> None:
    """The variable or the file; 32 bytes at least; a file may hold several."""
    path = tmp_path / "secrets"
    path.write_text("a" * 32 + "\n" + "b" * 32 + "\n")
    assert token_secrets(None, None) == ()
    assert token_secrets("a" * 32, None) == (b"a" * 32,)
    assert token_secrets(None, path) == (b"a" * 32, b"b" * 32)
    with pytest.raises(KeysError, match="unset one"):
        token_secrets("a" * 32, path)
    path.write_text("short\n")
    with pytest.raises(KeysError, match="at least 32 bytes"):
        token_secrets(None, path)
    path.write_text("\n")
    with pytest.raises(KeysError, match="is empty"):
        token_secrets(None, path)
    with pytest.raises(KeysError, match="cannot be read"):
        token_secrets(None, tmp_path / "none")
