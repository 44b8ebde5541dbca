"""Settings chosen on the shop's own past: one after the other, a step up and a step down, several cuts in time.

Coordinate search on a small grid around the defaults. A value is left only for one that answers the questions better by
more than half a per cent in the mean over all windows, and better in most of them. Page settings are judged by product
pages, cart settings by full and growing carts.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from training.backtest import Window
from training.settings import TrainSettings

Figures = NDArray[np.float64]
"""nDCG@10 of each window."""

GUARD = 0.005
"""Relative gain in nDCG@10 that a change must exceed."""

PAGE_GRID: dict[str, tuple[float, ...]] = {
    "size_discount": (0.25, 0.5, 0.75, 1.0),
    "anchor_window": (50.0, 100.0, 200.0, 400.0, 0.0),
    "popular_prior": (1.0, 2.0, 5.0, 10.0, 20.0, 40.0),
    "half_life_share": (0.15, 0.35, 0.7, 1.5, 0.0),
    "popular_half_life_share": (0.03, 0.07, 0.2, 0.5),
    "trend": (0.0, 0.1, 0.2, 0.4),
    "category_prior": (0.0, 4.0, 8.0, 16.0),
    "discount": (0.0, 0.25, 0.5, 0.75),
}
"""Setting → values from little to much; 0 stands last where it means no decay."""
CART_GRID: dict[str, tuple[float, ...]] = {
    "cart_blend": (0.3, 0.6, 1.2, 2.4, 4.8),
    "cart_blend_fall": (0.25, 0.5, 0.75, 1.0),
    "cart_power": (2.0, 4.0, 8.0),
    "cart_ridge": (2.0, 7.0, 20.0, 60.0, 180.0),
}
_NEED_TIME = {"anchor_window", "half_life_share", "popular_half_life_share", "trend"}


@dataclass(frozen=True, slots=True)
class Trial:
    """One configuration that was tried.

    Attributes:
        setting: that differs from the best so far.
        value: tried.
        gain: relative, over the best so far, mean over windows; 0.01 is one per cent.
        kept: whether it became the best.
    """

    setting: str
    value: float
    gain: float
    kept: bool


@dataclass(frozen=True, slots=True)
class Tuning:
    """What was chosen.

    Attributes:
        chosen: setting → value, those alone that left their start.
        trials: in order; the start itself is not among them.
        windows: cuts that were asked.
        truncated: whether time ran out before the budget or the grid did.
    """

    chosen: dict[str, float]
    trials: tuple[Trial, ...]
    windows: int
    truncated: bool


def tune(
    windows: Sequence[Window],
    start: TrainSettings,
    *,
    budget: int = 40,
    stop: Callable[[], bool] = lambda: False,
    progress: Callable[[str, float], None] = lambda _stage, _share: None,
) -> Tuning:
    """Search the grid around `start`; without `stop`, the same windows give the same choice.

    A setting whose start is not on the grid was chosen by somebody and stays.

    Args:
        windows: of the shop; none chooses nothing.
        start: where to begin.
        budget: configurations at most, the start among them.
        stop: asked before each configuration.
        progress: hears of the share of the budget that is used.
    """
    search = _Search(windows, start, budget, stop, progress)
    with contextlib.suppress(_OutOfBudgetError):
        while windows and search.round():
            pass
    left = [name for name in (*PAGE_GRID, *CART_GRID) if getattr(search.best, name) != getattr(start, name)]
    return Tuning(
        {name: getattr(search.best, name) for name in left}, tuple(search.trials), len(windows), search.truncated
    )


def changed(settings: TrainSettings, values: Mapping[str, float]) -> TrainSettings:
    """`settings` with some values in place of others, checked like all settings."""
    return TrainSettings(**{**dataclasses.asdict(settings), **values})


class _OutOfBudgetError(Exception):
    """No further configuration may be tried."""


@dataclass(slots=True)
class _Search:
    """Where a search stands."""

    windows: Sequence[Window]
    best: TrainSettings
    budget: int
    stop: Callable[[], bool]
    progress: Callable[[str, float], None]
    trials: list[Trial] = field(default_factory=list)
    truncated: bool = False
    known: set[TrainSettings] = field(default_factory=set)

    def round(self) -> bool:
        """Try every setting once, up, else down; whether anything changed."""
        before = self.best
        self._climb(self._pages, PAGE_GRID)
        self._climb(self._carts, CART_GRID)
        return self.best != before

    def _climb(self, judge: Callable[[TrainSettings], Figures], grid: Mapping[str, Sequence[float]]) -> None:
        score = judge(self.best)
        for setting, values in grid.items():
            if not self._matters(setting):
                continue
            for step in (1, -1):
                moved = False
                while (value := _beside(values, getattr(self.best, setting), step)) is not None:
                    tried = changed(self.best, {setting: value})
                    if tried in self.known:
                        break
                    self._spend(tried)
                    found = judge(tried)
                    gains = found / np.maximum(score, 1e-12) - 1
                    gain = float(gains.mean())
                    kept = gain > GUARD and 2 * int((gains > 0).sum()) > len(gains)
                    self.trials.append(Trial(setting, value, gain, kept))
                    if not kept:
                        break
                    self.best, score, moved = tried, found, True
                if moved:
                    break

    def _matters(self, setting: str) -> bool:
        trade = self.windows[0].trade
        if setting in _NEED_TIME:
            return trade.timed
        if setting == "category_prior":
            return bool((trade.category >= 0).any())
        return setting not in CART_GRID or self.best.cart_neighbourhood > 0

    def _spend(self, tried: TrainSettings) -> None:
        spent = len(self.trials) + 1
        if spent >= self.budget:
            raise _OutOfBudgetError
        if self.stop():
            self.truncated = True
            raise _OutOfBudgetError
        self.known.add(tried)
        self.progress("tuning", spent / self.budget)

    def _pages(self, settings: TrainSettings) -> Figures:
        return np.array([window.page(settings) for window in self.windows])

    def _carts(self, settings: TrainSettings) -> Figures:
        return np.array([figure for window in self.windows for figure in window.carts(settings)])


def _beside(values: Sequence[float], now: float, step: int) -> float | None:
    """The grid's next value up (1) or down (-1); None at its end, and for what is not on it."""
    if now not in values:
        return None
    place = values.index(now) + step
    return values[place] if 0 <= place < len(values) else None
