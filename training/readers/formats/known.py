"""Every format, in the order in which the documentation lists them."""

from __future__ import annotations

from training.readers.formats.ga4 import GA4
from training.readers.formats.magento_orders import MAGENTO_ORDERS
from training.readers.formats.plain import PLAIN_CATALOGUE, PLAIN_ORDERS
from training.readers.formats.record import Format
from training.readers.formats.segment import SEGMENT
from training.readers.formats.shopify_orders import SHOPIFY_ORDERS
from training.readers.formats.woocommerce_orders import WOOCOMMERCE_ORDERS

FORMATS: tuple[Format, ...] = (
    PLAIN_ORDERS,
    SHOPIFY_ORDERS,
    WOOCOMMERCE_ORDERS,
    MAGENTO_ORDERS,
    GA4,
    SEGMENT,
    PLAIN_CATALOGUE,
)
"""Orders, then catalogues; of each kind the plain one, without names of its own, comes first."""
