"""The documentation hangs together: links lead somewhere, the index is whole, commands are the program's own.

That commands do what they say is tried in e2e/: test_readme, test_your_own_shop, test_how_to.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from recsvc.cli.main import SUBCOMMANDS, load, parser_of

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCED = re.compile(r"^```[a-z]*\n(.*?)^```$", re.DOTALL | re.MULTILINE)
NUMBERS = {"N": "3", "EUR": "3", "S": "3"}
"""Placeholders of the pages that stand for a number."""


def slug(heading: str) -> str:
    """A heading's anchor, as GitHub makes it: lower case, words joined by dashes, punctuation gone."""
    bare = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"[^\w\- ]", "", bare.strip().lower()).replace(" ", "-")


def anchors(page: Path) -> set[str]:
    """Every heading's anchor."""
    return {slug(line.lstrip("#")) for line in page.read_text("utf-8").splitlines() if line.startswith("#")}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """A link inside the repository names a file or folder that is there, and a heading that is on that page."""
    lost = []
    for target in LINK.findall(CODE.sub("", page.read_text("utf-8"))):
        if re.match(r"https?:|mailto:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and file.suffix == ".md" and anchor not in anchors(file)):
            lost.append(target)
    assert lost == []


def test_the_index_names_every_page_once() -> None:
    """docs/README.md leads to each page but the decisions, which it names as a folder."""
    index = ROOT / "docs" / "README.md"
    named = [(index.parent / target).resolve() for target in LINK.findall(index.read_text("utf-8"))]
    pages = [page for page in PAGES if page.is_relative_to(ROOT / "docs") and page != index]
    assert sorted(path for path in named if path.suffix == ".md") == [p for p in pages if p.parent.name != "adr"]
    assert (ROOT / "docs" / "adr") in named


def commands() -> Iterator[tuple[str, str]]:
    """(page, command line) of every `recsvc …` in the blocks of the pages, a timer's and a container's too."""
    for page in PAGES:
        if page.name == "CHANGELOG.md" or page.parent.name == "adr":
            continue  # what was true when they were written
        name, text = str(page.relative_to(ROOT)), page.read_text("utf-8")
        for block in FENCED.findall(text):
            for line in block.replace("\\\n", " ").splitlines():
                found = re.search(r"(?:^|[\s/])(recsvc [a-z].*)$", line)
                if found and "summary:" not in line:  # an alert only speaks of a command
                    yield name, found[1].rstrip("'\"]},")  # of a unit file's or a list's quotes


def complaint(line: str) -> str | None:
    """What the command's own parser has against a line; None where it takes it."""
    line = re.split(r"\s(?:\||[12]?>|&&)", line)[0]
    words = [NUMBERS.get(word, word) for word in shlex.split(line, comments=True)[1:]]
    if words[0] not in SUBCOMMANDS:
        return f"no command {words[0]}"
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
            parser_of(words[0], load(words[0])).parse_args(words[1:])
    except SystemExit as left:
        return said.getvalue().strip().splitlines()[-1] if left.code else None
    return None


@pytest.mark.parametrize(("page", "line"), [pytest.param(*found, id=f"{found[0]}: {found[1]}") for found in commands()])
def test_commands_are_taken_by_their_parsers(page: str, line: str) -> None:
    """Each `recsvc …` of the pages is a command with options that exist."""
    assert complaint(line) is None, page


def test_a_wrong_command_would_be_found() -> None:
    """An unknown command, an unknown option and a missing one are complaints; a comment and a pipe are none."""
    assert complaint("recsvc teach") == "no command teach"
    assert "--sizes" in (complaint("recsvc train --orders a.csv --sizes 3") or "")
    assert "--orders" in (complaint("recsvc train --catalogue a.csv --order_sq x") or "")
    assert complaint("recsvc publish --models models   # moves the pointer") is None
    assert complaint("recsvc models list | head") is None
