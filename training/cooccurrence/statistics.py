"""The statistics by name; what they compute: `training.cooccurrence.formulas`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quotient:
    """C · (N if `times_total`) / (D_i^left · D_j^right): the statistics that factorise.

    Attributes:
        left: exponent of the anchor's total.
        right: exponent of the neighbour's total.
        times_total: multiply by N, the number of baskets.
    """

    left: float
    right: float
    times_total: bool = False

    def __post_init__(self) -> None:
        for name, exponent in (("left", self.left), ("right", self.right)):
            if not 0.0 <= exponent <= 1.0:
                raise ValueError(f"the exponent {name} of a statistic lies between 0 and 1, not at {exponent}")


@dataclass(frozen=True, slots=True)
class Jaccard:
    """C / (D_i + D_j − C)."""


@dataclass(frozen=True, slots=True)
class LogLikelihoodRatio:
    """Dunning's G², with a minus sign where the pair meets less often than chance."""


Statistic = Quotient | Jaccard | LogLikelihoodRatio

STATISTICS: dict[str, Statistic] = {
    "count": Quotient(0.0, 0.0),
    "conditional": Quotient(1.0, 0.0),
    "cosine": Quotient(0.5, 0.5),
    "lift": Quotient(1.0, 1.0, times_total=True),
    "jaccard": Jaccard(),
    "llr": LogLikelihoodRatio(),
}


def asymmetric(alpha: float) -> Quotient:
    """C / (D_i^alpha · D_j^(1 − alpha)): 1 is the conditional probability, ½ the cosine.

    Raises:
        ValueError: alpha is not between 0 and 1.
    """
    if not 0.0 <= alpha <= 1.0:
        raise ValueError(f"alpha lies between 0 and 1, not at {alpha}")
    return Quotient(float(alpha), 1.0 - float(alpha))


def as_statistic(statistic: str | Statistic) -> Statistic:
    """The record of a statistic's name; a record is itself.

    Raises:
        ValueError: no statistic has this name.
    """
    if isinstance(statistic, Quotient | Jaccard | LogLikelihoodRatio):
        return statistic
    if statistic not in STATISTICS:
        raise ValueError(
            f"statistic {statistic!r} is not known: take one of {', '.join(STATISTICS)} or asymmetric(alpha)"
        )
    return STATISTICS[statistic]
