"""`/openapi.json`, OpenAPI 3.1, assembled from the routes and the records they read and write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import msgspec

from recsvc.keys.records import Scope
from recsvc.keys.tokens import TokenScope
from recsvc.web.explain_messages import ExplainQuery, Explanation
from recsvc.web.item_messages import ItemsReceipt, ItemWord, ItemWords
from recsvc.web.messages import (
    MAX_N,
    Alive,
    Id,
    NoQuery,
    Picks,
    PicksQuery,
    Problem,
    Ready,
    Recommendations,
    RecommendBatch,
    RecommendBody,
    RecommendedBatch,
    RecommendQuery,
)
from recsvc.web.problems import PROBLEM_JSON
from recsvc.web.render import FLAT
from recsvc.web.replenish_messages import Replenishment, ReplenishQuery
from recsvc.web.state_messages import ConsentBody, CustomerData, Done, EventBatch, EventsReceipt, UseBody

JSON = "application/json"
TEXT = "text/plain"
KEY_HEADER = "X-API-Key"
KEY_QUERY = "key"
TOKEN_QUERY = "token"  # noqa: S105  # a parameter's name
_REF = "#/components/schemas/{name}"


@dataclass(frozen=True, slots=True)
class Route:
    """One path and method: what is read, what is written.

    Attributes:
        method: GET, POST, PUT or DELETE.
        path: as OpenAPI writes it, `/customers/{customer_id}/picks`.
        operation: the operation's id, also the name of its handler.
        summary: a sentence.
        answer: record of the 200, None where it is no record.
        content_type: of the 200.
        query: record of the query string.
        body: record of the JSON body, None for none.
        not_modified: may answer 304.
        problems: statuses answered with a problem document, beside those that any path may give and those of keys.
        scope: what a key needs, None for a path that is open to everybody.
        public: public keys may ask it.
        token_scopes: of the customer tokens that open it.
    """

    method: str
    path: str
    operation: str
    summary: str
    answer: type[msgspec.Struct] | None
    content_type: str = JSON
    query: type[msgspec.Struct] = NoQuery
    body: type[msgspec.Struct] | None = None
    not_modified: bool = False
    problems: Sequence[int] = ()
    scope: Scope | None = None
    public: bool = False
    token_scopes: Sequence[TokenScope] = ()


ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        "/recommend",
        "recommend",
        "What to show beside an item, or beside several",
        Recommendations,
        query=RecommendQuery,
        not_modified=True,
        problems=(400, 414),
        scope="recommend",
        public=True,
        token_scopes=("web",),
    ),
    Route(
        "POST",
        "/recommend",
        "recommend_cart",
        "What to show beside a cart",
        Recommendations,
        body=RecommendBody,
        problems=(400, 413, 414, 415),
        scope="recommend",
        public=True,
        token_scopes=("web",),
    ),
    Route(
        "POST",
        "/recommend/batch",
        "recommend_batch",
        "Several shelves of one page, no item on two of them",
        RecommendedBatch,
        body=RecommendBatch,
        problems=(400, 413, 414, 415),
        scope="recommend",
        public=True,
        token_scopes=("web",),
    ),
    Route(
        "GET",
        "/customers/{customer_id}/picks",
        "picks",
        "What to show one customer next, for mail and app",
        Picks,
        query=PicksQuery,
        problems=(400, 414),
        scope="customers",
        token_scopes=("email", "web"),
    ),
    Route(
        "GET",
        "/customers/{customer_id}/replenish",
        "replenish",
        "What one customer is due to buy again, and when",
        Replenishment,
        query=ReplenishQuery,
        problems=(400, 414),
        scope="customers",
        token_scopes=("email", "web"),
    ),
    Route(
        "GET",
        "/explain",
        "explain",
        "Why one item is, or is not, on a shelf of another",
        Explanation,
        query=ExplainQuery,
        problems=(400, 414),
        scope="recommend",
    ),
    Route(
        "POST",
        "/events",
        "events",
        "What happened: shown, clicked, bought, declined",
        EventsReceipt,
        body=EventBatch,
        problems=(400, 413, 414, 415, 503),
        scope="events",
    ),
    Route(
        "GET",
        "/customers/{customer_id}/data",
        "customer_data",
        "What is held of one customer, and which purchases drive their picks",
        CustomerData,
        problems=(400, 414, 503),
        scope="customers",
    ),
    Route(
        "DELETE",
        "/customers/{customer_id}/data",
        "erase_customer",
        "Forget one customer",
        Done,
        problems=(400, 414, 503),
        scope="customers",
    ),
    Route(
        "PUT",
        "/customers/{customer_id}/consent",
        "consent",
        "What one customer consents to",
        Done,
        body=ConsentBody,
        problems=(400, 413, 414, 415, 503),
        scope="customers",
    ),
    Route(
        "PUT",
        "/customers/{customer_id}/purchases",
        "use_purchase",
        "Do not use this purchase: it was a gift",
        Done,
        body=UseBody,
        problems=(400, 413, 414, 415, 503),
        scope="customers",
    ),
    Route(
        "POST",
        "/items",
        "items",
        "What items cost now, and whether they can be bought",
        ItemsReceipt,
        body=ItemWords,
        problems=(400, 413, 414, 415, 503),
        scope="catalog",
    ),
    Route(
        "PUT",
        "/items/{item_id}",
        "item",
        "The same of one item",
        ItemsReceipt,
        body=ItemWord,
        problems=(400, 413, 414, 415, 503),
        scope="catalog",
    ),
    Route("GET", "/health/live", "live", "The process answers", Alive),
    Route("GET", "/health/ready", "ready", "A verified version is served", Ready, problems=(503,)),
    Route("GET", "/metrics", "metrics", "Counters for Prometheus", None, content_type=TEXT, scope="admin"),
    Route("GET", "/openapi.json", "openapi", "This document", None),
)


_SCHEMES = {
    "key": {
        "type": "apiKey",
        "in": "header",
        "name": KEY_HEADER,
        "description": "a secret key (`sk_…`) with the scope named, or `admin`; public keys are taken here too",
    },
    "public_key": {
        "type": "apiKey",
        "in": "query",
        "name": KEY_QUERY,
        "description": "a public key (`pk_…`), from a page whose origin it lists; naming a customer needs a token too",
    },
    "customer_token": {
        "type": "apiKey",
        "in": "query",
        "name": TOKEN_QUERY,
        "description": "opens the shelves of the one customer it is signed for, who must be named",
    },
}

_HEADERS = {
    401: {"WWW-Authenticate": {"schema": {"type": "string"}}},
    429: {"Retry-After": {"description": "seconds", "schema": {"type": "integer", "minimum": 1}}},
}


def specification(
    title: str, version: str, routes: Sequence[Route] = ROUTES, *, guarded: bool = False
) -> dict[str, Any]:
    """The whole document; `guarded`: keys are asked for. Aliases are left out: the API reference describes them."""
    records = [record for route in routes for record in (route.answer, route.body) if record is not None]
    _, schemas = msgspec.json.schema_components([*dict.fromkeys(records), Problem], ref_template=_REF)
    schemas["Picks"]["patternProperties"] = {_flat_pattern(): {"type": "string"}}
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, guarded=guarded)
    components: dict[str, Any] = {"schemas": schemas}
    if guarded:
        components["securitySchemes"] = _SCHEMES
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        "paths": paths,
        "components": components,
    }


def _operation(route: Route, *, guarded: bool) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.operation,
        "summary": route.summary,
        "parameters": [*_path_parameters(route), *_query_parameters(route.query)],
        "responses": _responses(route, guarded=guarded),
    }
    if guarded:
        operation["security"] = _security(route)
    if route.body is not None:
        schema = {"$ref": _REF.format(name=route.body.__name__)}
        operation["requestBody"] = {"required": True, "content": {JSON: {"schema": schema}}}
    return operation


def _security(route: Route) -> list[dict[str, list[str]]]:
    """What opens a path, in alternatives; with each its scopes. An empty list: it is open."""
    if route.scope is None:
        return []
    ways: list[dict[str, list[str]]] = [{"key": [route.scope]}]
    if route.public:
        ways.append({"public_key": [route.scope]})
    if route.token_scopes:
        ways.append({"customer_token": list(route.token_scopes)})
        ways.append({"public_key": [], "customer_token": list(route.token_scopes)})
    return ways


def _responses(route: Route, *, guarded: bool) -> dict[str, Any]:
    if route.answer is not None:
        schema: Mapping[str, Any] = {"$ref": _REF.format(name=route.answer.__name__)}
    else:
        schema = {"type": "string" if route.content_type == TEXT else "object"}
    responses: dict[str, Any] = {
        "200": {"description": "OK", "content": {route.content_type: {"schema": schema}}},
    }
    if route.not_modified:
        responses["304"] = {"description": "Not Modified: the tag given in If-None-Match still holds"}
    problem = {PROBLEM_JSON: {"schema": {"$ref": _REF.format(name="Problem")}}}
    for status in (*route.problems, *(_refusals(route) if guarded else ())):
        responses[str(status)] = {"description": HTTPStatus(status).phrase, "content": problem}
        if headers := _HEADERS.get(status):
            responses[str(status)]["headers"] = headers
    responses["default"] = {"description": "Any other error", "content": problem}
    return responses


def _refusals(route: Route) -> Sequence[int]:
    if route.scope is None:
        return ()
    return (401, 403, 429) if route.public or route.token_scopes else (401, 403)


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    names = [part[1:-1] for part in route.path.split("/") if part.startswith("{")]
    schema = msgspec.json.schema(Id)
    return [{"name": name, "in": "path", "required": True, "schema": schema} for name in names]


def _query_parameters(query: type[msgspec.Struct]) -> list[dict[str, Any]]:
    (record,) = msgspec.json.schema(query)["$defs"].values()
    required = set(record["required"])
    parameters = []
    for name, described in record["properties"].items():
        schema = _without_null(described)
        parameter = {"name": name, "in": "query", "required": name in required, "schema": schema}
        if description := schema.pop("description", None):
            parameter["description"] = description
        if schema.get("type") == "array":
            parameter |= {"style": "form", "explode": name != "fields"}
        parameters.append(parameter)
    return parameters


def _without_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A query string has no null: absent says it."""
    bare = {key: value for key, value in schema.items() if key != "default" or value not in (None, [])}
    if "enum" in bare:
        bare["enum"] = [value for value in bare["enum"] if value is not None]
    if "anyOf" in bare:
        kept = [part for part in bare.pop("anyOf") if part != {"type": "null"}]
        bare = {**bare, **kept[0]} if len(kept) == 1 else {**bare, "anyOf": kept}
    return bare


def _flat_pattern() -> str:
    """The names of the flat doubles."""
    numbers = "[1-9][0-9]?|" + str(MAX_N)
    return f"^item_({numbers})_({'|'.join(FLAT)})$"
