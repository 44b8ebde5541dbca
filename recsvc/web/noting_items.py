"""The handlers of items: price, stock and availability between two nights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import msgspec
from flask import Response, request

from recsvc.state.contract import StateStore, StateUnavailableError
from recsvc.state.records import LiveItem
from recsvc.store.contract import ModelStore
from recsvc.web import door, parse
from recsvc.web.access import Access
from recsvc.web.item_messages import ITEMS_BODY_BYTES, ItemsReceipt, ItemWord, ItemWords, NamedItemWord
from recsvc.web.messages import MAX_ID, NoQuery
from recsvc.web.problems import InputError, Refusal, input_error
from recsvc.web.remembering import unavailable
from recsvc.web.respond import respond

_Body = TypeVar("_Body", bound=msgspec.Struct)


class NotingItems:
    """Keeps what a shop says of its items.

    Args:
        state: where to keep it, None where the operator chose none.
        store: knows which items there are.
        access: who may.
    """

    def __init__(self, state: StateStore | None, store: ModelStore, access: Access) -> None:
        self._state = state
        self._store = store
        self._access = access

    def many(self) -> Response:
        """`POST /items`."""
        door.permit(self._access, None)
        parse.read_query(request, NoQuery)
        said = _read(ItemWords).items
        return self._keep([_live(word.item_id, word, f"items[{at}]") for at, word in enumerate(said)])

    def one(self, item_id: str) -> Response:
        """`PUT /items/{item_id}`."""
        door.permit(self._access, None)
        parse.read_query(request, NoQuery)
        if len(item_id) > MAX_ID:
            raise InputError("item_id", f"expected text of length <= {MAX_ID}")
        return self._keep([_live(item_id, _read(ItemWord), "")])

    def _keep(self, said: Sequence[LiveItem]) -> Response:
        if self._state is None:
            raise Refusal(503, "This service has no memory: set RECSVC_STATE or RECSVC_STATE_URL.")
        latest = {word.item_id: word for word in said}
        try:
            revision = self._state.put_items(list(latest.values()))
        except StateUnavailableError as error:
            raise unavailable(error) from error
        snapshot = self._store.snapshot()
        found = snapshot.find(list(latest)) if snapshot is not None else [-1] * len(latest)
        unknown = [item_id for item_id, item in zip(latest, found, strict=True) if item < 0]
        return respond(ItemsReceipt(len(latest), unknown, revision, self._state.status().durable))


def _read(kind: type[_Body]) -> _Body:
    request.max_content_length = ITEMS_BODY_BYTES
    document = parse.read_json(request, "items")
    said = document.get("items", [document]) if isinstance(document, dict) else []
    for word in said if isinstance(said, list) else ():
        if isinstance(word, dict) and isinstance(stock := word.get("stock"), float) and stock.is_integer():
            word["stock"] = int(stock)  # JSON has one kind of number: 5.0 is an integer
    try:
        return msgspec.convert(document, kind)
    except msgspec.ValidationError as error:
        raise input_error(error) from error


def _live(item_id: str, word: ItemWord | NamedItemWord, place: str) -> LiveItem:
    return LiveItem(
        item_id=item_id,
        price=parse.parse_price(f"{place}.price".lstrip("."), word.price),
        stock=word.stock,
        available=None if word.availability is None else word.availability != "out_of_stock",
    )
