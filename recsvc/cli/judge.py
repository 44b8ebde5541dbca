"""The gate of a training run: the live version beside the new one, before and after it is trained."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from models.artefact import DamagedVersionError, Version
from models.comparison import changes, shelf_figures
from models.gate import Verdict
from models.model import Model
from models.registry import NoVersionError, Registry
from recsvc.cli.gate import live_version
from recsvc.cli.main import CommandError
from recsvc.cli.served import names_of, served
from recsvc.settings import ServiceSettings
from training.evaluation.compare import Shop, between, shop_of
from training.evaluation.metrics import accuracy, gains
from training.evaluation.peers import Ranker
from training.evaluation.report import Figure
from training.evaluation.split import TEST_FROM, cut, first
from training.gate.limits import Limits
from training.gate.shrink import Feed, shrunk
from training.gate.verdict import Evidence, judge
from training.pipeline import build_model
from training.records import Catalogue, Orders
from training.settings import SettingsError, TrainSettings

_QUESTIONS = 3_000
"""Of each kind: enough to see two per cent, and seconds instead of minutes."""

CATALOGUE_ITEMS = "catalogue_items"
"""Where a version's run notes how many items the catalogue listed."""

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """What a run learns from.

    Attributes:
        orders: all that were read.
        catalogue: what the shop says of its items, or None.
        settings: every choice of the trainer.
        threads: for training.
        progress: hears of each stage.
    """

    orders: Orders
    catalogue: Catalogue | None
    settings: TrainSettings
    threads: int
    progress: Progress


def live(registry: Registry, settings: ServiceSettings) -> tuple[Version | None, str]:
    """The version served now, and where there is one that cannot be compared with, a sentence that says so.

    Where Redis does not answer, it is what this host published.
    """
    try:
        name = live_version(registry, settings)
    except CommandError:
        name = registry.current()
    try:
        return (registry.open(name) if name else None), ""
    except NoVersionError:
        return None, f"the live version {name} is not on this host: the new one was not judged beside it"
    except DamagedVersionError as error:
        return None, f"the live version cannot be read, the new one was not judged beside it: {error}"


def refuse_shrunk(before: Version, orders: Orders, catalogue: Catalogue | None, limits: Limits) -> None:
    """Stop where the feed lost much of what the live version was learnt from.

    Raises:
        CommandError: exit code 2, naming what shrank and the live version.
    """
    listed = before.run.notes.get(CATALOGUE_ITEMS)
    was = Feed(before.model.shop.orders, listed if isinstance(listed, int) else None, before.model.items)
    ids = {*orders.items, *(catalogue.ids if catalogue else ())}
    now = Feed(orders.n_orders, len(catalogue.ids) if catalogue else None, sorted(ids))
    if found := shrunk(was, now, limits):
        raise CommandError(
            f"less came in than {before.name}, which is live, was learnt from: {'; '.join(found)}. No version was "
            "written. If that is right, run again with --force; else export the files again, whole"
        )


def verdict_on(model: Model, before: Version, run: Run, limits: Limits) -> Verdict:
    """Judge a new version beside the live one, which may cost one training more, or two where settings changed."""
    same = _chosen(before.model) == _chosen(model)
    run.progress("gate", 0.0)
    window, baskets, found = _accuracy(before.model, run, limits, same=same)
    return judge(
        Evidence(
            window=window,
            baskets=baskets,
            gains=found,
            before=shelf_figures(before.model),
            after=shelf_figures(model),
            churn=changes(before.model, model).churn,
            fresh=1 - _seen(before.model, run.orders) / max(run.orders.n_orders, 1),
            same_settings=same,
        ),
        limits,
    )


def _seen(model: Model, orders: Orders) -> int:
    """Orders that the model had seen: those up to the end of its data, or without times as many as it had."""
    until = model.shop.data_until
    if until is None or not orders.timed:
        return min(model.shop.orders, orders.n_orders)
    return int(np.searchsorted(orders.time, int(datetime.fromisoformat(until).timestamp()), side="right"))


def _accuracy(model: Model, run: Run, limits: Limits, *, same: bool) -> tuple[str, int, Mapping[str, Figure]]:
    """On which orders the live version and the new settings were compared, how many asked, and the gains in nDCG@10."""
    shop, seen, total = shop_of(run.orders, run.catalogue), _seen(model, run.orders), run.orders.n_orders
    asking = np.flatnonzero(np.diff(shop.baskets.indptr) > 1)
    newer = int((asking >= seen).sum())
    if seen and newer >= limits.min_baskets:
        ranker = served(model, names_of(model, shop))
        return f"{newer:,} newer baskets", newer, _gains(shop, seen, ranker, _trained(run, run.settings, seen))
    short = f"{newer:,} baskets are newer than the live version's data, {limits.min_baskets:,} are needed"
    if same:
        return f"not compared: the settings are the same, and {short}", 0, {}
    low = cut(total, TEST_FROM)
    last = int((asking >= low).sum())
    if last < limits.min_baskets:
        return f"not compared: {short}, and the last tenth has {last:,}", 0, {}
    try:
        settings = _settings_of(model)
    except SettingsError as error:
        return f"not compared: {short}, and the live version's settings mean nothing here ({error})", 0, {}
    found = _gains(shop, low, _trained(run, settings, low), _trained(run, run.settings, low))
    return f"the last {last:,} baskets of all", last, found


def _gains(shop: Shop, low: int, theirs: Ranker, ours: Ranker) -> dict[str, Figure]:
    found: dict[str, Figure] = {}
    for kind, asked in between(shop.baskets, low, shop.baskets.shape[0], _QUESTIONS, seed=1).items():
        if len(asked):
            a, b = (accuracy(ranker(asked.given), asked.sought)[:, :1] for ranker in (ours, theirs))
            found[kind] = gains(a, b, asked.basket)[0]
    return found


def _trained(run: Run, settings: TrainSettings, until: int) -> Ranker:
    """What settings make of the first orders; what only known customers get is not asked about, and left out."""
    model = build_model(
        first(run.orders, until),
        run.catalogue,
        dataclasses.replace(settings, picks=0, personal_questions=0),
        threads=run.threads,
        progress=lambda stage, share: run.progress(f"gate: {stage}", share),
    )
    return served(model)


def _chosen(model: Model) -> dict[str, object]:
    """What of a version's settings was chosen, not learnt."""
    names = {field.name for field in dataclasses.fields(TrainSettings)}
    return {name: value for name, value in model.settings.items() if name in names}


def _settings_of(model: Model) -> TrainSettings:
    """The settings of a version of this or an earlier release; what it did not know has its default."""
    return TrainSettings(**_chosen(model))  # type: ignore[arg-type]  # JSON values, checked by the record
