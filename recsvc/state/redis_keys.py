"""Every key of the state in Redis, spelled once; all share a hash tag, so that one script may touch them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StateKeys:
    """The keys of one shop; `who` is a `customer_digest`.

    Attributes:
        namespace: `RECSVC_NAMESPACE`.
    """

    namespace: str

    @property
    def log(self) -> str:
        """Stream: every event, `b` its body, `c` its customer's digest; trimmed once it is archived."""
        return f"{{{self.namespace}}}:state:log"

    def seen(self, day: int) -> str:
        """Set: digests of the events that came on `day` (since 1970); it expires."""
        return f"{{{self.namespace}}}:state:seen:{day}"

    def events(self, who: str) -> str:
        """List: bodies of a customer's newest events, oldest first."""
        return f"{{{self.namespace}}}:state:events:{who}"

    def standing(self, who: str) -> str:
        """Hash: `consent`, `erased_at`."""
        return f"{{{self.namespace}}}:state:standing:{who}"

    def unused(self, who: str) -> str:
        """Set: packed (item, order) of purchases not to use."""
        return f"{{{self.namespace}}}:state:unused:{who}"

    def decisions(self, who: str) -> str:
        """Hash with an expiry: decision's name → 12 digits of the second it is of use until, then the decision."""
        return f"{{{self.namespace}}}:state:decisions:{who}"

    @property
    def words(self) -> str:
        """Set: digests of customers who said something that the trainer must honour."""
        return f"{{{self.namespace}}}:state:words"

    @property
    def revision(self) -> str:
        """String: counts changes of live items."""
        return f"{{{self.namespace}}}:state:revision"

    @property
    def items(self) -> str:
        """Sorted set: item ids by the revision of their last change."""
        return f"{{{self.namespace}}}:state:items"

    def item(self, item_id: str) -> str:
        """Hash: `price`, `stock`, `available` of one item."""
        return f"{{{self.namespace}}}:state:item:{item_id}"
