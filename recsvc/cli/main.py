"""`recsvc`: one command, a module per subcommand, loaded only when it is asked for."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

SUBCOMMANDS: dict[str, str] = {
    "train": "read orders and a catalogue, write a model version",
    "evaluate": "measure the shelves on the shop's own last orders, beside peers",
    "demo-shop": "generate a shop to try everything on",
    "nightly": "train, ask the gate, publish: one run, for a timer",
    "publish": "make a version the one that is served",
    "export": "write links of items into files for shop systems",
    "models": "list versions, show one, roll back, remove old ones",
    "events": "archive what happened as Parquet, for the trainer",
    "render": "show one customer's picks as a block of HTML for a mail",
    "worklist": "list the customers most worth contacting today, why, and with what",
    "keys": "say who may ask: add, list, rotate, revoke, sign customer tokens",
    "serve": "answer /recommend and picks from the published version",
}
"""Subcommand → its line in `recsvc --help`; its module is `recsvc.cli.<name>`, a dash in it an underscore."""

EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130


class CommandError(Exception):
    """What stops a command, as a sentence for the person who typed it."""

    def __init__(self, message: str, exit_code: int = EXIT_BAD_INPUT) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand and return its exit code."""
    argv = sys.argv[1:] if argv is None else list(argv)
    name = argv[0] if argv else ""
    if name not in SUBCOMMANDS:
        return _usage(name)
    try:
        module = load(name)
        return int(module.run(parser_of(name, module).parse_args(argv[1:])))
    except CommandError as error:
        print(f"recsvc {name}: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print(f"recsvc {name}: interrupted, nothing was changed", file=sys.stderr)
        return EXIT_INTERRUPTED


def parser_of(name: str, module: ModuleType) -> argparse.ArgumentParser:
    """The options of one subcommand."""
    parser = argparse.ArgumentParser(prog=f"recsvc {name}", description=module.__doc__)
    module.arguments(parser)
    return parser


def also_after(actions: argparse._SubParsersAction[argparse.ArgumentParser], option: str) -> None:
    """Take a command's option, a path, after its action too, where most people write it; help names it once."""
    for action in actions.choices.values():
        action.add_argument(option, type=Path, default=argparse.SUPPRESS, help=argparse.SUPPRESS)


def load(name: str) -> ModuleType:
    """The module of one subcommand.

    Raises:
        CommandError: it needs the trainer, which is not installed.
    """
    try:
        return importlib.import_module(f"recsvc.cli.{name.replace('-', '_')}")
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] in {"recsvc", "models"}:
            raise
        raise CommandError(
            f"needs {error.name}, which a serving install leaves out. "
            "Install the trainer beside it: pip install '.[train]' in the project's folder"
        ) from error


def _usage(name: str) -> int:
    lines = [f"  recsvc {command:<10} {text}" for command, text in SUBCOMMANDS.items()]
    text = "usage: recsvc COMMAND [OPTIONS]\n\n" + "\n".join(lines) + "\n\n`recsvc COMMAND --help` lists its options."
    if name in {"-h", "--help", "help"}:
        print(text)
        return 0
    problem = f"unknown command {name!r}" if name else "a command is missing"
    print(f"recsvc: {problem}\n\n{text}", file=sys.stderr)
    return EXIT_BAD_INPUT
