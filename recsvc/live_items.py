"""What a shop says of its items between two nights, laid over the version that is served."""

from __future__ import annotations

import dataclasses
import logging
import threading
import time
from collections.abc import Iterable, Sequence
from typing import Any, cast

import numpy as np

from models.records import ItemFacts
from recsvc.state.contract import StateStore, StateUnavailableError
from recsvc.state.records import LiveItem
from recsvc.store.contract import ModelStore, Snapshot, StoreStatus
from recsvc.tags import Tags

_log = logging.getLogger("recsvc.items")


def with_words(facts: ItemFacts, words: Iterable[tuple[int, LiveItem]]) -> ItemFacts:
    """Facts with what a shop said since: the newest price, and whether an item can be bought.

    Not to be bought: said to be unavailable, or no piece in stock. To be bought: said to be available, or a piece in
    stock. Who says neither leaves it as it was; unknown stock counts as in stock.

    Args:
        facts: of all items.
        words: index of an item, and what was said of it.

    Returns:
        new columns `price` and `in_stock`; the others are the same arrays.
    """
    price, in_stock = np.array(facts.price), np.array(facts.in_stock)
    for item, word in words:
        if word.price is not None:
            price[item] = word.price
        if word.available is False or word.stock == 0:
            in_stock[item] = 0
        elif word.available is not None or word.stock is not None:
            in_stock[item] = 1
    return dataclasses.replace(facts, price=price, in_stock=in_stock)


class LiveItems:
    """A `ModelStore` whose versions carry the newest prices and stock; every worker has its own.

    A thread asks the state every `refresh_seconds` what has changed. What a shop said stays said when another version
    is published. While the state does not answer, what was heard last holds, and answers are stale.

    Args:
        store: of versions.
        state: where the shop's words are.
        refresh_seconds: how often to ask; 0: for every answer, and without a thread.
    """

    def __init__(self, store: ModelStore, state: StateStore, refresh_seconds: float = 1.0) -> None:
        self._store = store
        self._state = state
        self._refresh_seconds = refresh_seconds
        self._said: dict[str, LiveItem] = {}
        self._revision = 0
        self._answering = True
        self._laid: tuple[str, int, Tags] | None = None
        self._changing = threading.Lock()
        self._listener: threading.Thread | None = None

    def snapshot(self) -> Snapshot | None:
        """The version to serve now, with what was said of its items."""
        if not self._refresh_seconds:
            self.look()
        elif self._listener is None:
            self._start()
        if (base := self._store.snapshot()) is None or not self._said:
            return base
        laid = self._laid
        if laid is None or laid[:2] != (base.version, self._revision):
            laid = self._lay(base)
        return cast("Snapshot", _Laid(base, laid[1], laid[2]))

    @property
    def stale(self) -> bool:
        """Whether the version, or the prices, may be older than what the shop said."""
        return self._store.stale or not self._answering

    def status(self) -> StoreStatus:
        """What is served and why."""
        status = self._store.status()
        if self._answering:
            return status
        return dataclasses.replace(
            status, remarks=(*status.remarks, "the state does not answer, prices and stock are those heard last")
        )

    def look(self) -> None:
        """Ask once what has changed."""
        try:
            revision, changed = self._state.items_since(self._revision)
        except StateUnavailableError as error:
            if self._answering:
                _log.warning("prices and stock stay as they are: %s", error)
            self._answering = False
            return
        self._answering = True
        if not changed:
            return
        with self._changing:
            laid = self._laid
            base = self._store.snapshot()
            if base is not None and laid is not None and laid[:2] == (base.version, self._revision):
                self._laid = (base.version, revision, Tags(_over(base, laid[2].facts, changed)))  # only what is new
            self._said = {**self._said, **{word.item_id: word for word in changed}}
            self._revision = revision

    def _lay(self, base: Snapshot) -> tuple[str, int, Tags]:
        """What was said, over a version's facts."""
        with self._changing:
            laid = self._laid
            if laid is None or laid[:2] != (base.version, self._revision):
                facts = _over(base, base.facts, list(self._said.values()))
                laid = self._laid = (base.version, self._revision, Tags(facts))
            return laid

    def _start(self) -> None:
        with self._changing:
            if self._listener is not None:
                return
            self._listener = threading.Thread(target=self._go_on, name="recsvc-items", daemon=True)
        self.look()
        self._listener.start()

    def _go_on(self) -> None:
        while True:
            time.sleep(self._refresh_seconds)
            try:
                self.look()
            except Exception:  # noqa: BLE001  # the thread must outlive whatever one look ran into
                _log.exception("asking for prices and stock failed")


def _over(base: Snapshot, facts: ItemFacts, said: Sequence[LiveItem]) -> ItemFacts:
    found = zip(base.find([word.item_id for word in said]), said, strict=True)
    return with_words(facts, ((item, word) for item, word in found if item >= 0))


class _Laid:
    """Everything of the version, but prices and stock."""

    __slots__ = ("_base", "facts", "revision", "tags")

    def __init__(self, base: Snapshot, revision: int, tags: Tags) -> None:
        self._base = base
        self.revision = revision
        self.tags = tags
        self.facts = tags.facts

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # whatever the version has
        return getattr(self._base, name)
