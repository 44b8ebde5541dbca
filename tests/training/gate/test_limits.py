"""Limits of the gate, from the table `[gate]` of the training settings."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from training.gate.limits import Limits, read_limits
from training.settings import SettingsError, TrainSettings, read_settings


def test_they_stand_beside_the_training_settings(tmp_path: Path) -> None:
    """One file holds both; the limits change nothing of what is learnt."""
    path = tmp_path / "train.toml"
    path.write_text("min_support = 3\n[gate]\nchurn = 0.4\nmin_baskets = 100\n")
    assert read_limits(path) == Limits(churn=0.4, min_baskets=100)
    assert read_settings(path) == TrainSettings(min_support=3)
    assert read_limits(None) == Limits()


def test_the_page_names_every_limit() -> None:
    """docs/how-to/retrain-nightly.md explains each setting of the gate."""
    page = (Path(__file__).parents[3] / "docs" / "how-to" / "retrain-nightly.md").read_text("utf-8")
    assert not [field.name for field in dataclasses.fields(Limits) if f"`{field.name}`" not in page]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[gate]\nchurns = 1\n", "unknown setting gate.churns; known: accuracy_fall"),
        ("[gate]\nchurn = 2\n", "gate.churn = 2 is outside 0 … 1"),
        ("[gate]\nchurn = 'all'\n", "gate.churn takes a float, not 'all'"),
        ("[gate]\nmin_baskets = 0\n", "gate.min_baskets = 0 is outside"),
        ("gate = 5\n", "gate is a table of settings, [gate], not 5"),
    ],
)
def test_a_bad_limit_is_named(tmp_path: Path, text: str, message: str) -> None:
    """File, name and what it should be."""
    path = tmp_path / "train.toml"
    path.write_text(text)
    with pytest.raises(SettingsError) as caught:
        read_limits(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)
