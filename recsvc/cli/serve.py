"""Answer /recommend and picks from the published version."""

from __future__ import annotations

import argparse
import dataclasses
import errno
import os
import socket
import sys

from recsvc.cli.main import CommandError
from recsvc.keys.file import read_keys, token_secrets
from recsvc.keys.records import KeysError
from recsvc.settings import (
    ServiceSettings,
    SettingsError,
    address,
    choices,
    from_environment,
    is_loopback,
    misspelt,
    parse_setting,
)

_OPTIONS = {"bind": "HOST:PORT", "workers": "N", "threads": "N", "models": "DIR", "storefront": "DIR", "state": "FILE"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options; each overrides its variable."""
    for name, choice in choices().items():
        if name in _OPTIONS:
            parser.add_argument(f"--{name}", metavar=_OPTIONS[name], help=f"{choice.meaning} ({choice.env})")


def run(args: argparse.Namespace) -> int:
    """Serve until a signal ends it."""
    try:
        settings = from_environment(os.environ)
        known = choices()
        given = {name: getattr(args, name) for name in _OPTIONS if getattr(args, name) is not None}
        chosen = {name: parse_setting(known[name], text, f"--{name}") for name, text in given.items()}
        settings = dataclasses.replace(settings, **chosen)  # type: ignore[arg-type]  # parsed by their own fields
    except SettingsError as error:
        raise CommandError(str(error)) from error
    for name, meant in misspelt(os.environ).items():
        print(f"recsvc serve: {name} is no setting and has no effect; is {meant} meant?", file=sys.stderr)
    refuse_open_bind(settings)
    refuse_bad_keys(settings)
    refuse_no_shop(settings)
    refuse_no_folder(settings)
    refuse_bad_redis(settings)
    refuse_taken(settings)
    from recsvc import server  # noqa: PLC0415  # gunicorn is loaded only to serve

    try:
        server.run(settings)
    except SettingsError as error:
        raise CommandError(str(error)) from error
    return 0


def refuse_bad_keys(settings: ServiceSettings) -> None:
    """Refuse keys or token secrets that cannot be used, and a demonstration shop, which has no key to ask with."""
    try:
        token_secrets(settings.token_secret, settings.token_secret_file)
        if settings.keys is not None:
            read_keys(settings.keys)
    except KeysError as error:
        raise CommandError(str(error)) from error
    if settings.keys is not None and settings.storefront is not None:
        raise CommandError("the demonstration shop asks without a key; unset RECSVC_KEYS to look at it")


def refuse_no_shop(settings: ServiceSettings) -> None:
    """Refuse a storefront whose folder holds no demo shop."""
    if settings.storefront is not None and not (settings.storefront / "shoppers.json").is_file():
        raise CommandError(
            f"{settings.storefront} holds no demo shop. Generate one: recsvc demo-shop --out {settings.storefront}"
        )


def refuse_no_folder(settings: ServiceSettings) -> None:
    """Refuse versions that lie in a file; a folder that is not there yet may still come."""
    if settings.models.exists() and not settings.models.is_dir():
        raise CommandError(f"{settings.models} is not a folder; name the one that holds the versions: --models DIR")


def refuse_bad_redis(settings: ServiceSettings) -> None:
    """Refuse what is no Redis URL; nothing connects, for a Redis that is away may come back."""
    if settings.redis_url:
        from recsvc.fleet.client import RedisUrlError, patient_client  # noqa: PLC0415  # only a fleet needs Redis

        try:
            patient_client(settings.redis_url).close()
        except RedisUrlError as error:
            raise CommandError(str(error)) from error


def refuse_taken(settings: ServiceSettings) -> None:
    """Refuse an address where this process cannot listen; one that it was handed already is not asked for again."""
    if any(name in os.environ for name in ("GUNICORN_FD", "LISTEN_FDS")):
        return
    host, port = address(settings.bind)
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, port))
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        why = "another program listens there" if taken else error.strerror or str(error)
        raise CommandError(f"cannot listen on {settings.bind}: {why}. Choose with --bind HOST:PORT") from error


def refuse_open_bind(settings: ServiceSettings) -> None:
    """Refuse to listen where other machines can reach a service that asks for no key."""
    if settings.keys is None and not is_loopback(settings.bind) and not settings.allow_open:
        raise CommandError(
            f"{settings.bind} can be reached from other machines and no key is asked. "
            "Make keys and name their file in RECSVC_KEYS (recsvc keys add --help), bind to 127.0.0.1 behind a proxy, "
            "or set RECSVC_ALLOW_OPEN=1 where the network itself keeps others out"
        )
