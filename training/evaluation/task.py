"""What a protocol is asked to measure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from training.records import Catalogue, Orders
from training.settings import TrainSettings


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """One measurement on one shop.

    Attributes:
        orders: all of them; a protocol cuts them by time itself.
        catalogue: what the shop says of its items, or None. Its prices know the future.
        settings: every choice of the trainer.
        against: names of the peers to stand beside, each known to the protocol.
        queries: questions of each kind at most.
        seed: of the questions.
        threads: for training, 0 = all cores.
        progress: hears of each stage.
    """

    orders: Orders
    catalogue: Catalogue | None
    settings: TrainSettings
    against: tuple[str, ...]
    queries: int = 10_000
    seed: int = 1
    threads: int = 0
    progress: Callable[[str, float], None] = lambda _stage, _share: None
