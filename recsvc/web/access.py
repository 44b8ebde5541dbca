"""Who asks, and whether they may: keys, origins, rates and customer tokens, before anything is computed."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from flask import Request

from recsvc.keys.file import token_secrets
from recsvc.keys.rate import Rates, client_of
from recsvc.keys.records import DEFAULT_RATE, SCOPES, Key
from recsvc.keys.ring import KeyRing
from recsvc.keys.tokens import Signer, TokenError
from recsvc.keys.watch import KeyWatch
from recsvc.settings import ServiceSettings
from recsvc.web.openapi import KEY_HEADER, KEY_QUERY, TOKEN_QUERY, Route
from recsvc.web.problems import Refusal
from recsvc.web.views import View

_CHALLENGE = {"WWW-Authenticate": f'{KEY_HEADER} realm="recsvc"'}
"""RFC 9110, 11.6.1: a 401 says how to ask. The scheme is ours: browsers do not prompt for it."""

_ALL = frozenset(SCOPES)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks.

    Attributes:
        view: how much of an answer they see.
        scopes: what their key may do; none without a key.
        shared: whether a cache that others use may keep the answer.
        token: the customer token that came along.
        origin: the page that asks, where its key lists it.
        bucket: key and client that a public key's rate is counted for.
        rate: requests per minute of that bucket.
    """

    view: View
    scopes: frozenset[str] = frozenset()
    shared: bool = True
    token: str | None = None
    origin: str | None = None
    bucket: tuple[str, str] | None = None
    rate: int = DEFAULT_RATE


OPEN = Caller("admin", _ALL)
"""Whoever asks while no keys are configured."""


class Access:
    """The door of the service.

    Args:
        settings: where keys and token secrets are.
        clock: seconds since 1970, by which keys and tokens end.
        rates: of public keys and tokens; by default of their own.

    Raises:
        KeysError: the token secrets cannot be used.
    """

    def __init__(
        self, settings: ServiceSettings, clock: Callable[[], float] = time.time, rates: Rates | None = None
    ) -> None:
        self._keys = KeyWatch(settings.keys, settings.refresh_seconds) if settings.keys else None
        self._signer = Signer(token_secrets(settings.token_secret, settings.token_secret_file), settings.namespace)
        self._rates = Rates() if rates is None else rates
        self._clock = clock

    @property
    def guarded(self) -> bool:
        """Whether keys are asked for."""
        return self._keys is not None

    def look(self) -> None:
        """Read the keys now, before the first request: a worker that waited could find the file broken by then."""
        if self._keys is not None:
            self._keys.ring()

    @property
    def trouble(self) -> str | None:
        """What is wrong with the keys, in words that name no path; None where nothing is."""
        broken = self._keys is not None and self._keys.trouble is not None
        return "the file of keys cannot be used; the log says why" if broken else None

    def caller(self, request: Request, route: Route) -> Caller:
        """Who asks for `route`.

        Raises:
            Refusal: 401 without a key that is known, 403 for a public key on a page or path it is not for, 503 while
                the keys cannot be read.
        """
        if self._keys is None or route.scope is None:
            return OPEN
        token = request.args.get(TOKEN_QUERY) if route.token_scopes else None
        key = self._key(request, self._ring(self._keys))
        if key is None:
            if token is None:
                raise _unauthorised(f"A key is needed, in the header {KEY_HEADER}.")
            return Caller("public", token=token)
        if not key.public:
            admin = "admin" in key.scopes
            return Caller(
                "admin" if admin else "secret", _ALL if admin else frozenset(key.scopes), shared=False, token=token
            )
        if not route.public and token is None:
            raise Refusal(403, "A public key does not open this; with a customer's token it opens that customer.")
        if page_of(request) not in key.origins:
            raise Refusal(403, "This key may not be used from this page: its origin is not among the key's.")
        return Caller(
            "public",
            frozenset(key.scopes),
            token=token,
            origin=request.headers.get("Origin"),
            bucket=(key.name, client_of(request.remote_addr)),
            rate=key.rate or DEFAULT_RATE,
        )

    def count(self, caller: Caller) -> None:
        """Count a request of a public key.

        Raises:
            Refusal: 429, it asks too often.
        """
        if caller.bucket is not None:
            self._wait(caller.bucket, caller.rate)

    def permit(self, caller: Caller, route: Route, customer_id: str | None) -> None:
        """Check that a caller may ask `route`, and for `customer_id` where the request names one.

        Nothing is looked up: the answer is the same for a customer who exists and for one who does not.

        Raises:
            Refusal: 401 without a key or a customer's token, 403 where they do not open this, 429 for a token alone
                that asks too often.
        """
        needed = (route.scope,) if customer_id is None else (route.scope, "customers")
        missing = {scope for scope in needed if scope is not None and scope not in caller.scopes}
        if not missing:
            return
        if customer_id is not None and caller.token is not None:
            try:
                self._signer.verify(caller.token, customer_id, route.token_scopes, self._clock())
            except TokenError as error:
                raise Refusal(403, str(error)) from error
            if not caller.scopes:
                self._wait(("token", customer_id), DEFAULT_RATE)
            return
        if not caller.scopes:
            raise _unauthorised("A token opens its own customer's shelves; name the customer, or send a key.")
        raise Refusal(403, f"This key lacks the scope {' and '.join(sorted(missing))}.")

    def welcomes(self, request: Request) -> bool:
        """Whether a browser's question beforehand (a pre-flight) comes from a page that some public key lists."""
        origin = request.headers.get("Origin", "")
        ring = self._keys.ring() if self._keys else None
        if ring is None:
            return False
        if (queried := request.args.get(KEY_QUERY)) is None:  # a key in the header does not come beforehand
            return ring.welcomes(origin, self._now())
        key = ring.find(queried, self._now())
        return key is not None and origin in key.origins

    def _key(self, request: Request, ring: KeyRing) -> Key | None:
        """The key presented, None where none is."""
        header, queried = request.headers.get(KEY_HEADER), request.args.getlist(KEY_QUERY)
        presented = [header, *queried] if header else queried
        if not presented:
            return None
        if len(presented) > 1:
            raise _unauthorised("More than one key was sent; send one.")
        if (key := ring.find(presented[0], self._now())) is None:
            raise _unauthorised("This key is not known, or has ended.")
        if queried and not key.public:
            raise _unauthorised(
                f"A secret key does not belong in an address, which logs keep; send it in {KEY_HEADER} and rotate it."
            )
        return key

    def _ring(self, keys: KeyWatch) -> KeyRing:
        if (ring := keys.ring()) is None:
            raise Refusal(503, "The service cannot read its keys; its log says why.", {"Retry-After": "5"})
        return ring

    def _wait(self, bucket: tuple[str, str], rate: int) -> None:
        if wait := self._rates.wait(bucket, rate):
            raise Refusal(429, f"More than {rate} requests in a minute.", {"Retry-After": str(math.ceil(wait))})

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


def page_of(request: Request) -> str:
    """The origin of the page that asks: `Origin`, which browsers leave out on their own host, else the `Referer`'s."""
    if origin := request.headers.get("Origin"):
        return origin
    try:
        referer = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return ""
    return f"{referer.scheme}://{referer.netloc}".lower()


def _unauthorised(detail: str) -> Refusal:
    return Refusal(401, detail, _CHALLENGE)
