"""Every format, in the order in which the documentation lists them."""

from __future__ import annotations

from training.readers.formats.ga4 import GA4
from training.readers.formats.google_merchant import GOOGLE_MERCHANT, GOOGLE_MERCHANT_XML
from training.readers.formats.magento_orders import MAGENTO_ORDERS
from training.readers.formats.magento_products import MAGENTO_PRODUCTS
from training.readers.formats.plain import PLAIN_CATALOGUE, PLAIN_ORDERS
from training.readers.formats.record import Format
from training.readers.formats.schema_org import SCHEMA_ORG
from training.readers.formats.segment import SEGMENT
from training.readers.formats.shopify_orders import SHOPIFY_ORDERS
from training.readers.formats.shopify_products import SHOPIFY_PRODUCTS, SHOPIFY_PRODUCTS_NEW
from training.readers.formats.woocommerce_orders import WOOCOMMERCE_ORDERS
from training.readers.formats.woocommerce_products import WOOCOMMERCE_PRODUCTS

FORMATS: tuple[Format, ...] = (
    PLAIN_ORDERS,
    SHOPIFY_ORDERS,
    WOOCOMMERCE_ORDERS,
    MAGENTO_ORDERS,
    GA4,
    SEGMENT,
    PLAIN_CATALOGUE,
    GOOGLE_MERCHANT,
    GOOGLE_MERCHANT_XML,
    SHOPIFY_PRODUCTS,
    SHOPIFY_PRODUCTS_NEW,
    WOOCOMMERCE_PRODUCTS,
    MAGENTO_PRODUCTS,
    SCHEMA_ORG,
)
"""Orders, then catalogues; of each kind the plain one, without names of its own, comes first."""
