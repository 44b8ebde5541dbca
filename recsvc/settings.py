"""What an operator may choose: one record, read once from the environment, checked where it is read."""

from __future__ import annotations

import difflib
import functools
import ipaddress
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal, get_args, get_type_hints

from recsvc.contact.rules import parse_caps
from recsvc.keys.tokens import SECRET_BYTES
from recsvc.links import Mode

LogForm = Literal["off", "text", "json"]
_LOG_FORMS: tuple[LogForm, ...] = get_args(LogForm)
_PREFIX = "RECSVC_"
_ALIKE = 0.75
"""Names at least this much alike (Ratcliff and Obershelp, as `difflib` measures) are one name misspelt."""
_LOG_LEVELS = ("debug", "info", "warning", "error")


class SettingsError(ValueError):
    """A setting that cannot be used; the message names its variable."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What a field of the settings is to its operator.

    Attributes:
        env: its variable in the environment.
        unit: of its value.
        meaning: a sentence.
        parse: text → value; a ValueError says what the value should be.
        secret: no message repeats the value.
    """

    env: str
    unit: str
    meaning: str
    parse: Callable[[str], object]
    secret: bool = False


def _integer(low: int, high: int) -> Callable[[str], int]:
    return functools.partial(_whole_between, low, high)


def _number(low: float, high: float) -> Callable[[str], float]:
    return functools.partial(_between, low, high)


def _whole_between(low: int, high: int, text: str) -> int:
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise ValueError(f"must be a whole number between {low} and {high}")
    return int(text)


def _between(low: float, high: float, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:  # also true of nan
        raise ValueError(f"must be a number between {low:g} and {high:g}")
    return value


def _flag(text: str) -> bool:
    if text not in {"0", "1"}:
        raise ValueError("must be 0 or 1")
    return text == "1"


def _level(text: str) -> str:
    if text not in _LOG_LEVELS:
        raise ValueError(f"must be one of {', '.join(_LOG_LEVELS)}")
    return text


def _log_form(text: str) -> str:
    if text not in _LOG_FORMS:
        raise ValueError(f"must be one of {', '.join(_LOG_FORMS)}")
    return text


def _mode(text: str) -> str:
    if text not in {"first", "only", "off"}:
        raise ValueError("must be first, only or off")
    return text


def _name(text: str) -> str:
    if not text.isascii() or not text.replace("-", "").replace("_", "").isalnum():
        raise ValueError("must be of letters, digits, - and _")
    return text


def _secret(text: str) -> str:
    if len(text.encode()) < SECRET_BYTES:
        raise ValueError(f"must have {SECRET_BYTES} bytes or more, as from: openssl rand -hex 32")
    return text


def _bind(text: str) -> str:
    host, _, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or int(port) > 65_535:
        raise ValueError("must be HOST:PORT, such as 127.0.0.1:8000 or [::1]:8000")
    return text


def _caps(text: str) -> str:
    parse_caps(text)
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSettings:
    """Every choice of the service, with its variable, unit and meaning; `docs/reference/settings.md` lists them."""

    models: Annotated[Path, Choice("RECSVC_MODELS", "folder", "where model versions lie", Path)] = Path(
        "models/trained"
    )
    bind: Annotated[str, Choice("RECSVC_BIND", "HOST:PORT", "where to listen; port 0 takes a free one", _bind)] = (
        "127.0.0.1:8000"
    )
    allow_open: Annotated[
        bool,
        Choice("RECSVC_ALLOW_OPEN", "0 or 1", "allow a bind that other machines reach although no key is asked", _flag),
    ] = False
    keys: Annotated[
        Path | None,
        Choice("RECSVC_KEYS", "file", "the keys that callers need; unset: nobody needs one", Path),
    ] = None
    token_secret: Annotated[
        str | None,
        Choice("RECSVC_TOKEN_SECRET", "text", "signs customer tokens, 32 bytes or more", _secret, secret=True),
    ] = field(default=None, repr=False)
    token_secret_file: Annotated[
        Path | None,
        Choice(
            "RECSVC_TOKEN_SECRET_FILE", "file", "the same, a secret per line: the first signs, all are accepted", Path
        ),
    ] = None
    proxies: Annotated[
        int,
        Choice(
            "RECSVC_PROXIES",
            "proxies",
            "how many proxies of yours stand before the service; so many entries of X-Forwarded-For are believed",
            _integer(0, 10),
        ),
    ] = 0
    workers: Annotated[
        int, Choice("RECSVC_WORKERS", "processes", "worker processes; 0 means one per core", _integer(0, 512))
    ] = 0
    threads: Annotated[int, Choice("RECSVC_THREADS", "threads", "threads per worker", _integer(1, 256))] = 8
    keepalive_seconds: Annotated[
        int, Choice("RECSVC_KEEPALIVE_SECONDS", "s", "how long an idle connection stays open", _integer(0, 3_600))
    ] = 75
    timeout_seconds: Annotated[
        int, Choice("RECSVC_TIMEOUT_SECONDS", "s", "a worker silent for so long is replaced", _integer(1, 3_600))
    ] = 30
    graceful_seconds: Annotated[
        int, Choice("RECSVC_GRACEFUL_SECONDS", "s", "how long requests may go on after TERM", _integer(0, 3_600))
    ] = 20
    log_level: Annotated[str, Choice("RECSVC_LOG_LEVEL", "level", "debug, info, warning or error", _level)] = "info"
    refresh_seconds: Annotated[
        float,
        Choice(
            "RECSVC_REFRESH_SECONDS",
            "s",
            "how often a worker looks for a new version and changed keys",
            _number(0, 3_600),
        ),
    ] = 1.0
    max_body_bytes: Annotated[
        int,
        Choice("RECSVC_MAX_BODY_BYTES", "bytes", "a larger body is refused with 413", _integer(1_024, 2**30)),
    ] = 262_144
    max_url_bytes: Annotated[
        int,
        Choice("RECSVC_MAX_URL_BYTES", "bytes", "a longer path and query is refused with 414", _integer(256, 8_000)),
    ] = 8_000
    redis_url: Annotated[
        str | None,
        Choice("RECSVC_REDIS_URL", "URL", "the Redis that hosts share; unset: versions from disk alone", str),
    ] = None
    namespace: Annotated[str, Choice("RECSVC_NAMESPACE", "name", "prefix of this shop's keys in Redis", _name)] = (
        "recsvc"
    )
    redis_timeout_seconds: Annotated[
        float,
        Choice("RECSVC_REDIS_TIMEOUT_SECONDS", "s", "a request waits no longer for one answer", _number(0.001, 10)),
    ] = 0.05
    redis_rest_seconds: Annotated[
        float,
        Choice("RECSVC_REDIS_REST_SECONDS", "s", "after a failure Redis is left alone for so long", _number(0, 60)),
    ] = 1.0
    grace_seconds: Annotated[
        float,
        Choice(
            "RECSVC_GRACE_SECONDS", "s", "an older version stays in Redis for so long after a move", _number(0, 86_400)
        ),
    ] = 600.0
    keep_versions: Annotated[
        int, Choice("RECSVC_KEEP_VERSIONS", "versions", "how many of the newest stay on disk", _integer(1, 1_000))
    ] = 3
    request_log: Annotated[
        LogForm,
        Choice(
            "RECSVC_REQUEST_LOG",
            "off, text or json",
            "a line per request on standard error: kind, status, time, version, degraded; nothing of the customer",
            _log_form,
        ),
    ] = "off"
    answer_cache_bytes: Annotated[
        int,
        Choice(
            "RECSVC_ANSWER_CACHE_BYTES",
            "bytes",
            "memory of a worker for answers that it may give again while nothing has changed; 0 keeps none",
            _integer(0, 1 << 34),
        ),
    ] = 32 * 1024 * 1024
    cards_at_hand: Annotated[
        int,
        Choice(
            "RECSVC_CARDS_AT_HAND",
            "items",
            "how many items' cards a worker keeps read, about a kilobyte each",
            _integer(0, 1 << 24),
        ),
    ] = 10_000
    stem_cap: Annotated[
        int, Choice("RECSVC_STEM_CAP", "items", "how many items with titles alike one shelf may hold", _integer(1, 100))
    ] = 2
    links: Annotated[
        Mode,
        Choice(
            "RECSVC_LINKS",
            "first, only or off",
            "the catalogue's own links lead their shelves, stand there alone, or are left out; `never` always holds",
            _mode,
        ),
    ] = "first"
    upsell_cap: Annotated[
        float,
        Choice(
            "RECSVC_UPSELL_CAP",
            "prices",
            "an upsell costs at most this many times the item; 0: no cap",
            _number(0, 1_000),
        ),
    ] = 0.0
    picks_history: Annotated[
        int,
        Choice(
            "RECSVC_PICKS_HISTORY", "items", "how many of a customer's last items speak for picks", _integer(1, 100)
        ),
    ] = 20
    picks_half_life_days: Annotated[
        float,
        Choice(
            "RECSVC_PICKS_HALF_LIFE_DAYS", "days", "age at which a purchase speaks half as loud", _number(0.1, 3_650)
        ),
    ] = 30.0
    due_after_days: Annotated[
        float,
        Choice(
            "RECSVC_DUE_AFTER_DAYS",
            "days",
            "when a consumable bought at least twice is due again, where its rhythm is unknown",
            _number(1, 3_650),
        ),
    ] = 28.0
    state: Annotated[
        Path | None,
        Choice("RECSVC_STATE", "file", "the memory of events, consent and live items on one host (SQLite)", Path),
    ] = None
    state_url: Annotated[
        str | None,
        Choice("RECSVC_STATE_URL", "URL", "the same for a fleet: a Redis of its own, which keeps what it is told", str),
    ] = None
    state_timeout_seconds: Annotated[
        float,
        Choice("RECSVC_STATE_TIMEOUT_SECONDS", "s", "requests wait no longer for that Redis", _number(0.001, 10)),
    ] = 0.25
    state_events: Annotated[
        int,
        Choice(
            "RECSVC_STATE_EVENTS",
            "events",
            "how many of a customer's are remembered, newest first",
            _integer(10, 100_000),
        ),
    ] = 1_000
    state_days: Annotated[
        int, Choice("RECSVC_STATE_DAYS", "days", "how long events are remembered", _integer(1, 3_650))
    ] = 400
    contact_caps: Annotated[
        str,
        Choice("RECSVC_CONTACT_CAPS", "contacts/days", "at most so many contacts per channel in so many days", _caps),
    ] = "email=2/7,app=3/7,phone=1/30"
    pause_days: Annotated[
        float, Choice("RECSVC_PAUSE_DAYS", "days", "between two contacts of a channel", _number(0, 365))
    ] = 3.0
    pause_growth: Annotated[
        float,
        Choice(
            "RECSVC_PAUSE_GROWTH",
            "factor",
            "so many times longer for each contact beyond the first in a row that came to nothing",
            _number(1, 10),
        ),
    ] = 1.5
    pause_longest_days: Annotated[
        float, Choice("RECSVC_PAUSE_LONGEST_DAYS", "days", "the longest such pause", _number(0, 3_650))
    ] = 28.0
    cool_down_days: Annotated[
        float,
        Choice("RECSVC_COOL_DOWN_DAYS", "days", "an item shown once and ignored rests so long", _number(0, 3_650)),
    ] = 14.0
    cool_down_growth: Annotated[
        float,
        Choice("RECSVC_COOL_DOWN_GROWTH", "factor", "and each further time so many times longer", _number(1, 10)),
    ] = 2.0
    cool_down_longest_days: Annotated[
        float, Choice("RECSVC_COOL_DOWN_LONGEST_DAYS", "days", "the longest such rest", _number(0, 3_650))
    ] = 180.0
    declined_days: Annotated[
        float, Choice("RECSVC_DECLINED_DAYS", "days", "an item is quiet after a no", _number(0, 3_650))
    ] = 180.0
    not_now_days: Annotated[
        float, Choice("RECSVC_NOT_NOW_DAYS", "days", "an item is quiet after a not now", _number(0, 3_650))
    ] = 30.0
    elsewhere_days: Annotated[
        float,
        Choice(
            "RECSVC_ELSEWHERE_DAYS",
            "days",
            "an item is quiet for somebody who has it from elsewhere, or sent it back",
            _number(0, 3_650),
        ),
    ] = 365.0
    storefront: Annotated[
        Path | None,
        Choice("RECSVC_STOREFRONT", "folder", "show the demonstration shop that lies there, under /shop/", Path),
    ] = None

    @property
    def worker_count(self) -> int:
        """Worker processes to start."""
        return self.workers or os.cpu_count() or 1


def choices() -> dict[str, Choice]:
    """Field name → what it is to its operator, in the record's order."""
    hints = get_type_hints(ServiceSettings, include_extras=True)
    return {name: hint.__metadata__[0] for name, hint in hints.items()}


def from_environment(env: Mapping[str, str]) -> ServiceSettings:
    """Read the settings; an absent or empty variable leaves its default.

    Raises:
        SettingsError: names the variable, its value and what it should be.
    """
    chosen: dict[str, object] = {}
    for name, choice in choices().items():
        if text := env.get(choice.env, "").strip():
            chosen[name] = parse_setting(choice, text, choice.env)
    return ServiceSettings(**chosen)  # type: ignore[arg-type]  # each value comes from its own field's parser


def misspelt(env: Mapping[str, str]) -> dict[str, str]:
    """Variables that are none of ours and look like one → the one meant; what resembles none is somebody else's."""
    known = [choice.env.removeprefix(_PREFIX) for choice in choices().values()]
    others = (name.removeprefix(_PREFIX) for name in sorted(env) if name.startswith(_PREFIX))
    near = {name: difflib.get_close_matches(name, known, 1, _ALIKE) for name in others if name not in known}
    return {_PREFIX + name: _PREFIX + meant[0] for name, meant in near.items() if meant}


def parse_setting(choice: Choice, text: str, said_by: str) -> object:
    """Parse one setting's text.

    Raises:
        SettingsError: names `said_by`, the variable or option that held the text.
    """
    try:
        return choice.parse(text)
    except ValueError as error:
        shown = "(not shown)" if choice.secret else repr(text)
        raise SettingsError(f"{said_by}={shown} {error} ({choice.meaning})") from error


def address(bind: str) -> tuple[str, int]:
    """Host, without the brackets of IPv6, and port of `HOST:PORT`."""
    host, _, port = bind.rpartition(":")
    return host.strip("[]"), int(port)


def is_loopback(bind: str) -> bool:
    """Whether only this machine can reach `bind`."""
    host, _ = address(bind)
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
