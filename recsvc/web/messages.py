"""Every question and answer as a record; `/openapi.json` is assembled from these, and requests are checked by them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from recsvc.contact.decide import SendReason
from recsvc.contact.wording import Locale

MAX_CART = 1_000
"""Lines of a cart in a body: a business orders hundreds of articles at once."""

MAX_LINES = 100
"""Repeats of `item_id` in a query."""

MAX_EXCLUDED = 1_000
"""Ids in `exclude` of a body; a query, whose length is bounded anyway, takes `MAX_LINES`."""

MAX_ID = 256
"""Characters of an id."""

MAX_BATCH = 100
"""Questions of one batch."""

MAX_N = 100
"""Places per shelf."""

PRICE_TEXT = r"^[0-9]{1,12}(\.[0-9]{1,4})?$"

Id = Annotated[str, Meta(min_length=1, max_length=MAX_ID)]
Places = Annotated[int, Meta(ge=1, le=MAX_N)]
PriceText = Annotated[str, Meta(pattern=PRICE_TEXT, description="decimal text, at most 4 decimals, exact")]
PriceNumber = Annotated[float, Meta(ge=0, le=1e11, description="rounded to 4 decimals")]
Field = Literal[
    "item_id",
    "rank",
    "score",
    "source",
    "title",
    "brand",
    "category",
    "price",
    "price_delta",
    "swap_for",
    "cart_delta",
    "link",
    "image_link",
    "reason",
]


class Wishes(Struct, forbid_unknown_fields=True, kw_only=True):
    """What both ways of asking share."""

    type: Annotated[
        Literal["cross_sell", "upsell"] | None,
        Meta(description="which shelf; absent: both in one answer"),
    ] = None
    n: Annotated[Places, Meta(description="places per shelf")] = 10
    in_stock: Annotated[bool, Meta(description="leave out what cannot be bought")] = True
    customer_id: Annotated[Id | None, Meta(description="rank for this customer, from what they bought")] = None
    purchased: Annotated[
        Literal["exclude", "include", "due"] | None,
        Meta(description="what the customer bought: none, all, or what is due of it; absent: consumables, no durables"),
    ] = None
    fallback: Annotated[bool, Meta(description="fill up with bestsellers, labelled")] = True
    explain: Annotated[bool, Meta(description="say why each item stands there")] = True
    consent: Annotated[
        Literal["full", "session", "none"],
        Meta(description="`session` and `none`: the customer's purchases are not looked up"),
    ] = "full"


class RecommendQuery(Wishes, forbid_unknown_fields=True, kw_only=True):
    """`GET /recommend`."""

    item_id: Annotated[
        list[Id], Meta(min_length=1, max_length=MAX_LINES, description="the page's item; repeated: a cart")
    ]
    exclude: Annotated[list[Id], Meta(max_length=MAX_LINES, description="ids that stay out, with their variants")] = []
    min_price: PriceText | None = None
    max_price: PriceText | None = None
    fields: Annotated[list[Field], Meta(min_length=1, description="what to tell of each item; `item_id` always")] = []


class CartLine(Struct, forbid_unknown_fields=True):
    """One line of a cart."""

    item_id: Id
    quantity: Annotated[
        Annotated[float, Meta(gt=0, le=1e9)] | None, Meta(description="accepted; a line has one vote whatever it is")
    ] = None


class RecommendBody(Wishes, forbid_unknown_fields=True, kw_only=True):
    """`POST /recommend`."""

    cart: Annotated[list[CartLine], Meta(max_length=MAX_CART, description="may be empty: bestsellers")]
    exclude: Annotated[
        list[Id], Meta(max_length=MAX_EXCLUDED, description="ids that stay out, with their variants")
    ] = []
    min_price: PriceText | PriceNumber | None = None
    max_price: PriceText | PriceNumber | None = None
    fields: Annotated[list[Field] | None, Meta(description="what to tell of each item; `item_id` always")] = None


class RawBatch(Struct, forbid_unknown_fields=True):
    """`POST /recommend/batch` before each of its questions is looked at."""

    requests: Annotated[list[Any], Meta(min_length=1, max_length=MAX_BATCH)]


class RecommendBatch(Struct, forbid_unknown_fields=True):
    """`POST /recommend/batch`."""

    requests: Annotated[
        list[RecommendBody],
        Meta(min_length=1, max_length=MAX_BATCH, description="each as `POST /recommend` takes it, in order of worth"),
    ]


class PicksQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """`GET /customers/{customer_id}/picks`."""

    n: Annotated[Places | None, Meta(description="how many picks; absent: 4, for a person to say 3")] = None
    channel: Annotated[
        Literal["email", "app", "web", "phone", "chat", "store"],
        Meta(description="where they will be shown; a memory knows how often and what there"),
    ] = "email"
    campaign: Annotated[
        Annotated[str, Meta(min_length=1, max_length=256)] | None,
        Meta(description="for which mailing or call list: asked again on the same day, the same answer"),
    ] = None
    locale: Annotated[Locale, Meta(description="of reasons, and of what a person may say")] = "en"
    purchased: Annotated[
        Literal["include", "exclude", "due"] | None,
        Meta(description="own purchases; absent: consumables unless it is too early for them, durables never"),
    ] = None
    consent: Annotated[
        Literal["full", "session", "none"],
        Meta(description="`session` and `none`: nothing of the customer is looked up or noted, and no mail is sent"),
    ] = "full"


class NoQuery(Struct, forbid_unknown_fields=True):
    """A route without parameters."""


class Price(Struct, gc=False):
    """An exact amount."""

    amount: str
    currency: str | None


class Evidence(Struct, gc=False):
    """The numbers behind a reason, from the training window."""

    orders_together: int | UnsetType = UNSET
    orders_with_item: int | UnsetType = UNSET
    orders_with_candidate: int | UnsetType = UNSET
    lift: float | UnsetType | None = UNSET
    customers_switched: int | UnsetType = UNSET
    customers_with_item: int | UnsetType = UNSET
    window_days: int | UnsetType = UNSET
    own_orders: int | UnsetType = UNSET
    interval_days: float | UnsetType = UNSET
    days_since: int | UnsetType = UNSET
    told: Annotated[str | UnsetType, Meta(description="upsell: who changed, and what for, in one sentence")] = UNSET


ReasonCode = Literal[
    "bought_together",
    "upgrade",
    "merchant",
    "due_again",
    "bought_before",
    "customers_alike",
    "trending",
    "category_bestseller",
    "bestseller",
]


class Reason(Struct, gc=False):
    """Why an item stands where it stands. Public keys and tokens get `code` and `text` alone."""

    code: ReasonCode
    text: str
    because_item_id: str | UnsetType | None = UNSET
    evidence: Evidence | UnsetType | None = UNSET


class Item(Struct, gc=False):
    """One place on a shelf. All but `item_id` may be left out by `fields`."""

    item_id: str
    rank: int | UnsetType = UNSET
    score: float | UnsetType = UNSET
    source: Literal["learned", "manual", "promoted", "fallback"] | UnsetType = UNSET
    title: str | UnsetType | None = UNSET
    brand: str | UnsetType | None = UNSET
    category: str | UnsetType | None = UNSET
    price: Price | UnsetType | None = UNSET
    price_delta: str | UnsetType = UNSET
    swap_for: str | UnsetType = UNSET
    cart_delta: str | UnsetType = UNSET
    link: str | UnsetType | None = UNSET
    image_link: str | UnsetType | None = UNSET
    reason: Reason | UnsetType = UNSET
    say: str | UnsetType = UNSET


Fallback = Literal["none", "category_bestsellers", "bestsellers"]
Emptiness = Literal["unknown_item", "below_support", "all_filtered", "cooled_down", "no_model"]


class ShelfNote(Struct, gc=False):
    """What is to be known of one shelf."""

    count: int
    fallback: Fallback
    empty_reason: Emptiness | None
    silence: Annotated[
        Literal["no_price", "no_kin", "top_of_ladder", "not_taken", "owned"] | None,
        Meta(description="upsell: what is behind `below_support`"),
    ] = None


class Recommendations(Struct):
    """The answer to `/recommend`: one shelf, or both."""

    recommendation_id: str
    model_version: str | None
    generated_at: str | None
    missing_ids: list[str]
    fallback: Annotated[Fallback, Meta(description="the weakest one used on any shelf")]
    empty_reason: Annotated[Emptiness | None, Meta(description="set where every shelf asked for is empty")]
    shelves: dict[str, ShelfNote]
    cross_sell: list[Item] | UnsetType = UNSET
    upsell: list[Item] | UnsetType = UNSET
    degraded: Annotated[
        bool,
        Meta(description="Redis was away or did not answer in time: the answer may be old, or less than it could be"),
    ] = False


class RecommendedBatch(Struct):
    """The answer to a batch: one per question, in the order asked; no item and no variant of one stands in two."""

    answers: list[Recommendations]


class Picks(Struct):
    """The answer to picks; `item_1_id`, `item_1_title`, … repeat the items for tools without loops."""

    recommendation_id: str
    customer_id: str
    model_version: str | None
    generated_at: str | None
    source: Literal["personal", "popular"]
    send: bool
    send_reason: SendReason | None
    next_eligible_at: Annotated[str | None, Meta(description="from when it is worth asking again")]
    count: int
    items: list[Item]
    degraded: Annotated[
        bool,
        Meta(description="Redis was away or did not answer in time: the answer may be old, or less than it could be"),
    ] = False
    business: Annotated[
        bool | UnsetType, Meta(description="buys as a business does; not for public keys and tokens")
    ] = UNSET


class Alive(Struct):
    """The process answers."""

    status: Literal["alive"]


class Ready(Struct):
    """A verified version is served."""

    status: Literal["ready"]
    model_version: str
    published: str | None
    note: str | None
    refused: dict[str, str]


class FieldError(Struct):
    """A parameter or field at fault."""

    field: str
    message: str


class Problem(Struct):
    """RFC 9457 `application/problem+json`."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldError] | UnsetType = UNSET
