"""Signed customer tokens: a page or a mail may ask for one customer's shelves, and for nobody else's. Pure."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

TokenScope = Literal["email", "web"]
TOKEN_SCOPES: tuple[TokenScope, ...] = get_args(TokenScope)

LONGEST: dict[TokenScope, int] = {"email": 30 * 86_400, "web": 86_400}
"""Seconds that a token may live at most; a longer one is refused, whoever signed it."""

SKEW = 300
"""Seconds that the clocks of signer and service may differ."""

SECRET_BYTES = 32
"""A shorter secret is refused (RFC 2104: not less than the hash's length)."""

_TOKEN = re.compile(r"([1-9][0-9]{0,11})\.([0-9a-fA-F]{64})", re.ASCII)


class TokenError(Exception):
    """A token that does not open what it was shown for; the message never depends on any customer."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs and checks tokens.

    `token = exp "." hex(hmac_sha256(secret, "v1|namespace|customer_id|scope|exp"))`, the text in UTF-8, `exp` in
    seconds since 1970. A namespace, a scope and `exp` hold no bar, so no two customers share a text, whatever their
    ids hold. Sources: RFC 2104; Intercom's identity verification, which has no expiry.

    Attributes:
        secrets: the first signs, any opens; none: no token opens anything.
        namespace: of the shop, so that a token of one shop is none in another.
    """

    secrets: Sequence[bytes]
    namespace: str

    def sign(self, customer_id: str, scope: TokenScope, exp: int) -> str:
        """A token for one customer.

        Raises:
            IndexError: there is no secret.
        """
        return f"{exp}.{self._mac(self.secrets[0], customer_id, scope, exp).hex()}"

    def verify(self, token: str, customer_id: str, scopes: Sequence[TokenScope], now: float) -> None:
        """Check that a token opens `customer_id` for one of `scopes` at `now`, in seconds since 1970.

        Raises:
            TokenError: it does not.
        """
        exp, mac = _parts(token)
        if now > exp + SKEW:
            raise TokenError("The token has expired.")
        opened = False
        for scope in scopes:
            if exp <= now + LONGEST[scope] + SKEW:
                for secret in self.secrets:
                    opened |= hmac.compare_digest(self._mac(secret, customer_id, scope, exp), mac)
        if not opened:
            raise TokenError("The token does not open this.")

    def _mac(self, secret: bytes, customer_id: str, scope: str, exp: int) -> bytes:
        text = f"v1|{self.namespace}|{customer_id}|{scope}|{exp}"
        return hmac.digest(secret, text.encode("utf-8", "surrogatepass"), hashlib.sha256)


def _parts(token: str) -> tuple[int, bytes]:
    """When a token ends, and its signature."""
    if not (found := _TOKEN.fullmatch(token)):
        raise TokenError("A token is <seconds since 1970>.<64 hex digits>.")
    return int(found[1]), bytes.fromhex(found[2])
