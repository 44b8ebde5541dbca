"""The list of formats, the recogniser and the documentation agree."""

from pathlib import Path

import pytest

from training.readers.formats.known import FORMATS
from training.readers.formats.record import Format

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "files-in.md"


@pytest.mark.parametrize("one", FORMATS, ids=lambda one: one.name)
def test_each_format_is_on_the_page(one: Format) -> None:
    """By its name in bold."""
    assert f"**{one.name}**" in PAGE.read_text("utf-8")


def test_names_and_plain_formats_are_unique() -> None:
    """No two formats share a name or all their telling names, and each kind has one plain format."""
    assert len({one.name for one in FORMATS}) == len(FORMATS)
    assert len({(one.kind, one.shapes, one.must) for one in FORMATS}) == len(FORMATS)
    assert [one.kind for one in FORMATS if not one.must] == ["orders", "catalogue"]
