"""The Flask app, assembled from settings and a store; nothing connects when this is imported."""

from __future__ import annotations

import dataclasses
import secrets
import time
from collections.abc import Callable, Iterator
from itertools import chain
from time import perf_counter
from typing import IO

import msgspec
from flask import Flask, Response
from msgspec import UNSET
from werkzeug.middleware.proxy_fix import ProxyFix

from recsvc import __version__
from recsvc.contact.rules import STAFF
from recsvc.links import Rules
from recsvc.live_items import LiveItems
from recsvc.picks import PicksSettings, pick
from recsvc.settings import ServiceSettings
from recsvc.shelves import Ask, recommend
from recsvc.state.contract import StateStore
from recsvc.state.mirror import Mirror
from recsvc.store.contract import ModelStore, Snapshot
from recsvc.storefront.pages import storefront
from recsvc.web import caching, door, openapi, parse, problems, render, views
from recsvc.web.access import Access
from recsvc.web.application import Application
from recsvc.web.asked import asked
from recsvc.web.explaining import Explaining
from recsvc.web.goods import Goods
from recsvc.web.hot import HotAnswer, HotAnswers
from recsvc.web.messages import (
    MAX_ID,
    Alive,
    Item,
    NoQuery,
    PicksQuery,
    Ready,
    Recommendations,
    RecommendedBatch,
    RecommendQuery,
)
from recsvc.web.metrics import CONTENT_TYPE, Metrics, Tally, method_name
from recsvc.web.noting_items import NotingItems
from recsvc.web.reaching import Reaching, places, without_consent
from recsvc.web.remembering import Remembering
from recsvc.web.replenishing import Replenishing
from recsvc.web.request_log import RequestLog
from recsvc.web.respond import JSON_UTF8, SECURITY, Answer, respond
from recsvc.web.rights import Rights
from recsvc.web.speaking import speak

_DRAIN_BYTES = 16 * 1024 * 1024
_json = msgspec.json.Encoder()


def create_app(
    settings: ServiceSettings,
    store: ModelStore,
    access: Access | None = None,
    state: StateStore | None = None,
    clock: Callable[[], float] = time.time,
) -> Flask:
    """Assemble the service; `access` says who may ask, by default as the settings have it; `state` is its memory."""
    app = Application("recsvc")
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    problems.register(app)
    if state is not None:
        store = LiveItems(store, state, settings.refresh_seconds)
    access, metrics = access or Access(settings), Metrics(state=state)
    mirror = Mirror(settings.models, state)
    reaching = Reaching(settings, picks_settings(settings), state, mirror, clock) if state is not None else None
    live = reaching.live if reaching is not None else None
    handlers = Handlers(settings, store, metrics, access, state, reaching, clock)
    rights = Rights(settings, picks_settings(settings), store, state, mirror, access, clock)
    remembering = Remembering(state, access, metrics, clock)
    noting = NotingItems(state, store, access)
    by_operation: dict[str, Callable[..., Response]] = {
        "recommend": handlers.recommend,
        "recommend_cart": handlers.recommend_cart,
        "recommend_batch": handlers.recommend_batch,
        "picks": handlers.picks,
        "replenish": Replenishing(store, access, settings.stem_cap, clock, live).replenish,
        "explain": Explaining(store, access, settings.stem_cap, shop_rules(settings), reaching).explain,
        "events": remembering.events,
        "customer_data": rights.data,
        "erase_customer": rights.erase,
        "consent": rights.consent,
        "use_purchase": rights.use,
        "items": noting.many,
        "item": noting.one,
        "live": handlers.live,
        "ready": handlers.ready,
        "metrics": handlers.exposition,
        "openapi": handlers.openapi,
    }
    for route in openapi.ROUTES:
        rule = route.path.replace("{customer_id}", "<any_id:customer_id>").replace("{item_id}", "<any_id:item_id>")
        app.add_url_rule(rule, route.operation, by_operation[route.operation], methods=[route.method])
    if settings.storefront is not None:
        app.register_blueprint(storefront(store, settings.storefront, remembers=state is not None))
    if settings.proxies:
        trusting = ProxyFix(app.wsgi_app, x_for=settings.proxies, x_proto=0)
        app.wsgi_app = trusting  # type: ignore[method-assign]  # the way that Flask documents
    app.before_request(handlers.begin)
    app.after_request(handlers.end)
    return app


class Handlers:
    """The handlers, with what they share."""

    def __init__(
        self,
        settings: ServiceSettings,
        store: ModelStore,
        metrics: Metrics,
        access: Access,
        state: StateStore | None,
        reaching: Reaching | None,
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._state = state
        self._reaching = reaching
        self._access = access
        self._metrics = metrics
        self._log = RequestLog(settings.request_log, clock)
        self._goods = Goods(settings.cards_at_hand)
        self._hot = HotAnswers(settings.answer_cache_bytes)
        self._max_url = settings.max_url_bytes
        self._stem_cap = settings.stem_cap
        self._rules = shop_rules(settings)
        self._picks_settings = picks_settings(settings)
        self._revision = f"{__version__} {self._picks_settings} {self._rules}"
        self._specification = _json.encode(openapi.specification("recsvc", __version__, guarded=access.guarded))

    def begin(self) -> Response | None:
        """Start the clock of a request; refuse an overlong one, and one that may not ask."""
        now = asked()
        now.began = perf_counter()
        if len(now.environ.get("RAW_URI") or now.full_path) > self._max_url:
            return problems.problem(414, f"The path and query are longer than {self._max_url} bytes; POST a cart.")
        return door.admit(self._access, now)

    def end(self, response: Response) -> Response:
        """Count a request; say what its answer varies with."""
        now = asked()
        door.label(self._access, now, response)
        route = door.route_of(now)
        if not isinstance(response, Answer) and (route is not None or response.status_code >= 400):
            for name, value in SECURITY:
                response.headers.add(name, value)
        took, status = perf_counter() - now.began, response.status_code
        self._metrics.request(route.path if route else "none", now.method, status, took)
        if self._log.on:
            kind, method = route.operation if route else "none", method_name(now.method)
            self._log.write(kind, method, status, took, now.version, degraded=now.degraded)
        if status >= 400 and now.method in {"POST", "PUT"}:
            _drain(now.environ["wsgi.input"])
        return response

    def recommend(self) -> Response:
        """`GET /recommend`."""
        now, snapshot, stale = asked(), self._snapshot(), self._store.stale
        who = door.caller()
        state = (snapshot.version, snapshot.revision, stale) if snapshot else None
        question = (who.view, who.shared, now.query_string)
        if (hot := self._hot.find(state, question)) is not None:
            door.permit(self._access, None)  # what is kept was asked for nobody in particular
            self._metrics.cached()
            return self._give(hot)
        query = parse.read_query(now, RecommendQuery)
        door.permit(self._access, query.customer_id)
        ask = parse.ask_of_query(query)
        if snapshot is None or ask.private:
            return self._private(snapshot, ask)
        key = caching.shelf_key(snapshot.version, f"{self._revision} {snapshot.revision} {stale}", ask, who.view)
        etag, policy = f"{snapshot.version}-{key}", caching.PUBLIC if who.shared else caching.OWN
        if _has(etag):
            return self._not_modified(etag, policy)
        tally, shelves = self._compute(snapshot, ask, f"r_{key}")
        if snapshot.degraded:
            self._metrics.answer(tally)
            return respond(shelves)
        answer = HotAnswer(_json.encode(shelves), etag, policy, tally)
        self._hot.keep(state, question, answer)
        return self._give(answer)

    def recommend_cart(self) -> Response:
        """`POST /recommend`."""
        now = asked()
        if now.query_string:
            parse.read_query(now, NoQuery)
        body = parse.read_body(now)
        door.permit(self._access, body.customer_id)
        return self._private(self._snapshot(), parse.ask_of_body(body))

    def recommend_batch(self) -> Response:
        """`POST /recommend/batch`: what stands on an earlier shelf stays out of the later ones."""
        parse.read_query(asked(), NoQuery)
        bodies = parse.read_batch(asked())
        for body in bodies:
            door.permit(self._access, body.customer_id)
        snapshot, answers = self._snapshot(), []
        shown: set[str] = set()
        for body in bodies:
            ask = parse.ask_of_body(body)
            ask = dataclasses.replace(ask, exclude=tuple(sorted(shown.union(ask.exclude))))
            answers.append(self._answer(snapshot, ask, _own_id()))
            shown.update(item.item_id for item in _items(answers[-1]))
        return respond(RecommendedBatch(answers))

    def picks(self, customer_id: str) -> Response:
        """`GET /customers/{customer_id}/picks`."""
        door.permit(self._access, customer_id)
        query = parse.read_query(asked(), PicksQuery)
        if len(customer_id) > MAX_ID:
            raise problems.InputError("customer_id", f"expected text of length <= {MAX_ID}")
        snapshot = self._snapshot()
        version = snapshot.version if snapshot else None
        n = places(query)
        name = f"r_{caching.picks_key(version, self._revision, customer_id, n, query.purchased)}"
        if snapshot is None:
            self._metrics.picks("none", degraded=False)
            return respond(render.no_picks(customer_id, name))
        if query.consent != "full":
            answer = without_consent(snapshot, customer_id, query, self._picks_settings, self._goods)
        elif self._reaching is not None:
            answer = self._reaching.picks(snapshot, customer_id, query)
        else:
            chosen = pick(snapshot, customer_id, n, self._picks_settings, query.purchased)
            answer = render.picks(snapshot, customer_id, chosen, name, self._goods)
        answer.degraded = snapshot.degraded or self._store.stale
        asked().degraded = answer.degraded
        self._metrics.picks(answer.source if answer.send else "held_back", degraded=answer.degraded)
        speak(snapshot, answer.items, query.locale, aloud=query.channel in STAFF)
        views.narrow(answer.items, door.caller().view)
        if door.caller().view == "public":
            answer.business = UNSET
        return respond(render.with_flat_doubles(answer))

    def live(self) -> Response:
        """`GET /health/live`."""
        return respond(Alive("alive"))

    def ready(self) -> Response:
        """`GET /health/ready`."""
        status = self._store.status()
        if status.serving is None:
            return problems.problem(503, f"There is nothing to serve: {status.note}.")
        remembers = self._state.status().note if self._state else None
        note = "; ".join(filter(None, (status.note, self._access.trouble, remembers))) or None
        return respond(Ready("ready", status.serving, status.published, note, dict(status.refused)))

    def exposition(self) -> Response:
        """`GET /metrics`."""
        self._snapshot()
        response = Response(self._metrics.exposition(), content_type=CONTENT_TYPE)
        response.headers["Cache-Control"] = caching.PRIVATE
        return response

    def openapi(self) -> Response:
        """`GET /openapi.json`."""
        return respond(self._specification)

    def _private(self, snapshot: Snapshot | None, ask: Ask) -> Response:
        """An answer that no cache may keep: for one customer, cart or consent, or while there is no version."""
        return respond(self._answer(snapshot, ask, _own_id()))

    def _answer(self, snapshot: Snapshot | None, ask: Ask, name: str) -> Recommendations:
        """Such an answer, counted."""
        if snapshot is None:
            self._metrics.answer(Tally(tuple((shelf_type, "no_model") for shelf_type in ask.types)))
            return render.no_model(ask, name)
        if self._reaching is not None and ask.customer_id is not None:
            snapshot = self._reaching.live(snapshot, ask.customer_id)
        tally, answer = self._compute(snapshot, ask, name)
        self._metrics.answer(tally)
        return answer

    def _compute(self, snapshot: Snapshot, ask: Ask, name: str) -> tuple[Tally, Recommendations]:
        """Shelves from a version, as the caller may see them, and what the counters hear of."""
        shelves = recommend(snapshot, ask, self._stem_cap, self._rules)
        answer = render.recommendations(snapshot, ask, shelves, name, self._goods)
        answer.degraded = snapshot.degraded or self._store.stale
        views.narrow(_items(answer), door.caller().view)
        asked().degraded = answer.degraded
        return Tally.of(shelves, degraded=answer.degraded), answer

    def _give(self, answer: HotAnswer) -> Response:
        """An answer that caches may keep, or 304 to who has it."""
        if _has(answer.etag):
            return self._not_modified(answer.etag, answer.policy)
        self._metrics.answer(answer.tally)
        asked().degraded = answer.tally.degraded
        headers = [("Content-Type", JSON_UTF8), ("Cache-Control", answer.policy), ("ETag", f'"{answer.etag}"')]
        return Answer(answer.body, headers=headers)

    def _not_modified(self, etag: str, policy: str) -> Response:
        self._metrics.not_modified()
        return Response(status=304, headers=[("ETag", f'"{etag}"'), ("Cache-Control", policy)])

    def _snapshot(self) -> Snapshot | None:
        """The one version that this request sees."""
        snapshot = self._store.snapshot()
        if snapshot is not None:
            asked().version = snapshot.version
            self._metrics.serving(snapshot.version, snapshot.generated_at)
        return snapshot


def _has(etag: str) -> bool:
    """Whether the caller holds this very answer."""
    now = asked()
    return "HTTP_IF_NONE_MATCH" in now.environ and now.if_none_match.contains_weak(etag)


def shop_rules(settings: ServiceSettings) -> Rules:
    """What an operator decided for all shelves."""
    return Rules(settings.links, settings.upsell_cap)


def picks_settings(settings: ServiceSettings) -> PicksSettings:
    """How an operator wants picks to be chosen."""
    return PicksSettings(
        settings.picks_history, settings.picks_half_life_days, settings.due_after_days, settings.stem_cap
    )


def _drain(body: IO[bytes]) -> None:
    """Read what is left of a refused body, within reason: whoever is still sending it would not see our answer."""
    left = _DRAIN_BYTES
    while left > 0 and (block := body.read(min(left, 65_536))):
        left -= len(block)


def _items(answer: Recommendations) -> Iterator[Item]:
    return chain(answer.cross_sell or (), answer.upsell or ())


def _own_id() -> str:
    """The name of an answer that no cache may share."""
    return f"r_{secrets.token_hex(12)}"
