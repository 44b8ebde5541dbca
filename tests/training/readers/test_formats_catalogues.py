"""Catalogues as well-known tools export them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from models.money import PRICE_UNKNOWN
from training.readers.catalogue import read_catalogue
from training.readers.errors import InputError
from training.readers.options import ReadOptions
from training.records import LINK_KINDS, Catalogue, CatalogueReport

Build = Callable[..., str]
DEFAULT = ReadOptions()
NEW_YEAR_2026 = 1_767_225_600

GOOGLE = (
    "id,title,description,link,image_link,availability,price,sale_price,sale_price_effective_date,cost_of_goods_sold,"
)
GOOGLE += "product_type,google_product_category,brand,gtin,item_group_id,condition"
SHOPIFY_OLD = (
    "Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Name,Option1 Value,Option2 Name,"
    "Option2 Value,Option3 Name,Option3 Value,Variant SKU,Variant Grams,Variant Inventory Tracker,Variant Inventory Qty,"
    "Variant Inventory Policy,Variant Price,Variant Compare At Price,Image Src,Image Position,Gift Card,Variant Image,"
    "Cost per item,Status,"
    "Complementary products (product.metafields.shopify--discovery--product_recommendation.complementary_products)"
)
SHOPIFY_NEW = (
    "Title,URL handle,Description,Vendor,Product category,Type,Tags,Published on online store,Status,SKU,Barcode,"
    "Option1 name,Option1 value,Option1 Linked To,Option2 name,Option2 value,Option3 name,Option3 value,Price,"
    "Compare-at price,Cost per item,Charge tax,Inventory tracker,Inventory quantity,Continue selling when out of stock,"
    "Weight value (grams),Product image URL,Image position,Variant image URL,Gift card"
)
WOO = (
    "ID,Type,SKU,Name,Published,Is featured?,Visibility in catalog,Short description,Description,Date sale price starts,"
    "Date sale price ends,Tax status,In stock?,Stock,Backorders allowed?,Sale price,Regular price,Categories,Tags,"
    "Shipping class,Images,Parent,Grouped products,Upsells,Cross-sells,External URL,Position"
)
MAGENTO = (
    "sku,store_view_code,attribute_set_code,product_type,categories,name,product_online,price,special_price,"
    "special_price_from_date,special_price_to_date,base_image,qty,is_in_stock,related_skus,related_position,"
    "crosssell_skus,crosssell_position,upsell_skus,upsell_position,configurable_variations,manufacturer"
)


def read(
    folder: Path, text: str | bytes, options: ReadOptions = DEFAULT
) -> tuple[dict[str, dict[str, object]], CatalogueReport, Catalogue]:
    """Items by id, the report, and the record."""
    path = folder / "feed"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    catalogue, report = read_catalogue(path, options)
    texts = ("title", "brand", "category", "family", "link", "image_link")
    items: dict[str, dict[str, object]] = {}
    for i in range(len(catalogue.ids)):
        said: dict[str, object] = {name: getattr(catalogue, name).text(i) for name in texts}
        said |= {"price": int(catalogue.price[i]), "cost": int(catalogue.cost[i]), "stock": int(catalogue.in_stock[i])}
        items[catalogue.ids.text(i)] = said
    return items, report, catalogue


def links(catalogue: Catalogue) -> set[tuple[str, str, str, int]]:
    """Links as (source, kind, target, position)."""
    said = catalogue.links
    return {
        (said.source.text(i), LINK_KINDS[said.kind[i]], said.target.text(i), int(said.position[i]))
        for i in range(len(said))
    }


def test_google_tsv(tmp_path: Path, csv_of: Build) -> None:
    """Money with a code, sale windows, families, the first own path, cost, both spellings of availability."""
    sale = "2025-12-31T11:07+0100 / 2026-01-02T23:07+0100"
    rows = [
        {"id": "A2B4", "title": "T-Shirt 🫖", "price": "15.00 USD", "sale_price": "12.00 USD", "availability": "in_stock",
         "product_type": "Home > Women > Tops, Sale > Tops", "item_group_id": "A2B", "cost_of_goods_sold": "8.50 USD"},
        {"id": "00123", "title": "Mug", "price": "9.90 USD", "sale_price": "5.00 USD", "sale_price_effective_date": sale,
         "availability": "out of stock", "google_product_category": "2271"},
        {"id": "1e5", "title": "Cup", "price": "4 USD", "availability": "preorder", "google_product_category": "Home > Cups"},
    ]  # fmt: skip
    text = csv_of(GOOGLE, rows, "\t")
    items, report, catalogue = read(tmp_path, text)
    assert items["A2B4"]["price"] == 120_000
    assert (items["A2B4"]["cost"], items["A2B4"]["family"]) == (85_000, "A2B")
    assert [items[i]["category"] for i in ("A2B4", "00123", "1e5")] == ["Home > Women > Tops", "", "Home > Cups"]
    assert [items[i]["stock"] for i in ("A2B4", "00123", "1e5")] == [1, 0, 1]
    assert items["00123"]["price"] == 99_000
    assert catalogue.currency == "USD"
    assert report.format.startswith("google-merchant (")
    for as_of, price in ((NEW_YEAR_2026, 50_000), (NEW_YEAR_2026 + 10 * 86_400, 99_000)):
        assert read(tmp_path, text, ReadOptions(as_of=as_of))[0]["00123"]["price"] == price


RSS = """<?xml version="1.0" encoding="{0}"?>
<rss xmlns:{1}="http://base.google.com/ns/1.0" version="2.0"><channel><title>Shop</title><link>https://e.example</link>
<item><title>Plain</title><{1}:title><![CDATA[Tea & cup]]></{1}:title><{1}:id>T-1</{1}:id><link>https://e.example/t</link>
<{1}:price>15.00 EUR</{1}:price><{1}:availability>in_stock</{1}:availability><{1}:item_group_id>T</{1}:item_group_id>
<{1}:shipping><{1}:price>4 EUR</{1}:price></{1}:shipping><{1}:product_type>Thé &gt; Vert</{1}:product_type></item>
<item><{1}:id>T-2</{1}:id><{1}:price>9 EUR</{1}:price></item></channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0"><entry><g:id>T-1</g:id>
<title>Tea &amp; cup</title><link href="https://e.example/t"/><g:price>15.00 EUR</g:price><g:item_group_id>T</g:item_group_id>
<g:product_type>Thé &gt; Vert</g:product_type></entry><entry><g:id>T-2</g:id><g:price>9 EUR</g:price></entry></feed>"""


@pytest.mark.parametrize(
    "feed",
    [
        RSS.format("utf-8", "g").encode(),
        RSS.format("utf-16", "goo").encode("utf-16"),
        RSS.format("windows-1252", "g").encode("cp1252"),
        b"\xef\xbb\xbf" + RSS.format("UTF-8", "g").replace("\n", "\r\n").encode(),
        ATOM.encode(),
    ],
)
def test_google_xml(tmp_path: Path, feed: bytes) -> None:
    """RSS and Atom, whatever prefix and encoding; `g:` beats a plain tag, and a shipping price is no price."""
    items, report, catalogue = read(tmp_path, feed)
    assert items["T-1"] == {
        "title": "Tea & cup", "brand": "", "category": "Thé > Vert", "family": "T", "link": "https://e.example/t",
        "image_link": "", "price": 150_000, "cost": PRICE_UNKNOWN, "stock": 1,
    }  # fmt: skip
    assert (report.lines, report.kept, catalogue.currency) == (2, 2, "EUR")


@pytest.mark.parametrize(
    ("feed", "says"),
    [
        ('<!DOCTYPE r [<!ENTITY a "aaaa">]>', "document type or entities"),
        ('<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>', "document type or entities"),
        ('<!DOCTYPE r SYSTEM "file:///etc/passwd">', "document type or entities"),
        ('<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>', "document type or entities"),
    ],
)
def test_xml_without_entity_tricks(tmp_path: Path, feed: str, says: str) -> None:
    """A document type, its entities and what they point at are refused before any is looked up."""
    text = RSS.format("utf-8", "g").replace("?>\n", "?>" + feed + "\n").replace("Plain", "&a;")
    with pytest.raises(InputError, match=says):
        read(tmp_path, text)


def test_xml_that_breaks_off(tmp_path: Path) -> None:
    """Half a feed is no feed; nesting without end is none either."""
    whole = RSS.format("utf-8", "g")
    with pytest.raises(InputError, match="the XML cannot be read"):
        read(tmp_path, whole[: len(whole) * 3 // 4])
    deep = whole.replace("<item>", "<item>" + "<a>" * 200, 1)
    with pytest.raises(InputError, match="nested over 100 deep"):
        read(tmp_path, deep)


def test_shopify_products_of_both_generations(tmp_path: Path, csv_of: Build) -> None:
    """Cells are filled down by handle; variants are a family; without SKU a variant is called as orders call it."""
    old = [
        {"Handle": "shirt", "Title": "Shirt", "Vendor": "Loom", "Type": "Tops", "Published": "true", "Status": "active",
         "Option1 Name": "Size", "Option1 Value": "S", "Variant SKU": "S-S", "Variant Price": "19.90", "Cost per item": "7",
         "Image Src": "https://e.example/s.png", "Variant Inventory Tracker": "shopify", "Variant Inventory Qty": "0",
         "Variant Inventory Policy": "deny", SHOPIFY_OLD.rsplit(",", 1)[-1]: "hat; nothing"},
        {"Handle": "shirt", "Option1 Value": "M", "Variant Price": "21.90", "Variant Inventory Qty": "3"},
        {"Handle": "shirt", "Image Src": "https://e.example/back.png", "Image Position": "2"},
        {"Handle": "hat", "Title": "Hat", "Option1 Value": "Default Title", "Variant SKU": "", "Variant Price": "9",
         "Published": "true", "Status": "draft"},
    ]  # fmt: skip
    new = [
        {"URL handle": "shirt", "Title": "Shirt", "Vendor": "Loom", "Type": "Tops", "Published on online store": "TRUE",
         "Status": "Active", "Option1 value": "S", "SKU": "S-S", "Price": "19.90", "Cost per item": "7",
         "Product image URL": "https://e.example/s.png", "Inventory tracker": "shopify", "Inventory quantity": "0",
         "Continue selling when out of stock": "DENY"},
        {"URL handle": "shirt", "Option1 value": "M", "Price": "21.90", "Inventory quantity": "3"},
        {"URL handle": "shirt", "Product image URL": "https://e.example/back.png", "Image position": "2"},
        {"URL handle": "hat", "Title": "Hat", "Option1 value": "Default Title", "Price": "9", "Status": "Draft"},
    ]  # fmt: skip
    for header, rows, name in ((SHOPIFY_OLD, old, "shopify-products "), (SHOPIFY_NEW, new, "shopify-products-new ")):
        items, report, catalogue = read(tmp_path, csv_of(header, rows))
        assert report.format.startswith(name)
        assert sorted(items) == ["Hat", "S-S", "Shirt - M"]
        assert items["S-S"] == {
            "title": "Shirt - S", "brand": "Loom", "category": "Tops", "family": "shirt", "link": "", "price": 199_000,
            "image_link": "https://e.example/s.png", "cost": 70_000, "stock": 0,
        }  # fmt: skip
        assert [items["Shirt - M"][c] for c in ("price", "brand", "stock")] == [219_000, "Loom", 1]
        assert items["Hat"]["stock"] == 0
        assert report.dropped == {"another picture of an item": 1}
        assert any("2 of 3 variants have no SKU" in note for note in report.notes)
        expected = {("S-S", "cross_sell", "Hat", 0), ("Shirt - M", "cross_sell", "Hat", 0)}
        assert links(catalogue) == (expected if header is SHOPIFY_OLD else set())


def test_woocommerce_products(tmp_path: Path, csv_of: Build) -> None:
    """Ids are WooCommerce's numbers; links name numbers or SKUs; variations inherit; the deepest category counts."""
    rows = [
        {"ID": 101, "Type": "simple", "SKU": "'=MUG-1", "Name": "'@Mug", "Published": 1, "Regular price": "9,90", "In stock?": 1,
         "Categories": "Sale, Kitchen > Mugs\\, cups", "Upsells": "id:140, T-S", "Cross-sells": "TEA\\,1, =MUG-1, id:999",
         "Images": "https://e.example/1.png, https://e.example/2.png"},
        {"ID": 140, "Type": "variable", "SKU": "T", "Name": "Tee", "Published": 1, "Categories": "Tops", "In stock?": 1},
        {"ID": 141, "Type": "variation", "SKU": "T-S", "Name": "Tee - S", "Published": 1, "Regular price": "19,90",
         "Sale price": "15,00", "Date sale price starts": "2026-01-01", "Date sale price ends": "2026-01-02",
         "Parent": "id:140", "In stock?": "backorder"},
        {"ID": 142, "Type": "simple", "SKU": "TEA,1", "Name": "Tea", "Published": -1, "Regular price": "3,50", "In stock?": 1},
    ]  # fmt: skip
    text = "\ufeff" + csv_of(WOO, rows)
    items, report, catalogue = read(tmp_path, text)
    assert sorted(items) == ["101", "140", "141", "142"]
    assert [items["101"][c] for c in ("title", "category", "image_link", "family", "price")] == [
        "@Mug", "Kitchen > Mugs, cups", "https://e.example/1.png", "", 99_000,
    ]  # fmt: skip
    assert [(items[i]["family"], items[i]["category"]) for i in ("140", "141")] == [("140", "Tops")] * 2
    assert [items[i]["stock"] for i in ("101", "141", "142")] == [1, 1, 0]
    assert links(catalogue) == {
        ("101", "upsell", "140", 0), ("101", "upsell", "141", 1),
        ("101", "cross_sell", "142", 0), ("101", "cross_sell", "999", 1),
    }  # fmt: skip
    assert report.format.startswith("woocommerce-products (12 of 12")
    for day, price in ((0, 150_000), (1.9, 150_000), (2, 199_000), (-1, 199_000)):
        now = ReadOptions(as_of=NEW_YEAR_2026 + int(day * 86_400))
        assert read(tmp_path, text, now)[0]["141"]["price"] == price
    by_sku = read(tmp_path, text, ReadOptions(columns={"item_id": "SKU"}))
    assert sorted(by_sku[0]) == ["=MUG-1", "T", "T-S", "TEA,1"]
    assert ("=MUG-1", "upsell", "T", 0) in links(by_sku[2])


def test_magento_products(tmp_path: Path, csv_of: Build) -> None:
    """Other store views are set aside; variations of a configurable are its family; a triple s in crosssell."""
    rows = [
        {"sku": "24-MB01", "attribute_set_code": "Bag", "product_type": "simple", "name": "Duffle", "price": "34.0000",
         "categories": "Default Category/Gear,Default Category/Gear/Bags", "product_online": "1", "is_in_stock": "1",
         "crosssell_skus": "24-WB05,24-WB02", "upsell_skus": "24-UB02", "related_skus": "24-MB05"},
        {"sku": "24-MB01", "store_view_code": "fr", "name": "Sac"},
        {"sku": "MH01", "attribute_set_code": "Top", "product_type": "configurable", "name": "Hoodie", "manufacturer": "Loom",
         "configurable_variations": "sku=MH01-XS,size=XS|sku=MH01-S,size=S", "product_online": "1", "is_in_stock": "1"},
        {"sku": "MH01-XS", "product_type": "simple", "name": "Hoodie XS", "price": "52", "product_online": "1",
         "is_in_stock": "0"},
    ]  # fmt: skip
    items, report, catalogue = read(tmp_path, csv_of(MAGENTO, rows))
    assert sorted(items) == ["24-MB01", "MH01", "MH01-XS"]
    assert [items["24-MB01"][c] for c in ("category", "price", "family")] == ["Gear > Bags", 340_000, ""]
    assert [items[i]["family"] for i in ("MH01", "MH01-XS")] == ["MH01", "MH01"]
    assert (items["MH01-XS"]["brand"], items["MH01-XS"]["stock"]) == ("Loom", 0)
    assert report.dropped == {"another view of an item": 1}
    assert links(catalogue) == {
        ("24-MB01", "cross_sell", "24-WB05", 0), ("24-MB01", "cross_sell", "24-WB02", 1),
        ("24-MB01", "upsell", "24-UB02", 0),
    }  # fmt: skip


def test_schema_org(tmp_path: Path) -> None:
    """A list, a graph, an item list and a group with variants; an accessory is a cross-sell of what it fits."""
    tea = {
        "@context": "https://schema.org", "@type": "Product", "sku": "T", "name": "Tea", "category": "Food > Tea",
        "brand": {"@type": "Brand", "name": "Leaf"}, "image": ["https://e.example/t.png"], "url": "https://e.example/t",
        "offers": {"@type": "Offer", "price": 3.5, "priceCurrency": "EUR", "availability": "https://schema.org/InStock"},
    }  # fmt: skip
    strainer = {"@type": ["Product"], "gtin13": "4006381333931", "name": "Strainer", "isAccessoryOrSparePartFor": {"sku": "T"},
                "offers": [{"price": "9.00", "priceCurrency": "EUR", "availability": "OutOfStock"}]}  # fmt: skip
    shirt = {"@type": "ProductGroup", "productGroupID": "S", "name": "Shirt",
             "hasVariant": [{"@type": "Product", "sku": "S-1", "name": "Shirt S"}]}  # fmt: skip
    ways = [
        json.dumps([tea, strainer, shirt], indent=2),
        json.dumps({"@context": "https://schema.org", "@graph": [tea, strainer, shirt]}),
        json.dumps(
            {"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "item": p} for p in (tea, strainer, shirt)]}
        ),
        "\n".join(json.dumps(p) for p in (tea, strainer, shirt)),
    ]
    for text in ways:
        items, report, catalogue = read(tmp_path, text)
        assert items["T"] == {
            "title": "Tea", "brand": "Leaf", "category": "Food > Tea", "family": "", "link": "https://e.example/t",
            "image_link": "https://e.example/t.png", "price": 35_000, "cost": PRICE_UNKNOWN, "stock": 1,
        }  # fmt: skip
        assert (items["4006381333931"]["stock"], items["S-1"]["family"]) == (0, "S")
        assert (report.lines, report.kept, catalogue.currency) == (3, 3, "EUR")
        assert links(catalogue) == {("T", "cross_sell", "4006381333931", 0)}


def test_two_currencies_of_a_feed(tmp_path: Path, csv_of: Build) -> None:
    """An error, until one is picked; prices in the other are then unknown and counted."""
    row = {"title": "x", "link": "l", "availability": "in_stock"}
    text = csv_of(GOOGLE, [{"id": "a", "price": "5 EUR", **row}, {"id": "b", "price": "6 USD", **row}], "\t")
    with pytest.raises(InputError, match="EUR, USD"):
        read(tmp_path, text)
    items, report, catalogue = read(tmp_path, text, ReadOptions(currency="USD"))
    assert [items[i]["price"] for i in "ab"] == [PRICE_UNKNOWN, 60_000]
    assert (catalogue.currency, report.unread_cells) == ("USD", {"price": 1})
