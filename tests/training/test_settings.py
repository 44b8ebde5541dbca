"""Training settings: checked, named, read from TOML."""

import dataclasses
import re
from pathlib import Path

import pytest

from training.gate.limits import Limits
from training.settings import SettingsError, TrainSettings, read_settings


def test_a_file_changes_what_it_names(tmp_path: Path) -> None:
    """Names left out keep their defaults; a whole number does where a decimal is meant."""
    path = tmp_path / "train.toml"
    path.write_text("neighbours = 30\ntrend = 1\n")
    assert read_settings(path) == TrainSettings(neighbours=30, trend=1)
    assert read_settings(None) == TrainSettings()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("neighbors = 3", "unknown setting 'neighbors'.*neighbours"),
        ("neighbours = 0", "neighbours = 0 is outside 1"),
        ("neighbours = 2.5", "neighbours takes a int, not 2.5"),
        ("discount = 'much'", "discount takes a float"),
        ("discount = nan", "discount = nan is outside"),
        ("neighbours = true", "neighbours takes a int"),
        ("neighbours =", "is not TOML"),
        ("upsell_min_ratio = 3.0", "upsell_min_ratio must be below"),
    ],
)
def test_nonsense_is_refused_by_name(tmp_path: Path, text: str, message: str) -> None:
    """The message names the file, the setting and what it may be."""
    path = tmp_path / "train.toml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=message) as caught:
        read_settings(path)
    assert str(path) in str(caught.value)


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    """No file is no silent default."""
    with pytest.raises(SettingsError, match="cannot be read"):
        read_settings(tmp_path / "none.toml")


@pytest.mark.parametrize(("record", "heading"), [(TrainSettings, "| Setting |"), (Limits, "| Limit |")])
def test_the_reference_names_every_setting_and_its_default(record: type, heading: str) -> None:
    """docs/reference/training.md has one row per setting, in order, with its default."""
    page = (Path(__file__).parents[2] / "docs" / "reference" / "training.md").read_text("utf-8")
    table = page.split(heading, 1)[1].split("\n\n", 1)[0]
    told = re.findall(r"^\| `(\w+)` \| `([^`]+)` \| \S", table, re.M)
    assert told == [(field.name, str(field.default)) for field in dataclasses.fields(record)]
