"""What the demo shop sells: kinds of goods, the colours they come in, and who makes them (all invented)."""

from __future__ import annotations

from dataclasses import dataclass

DEPARTMENTS = ("Coffee & Tea", "Kitchen", "Table", "Home", "Garden", "Outdoor", "Household")

COLOURS = {
    "white": "#f4f1ea", "sand": "#d9c3a0", "sage": "#9cb097", "terracotta": "#c8704d", "indigo": "#3f4f86",
    "charcoal": "#45474d", "steel": "#b9c0c7", "matt black": "#2e2f33", "copper": "#bf7a4b", "cream": "#efe3c8",
    "natural": "#e3d6be", "ochre": "#d69f3c", "forest": "#3f6650", "rust": "#a6502f", "ink": "#2f3f5c",
    "blush": "#e2aea3", "oak": "#c39a6b", "walnut": "#7a5238", "ash": "#dcc7a3", "clear": "#cfe3e6",
    "smoke": "#8b9097", "amber": "#d0903f",
}  # fmt: skip
"""Colour name → the hex value its pictures are drawn with."""

CERAMIC = ("white", "sage", "sand", "indigo", "terracotta", "charcoal")
METAL = ("steel", "matt black", "copper", "cream")
TEXTILE = ("natural", "ochre", "forest", "rust", "ink", "blush")
WOOD = ("oak", "walnut", "ash")
GLASS = ("clear", "smoke", "amber")

SERIES = (
    "Dune", "Fjord", "Linden", "Harbour", "Orchard", "Meadow", "Pebble", "Drift", "Ember", "Willow", "Quarry",
    "Sorrel", "Tidal", "Heath", "Juniper", "Basalt", "Clover", "Lantern", "Marlow", "Nettle", "Opal", "Prairie",
    "Reed", "Skerry", "Thistle", "Umber", "Vale", "Wren", "Yarrow", "Zephyr",
)  # fmt: skip

BRANDS = (
    (0, ("Pottle", "Sundry Lane", "Marrowby", "Penwick")),
    (1, ("Linwell", "Alder Row", "Mossgate", "Greyspoke")),
    (2, ("Larkfield", "Osterby", "Thornacre", "Fennimore", "Saltmarsh")),
    (3, ("Quillmere", "Hartmoor", "Brindle & Co", "Tolvane")),
    (4, ("Kilnhaus", "Vossa", "Cobalt Hare", "Duskwood")),
)
"""Per rung of the price ladder, cheapest first, the brands that stand on it."""

LADDER = (0.62, 0.8, 1.0, 1.32, 1.8)
"""What a rung costs against the middle one: every step up is 25 to 36 % dearer."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of goods, and the finest category of the catalogue.

    Attributes:
        name: the noun in a title; also the name by which other kinds refer to it.
        category: the path `Department > Group > Kind`.
        shape: which drawing shows it.
        price: middle rung, in the shop's currency.
        looks: colours, or (size, price factor) pairs for goods sold by size: what makes a family.
        adjectives: material or make, one per family.
        specs: one per family, after the comma; empty where none.
        series: names of its lines; the shop's general ones where empty.
        interval: days between two purchases of a regular buyer, 0 for durable goods.
        quantity: how many a person takes at once, at most.
        peak: months (1–12) in which it sells `PEAK_FACTOR` times as much.
        goes_with: names of the kinds that are bought with it.
        weight: how often it is asked for within its department.
    """

    name: str
    category: str
    shape: str
    price: float
    looks: tuple[str, ...] | tuple[tuple[str, float], ...]
    adjectives: tuple[str, ...] = ("",)
    specs: tuple[str, ...] = ("",)
    series: tuple[str, ...] = ()
    interval: int = 0
    quantity: int = 1
    peak: tuple[int, ...] = ()
    goes_with: tuple[str, ...] = ()
    weight: float = 1.0

    @property
    def department(self) -> int:
        """Index into `DEPARTMENTS`."""
        return DEPARTMENTS.index(self.category.split(" > ", maxsplit=1)[0])

    @property
    def consumable(self) -> bool:
        """Whether it is used up and bought again."""
        return self.interval > 0


PEAK_FACTOR = 6.0

_BAGS = (("250 g", 0.55), ("500 g", 1.0), ("1 kg", 1.8))
_PACKS = (("pack of 40", 0.6), ("pack of 100", 1.0))
_BOTTLES = (("500 ml", 0.7), ("1 l", 1.0), ("5 l", 3.6))
_SACKS = (("10 l", 0.6), ("40 l", 1.6))

_COFFEES = (
    "Harbour Blend", "Night Shift", "Guji Natural", "Huila Reserve", "Cerrado", "Quiet Decaf", "First Train", "Sidamo",
)  # fmt: skip
_TEAS = ("Assam Breakfast", "Earl Grey", "Sencha", "Peppermint", "Rooibos Orange", "Darjeeling", "Camomile", "Chai")
_SCENTS = ("Fig & Cedar", "Sea Salt", "Orange Grove", "Clean Linen", "Black Pepper", "Lavender Field", "Pine Resin")
_SEEDS = ("Cherry Tomato", "Sweet Basil", "Rainbow Chard", "Sunflower", "Wildflower Mix", "Courgette", "Nasturtium")

KINDS = (
    # The first two dozen are the whole of the toy shop, so what goes with what is found among them.
    Kind("espresso machine", "Coffee & Tea > Brewing > Espresso machines", "machine", 320, METAL, ("", "dual-boiler", "compact"), ("15 bar", "9 bar"), goes_with=("espresso beans", "coffee grinder"), weight=0.7),
    Kind("espresso beans", "Coffee & Tea > Coffee > Espresso beans", "bag", 13.5, _BAGS, series=_COFFEES, interval=21, quantity=2, weight=1.6),
    Kind("coffee grinder", "Coffee & Tea > Brewing > Grinders", "grinder", 95, METAL, ("conical", "hand", "flat-burr"), goes_with=("espresso beans", "milk jug"), weight=0.8),
    Kind("pour-over dripper", "Coffee & Tea > Brewing > Drippers", "dripper", 24, CERAMIC, ("stoneware", "glass", "porcelain"), ("1–2 cups", "2–4 cups"), goes_with=("paper filters", "gooseneck kettle")),
    Kind("paper filters", "Coffee & Tea > Coffee > Paper filters", "box", 5.2, _PACKS, ("unbleached", "oxygen-white"), interval=45, quantity=2, weight=1.2),
    Kind("gooseneck kettle", "Coffee & Tea > Brewing > Kettles", "kettle", 68, METAL, ("", "electric", "stovetop"), ("0.8 l", "1.0 l"), goes_with=("filter coffee", "loose-leaf tea")),
    Kind("milk jug", "Coffee & Tea > Brewing > Milk jugs", "jug", 17, METAL, ("steel", "latte-art"), ("350 ml", "600 ml"), weight=0.8),
    Kind("mug", "Table > Cups & mugs > Mugs", "mug", 12.5, CERAMIC, ("stoneware", "porcelain", "enamel"), ("300 ml", "350 ml"), quantity=6, peak=(12,), goes_with=("loose-leaf tea", "teapot"), weight=1.5),
    Kind("teapot", "Coffee & Tea > Tea > Teapots", "teapot", 39, CERAMIC, ("stoneware", "cast-iron", "glass"), ("0.7 l", "1.2 l"), goes_with=("loose-leaf tea", "mug")),
    Kind("loose-leaf tea", "Coffee & Tea > Tea > Loose-leaf tea", "tin", 9.8, (("100 g", 1.0), ("250 g", 2.1)), series=_TEAS, interval=40, quantity=2, peak=(11, 12, 1), weight=1.2),
    Kind("frying pan", "Kitchen > Cookware > Frying pans", "pan", 54, ("steel", "matt black", "copper"), ("cast-iron", "non-stick", "carbon-steel"), ("24 cm", "28 cm"), goes_with=("spatula", "dish brush")),
    Kind("spatula", "Kitchen > Tools > Spatulas", "spatula", 8.5, WOOD, ("", "slotted", "angled"), quantity=2, weight=1.2),
    Kind("chef's knife", "Kitchen > Knives > Chef's knives", "knife", 72, ("steel", "matt black", "walnut"), ("forged", "layered-steel", "stamped"), ("18 cm", "20 cm"), goes_with=("cutting board", "whetstone")),
    Kind("cutting board", "Kitchen > Knives > Cutting boards", "board", 34, WOOD, ("end-grain", "edge-grain"), ("35 × 25 cm", "45 × 30 cm"), goes_with=("board oil",)),
    Kind("board oil", "Household > Care > Board oil", "bottle", 11, (("250 ml", 1.0), ("500 ml", 1.7)), ("linseed", "walnut", "beeswax"), interval=90, weight=0.6),
    Kind("scented candle", "Home > Scent & light > Candles", "candle", 19, CERAMIC, ("soy-wax", "beeswax"), ("40 h", "60 h"), series=_SCENTS, quantity=2, peak=(11, 12), goes_with=("linen throw",), weight=1.4),
    Kind("linen throw", "Home > Textiles > Throws", "cloth", 62, TEXTILE, ("washed", "heavy", "fringed"), ("130 × 170 cm",), peak=(10, 11, 12), goes_with=("cushion cover",)),
    Kind("cushion cover", "Home > Textiles > Cushion covers", "cushion", 21, TEXTILE, ("linen", "velvet", "cotton"), ("45 × 45 cm", "50 × 50 cm"), quantity=4, goes_with=("linen throw",), weight=1.3),
    Kind("plant pot", "Garden > Pots > Plant pots", "pot", 18, CERAMIC, ("glazed", "unglazed", "fibreclay"), ("Ø 18 cm", "Ø 26 cm"), quantity=4, peak=(4, 5), goes_with=("potting soil", "plant food"), weight=1.4),
    Kind("potting soil", "Garden > Soil & feed > Potting soil", "sack", 7.5, _SACKS, ("peat-free", "herb", "universal"), interval=60, quantity=4, peak=(3, 4, 5), weight=1.2),
    Kind("plant food", "Garden > Soil & feed > Plant food", "bottle", 8.9, _BOTTLES, ("organic", "tomato", "flower"), interval=50, peak=(4, 5, 6), weight=0.9),
    Kind("watering can", "Garden > Watering > Watering cans", "can", 29, ("sage", "steel", "copper", "charcoal"), ("galvanised", "long-spout"), ("1.5 l", "5 l"), peak=(5, 6, 7), goes_with=("plant food",)),
    Kind("dish brush", "Household > Washing up > Dish brushes", "brush", 5.9, WOOD, ("sisal", "long-handled"), quantity=2, goes_with=("washing-up liquid",)),
    Kind("washing-up liquid", "Household > Washing up > Washing-up liquid", "bottle", 4.6, _BOTTLES, ("lemon", "fragrance-free", "rosemary"), interval=30, quantity=2, weight=1.6),
    # From here on: the demo and the large shop.
    Kind("filter coffee", "Coffee & Tea > Coffee > Filter coffee", "bag", 12.8, _BAGS, series=_COFFEES, interval=24, quantity=2, weight=1.5),
    Kind("french press", "Coffee & Tea > Brewing > French presses", "press", 42, METAL, ("double-wall", "glass"), ("0.35 l", "1.0 l"), goes_with=("filter coffee", "travel cup")),
    Kind("travel cup", "Coffee & Tea > To go > Travel cups", "tumbler", 26, CERAMIC, ("insulated", "ceramic-lined"), ("360 ml", "480 ml"), weight=1.1),
    Kind("descaler", "Coffee & Tea > Care > Descaler", "bottle", 9.5, (("500 ml", 1.0), ("1 l", 1.7)), ("citric", "organic"), interval=90, weight=0.8),
    Kind("espresso cup set", "Table > Cups & mugs > Espresso cups", "cup", 28, CERAMIC, ("porcelain", "stoneware"), ("set of 2", "set of 4"), goes_with=("espresso beans",)),
    Kind("tea infuser", "Coffee & Tea > Tea > Infusers", "infuser", 11, METAL, ("fine-mesh", "basket"), goes_with=("loose-leaf tea",), weight=0.8),
    Kind("honey", "Kitchen > Pantry > Honey", "jar", 8.4, (("250 g", 0.6), ("500 g", 1.0)), ("acacia", "heather", "forest", "lime-blossom"), interval=55, weight=0.9),
    Kind("olive oil", "Kitchen > Pantry > Olive oil", "bottle", 14.5, (("500 ml", 1.0), ("1 l", 1.8)), ("early-harvest", "mild", "peppery"), interval=45, weight=1.1),
    Kind("casserole", "Kitchen > Cookware > Casseroles", "pot-lid", 129, CERAMIC, ("cast-iron", "enamelled"), ("4.2 l", "5.6 l"), peak=(10, 11, 12), goes_with=("oven gloves", "wooden spoon"), weight=0.8),
    Kind("saucepan", "Kitchen > Cookware > Saucepans", "saucepan", 48, METAL, ("tri-ply", "ceramic-coated"), ("16 cm", "20 cm"), goes_with=("wooden spoon",)),
    Kind("wooden spoon", "Kitchen > Tools > Spoons", "spoon", 6.5, WOOD, ("", "long", "pointed"), quantity=3, weight=1.2),
    Kind("oven gloves", "Kitchen > Linen > Oven gloves", "glove", 16, TEXTILE, ("quilted", "cotton"), ("pair",), quantity=1),
    Kind("tea towel", "Kitchen > Linen > Tea towels", "cloth", 9, TEXTILE, ("waffle", "linen", "cotton"), ("set of 2", "set of 3"), quantity=3, weight=1.3),
    Kind("apron", "Kitchen > Linen > Aprons", "apron", 32, TEXTILE, ("cross-back", "linen", "canvas"), peak=(5, 12), goes_with=("oven gloves",)),
    Kind("whetstone", "Kitchen > Knives > Whetstones", "board", 36, ("charcoal", "steel", "sand"), ("two-sided",), ("400/1000", "1000/6000"), weight=0.6),
    Kind("mixing bowl", "Kitchen > Baking > Mixing bowls", "bowl", 22, CERAMIC, ("stoneware", "steel", "melamine"), ("2.5 l", "4 l"), goes_with=("whisk", "baking paper")),
    Kind("whisk", "Kitchen > Baking > Whisks", "whisk", 9.5, METAL, ("balloon", "flat"), weight=0.8),
    Kind("baking paper", "Kitchen > Baking > Baking paper", "roll", 4.2, (("10 m", 0.6), ("20 m", 1.0)), ("unbleached", "pre-cut"), interval=60, quantity=2, weight=0.9),
    Kind("cake tin", "Kitchen > Baking > Cake tins", "tray", 19, ("matt black", "steel", "cream"), ("springform", "loaf", "bundt"), ("20 cm", "26 cm"), peak=(11, 12), goes_with=("baking paper",)),
    Kind("storage jar", "Kitchen > Storage > Jars", "jar", 10.5, GLASS, ("airtight", "screw-top"), ("0.5 l", "1 l"), quantity=6, weight=1.3),
    Kind("bread bin", "Kitchen > Storage > Bread bins", "crate", 46, METAL, ("roll-top", "bamboo-lid")),
    Kind("dinner plate", "Table > Plates & bowls > Dinner plates", "plate", 14, CERAMIC, ("stoneware", "porcelain", "hand-glazed"), ("26 cm", "28 cm"), quantity=6, goes_with=("cereal bowl", "linen napkins"), weight=1.4),
    Kind("cereal bowl", "Table > Plates & bowls > Cereal bowls", "bowl", 11, CERAMIC, ("stoneware", "porcelain"), ("15 cm", "17 cm"), quantity=6, weight=1.2),
    Kind("serving platter", "Table > Plates & bowls > Platters", "plate", 38, CERAMIC, ("oval", "round"), ("36 cm", "42 cm"), peak=(12,), weight=0.7),
    Kind("cutlery set", "Table > Cutlery > Sets", "cutlery", 89, METAL, ("brushed", "polished", "hammered"), ("16 pieces", "24 pieces"), peak=(11, 12), goes_with=("dinner plate",), weight=0.6),
    Kind("wine glasses", "Table > Glasses > Wine glasses", "glass", 34, GLASS, ("hand-blown", "tempered"), ("set of 4", "set of 6"), peak=(12,), goes_with=("carafe",)),
    Kind("carafe", "Table > Glasses > Carafes", "carafe", 36, GLASS, ("hand-blown", "ribbed"), ("0.75 l", "1.2 l"), peak=(6, 7), weight=0.8),
    Kind("tumblers", "Table > Glasses > Tumblers", "tumbler", 24, GLASS, ("ribbed", "tempered"), ("set of 4", "set of 6"), goes_with=("carafe",)),
    Kind("linen napkins", "Table > Linen > Napkins", "cloth", 27, TEXTILE, ("washed", "hemstitch"), ("set of 4",), peak=(12,)),
    Kind("table runner", "Table > Linen > Runners", "roll", 33, TEXTILE, ("linen", "jute"), ("40 × 150 cm",), peak=(12,), goes_with=("linen napkins",), weight=0.7),
    Kind("table lamp", "Home > Scent & light > Table lamps", "lamp", 84, CERAMIC, ("ceramic", "paper-shade", "rattan"), peak=(10, 11), goes_with=("light bulb",)),
    Kind("light bulb", "Home > Scent & light > Bulbs", "bulb", 7.9, (("E14", 0.9), ("E27", 1.0)), ("warm-white LED", "dimmable LED"), interval=120, quantity=3, weight=0.9),
    Kind("vase", "Home > Decoration > Vases", "vase", 32, CERAMIC, ("stoneware", "ribbed", "hand-thrown"), ("18 cm", "28 cm"), peak=(3, 5), goes_with=("dried bouquet",)),
    Kind("dried bouquet", "Home > Decoration > Dried flowers", "bouquet", 29, ("natural", "blush", "ochre"), ("small", "large"), weight=0.8),
    Kind("picture frame", "Home > Decoration > Frames", "frame", 23, (*WOOD, "matt black"), ("box", "slim"), ("A4", "30 × 40 cm"), quantity=3),
    Kind("wall clock", "Home > Decoration > Clocks", "clock", 49, ("oak", "walnut", "white", "charcoal"), ("silent", "station"), ("Ø 25 cm", "Ø 32 cm"), weight=0.6),
    Kind("storage basket", "Home > Storage > Baskets", "basket", 31, ("natural", "charcoal", "ochre"), ("seagrass", "rope", "felt"), ("M", "L"), quantity=2),
    Kind("wool blanket", "Home > Textiles > Blankets", "cloth", 98, TEXTILE, ("lambswool", "merino"), ("140 × 200 cm",), peak=(10, 11, 12, 1), goes_with=("scented candle",), weight=0.8),
    Kind("bath towel", "Home > Bath > Towels", "cloth", 24, TEXTILE, ("organic-cotton", "waffle"), ("70 × 140 cm",), quantity=4, goes_with=("hand soap",), weight=1.2),
    Kind("hand soap", "Household > Bath > Hand soap", "bottle", 7.2, (("300 ml", 1.0), ("1 l refill", 2.2)), series=_SCENTS, interval=35, quantity=2, weight=1.3),
    Kind("reed diffuser", "Home > Scent & light > Diffusers", "diffuser", 27, GLASS, ("",), ("100 ml",), series=_SCENTS, weight=0.8),
    Kind("secateurs", "Garden > Tools > Secateurs", "shears", 38, ("rust", "forest", "charcoal"), ("bypass", "anvil"), peak=(2, 3, 10), goes_with=("garden gloves",)),
    Kind("hand trowel", "Garden > Tools > Trowels", "trowel", 16, ("oak", "steel", "forest"), ("stainless", "forged"), peak=(3, 4, 5), goes_with=("garden gloves", "seeds")),
    Kind("garden gloves", "Garden > Tools > Gloves", "glove", 13, ("forest", "ochre", "ink"), ("leather", "knitted"), ("S–M", "L–XL"), peak=(3, 4, 5)),
    Kind("seeds", "Garden > Seeds > Packets", "packet", 3.4, (("small packet", 1.0), ("big packet", 2.2)), series=_SEEDS, quantity=5, peak=(2, 3, 4), goes_with=("seed tray",), weight=1.6),
    Kind("seed tray", "Garden > Seeds > Trays", "tray", 12, ("forest", "charcoal"), ("lidded", "12-cell", "24-cell"), quantity=2, peak=(2, 3, 4), goes_with=("potting soil",)),
    Kind("hose reel", "Garden > Watering > Hoses", "reel", 79, ("sage", "charcoal", "ochre"), ("wall-mounted", "free-standing"), ("20 m", "30 m"), peak=(5, 6, 7), weight=0.6),
    Kind("bird feeder", "Garden > Wildlife > Feeders", "feeder", 25, ("oak", "forest", "copper"), ("hanging", "window"), peak=(11, 12, 1, 2), goes_with=("bird seed",)),
    Kind("bird seed", "Garden > Wildlife > Bird seed", "sack", 9.8, (("2 kg", 0.6), ("5 kg", 1.0), ("12 kg", 2.1)), ("no-mess", "winter", "sunflower"), interval=35, peak=(11, 12, 1, 2), weight=1.1),
    Kind("folding chair", "Outdoor > Furniture > Chairs", "chair", 74, ("oak", "sage", "charcoal"), ("acacia", "steel"), quantity=4, peak=(4, 5, 6), goes_with=("seat cushion",)),
    Kind("seat cushion", "Outdoor > Furniture > Seat cushions", "cushion", 26, TEXTILE, ("weatherproof", "padded"), ("40 × 40 cm",), quantity=4, peak=(4, 5, 6)),
    Kind("bistro table", "Outdoor > Furniture > Tables", "table", 139, ("sage", "charcoal", "oak"), ("folding", "round"), ("Ø 60 cm", "Ø 70 cm"), peak=(4, 5, 6), goes_with=("folding chair",), weight=0.6),
    Kind("kettle grill", "Outdoor > Fire > Grills", "grill", 185, ("charcoal", "rust", "sage"), ("", "portable"), ("Ø 47 cm", "Ø 57 cm"), peak=(5, 6, 7), goes_with=("charcoal briquettes", "grill tongs"), weight=0.7),
    Kind("charcoal briquettes", "Outdoor > Fire > Charcoal", "sack", 11, (("3 kg", 1.0), ("8 kg", 2.2)), ("beech", "coconut", "olive-wood"), interval=28, quantity=2, peak=(5, 6, 7, 8), weight=1.1),
    Kind("grill tongs", "Outdoor > Fire > Tools", "tongs", 18, ("steel", "oak"), ("locking", "long"), peak=(5, 6, 7)),
    Kind("lantern", "Outdoor > Light > Lanterns", "lantern", 35, ("matt black", "copper", "white"), ("storm", "solar"), ("25 cm", "40 cm"), quantity=2, peak=(9, 10, 11), goes_with=("scented candle",)),
    Kind("string lights", "Outdoor > Light > String lights", "string", 28, ("amber", "white"), ("solar", "mains"), ("5 m", "10 m"), peak=(6, 11, 12)),
    Kind("picnic basket", "Outdoor > Picnic > Baskets", "basket", 68, ("natural", "walnut"), ("willow", "insulated"), peak=(5, 6, 7), goes_with=("picnic blanket",), weight=0.7),
    Kind("picnic blanket", "Outdoor > Picnic > Blankets", "cloth", 39, TEXTILE, ("waterproof", "wool"), ("150 × 200 cm",), peak=(5, 6, 7)),
    Kind("dishwasher tablets", "Household > Washing up > Dishwasher tablets", "box", 9.9, _PACKS, ("plastic-free", "all-in-one"), interval=42, weight=1.3),
    Kind("laundry liquid", "Household > Laundry > Laundry liquid", "bottle", 11.5, _BOTTLES, ("colour", "wool & silk", "fragrance-free"), interval=40, weight=1.2),
    Kind("drying rack", "Household > Laundry > Drying racks", "crate", 42, ("oak", "white", "charcoal"), ("folding", "wall-mounted"), goes_with=("laundry liquid",), weight=0.6),
    Kind("cleaning cloths", "Household > Cleaning > Cloths", "cloth", 8.2, TEXTILE, ("cotton", "bamboo"), ("pack of 4", "pack of 8"), interval=75, weight=0.9),
    Kind("surface cleaner", "Household > Cleaning > Cleaners", "bottle", 5.4, _BOTTLES, series=_SCENTS, interval=38, goes_with=("cleaning cloths",), weight=1.2),
    Kind("bin bags", "Household > Cleaning > Bin bags", "roll", 4.9, (("20 l", 0.8), ("35 l", 1.0)), ("compostable", "recycled"), interval=48, quantity=2, weight=1.0),
)  # fmt: skip
"""All kinds; the first `TOY_KINDS` alone make a small shop."""

TOY_KINDS = 24
