"""Pages that name tests name real ones; and one truth of theirs that no other test holds."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
WEB_CLIENTS = {"urllib.request", "http.client", "requests", "httpx", "aiohttp", "ftplib", "smtplib", "telnetlib"}


@pytest.mark.parametrize("page", ["explanation/security.md", "reference/faults.md"])
def test_every_test_that_a_page_names_exists(page: str) -> None:
    """File and function, spelled as they are."""
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", (REPOSITORY / "docs" / page).read_text("utf-8"))
    assert len(named) > 5
    missing = [f"{path}::{name}" for path, name in named if f"def {name}(" not in _source(path)]
    assert missing == []


def test_the_service_has_no_client_of_the_web() -> None:
    """No module that answers requests imports anything that could fetch an address."""
    found = []
    for path in sorted((REPOSITORY / "recsvc").rglob("*.py")):
        if path.name != "healthcheck.py" and "cli" not in path.relative_to(REPOSITORY).parts:  # asks its own service
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                found += [f"{path.name}: {name}" for name in names if name in WEB_CLIENTS]
    assert found == []


def _source(path: str) -> str:
    file = REPOSITORY / path
    return file.read_text("utf-8") if file.is_file() else ""
