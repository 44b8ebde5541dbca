"""Make a version the one that is served: on this host, and with RECSVC_REDIS_URL for the whole fleet."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

import redis

from models.artefact import DamagedVersionError, Version
from models.pointer import Pointer
from models.registry import NoVersionError, Registry, minute_of
from recsvc.cli.gate import EXIT_REDIS, pass_gate
from recsvc.cli.main import CommandError
from recsvc.cli.progress import Reporter
from recsvc.cli.trouble import machine_trouble
from recsvc.fleet.client import RedisUrlError, patient_client
from recsvc.fleet.keys import Keys
from recsvc.fleet.pointer import IncompleteVersionError
from recsvc.fleet.publisher import PublishError, SupersededError, publish_version
from recsvc.settings import ServiceSettings, SettingsError, from_environment


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `recsvc publish`."""
    parser.add_argument("version", nargs="?", metavar="VERSION", help="which (default: the newest)")
    parser.add_argument("--models", type=Path, metavar="DIR", help="where versions live (default: RECSVC_MODELS)")
    parser.add_argument("--force", action="store_true", help="publish although the gate refused the version")


def run(args: argparse.Namespace) -> int:
    """Publish; the exit code is 0, 2 for a version that cannot be published, 3 or 4 where gate or Redis refused."""
    settings = settings_for(args.models)
    registry = Registry(settings.models)
    name = args.version or next(iter(registry.names()), None)
    if name is None:
        raise CommandError(f"{registry.root} holds no version; train one first: recsvc train --orders FILE")
    gate = pass_gate(registry, name, settings, force=args.force)
    pointer = publish(registry, name, settings)
    print(f"published {name}, move {pointer.seq}{_where(settings)}; gate: {gate}")
    if removed := prune(registry, settings.keep_versions):
        print(f"removed from disk: {', '.join(removed)}")
    return 0


def publish(registry: Registry, name: str, settings: ServiceSettings, *, rollback: bool = False) -> Pointer:
    """Move the fleet's pointer (where there is a Redis), then this host's; back to an older version only by rollback.

    Raises:
        CommandError: exit code 2 for the version, 4 for Redis, 5 for memory or disk; what was served before still is,
            and the message says so where the fleet moved on but this host's disk could not note it.
    """
    left = "not published, the version before stays"
    try:
        with machine_trouble(registry.root, left):
            version = registry.open(name)
            shared = None
            if settings.redis_url:
                shared = _publish_to_redis(registry, version, settings, settings.redis_url, rollback)
                left = f"Redis points at {name}, move {shared.seq}; this host could not note it and follows when it can"
            elif not rollback:
                _refuse_older(registry, name)
        with machine_trouble(registry.root, left):
            return registry.publish(name, shared)
    except (NoVersionError, DamagedVersionError, SupersededError) as error:
        raise CommandError(str(error)) from error
    except (PublishError, IncompleteVersionError) as error:
        raise CommandError(f"{left}: {error}", EXIT_REDIS) from error
    except redis.RedisError as error:
        text = f"{left}: Redis says {error!s}; is RECSVC_REDIS_URL right, is there room?"
        raise CommandError(text, EXIT_REDIS) from error


def prune(registry: Registry, keep: int) -> list[str]:
    """Remove old versions after a publish; a failure is said, for it takes nothing back."""
    try:
        return registry.prune(keep)
    except OSError as error:
        print(f"old versions could not be removed from {registry.root}: {error.strerror}", file=sys.stderr)
        return []


def settings_for(models: Path | None) -> ServiceSettings:
    """The service's settings, which a publisher shares, with `--models` before `RECSVC_MODELS`."""
    env = dict(os.environ)
    if models is not None:
        env["RECSVC_MODELS"] = str(models)
    try:
        return from_environment(env)
    except SettingsError as error:
        raise CommandError(str(error)) from error


def _refuse_older(registry: Registry, name: str) -> None:
    current = registry.current()
    if current is not None and minute_of(current) > minute_of(name):
        raise SupersededError(
            f"{current}, newer than {name}, is published and stays; to go back: recsvc models rollback {name}"
        )


def _publish_to_redis(
    registry: Registry, version: Version, settings: ServiceSettings, url: str, rollback: bool
) -> Pointer:
    try:
        client = patient_client(url)
    except RedisUrlError as error:
        raise CommandError(str(error)) from error
    with Reporter() as progress:
        done = publish_version(
            client,
            Keys(settings.namespace),
            version,
            now=time.time(),
            grace=settings.grace_seconds,
            known_seq=registry.pointer().seq,
            rollback=rollback,
            progress=progress,
        )
    return done.pointer


def _where(settings: ServiceSettings) -> str:
    return f", namespace {settings.namespace}" if settings.redis_url else ""
