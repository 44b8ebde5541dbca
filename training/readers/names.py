"""What shops call their columns: ours, and the names in English, German, French, Dutch, Spanish and Italian for it."""

from __future__ import annotations

from collections.abc import Mapping

Tiers = tuple[tuple[str, ...], ...]
"""Names of one field, normalised, in tiers: the first tier present wins, two names of one tier are in doubt."""


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_ITEM_IDS = _names(
    "item itemcode sku skuid productid productcode productsku stockcode articleid article articlenumber variantid"
)
_ITEM_IDS_ABROAD = _names(
    "artikelnummer artikelnr artikelid artnr produktnummer produktnr produktid "
    "référenceproduit referenceproduit référencearticle referencearticle codearticle codeproduit idproduit "
    "artikelcode productnummer productnr códigodeproducto codigodeproducto codicearticolo codiceprodotto"
)
_TITLES_ABROAD = _names(
    "artikelbezeichnung artikelname produktname produktbezeichnung bezeichnung désignation designation libellé "
    "libelle nomduproduit productnaam artikelnaam omschrijving nombredelproducto nomeprodotto"
)
_CURRENCIES_ABROAD = _names("währung waehrung devise valuta moneda")
_PRICES_ABROAD = _names("preis verkaufspreis prix prixdevente prijs verkoopprijs precio prezzo")

ORDER_FIELDS: Mapping[str, Tiers] = {
    "order_id": (
        ("order_id",),
        _names(
            "order orderno ordernumber invoice invoiceno invoiceid invoicenumber transactionid "
            "transaction basketid basket receiptid receipt purchaseid"
        ),
        _names(
            "bestellnummer bestellnr bestellid auftragsnummer auftragsnr numérodecommande numerodecommande ndecommande "
            "numérocommande numerocommande idcommande bestelnummer bestelnr bestellingnummer ordernummer "
            "númerodepedido numerodepedido idpedido numeroordine numerodordine idordine"
        ),
        _names(
            "rechnungsnummer rechnungsnr belegnummer belegnr bonnummer numérodefacture numerodefacture "
            "factuurnummer factuurnr numerodefactura numerofattura"
        ),
        ("auftrag", "bestellung", "commande", "bestelling", "pedido", "ordine"),
    ),
    "customer_id": (
        ("customer_id",),
        _names(
            "customer customerno customernumber clientid client userid user householdid household "
            "memberid shopperid buyerid accountid loyaltyid"
        ),
        _names(
            "kundennummer kundennr kundenid numéroclient numeroclient idclient codeclient klantnummer klantnr klantid "
            "idcliente numerocliente codicecliente"
        ),
        _names("email emailaddress customeremail buyeremail billingemail emailbilling emailadresse courriel"),
    ),
    "item_id": (("item_id",), _ITEM_IDS, _ITEM_IDS_ABROAD),
    "ts": (
        ("ts",),
        _names(
            "timestamp datetime date time createdat invoicedate orderdate ordertime orderedat "
            "purchasedate purchasedat transactiondate transactiontimestamp eventtime"
        ),
        _names("orderdatetime datecreated dateadded saledate createdon purchasedon"),
        _names(
            "bestelldatum auftragsdatum kaufdatum bestellzeitpunkt datedecommande datecommande besteldatum orderdatum "
            "fechadepedido fechapedido dataordine datadellordine"
        ),
        _names("rechnungsdatum belegdatum datedefacture factuurdatum datum zeitpunkt fecha"),
    ),
    "quantity": (
        ("quantity",),
        ("qty", "units", "itemquantity", "itemcount", "quantityordered", "qtyordered", "quantitypurchased"),
        _names("menge anzahl stück stückzahl quantité quantite qté qte aantal hoeveelheid cantidad quantità"),
    ),
    "unit_price": (
        ("unit_price",),
        ("price", "itemprice", "priceeach", "productprice", "salesprice"),
        _names("einzelpreis stückpreis prixunitaire stukprijs eenheidsprijs preciounitario prezzounitario"),
        _PRICES_ABROAD,
    ),
    "status": (
        ("status",),
        ("orderstatus", "financialstatus", "paymentstatus"),
        _names("bestellstatus auftragsstatus statut étatdelacommande bestelstatus estado stato"),
    ),
    "title": (
        ("title",),
        ("itemname", "itemtitle", "productname", "producttitle"),
        ("description", "productdescription", "itemdescription"),
        _TITLES_ABROAD,
    ),
    "currency": (("currency",), ("currencycode", "ordercurrency"), _CURRENCIES_ABROAD),
}
"""Columns of orders: ours → its names."""

ORDER_REQUIRED = ("order_id", "item_id")
ORDER_USEFUL = ("customer_id", "ts", "quantity", "unit_price")
"""Columns without which less is learnt: nobody's picks, no seasons, no amounts, no upsells."""

CATALOGUE_FIELDS: Mapping[str, Tiers] = {
    "item_id": (("item_id",), _ITEM_IDS, ("id",), _ITEM_IDS_ABROAD),
    "title": (
        ("title",),
        ("itemname", "itemtitle", "productname", "producttitle", "name"),
        ("description",),
        _TITLES_ABROAD,
    ),
    "brand": (
        ("brand",),
        ("brandname",),
        ("manufacturer", "vendor"),
        ("marke", "marque", "merk", "marca"),
        ("hersteller", "fabricant", "fabrikant", "fabricante", "produttore"),
    ),
    "category": (
        ("category",),
        ("categories", "categorypath", "productcategory"),
        ("producttype", "type"),
        ("googleproductcategory",),
        ("department",),
        _names("kategorie kategorien warengruppe catégorie catégories categorie categorieën categoría categoria"),
    ),
    "family": (
        ("family",),
        ("familyid", "itemgroupid", "parent", "parentid", "parentsku", "productgroup", "groupid", "handle"),
    ),
    "link": (("link",), ("url", "producturl", "canonicalurl")),
    "image_link": (("image_link",), ("image", "imageurl", "imagesrc", "images", "picture")),
    "price": (
        ("price",),
        ("unitprice", "regularprice", "listprice", "itemprice", "variantprice"),
        _PRICES_ABROAD,
    ),
    "cost": (
        ("cost",),
        ("costofgoodssold", "costperitem", "unitcost", "costprice", "purchaseprice"),
        ("einkaufspreis", "prixdachat", "inkoopprijs", "preciodecompra", "prezzodacquisto"),
    ),
    "consumable": (("consumable",), ("isconsumable", "replenishable")),
    "in_stock": (
        ("in_stock",),
        ("availability", "available"),
        ("stock", "stockquantity", "stocklevel", "inventoryquantity", "inventory"),
        ("lagerbestand", "bestand", "voorraad", "existencias", "giacenza"),
    ),
    "currency": (("currency",), ("currencycode", "pricecurrency"), _CURRENCIES_ABROAD),
    "cross_sell": (("cross_sell",), _names("crosssells crosssellids crosssellskus")),
    "upsell": (("upsell",), _names("upsells upsellids upsellskus")),
    "never": (("never",), _names("neverwith neverids neverskus")),
}
"""Columns of a catalogue, likewise."""

CATALOGUE_REQUIRED = ("item_id",)
