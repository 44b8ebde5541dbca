"""Which engine does the work: the choice, made from what is asked and what is installed."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Literal

from training.cooccurrence.native import library
from training.cooccurrence.statistics import Quotient, Statistic, as_statistic

Engine = Literal["native", "implicit", "scipy"]
ENGINES = ("auto", "native", "implicit", "scipy")


def pick_engine(statistic: str | Statistic, *, plain: bool, min_support: int, engine: str = "auto") -> Engine:
    """The engine that will run: `native` where it was built, else implicit where it can, else SciPy.

    Args:
        statistic: its name or record.
        plain: neither weights nor anchor weights nor voters nor supporters are given.
        min_support: the least evidence asked for.
        engine: "auto", or the engine that must do it.

    Returns:
        Its name, for the manifest.

    Raises:
        ValueError: the engine is unknown, or cannot compute what is asked.
        ModuleNotFoundError: the engine is not installed.
    """
    if engine not in ENGINES:
        raise ValueError(f"engine {engine!r} is not known: take one of {', '.join(ENGINES)}")
    built = library() is not None
    if engine == "native" and not built:
        raise ModuleNotFoundError("the native kernel was not built here; take engine='auto'")
    if engine == "native" or (engine == "auto" and built):
        return "native"
    factors = isinstance(as_statistic(statistic), Quotient) and plain and min_support <= 1
    if engine == "implicit" and not factors:
        raise ValueError("engine 'implicit' counts plain baskets with min_support 1 under a statistic that factorises")
    if engine == "implicit" or (engine == "auto" and factors and find_spec("implicit") is not None):
        return "implicit"
    return "scipy"
