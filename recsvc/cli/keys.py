"""Say who may ask: make, list, rotate and revoke keys, and sign customer tokens."""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from recsvc.cli.main import CommandError, also_after
from recsvc.keys import changes
from recsvc.keys.file import changing, read_keys, token_secrets, write_keys
from recsvc.keys.records import DEFAULT_RATE, SCOPES, Key, KeysError
from recsvc.keys.tokens import LONGEST, TOKEN_SCOPES, Signer
from recsvc.settings import ServiceSettings, SettingsError, from_environment

_RANDOM_BYTES = 32
_DAY = 86_400


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `recsvc keys`."""
    parser.add_argument("--keys", type=Path, metavar="FILE", help="the file of keys (default: RECSVC_KEYS)")
    actions = parser.add_subparsers(dest="action", required=True, metavar="add|list|rotate|revoke|token")
    add = actions.add_parser("add", help="make a key; its secret is shown this once")
    add.add_argument("--scope", action="append", choices=SCOPES, required=True, help="what it may do; may repeat")
    add.add_argument("--name", metavar="NAME", help="whose it is (default: the next free one, such as recommend-1)")
    add.add_argument("--public", action="store_true", help="for browsers: item and cart shelves, from --origin alone")
    add.add_argument("--origin", action="append", default=[], metavar="https://…", help="pages of a public key")
    add.add_argument(
        "--rate", type=int, metavar="N", help=f"of a public key: requests a minute and client ({DEFAULT_RATE})"
    )
    actions.add_parser("list", help="every key, without its secret")
    rotate = actions.add_parser("rotate", help="a new secret; the old one is accepted for a while")
    rotate.add_argument("name", metavar="NAME", help="whose")
    rotate.add_argument("--grace-hours", type=float, default=24.0, metavar="H", help="for how long (default: 24)")
    revoke = actions.add_parser("revoke", help="end a key within seconds")
    revoke.add_argument("name", metavar="NAME", help="whose")
    revoke.add_argument("--old", action="store_true", help="only the secret that a rotation left behind")
    token = actions.add_parser("token", help="sign a token for one customer, with RECSVC_TOKEN_SECRET")
    token.add_argument("--customer", required=True, metavar="ID", help="as orders name them")
    token.add_argument("--scope", choices=TOKEN_SCOPES, default="email", help="email: picks; web: /recommend too")
    token.add_argument("--days", type=float, metavar="N", help="how long it lives (default and most: email 30, web 1)")
    also_after(actions, "--keys")


def run(args: argparse.Namespace) -> int:
    """Do what was asked."""
    try:
        settings = from_environment(os.environ)
        if args.action == "token":
            print(sign(settings, args.customer, args.scope, args.days, time.time()))
            return 0
        path = args.keys or settings.keys
        if path is None:
            raise CommandError("say where keys are kept: set RECSVC_KEYS, for the service too, or give --keys FILE")
        now = datetime.now(UTC)
        if args.action == "list":
            print(table(read_keys(path), now))
        else:
            with changing(path) as keys:
                change(args, path, keys, now)
    except (KeysError, SettingsError) as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(f"the keys were not changed: {error.filename}: {error.strerror}") from error
    return 0


def change(args: argparse.Namespace, path: Path, keys: Sequence[Key], now: datetime) -> None:
    """Add, rotate or revoke; a new secret goes to the standard output, what is said of it beside it."""
    if args.action == "revoke":
        left = changes.revoke(keys, args.name, old_only=args.old)
        write_keys(path, left)
        print(f"revoked {args.name}; services refuse it within seconds")
        return
    if args.action == "add":
        wanted = changes.Wanted(
            tuple(dict.fromkeys(args.scope)), args.public, tuple(dict.fromkeys(args.origin)), args.rate, args.name
        )
        secret = new_secret(public=args.public)
        after = changes.add(keys, wanted, secret, now)
        told = f"{after[-1].name} may {', '.join(after[-1].scopes)}"
    else:
        if not 0 <= args.grace_hours <= 24 * 365:
            raise CommandError(f"--grace-hours takes 0 to 8760, not {args.grace_hours:g}")
        public = any(key.public for key in keys if key.name == args.name)
        secret = new_secret(public=public)
        after = changes.rotate(keys, args.name, secret, now, timedelta(hours=args.grace_hours))
        told = f"{args.name} has a new secret; the old one is accepted for {args.grace_hours:g} hours"
    write_keys(path, after)
    print(f"{told}. Keep this, it is not shown again:", file=sys.stderr)
    print(secret)


def new_secret(*, public: bool) -> str:
    """256 random bits as text, with a prefix that tells people and secret scanners what it is."""
    return f"{'pk' if public else 'sk'}_{secrets.token_urlsafe(_RANDOM_BYTES)}"


def sign(settings: ServiceSettings, customer_id: str, scope: str, days: float | None, now: float) -> str:
    """A token for one customer."""
    token_scope = next(known for known in TOKEN_SCOPES if known == scope)
    most = LONGEST[token_scope] / _DAY
    days = most if days is None else days
    if not 0 < days <= most:
        raise CommandError(f"--days takes more than 0 and at most {most:g} with the scope {scope}, not {days:g}")
    signer = Signer(token_secrets(settings.token_secret, settings.token_secret_file), settings.namespace)
    if not signer.secrets:
        raise CommandError("set RECSVC_TOKEN_SECRET, for the service too; make one: openssl rand -hex 32")
    return signer.sign(customer_id, token_scope, int(now + days * _DAY))


def table(keys: Sequence[Key], now: datetime) -> str:
    """A line per key."""
    lines = [f"{'name':<24} {'kind':<7} {'fingerprint':<11} {'created':<10}  scopes"]
    for key in keys:
        notes = [", ".join(key.scopes)]
        if key.public:
            notes.append(f"{', '.join(key.origins)} at {key.rate or DEFAULT_RATE} a minute")
        if key.ends is not None:
            notes.append(f"{'ends' if key.active(now) else 'ended'} {key.ends:%Y-%m-%d %H:%M} UTC")
        kind = "public" if key.public else "secret"
        lines.append(f"{key.name:<24} {kind:<7} {key.fingerprint:<11} {key.created:%Y-%m-%d}  {'; '.join(notes)}")
    return "\n".join(lines) if len(lines) > 1 else "there are no keys"
