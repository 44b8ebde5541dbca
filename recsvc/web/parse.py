"""Requests into questions: strict about names, types and bounds, kind to aliases and to tracking parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

import msgspec
from flask import Request
from msgspec import inspect
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge, UnsupportedMediaType

from models.money import PRICE_SCALE
from recsvc.shelves import Ask, ShelfType
from recsvc.web.messages import RawBatch, RecommendBody, RecommendQuery, Wishes
from recsvc.web.openapi import JSON, KEY_QUERY, TOKEN_QUERY
from recsvc.web.problems import InputError, input_error

ALIASES = {"limit": "n", "product_id": "item_id", "intent": "type"}
"""Names that people bring from elsewhere → ours."""

_INTENTS = {"complementary": "cross_sell"}
_TRACKING = re.compile(
    r"utm_.*|gclid|gclsrc|dclid|gbraid|wbraid|fbclid|msclkid|ttclid|yclid|mc_cid|mc_eid|_ga|_gl|_kx|_hsenc|_hsmi|_"
)
"""Parameters that browsers and mail tools add to any link: left out, whatever they say."""

CREDENTIALS = frozenset({KEY_QUERY, TOKEN_QUERY})
"""Parameters that say who asks, not what: read elsewhere, and never repeated in a message."""

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_BOTH: tuple[ShelfType, ...] = ("cross_sell", "upsell")
_Query = TypeVar("_Query", bound=msgspec.Struct)

_bodies = msgspec.json.Decoder(RecommendBody)


def read_query(request: Request, kind: type[_Query]) -> _Query:
    """The query string as a record.

    Raises:
        InputError: an unknown parameter, one given twice, an alias that contradicts its name, a wrong type or bound.
    """
    shapes = _shapes(kind)
    given: dict[str, tuple[str, list[str]]] = {}
    for said, texts in request.args.lists():
        if said in shapes or ALIASES.get(said) in shapes:
            _remember(given, said, texts)
        elif said not in CREDENTIALS and not _TRACKING.fullmatch(said):
            raise InputError(said, f"is not known here; known are {', '.join(shapes)}")
    values = {name: _value(said, shapes[name], texts) for name, (said, texts) in given.items()}
    try:
        return msgspec.convert(values, kind)
    except msgspec.ValidationError as error:
        raise _as_said(input_error(error), {name: said for name, (said, _) in given.items()}) from error


def read_body(request: Request) -> RecommendBody:
    """The JSON body as a record.

    Raises:
        InputError: not JSON, an unknown field, a wrong type or bound.
        UnsupportedMediaType: another content type.
        RequestEntityTooLarge: a body over the limit.
    """
    data = _json_of(request, "the cart")
    try:
        return _bodies.decode(data)  # most are as they should be
    except (ValueError, RecursionError):
        return _body(_decoded(data))


def read_batch(request: Request) -> list[RecommendBody]:
    """The JSON body of several questions as records.

    Raises:
        InputError: as of one body; the field names its question, `requests[2].n`.
        UnsupportedMediaType: another content type.
        RequestEntityTooLarge: a body over the limit.
    """
    document = read_json(request, "the questions")
    try:
        batch = msgspec.convert(document, RawBatch)
    except msgspec.ValidationError as error:
        raise input_error(error) from error
    bodies = []
    for place, one in enumerate(batch.requests):
        try:
            bodies.append(_body(one))
        except InputError as error:
            raise InputError(
                f"requests[{place}]" + (f".{error.field}" if error.field else ""), error.message
            ) from error
    return bodies


def _body(document: Any) -> RecommendBody:  # noqa: ANN401  # any JSON
    said: dict[str, str] = {}
    if isinstance(document, dict):
        document, said = _without_aliases(document)
        if isinstance(n := document.get("n"), float) and n.is_integer():
            document["n"] = int(n)  # JSON has one kind of number: 5.0 is an integer
        if isinstance(lines := document.get("cart"), list):
            document["cart"] = [_without_aliases(line)[0] if isinstance(line, dict) else line for line in lines]
    try:
        return msgspec.convert(document, RecommendBody)
    except msgspec.ValidationError as error:
        raise _as_said(input_error(error), said) from error


def read_json(request: Request, what: str) -> Any:  # noqa: ANN401  # any JSON
    """The JSON body, whatever it holds.

    Raises:
        InputError: not JSON.
        UnsupportedMediaType: another content type.
        RequestEntityTooLarge: a body over the limit.
    """
    return _decoded(_json_of(request, what))


def _json_of(request: Request, what: str) -> bytes:
    said = request.environ
    if said.get("CONTENT_TYPE") != JSON and request.mimetype != JSON:
        raise UnsupportedMediaType(f"Send {what} as application/json.")
    length = said.get("CONTENT_LENGTH", "")
    if length.isdecimal() and int(length) <= (request.max_content_length or 0) and "HTTP_TRANSFER_ENCODING" not in said:
        data: bytes = said["wsgi.input"].read(int(length))  # what Werkzeug would read, without its three wrappers
        if len(data) == int(length):
            return data
        raise ClientDisconnected
    data = request.get_data(cache=False)
    if request.content_length is None and len(data) >= (request.max_content_length or len(data) + 1):
        raise RequestEntityTooLarge  # a chunked body, which Werkzeug cuts at the limit without a word
    return data


def _decoded(data: bytes) -> Any:  # noqa: ANN401  # any JSON
    try:
        return msgspec.json.decode(data)
    except (ValueError, RecursionError) as error:  # text that is no UTF-8 is a UnicodeDecodeError to msgspec
        raise InputError("", f"the body is not JSON: {error}") from error


def ask_of_query(query: RecommendQuery) -> Ask:
    """A page's or a cart's question by GET; it may be cached unless it names a customer, a cart or consent."""
    return _ask(query, query.item_id, query.fields)


def ask_of_body(body: RecommendBody) -> Ask:
    """A cart's question by POST, never cached."""
    quantities: dict[str, float] = {}
    for line in body.cart:
        quantities[line.item_id] = quantities.get(line.item_id, 0.0) + (1.0 if line.quantity is None else line.quantity)
    return _ask(body, list(quantities), body.fields or [], tuple(quantities.values()), posted=True)


def parse_price(name: str, said: str | float | None) -> int | None:
    """Decimal text, exactly, or a JSON number, rounded, in ten-thousandths."""
    if said is None:
        return None
    if not isinstance(said, str):
        return round(said * PRICE_SCALE)
    whole, _, decimals = said.partition(".")
    if not said.isascii() or said != said.strip():
        raise InputError(name, "is decimal text such as 19.90")
    return int(whole) * PRICE_SCALE + int(decimals.ljust(4, "0"))


def _ask(
    wishes: RecommendQuery | RecommendBody,
    item_ids: list[str],
    fields: list[Any],
    quantities: tuple[float, ...] = (),
    *,
    posted: bool = False,
) -> Ask:
    lines = tuple(dict.fromkeys(item_ids))
    known_customer = wishes.customer_id is not None
    return Ask(
        item_ids=lines,
        types=_BOTH if wishes.type is None else (wishes.type,),
        n=wishes.n,
        exclude=tuple(sorted(set(wishes.exclude))),
        low=parse_price("min_price", wishes.min_price),
        high=parse_price("max_price", wishes.max_price),
        in_stock=wishes.in_stock,
        customer_id=wishes.customer_id if wishes.consent == "full" else None,
        purchased=wishes.purchased,
        fallback=wishes.fallback,
        explain=wishes.explain,
        fields=tuple(sorted(set(fields))),
        private=posted or known_customer or len(lines) > 1 or _says_consent(wishes),
        quantities=quantities,
    )


def _says_consent(wishes: Wishes) -> bool:
    return wishes.consent != "full"


def _remember(given: dict[str, tuple[str, list[str]]], said: str, texts: list[str]) -> None:
    """Keep one parameter under our name; an alias may repeat what its name says, not contradict it."""
    name = ALIASES.get(said, said)
    ours = [_INTENTS.get(text, text) for text in texts] if said == "intent" else texts
    if name in given and given[name][1] != ours:
        raise InputError(said, f"contradicts {given[name][0]}")
    given.setdefault(name, (said, ours))


def _value(said: str, shape: str, texts: list[str]) -> object:
    """The text of one parameter as the JSON value it stands for; what cannot be one is left to fail its check."""
    if shape == "list":
        return [part for text in texts for part in text.split(",")] if said == "fields" else texts
    if len(texts) > 1:
        raise InputError(said, f"is given {len(texts)} times")
    (text,) = texts
    if shape == "int" and _INTEGER.fullmatch(text):
        return int(text)
    if shape == "bool" and text in {"true", "false"}:
        return text == "true"
    return text


@cache
def _shapes(kind: type[msgspec.Struct]) -> Mapping[str, str]:
    """Parameter → list, int, bool or str."""
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)  # noqa: S101  # narrows msgspec's union of descriptions
    return {field.encode_name: _shape(field.type) for field in info.fields}


def _shape(described: inspect.Type) -> str:
    if isinstance(described, inspect.Metadata):
        return _shape(described.type)
    if isinstance(described, inspect.UnionType):
        return next(_shape(part) for part in described.types if not isinstance(part, inspect.NoneType))
    shapes = {inspect.ListType: "list", inspect.IntType: "int", inspect.BoolType: "bool"}
    return shapes.get(type(described), "str")


def _without_aliases(document: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """A JSON object under our names, and our name → the name it was given."""
    ours: dict[str, Any] = {name: value for name, value in document.items() if name not in ALIASES}
    said = {}
    for alias in ALIASES.keys() & document.keys():
        name, value = ALIASES[alias], document[alias]
        if alias == "intent" and isinstance(value, str):
            value = _INTENTS.get(value, value)
        if ours.get(name, value) != value:
            raise InputError(alias, f"contradicts {name}")
        ours[name] = value
        said[name] = alias
    return ours, said


def _as_said(error: InputError, said: Mapping[str, str]) -> InputError:
    """The error under the name that the caller used."""
    head, bracket, rest = error.field.partition("[")
    return InputError(said.get(head, head) + bracket + rest, error.message)
