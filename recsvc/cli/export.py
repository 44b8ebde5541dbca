"""Write what a version says into files for other tools: from disk, without Redis and without a service."""

from __future__ import annotations

import argparse
from types import ModuleType

from recsvc.cli import export_links, export_picks

EXPORTS: dict[str, tuple[ModuleType, str]] = {
    "links": (export_links, "cross-sells and upsells of every item, for shop systems"),
    "picks": (export_picks, "what every customer may want next, for mail tools"),
}
"""What can be exported → its module, with `arguments` and `run` as a subcommand's, and its line of help."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `recsvc export`."""
    actions = parser.add_subparsers(dest="what", required=True, metavar="|".join(EXPORTS))
    for name, (module, text) in EXPORTS.items():
        module.arguments(actions.add_parser(name, help=text))


def run(args: argparse.Namespace) -> int:
    """Write the file that was asked for."""
    return int(EXPORTS[args.what][0].run(args))
