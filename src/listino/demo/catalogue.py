"""What items and customers are sorted by: units, brands, item groups, assortments, groups and channels."""

from collections.abc import Iterator
from decimal import Decimal

from listino.core.facts import Assortment, Brand, Channel, CustomerGroup, Fact, ItemGroup, Selection, Unit
from listino.demo.tables import named, rows

# Code, English, Italian, German; then what one of it is made of.
UNITS = (
    ("GRM", "gram", "grammo", "Gramm", None, None),
    ("KGM", "kilogram", "chilogrammo", "Kilogramm", "GRM", 1000),
    ("TNE", "tonne", "tonnellata", "Tonne", "KGM", 1000),
    ("MMT", "millimetre", "millimetro", "Millimeter", None, None),
    ("CMT", "centimetre", "centimetro", "Zentimeter", "MMT", 10),
    ("MTR", "metre", "metro", "Meter", "CMT", 100),
    ("MTK", "square metre", "metro quadrato", "Quadratmeter", None, None),
    ("MLT", "millilitre", "millilitro", "Milliliter", None, None),
    ("LTR", "litre", "litro", "Liter", "MLT", 1000),
    ("C62", "piece", "pezzo", "Stück", None, None),
    ("PR", "pair", "paio", "Paar", None, None),
    ("BX", "box", "scatola", "Schachtel", None, None),
    ("CT", "carton", "cartone", "Karton", None, None),
    ("PF", "pallet", "bancale", "Palette", None, None),
    ("RO", "roll", "rotolo", "Ring", None, None),
    ("RL", "reel", "bobina", "Trommel", None, None),
)
ASSORTMENTS = (
    Assortment(
        code="webshop",
        name={"en": "Web shop", "it": "Negozio online", "de": "Webshop"},
        exclude=Selection(item_groups=("PL-HE-FU", "CA-OUT")),
    ),
    Assortment(
        code="retail",
        name={"en": "Private customers", "it": "Clienti privati", "de": "Privatkunden"},
        exclude=Selection(item_groups=("EL-CA-PW", "EL-IN", "EL-PR-SP", "FA-AN-CH", "PL-HE-GN")),
    ),
    Assortment(
        code="export",
        name={"en": "Outside the European Union", "it": "Fuori dall'Unione europea", "de": "Außerhalb der EU"},
        exclude=Selection(item_groups=("EL-SW", "EL-EM", "FA-AD-FO", "PL-HE-GN", "PL-HE-FU"), brands=("STECKDAS",)),
    ),
    Assortment(
        code="school",
        name={"en": "Schools", "it": "Scuole", "de": "Schulen"},
        include=Selection(item_groups=("TO", "FA-SC", "FA-NW", "EL-CA", "EL-CN", "EL-SW")),
    ),
)
GROUP_ASSORTMENTS = {"SCHOOL": "school", "PRIVATE": "retail"}


def units() -> Iterator[Unit]:
    """The units of measure, small ones first."""
    for code, english, italian, german, of, factor in UNITS:
        name = {"en": english, "it": italian, "de": german}
        yield Unit(code=code, name=name, of=of, factor=None if factor is None else Decimal(factor))


def sorting() -> Iterator[Fact]:
    """Brands, item groups, assortments, customer groups and channels, each after what it names."""
    for row in rows("brands"):
        yield Brand(code=row["code"], name=row["name"])
    for row in rows("item_groups"):
        yield ItemGroup(code=row["code"], name=named(row), parent=row["parent"] or None)
    yield from ASSORTMENTS
    for row in rows("customer_groups"):
        yield CustomerGroup(code=row["code"], name=named(row), assortment=GROUP_ASSORTMENTS.get(row["code"]))
    yield Channel(
        code="web",
        name={"en": "Web shop", "it": "Negozio online", "de": "Webshop"},
        currency="EUR",
        country="IT",
        tax_status="consumer",
        customer_groups=("PRIVATE",),
        assortment="webshop",
        shows="gross",
    )
    yield Channel(
        code="b2b",
        name={"en": "Customers' portal", "it": "Portale clienti", "de": "Kundenportal"},
        currency="EUR",
        country="IT",
        tax_status="business",
        shows="net",
    )
    yield Channel(
        code="phone",
        name={"en": "Phone and counter", "it": "Telefono e banco", "de": "Telefon und Theke"},
        currency="EUR",
        country="IT",
    )
