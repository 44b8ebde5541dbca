"""`recsvc publish` and `recsvc models`: which version is served, and how to change that."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from models.gate import verdict_path
from models.registry import Registry
from recsvc.cli.main import main

if TYPE_CHECKING:
    from conftest import Builders


@pytest.fixture
def three(tmp_path: Path, shop: Builders, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, list[str]]:
    """Three versions, oldest first, none published."""
    monkeypatch.delenv("RECSVC_REDIS_URL", raising=False)
    names = [shop.write(tmp_path, shop.tea(orders=i), i, publish=False) for i in range(3)]
    return tmp_path, names


def judge(root: Path, name: str, verdict: object) -> None:
    """Write what the gate says of a version."""
    path = verdict_path(root, name)
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(verdict))


def test_publish_takes_the_newest_or_the_one_named(
    three: tuple[Path, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    """Each publish is one move, never to an older version; without a verdict it says that there was none."""
    root, (first, second, third) = three
    assert main(["publish", second, "--models", str(root)]) == 0
    assert f"published {second}, move 1; gate: no verdict" in capsys.readouterr().out
    assert main(["publish", "--models", str(root)]) == 0
    pointer = Registry(root).pointer()
    assert (pointer.seq, pointer.version, pointer.before) == (2, third, second)
    assert main(["publish", first, "--models", str(root)]) == 2
    assert f"recsvc models rollback {first}" in capsys.readouterr().err
    assert Registry(root).pointer() == pointer


def test_the_folder_may_be_named_before_or_after_the_action(
    three: tuple[Path, list[str]], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both ways mean the same, and neither leaves the variable's folder in force."""
    root, names = three
    monkeypatch.setenv("RECSVC_MODELS", str(root / "none"))
    assert main(["models", "--models", str(root), "list"]) == 0
    before = capsys.readouterr().out
    assert main(["models", "list", "--models", str(root)]) == 0
    assert capsys.readouterr().out == before
    assert all(name in before for name in names)


def test_what_cannot_be_published_is_refused(three: tuple[Path, list[str]], capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown, a damaged and no version at all: exit code 2, and what was served still is."""
    root, (first, second, _) = three
    assert main(["publish", first, "--models", str(root)]) == 0
    assert main(["publish", "20200101T0000Z-0000", "--models", str(root)]) == 2
    assert f"it has: {', '.join(Registry(root).names())}" in capsys.readouterr().err
    damaged = root / second / "facts.orders.npy"
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"\xff")
    assert main(["publish", second, "--models", str(root)]) == 2
    assert "is damaged: its checksum" in capsys.readouterr().err
    assert Registry(root).current() == first
    assert main(["publish", "--models", str(root / "none")]) == 2
    assert "holds no version; train one first" in capsys.readouterr().err


def test_publish_honours_the_gate(three: tuple[Path, list[str]], capsys: pytest.CaptureFixture[str]) -> None:
    """Refused: exit code 3 with the reasons, and the live version stays; --force publishes; a pass is said."""
    root, (first, second, third) = three
    judge(root, first, {"verdict": "refuse", "reasons": ["hit rate fell"]})
    assert main(["publish", first, "--models", str(root)]) == 0, "nothing is live, so nothing can be lost"
    judge(root, second, {"verdict": "refuse", "reasons": ["hit rate fell", "half the items are gone"]})
    capsys.readouterr()
    assert main(["publish", second, "--models", str(root)]) == 3
    said = capsys.readouterr().err
    assert f"{first} stays: the gate refused {second}: hit rate fell; half the items are gone." in said
    assert f"recsvc publish {second} --force" in said
    assert Registry(root).current() == first
    assert main(["publish", second, "--force", "--models", str(root)]) == 0
    assert Registry(root).current() == second
    judge(root, third, {"verdict": "pass"})
    assert main(["publish", third, "--models", str(root)]) == 0
    assert "gate: passed" in capsys.readouterr().out


@pytest.mark.parametrize("verdict", [[], "pass", {"verdict": "maybe"}, {}, {"verdict": "pass", "reasons": "none"}])
def test_a_verdict_that_makes_no_sense_refuses(
    three: tuple[Path, list[str]], verdict: object, capsys: pytest.CaptureFixture[str]
) -> None:
    """A gate that cannot be understood is shut; the message names its file."""
    root, (first, second, _) = three
    assert main(["publish", first, "--models", str(root)]) == 0
    judge(root, second, verdict)
    assert main(["publish", second, "--models", str(root)]) == 3
    assert str(verdict_path(root, second)) in capsys.readouterr().err


def test_list_marks_what_is_served(three: tuple[Path, list[str]], capsys: pytest.CaptureFixture[str]) -> None:
    """Newest first, with the published one, the one before and a damaged one told apart."""
    root, (first, second, third) = three
    for name in (first, second):
        main(["publish", name, "--models", str(root)])
    (root / third / "run.json").write_text("{}")
    capsys.readouterr()
    assert main(["models", "--models", str(root), "list"]) == 0
    lines = capsys.readouterr().out.splitlines()[1:]
    assert [line.split()[0] for line in lines] == [third, second, first]
    assert "damaged" in lines[0]
    assert [line.split()[-1] for line in lines[1:]] == ["published", "before"]
    assert main(["models", "--models", str(root / "none"), "list"]) == 0
    assert "holds no version" in capsys.readouterr().out


def test_show_is_json(three: tuple[Path, list[str]], capsys: pytest.CaptureFixture[str]) -> None:
    """The published version, else the newest, or the one named."""
    root, (first, _, third) = three

    def shown(*version: str) -> dict[str, object]:
        assert main(["models", "--models", str(root), "show", *version]) == 0
        return dict(json.loads(capsys.readouterr().out))

    assert shown()["version"] == third
    main(["publish", first, "--models", str(root)])
    capsys.readouterr()
    told = shown()
    assert (told["version"], told["published"], told["items"], told["orders"]) == (first, True, 11, 0)
    assert shown(third)["orders"] == 2
    assert main(["models", "--models", str(root), "show", "20200101T0000Z-0000"]) == 2


def test_rollback_is_a_move_back(three: tuple[Path, list[str]], capsys: pytest.CaptureFixture[str]) -> None:
    """To the version before, or further to one named; the gate is not asked: that version was served already."""
    root, (first, second, third) = three
    assert main(["models", "--models", str(root), "rollback"]) == 2
    assert "no version is known to have been served before" in capsys.readouterr().err
    for name in (second, third):
        main(["publish", name, "--models", str(root)])
    judge(root, second, {"verdict": "refuse"})
    assert main(["models", "--models", str(root), "rollback"]) == 0
    assert (Registry(root).current(), Registry(root).pointer().seq) == (second, 3)
    assert main(["models", "--models", str(root), "rollback", first]) == 0
    assert (Registry(root).current(), Registry(root).pointer().seq) == (first, 4)


def test_prune_keeps_what_is_served(three: tuple[Path, list[str]], capsys: pytest.CaptureFixture[str]) -> None:
    """The newest N, the published and the one before stay; verdicts go with their versions."""
    root, (first, second, third) = three
    judge(root, second, {"verdict": "pass"})
    main(["publish", first, "--models", str(root)])
    assert main(["models", "--models", str(root), "prune", "--keep", "0"]) == 2
    assert main(["models", "--models", str(root), "prune"]) == 0
    assert "nothing to remove" in capsys.readouterr().out
    assert main(["models", "--models", str(root), "prune", "--keep", "1"]) == 0
    assert capsys.readouterr().out == f"removed: {second}\n"
    assert Registry(root).names() == [third, first]
    assert not verdict_path(root, second).exists()


def test_diff_shows_what_changed(tmp_path: Path, shop: Builders, capsys: pytest.CaptureFixture[str]) -> None:
    """Figures side by side, settings that differ, and the shelves that lost most places, with what left and came."""
    shelves = {"tea": [("cup-blue", 0.5, 24), ("spoon", 0.4, 3)], "pot": [("tea", 0.7, 9), ("cup-blue", 0.3, 5)]}
    first = shop.write(tmp_path, shop.tea(orders=100), 0)
    other = shop.tea(orders=130, settings={"min_support": 3}, vectors={"cross_sell": shelves, "upsell": {}})
    second = shop.write(tmp_path, other, 1)
    assert main(["models", "--models", str(tmp_path), "diff", first, second, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["before"], found["after"]) == (first, second)
    assert found["shop"]["orders"] == [100, 130]
    assert found["settings"] == {"min_support": [None, 3]}
    assert found["figures"]["upsell"]["silent"] == [8 / 11, 1.0]
    rows = {row["item_id"]: row for row in found["changed"]}
    assert set(rows) == {"tea", "cup-blue", "cup-red"}
    assert (rows["tea"]["kept"], rows["tea"]["places"]) == (1, 4)
    assert rows["tea"]["gone"] == ["biscuit", "mug", "pot"]
    assert rows["tea"]["come"] == ["spoon"]
    assert main(["models", "--models", str(tmp_path), "diff", first, second, "--shelves", "1"]) == 0
    printed = capsys.readouterr().out
    assert "tea Green tea: kept 1 of 4, in 60 orders" in printed
    assert "cup-red" not in printed


def test_a_version_does_not_differ_from_itself(
    three: tuple[Path, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    """No shelf is listed; an unknown version is named."""
    root, (first, *_) = three
    assert main(["models", "--models", str(root), "diff", first, first]) == 0
    assert "changed most" not in capsys.readouterr().out
    assert main(["models", "--models", str(root), "diff", first, "20200101T0000Z-0000"]) == 2
    assert "has no version '20200101T0000Z-0000'" in capsys.readouterr().err


def test_show_tells_the_gates_word(three: tuple[Path, list[str]], capsys: pytest.CaptureFixture[str]) -> None:
    """With its reasons; null where nobody judged the version."""
    root, (first, second, _) = three
    judge(root, first, {"verdict": "refuse", "reasons": ["worse"], "figures": {"churn": 0.4}})
    for name, gate in (
        (first, {"passed": False, "reasons": ["worse"], "warnings": [], "figures": {"churn": 0.4}}),
        (second, None),
    ):
        assert main(["models", "--models", str(root), "show", name]) == 0
        assert json.loads(capsys.readouterr().out)["gate"] == gate
