"""The basket kernel: the best K co-occurring neighbours of every item, without the co-occurrence matrix."""

from training.cooccurrence.door import neighbours
from training.cooccurrence.engines import Engine, pick_engine
from training.cooccurrence.gram import gram_blocks
from training.cooccurrence.memory import estimate_memory
from training.cooccurrence.statistics import STATISTICS, Statistic, as_statistic, asymmetric

__all__ = [
    "STATISTICS",
    "Engine",
    "Statistic",
    "as_statistic",
    "asymmetric",
    "estimate_memory",
    "gram_blocks",
    "neighbours",
    "pick_engine",
]
