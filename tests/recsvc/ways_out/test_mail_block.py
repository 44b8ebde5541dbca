"""The HTML block for mails: whole, harmless, in the reader's language."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from recsvc.cli.main import main
from recsvc.contact.wording import LOCALES
from recsvc.mail_block import Shown, block
from recsvc.state.mirror import NAME, pack
from recsvc.state.records import Word, customer_digest

if TYPE_CHECKING:
    from conftest import Builders


class Tags(HTMLParser):
    """The tags of a text, with what they link."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        assert not [name for name, _ in attrs if name.startswith("on")]


def test_nothing_a_shop_says_can_do_anything() -> None:
    """Titles are text, addresses are web addresses; no script, whatever the catalogue holds."""
    evil = Shown('<script>x</script>"', 'javascript:alert("x")', "data:text/html,x", '"><b>', "<i>")
    good = Shown("Tea & Co", "https://shop.example/tea?a=1&b=2", "https://shop.example/tea.jpg", "4.50 EUR", "Because")
    found = Tags(block([evil, good], "en"))
    assert "script" not in found.tags
    assert found.links == ["https://shop.example/tea.jpg", "https://shop.example/tea?a=1&b=2"]
    assert set(found.tags) == {"style", "table", "tr", "td", "h2", "p", "img", "a"}


def test_light_and_dark_and_every_language() -> None:
    """Styles stand inline; a dark rule for who reads in the dark; nothing at all for no items."""
    item = Shown("Tee", "", "", "", "")
    headlines = set()
    for locale in LOCALES:
        text = block([item], locale)
        assert f'lang="{locale}"' in text
        assert "prefers-color-scheme: dark" in text
        headlines.add(text.partition("</h2>")[0].rpartition(">")[2])
    assert len(headlines) == len(LOCALES)
    assert "Für Sie ausgesucht" in headlines
    assert block([], "en") == ""


def test_relative_links_and_pictures_become_whole(
    shop: Builders, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A mail is read nowhere near the shop: with `--base` they lead there, without it they are text alone."""
    assert "<a " not in block([Shown("Tea", "/tea", "/tea.jpg", "", "")], "en")
    assert "<img" not in block([Shown("Tea", "/tea", "/tea.jpg", "", "")], "en")
    shop.write(tmp_path / "models", shop.tea())
    command = [
        "render",
        "--models",
        str(tmp_path / "models"),
        "--customer",
        "ann",
        "--base",
        "https://other.example/de/",
    ]
    assert main(command) == 0
    assert "https://shop.example/tea" in capsys.readouterr().out  # a whole address stays as it is


def test_the_command(shop: Builders, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The customer's picks, to the screen or a file; who was erased gets none."""
    models = tmp_path / "models"
    shop.write(models, shop.tea())
    command = ["render", "--models", str(models), "--customer", "ann"]
    assert main(command) == 0
    assert "https://shop.example/tea" in capsys.readouterr().out
    assert main([*command, "--locale", "de", "--n", "2", "--out", str(tmp_path / "block.html")]) == 0
    german = (tmp_path / "block.html").read_text("utf-8")
    assert german.count("<a ") == 2
    assert "4,50\N{NO-BREAK SPACE}€" in german
    assert "Schon 4 Mal gekauft; vielleicht ist es wieder Zeit" in german
    assert main([*command, "--n", "0"]) == 2
    (models / NAME).write_bytes(pack([Word(customer_digest("ann"), 1)]))
    assert main(command) == 2
