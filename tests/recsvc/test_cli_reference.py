"""docs/reference/cli.md is what the parsers say."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from recsvc.cli.main import SUBCOMMANDS, load, parser_of

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "cli.md"


def options(name: str, parser: argparse.ArgumentParser) -> Iterator[str]:
    """The lines of the page for one command: its heading, what it does, a row per option, then its actions."""
    yield f"## recsvc {name}"
    yield " ".join((parser.description or "").split())
    for action in parser._actions:  # argparse tells nobody otherwise
        if isinstance(action, argparse._SubParsersAction):
            helps = {choice.dest: choice.help or "" for choice in action._choices_actions}
            for word, sub in action.choices.items():
                yield f"| `{word}` | {helps[word]} |"
                yield from (f"| `{word} {row[3:]}" for row in rows(sub))
    yield from rows(parser)


def rows(parser: argparse.ArgumentParser) -> Iterator[str]:
    """A row per option and argument."""
    for action in parser._actions:
        if isinstance(action, argparse._HelpAction | argparse._SubParsersAction) or action.help == argparse.SUPPRESS:
            continue
        value = action.metavar or ("/".join(map(str, action.choices)) if action.choices else action.dest)
        shown = str(value) + (" …" if action.nargs == "+" else "")
        if action.option_strings:
            shown = action.option_strings[0] + ("" if action.nargs == 0 else f" {shown}")
        shown = shown if action.required or (not action.option_strings and action.nargs != "?") else f"[{shown}]"
        yield f"| `{shown}` | {action.help} |"


def test_the_page_lists_every_command_and_option() -> None:
    """One section per command, in the order of `recsvc --help`, with a row per option, and none that is not there."""
    expected = [line for name in SUBCOMMANDS for line in options(name, parser_of(name, load(name)))]
    page = PAGE.read_text("utf-8").split("\n## ", 1)[1]
    told = [line for line in f"## {page}".splitlines() if line and not line.startswith(("| Option", "|---"))]
    assert told == expected
