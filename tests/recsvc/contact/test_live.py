"""A version as one customer must see it, up to the last second."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from models.registry import Registry
from recsvc.live import DAY, live_snapshot
from recsvc.state.records import CustomerState, Event, Line, Standing
from recsvc.store.artefact import ArtefactStore
from recsvc.store.contract import Snapshot

if TYPE_CHECKING:
    from conftest import Builders


@pytest.fixture
def snapshot(shop: Builders, tmp_path: Path) -> Snapshot:
    """The tea shop's version."""
    shop.write(tmp_path, shop.tea())
    found = ArtefactStore(Registry(tmp_path), 0, in_background=False).snapshot()
    assert found is not None
    return found


def bought(snapshot: Snapshot, held: CustomerState, who: str = "ann", until: int | None = 0) -> dict[str, int]:
    """Item → baskets, in the order of the history."""
    history = live_snapshot(snapshot, who, held, until).customer(who)
    if history is None:
        return {}
    return dict(zip(snapshot.item_ids(history.item.tolist()), history.count.tolist(), strict=True))


def purchase(day: int, *items: str, order: str = "o1", kind: str = "purchase") -> Event:
    """A purchase or return."""
    return Event(f"{kind}{day}{items}", kind, day * DAY + 1, "ann", tuple(map(Line, items)), order_id=order)  # type: ignore[arg-type]


def test_nothing_held_is_the_version_itself(snapshot: Snapshot) -> None:
    """Not even wrapped; and somebody else's rows are the version's."""
    assert live_snapshot(snapshot, "ann", CustomerState(), 0) is snapshot
    live = live_snapshot(snapshot, "ann", CustomerState(events=(purchase(20_001, "mug"),)), 0)
    theirs, mine = snapshot.customer("ben"), live.customer("ben")
    assert theirs is not None
    assert mine is not None
    assert np.array_equal(theirs.item, mine.item)
    assert live.version == snapshot.version
    assert live.find(["tea"]) == snapshot.find(["tea"])


def test_a_purchase_is_in_the_history_at_once(snapshot: Snapshot) -> None:
    """Last bought first; a known item has a basket more; what the version has learnt already is not added again."""
    assert bought(snapshot, CustomerState()) == {"tea": 4, "cup-blue": 1, "pot": 1}
    held = CustomerState(events=(purchase(20_001, "mug", "unknown"), purchase(20_002, "tea", "tea")))
    assert bought(snapshot, held) == {"tea": 5, "mug": 1, "cup-blue": 1, "pot": 1}
    assert bought(snapshot, held, until=20_001 * DAY + 1) == {"tea": 5, "cup-blue": 1, "pot": 1}
    history = live_snapshot(snapshot, "ann", held, 0).customer("ann")
    assert history is not None
    assert history.last_day.tolist()[:2] == [20_002, 20_001]
    assert history.traits.orders == snapshot.customer("ann").traits.orders + 2  # type: ignore[union-attr]  # ann exists
    assert bought(snapshot, held, who="new") == {"tea": 1, "mug": 1}


def test_a_return_takes_it_back(snapshot: Snapshot) -> None:
    """By item, or the whole order."""
    both = (purchase(20_001, "mug", "spoon"), purchase(20_002, "spoon", kind="return"))
    assert "spoon" not in bought(snapshot, CustomerState(events=both))
    assert "mug" in bought(snapshot, CustomerState(events=both))
    whole = (purchase(20_001, "mug", "spoon"), purchase(20_002, kind="return"))
    assert bought(snapshot, CustomerState(events=whole)) == {"tea": 4, "cup-blue": 1, "pot": 1}


def test_a_gift_does_not_speak(snapshot: Snapshot) -> None:
    """Every order with the item, or one; nor does what the version derived from it."""
    assert bought(snapshot, CustomerState(unused=frozenset({("tea", "")}))) == {"cup-blue": 1, "pot": 1}
    one = CustomerState(unused=frozenset({("tea", "o9"), ("pot", "o9")}))
    assert bought(snapshot, one) == {"tea": 3, "cup-blue": 1}
    assert live_snapshot(snapshot, "ann", one, 0).next_items("ann") is None
    held = CustomerState(events=(purchase(20_001, "mug", order="gift"),), unused=frozenset({("mug", "gift")}))
    assert "mug" not in bought(snapshot, held)


def test_who_was_erased_or_refused_is_nobody(snapshot: Snapshot) -> None:
    """Whatever the version still holds; purchases after the erasure are theirs again, where they consent."""
    assert bought(snapshot, CustomerState(Standing(erased_at=20_000 * DAY))) == {}
    later = CustomerState(Standing(erased_at=20_001 * DAY), (purchase(20_000, "pot"), purchase(20_001, "mug")))
    assert bought(snapshot, later) == {"mug": 1}
    for consent in ("session", "none"):
        refused = CustomerState(Standing(consent), (purchase(20_001, "mug"),))  # type: ignore[arg-type]  # literals
        assert bought(snapshot, refused) == {}
        assert live_snapshot(snapshot, "ann", refused, 0).next_items("ann") is None
