"""One customer's picks as a block of HTML for a mail, to look at and to copy from."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from urllib.parse import urljoin

from models.files import write_whole
from models.registry import Registry
from recsvc.cli.export_links import open_version
from recsvc.cli.export_picks import silenced
from recsvc.cli.main import CommandError
from recsvc.cli.publish import settings_for
from recsvc.cli.trouble import machine_trouble
from recsvc.contact.prices import price_text
from recsvc.contact.wording import LOCALES, Locale
from recsvc.mail_block import Shown, block
from recsvc.picks import PicksSettings, pick
from recsvc.state.assembly import open_state
from recsvc.state.records import customer_digest
from recsvc.store.snapshot import VersionSnapshot
from recsvc.web import render
from recsvc.web.messages import Item, Price
from recsvc.web.speaking import speak


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `recsvc render`."""
    add = parser.add_argument
    add("--customer", required=True, metavar="ID", help="whose picks; an unknown one gets bestsellers")
    add("--n", type=int, default=4, metavar="N", help="items (default 4)")
    add("--locale", choices=LOCALES, default="en", help="language of headline, reasons and prices (default en)")
    add(
        "--base",
        default="",
        metavar="URL",
        help="where the catalogue's relative links and pictures lie, for mails need whole ones",
    )
    add("--out", type=Path, metavar="FILE", help="HTML to write (default: standard output)")
    add("--models", type=Path, metavar="DIR", help="where versions live (default: RECSVC_MODELS)")


def run(args: argparse.Namespace) -> int:
    """Pick from the published version, and write the block."""
    if not 1 <= args.n <= 30:
        raise CommandError(f"--n is 1 to 30, not {args.n}")
    settings = settings_for(args.models)
    if customer_digest(args.customer) in silenced(settings, open_state(settings)):
        raise CommandError("this customer was erased or did not consent: nothing is rendered")
    snapshot = VersionSnapshot(open_version(Registry(settings.models), None))
    how = PicksSettings(
        settings.picks_history, settings.picks_half_life_days, settings.due_after_days, settings.stem_cap
    )
    answer = render.picks(snapshot, args.customer, pick(snapshot, args.customer, args.n, how), "")
    speak(snapshot, answer.items, args.locale, aloud=False)
    html = block([_shown(item, args.locale, args.base) for item in answer.items], args.locale)
    if args.out is None:
        sys.stdout.write(html)
        return 0
    with machine_trouble(args.out.parent, "nothing was written"):
        write_whole(args.out, html.encode())
    print(f"{args.out}: {len(answer.items)} items")
    return 0


def _shown(item: Item, locale: Locale, base: str) -> Shown:
    price = price_text(locale, item.price.amount, item.price.currency) if isinstance(item.price, Price) else ""
    reason = getattr(item.reason, "text", "")
    link, image = (urljoin(base, said) if isinstance(said, str) else "" for said in (item.link, item.image_link))
    return Shown(str(item.title or item.item_id), link, image, price, reason)
