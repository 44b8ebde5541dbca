"""Three rooms, one-way doors: who may import whom, read from the code itself."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OURS = {"models", "training", "recsvc"}
SERVING = {"flask", "werkzeug", "gunicorn", "redis", "prometheus_client", "msgspec"}
LEARNING = {"scipy", "implicit", "polars", "threadpoolctl", "sklearn", "lightgbm"}
FORBIDDEN = {"pickle", "joblib", "shelve", "marshal", "dill"}

ALLOWED = {"models": {"models"}, "training": {"models", "training"}, "recsvc": {"models", "recsvc"}}
KEPT_OUT = {"models": SERVING | LEARNING, "training": SERVING, "recsvc": LEARNING}
TRAINING_COMMANDS = {
    "train",
    "reading",
    "report",
    "evaluate",
    "protocols",
    "served",
    "personal",
    "judge",
    "demo_shop",
    "progress",
    "tuned",
    "objective",
    "archive",
}
"""Modules of `recsvc/cli` that may import `training` and what it needs."""


def modules() -> list[Path]:
    """Every module of the three rooms."""
    return sorted(path for room in OURS for path in (ROOT / room).rglob("*.py"))


def imports(path: Path) -> set[str]:
    """Top-level names that a module imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import hides which room it comes from"
            found.add((node.module or "").split(".")[0])
    return found


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_door_that_should_not_exist(path: Path) -> None:
    """A room imports itself and the treaty; serving and learning libraries stay on their side; nothing pickles."""
    room = path.relative_to(ROOT).parts[0]
    found = imports(path)
    assert not found & FORBIDDEN
    if path.parent == ROOT / "recsvc" / "cli" and path.stem in TRAINING_COMMANDS:
        return
    assert found & OURS <= ALLOWED[room]
    assert not found & KEPT_OUT[room]
