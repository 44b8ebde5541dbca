"""What a new version may do worse than the live one, in one record: the table `[gate]` of the training settings."""

from __future__ import annotations

import dataclasses
import tomllib
from dataclasses import dataclass
from pathlib import Path

from training.settings import SettingsError


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a version may fall behind the live one. None of it changes what is learnt.

    Attributes:
        min_baskets: baskets newer than the live version's data from which the two are compared on them, ≥ 1; with
            fewer, changed settings are compared on the last tenth of all orders.
        accuracy_fall: refused where the 95 % interval of the gain in nDCG@10 lies wholly below minus this share.
        coverage_fall: refused where coverage falls by more than this share of what it was.
        silent_rise: refused where the share of items with an empty shelf rises by more.
        top_share_rise: refused where the share of places that the best sold 1 % of items take rises by more.
        churn: share of places that may hold something else, beyond what new orders explain.
        orders_fall: a run stops where the orders, or the items of the catalogue, shrink by more than this share.
        ids_lost: a run stops where more than this share of the live version's item ids is gone.
    """

    min_baskets: int = 500
    accuracy_fall: float = 0.02
    coverage_fall: float = 0.2
    silent_rise: float = 0.05
    top_share_rise: float = 0.1
    churn: float = 0.2
    orders_fall: float = 0.3
    ids_lost: float = 0.5

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            low, high = (1, 10**9) if field.name == "min_baskets" else (0, 1)
            if not low <= value <= high:
                raise SettingsError(f"gate.{field.name} = {value} is outside {low} … {high}")


def read_limits(path: Path | None) -> Limits:
    """Limits from the table `[gate]` of a TOML file of training settings; what it leaves out keeps its default.

    Raises:
        SettingsError: unknown name, wrong type or value; the message names it. Whether the file itself can be read and
            parsed is for `read_settings` to say, which comes first.
    """
    values = tomllib.loads(path.read_text("utf-8")).get("gate", {}) if path else {}
    if not isinstance(values, dict):
        raise SettingsError(f"{path}: gate is a table of settings, [gate], not {values!r}")
    types = {field.name: field.type for field in dataclasses.fields(Limits)}
    for name, value in values.items():
        if name not in types:
            raise SettingsError(f"{path}: unknown setting gate.{name}; known: {', '.join(sorted(types))}")
        allowed = (int,) if types[name] == "int" else (int, float)
        if not isinstance(value, allowed) or isinstance(value, bool):
            raise SettingsError(f"{path}: gate.{name} takes a {types[name]}, not {value!r}")
    try:
        return Limits(**values)
    except SettingsError as error:
        raise SettingsError(f"{path}: {error}") from error
