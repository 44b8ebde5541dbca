"""The `ModelStore` contract: a request asks once for a snapshot and uses it for its whole answer."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from models.customers import PURCHASE_DTYPES, Traits
from models.records import ItemFacts, Shop
from recsvc.tags import Tags


class Row(NamedTuple):
    """One item's neighbours of one kind, by score down, then item up.

    Attributes:
        item: int32 (k,).
        score: float32 (k,).
        together: uint16 (k,), baskets that hold both, 65,535 for that many or more.
    """

    item: NDArray[np.int32]
    score: NDArray[np.float32]
    together: NDArray[np.uint16]


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """What one customer bought, last bought first; columns as in `models.customers.Purchases`.

    Attributes:
        item: int32 (k,).
        count: uint32 (k,), baskets with the item.
        last_day: int32 (k,), days since 1970-01-01 (UTC), -1 where orders carry no time.
        first_day: int32 (k,), likewise, of the first one.
        habit: float16 (k,), own baskets with the item, each fading with its age.
        interval_days: uint16 (k,), days expected between two of them, 0 where that is not known.
        quantity: float16 (k,), typical quantity per order.
        traits: of the customer as a whole.
    """

    item: NDArray[np.int32]
    count: NDArray[np.uint32]
    last_day: NDArray[np.int32]
    first_day: NDArray[np.int32]
    habit: NDArray[np.float16]
    interval_days: NDArray[np.uint16]
    quantity: NDArray[np.float16]
    traits: Trait

    @classmethod
    def of(cls, columns: Sequence[NDArray[Any]], traits: Trait) -> History:
        """From columns in the order of `PURCHASE_DTYPES`."""
        return cls(**dict(zip(PURCHASE_DTYPES, columns, strict=True)), traits=traits)


class Trait(NamedTuple):
    """One customer as a whole, as in `models.customers.Traits`.

    Attributes:
        orders: baskets.
        business: buys as a business does.
        value: spend expected over the next twelve months, None where unknown.
        alive: probability of buying again, None where unknown.
    """

    orders: int
    business: bool
    value: float | None
    alive: float | None

    @classmethod
    def of(cls, traits: Traits, customer: int) -> Trait:
        """Of one customer."""
        value, alive = traits.value.item(customer), traits.alive.item(customer)
        return cls(
            traits.orders.item(customer),
            bool(traits.business.item(customer)),
            None if math.isnan(value) else value,
            None if math.isnan(alive) else alive,
        )


class NextRow(NamedTuple):
    """What one customer may want next, best first, as in `models.customers.Next`.

    Attributes:
        item: int32 (k,).
        score: float16 (k,), falling.
        why: uint8 (k,), one of `models.customers.Why`.
    """

    item: NDArray[np.int32]
    score: NDArray[np.float16]
    why: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """What a store serves, for `/health/ready` and the log.

    Attributes:
        serving: name of the version that answers come from, None where there is none.
        published: name that was published, None where nothing was.
        refused: version name → why it is not served.
        remarks: what else an operator should know, a sentence each.
    """

    serving: str | None
    published: str | None
    refused: Mapping[str, str]
    remarks: tuple[str, ...] = ()

    @property
    def note(self) -> str | None:
        """What an operator should know, None where all is as it should be."""
        said = [text for text in (self._choice, *self.remarks) if text]
        return "; ".join(said) or None

    @property
    def _choice(self) -> str | None:
        """A sentence where the version served is not the one published, else None."""
        if self.published is not None and self.published == self.serving:
            return None
        if self.published is None:
            if self.serving is None:
                return "no version at all: train one"
            return f"nothing is published, serving the newest whole version {self.serving}"
        reason = self.refused.get(self.published, "it is being opened")
        instead = f"serving {self.serving}" if self.serving else "no other version is whole"
        return f"{self.published} is published but not served ({reason}); {instead}"


class Snapshot(Protocol):
    """One immutable version. Items are indices: their places in the version's sorted ids."""

    @property
    def version(self) -> str:
        """The version's name."""

    @property
    def generated_at(self) -> str:
        """ISO 8601 time of training."""

    @property
    def shop(self) -> Shop:
        """The numbers of the training data."""

    @property
    def settings(self) -> Mapping[str, object]:
        """What the trainer was told, plain JSON values."""

    @property
    def facts(self) -> ItemFacts:
        """What ranking must know of every item, mapped columns."""

    @property
    def tags(self) -> Tags:
        """The same item by item; the most wanted are kept at hand."""

    @property
    def kinds(self) -> frozenset[str]:
        """Kinds of vectors that this version holds."""

    @property
    def revision(self) -> int:
        """Moves with what the shop says of its items between two nights; 0: the version alone."""

    @property
    def degraded(self) -> bool:
        """Whether something that was asked of this snapshot got no answer in time, and a neutral one stands for it."""

    def find(self, item_ids: Sequence[str]) -> list[int]:
        """Index of each id, -1 where unknown."""

    def item_ids(self, items: Sequence[int]) -> list[str]:
        """Id of each item."""

    def vectors(self, kinds: Sequence[str], items: Sequence[int]) -> dict[str, list[Row]]:
        """Per kind one row per item, in the order asked: one trip for all. A kind not held is absent."""

    def cards(self, items: Sequence[int]) -> list[bytes]:
        """Each item's card, a JSON object: one trip for all."""

    def customer(self, customer_id: str) -> History | None:
        """What a customer bought, None for an unknown one: one trip."""

    def trait(self, customer_id: str) -> Trait | None:
        """What a customer is as a whole, None for an unknown one: no trip."""

    def next_items(self, customer_id: str) -> NextRow | None:
        """What a customer may want next, perhaps nothing; None for an unknown customer: one trip."""

    def bestsellers(self, category: int) -> NDArray[np.int32]:
        """A category's bestsellers, best first; -1 asks for the whole shop's."""

    def variants(self, family: int) -> NDArray[np.int32]:
        """The items of a family, most bought first."""


class ModelStore(Protocol):
    """Hands out snapshots of the version to serve."""

    def snapshot(self) -> Snapshot | None:
        """The version to serve now, None where there is none; asked once for every answer. Cheap; any thread."""

    @property
    def stale(self) -> bool:
        """Whether nobody can say if what is served is still what was published."""

    def status(self) -> StoreStatus:
        """What is served and why."""
