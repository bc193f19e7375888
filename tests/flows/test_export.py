"""What is exported comes back unchanged: every kind, every field, and texts that other programs would run."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from unicodedata import normalize

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from listino.core.facts import (
    KINDS,
    Account,
    Assignment,
    Assortment,
    Brand,
    Channel,
    Contract,
    Country,
    Customer,
    CustomerGroup,
    Fact,
    Item,
    ItemGroup,
    ItemSet,
    Measure,
    Membership,
    Packaging,
    PriceAttribute,
    PriceList,
    Quotation,
    Rate,
    Reference,
    Selection,
    Tax,
    Unit,
)
from listino.core.money import Rounding
from listino.core.rules import (
    Caps,
    Chain,
    Formula,
    Indexed,
    Offer,
    OwnLine,
    Requirement,
    Rule,
    Scale,
    Scheme,
    Scope,
    Step,
    Tier,
)
from listino.db import people
from listino.db.codec import body_of
from listino.db.engine import Database
from listino.db.people import Person
from listino.db.snapshot import snapshot, versions
from listino.flows.export import exported
from listino.flows.import_ import imported
from listino.flows.tables import Options
from tests.books import NOW, Books, put

FROM, TO = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 6, 30, 22, 0, tzinfo=UTC)
WORDS = {"en": "Screw, 4 × 40", "it": "Vite\n4 x 40"}
RATE = Rate(code="R", currency="USD", to_currency="EUR", rate=Decimal("0.912"), valid_from=FROM, valid_to=TO)

FROM_TIERS = Scale(tiers=(Tier(value=Decimal("1.5"), from_=Decimal(1)), Tier(value=Decimal(1), from_=Decimal("10.5"))))
UP_TO_TIERS = Scale(tiers=(Tier(value=Decimal("1.5"), up_to=Decimal(10)), Tier(value=Decimal(1))))

SOME = Selection(items=("A/1",), brands=("=B1",))
# Facts of the whole vocabulary of rules, of which nothing may be lost on the way.
VOCABULARY: tuple[Fact, ...] = (
    Item(
        code="A3", weight=Decimal("0.50"), attributes={"line": "pro", "use": ("in", "out")},
        measures=(Measure(name="copper", value=Decimal("0.043")), Measure(name="a=b", value=Decimal(1))),
        price_attributes=(PriceAttribute(name="rrp", value=Decimal("16.00"), currency="USD"),),
    ),
    Item(
        code="A4", measures=(Measure(name="copper", value=Decimal("0.043")), Measure(name="zinc", value=Decimal(1))),
        price_attributes=(PriceAttribute(name="rrp", value=Decimal("16.00"), currency="USD"),
                          PriceAttribute(name="map", value=Decimal(15))),
    ),
    Account(code="AC3", attributes={"=trade": ("roofer", "baker|cook")}),
    Customer(code="C2", final=True, attributes={"trade": "roofer"}),
    Channel(code="shop", attributes={"region": ("north",)}, tax_rounding="document"),
    PriceList(code="L3", tax_mode="gross", reference_percent=Decimal(22), constant="net", final=False),
    Assignment(code="AS5", list="L3", mode="only_if_empty"),
    ItemSet(code="IS", name="Set", include=SOME, exclude=Selection(items=("A2",))),
    Contract(code="K1", customer="C1", include=SOME, currency="CHF", valid_from=FROM, valid_to=TO),
    Contract(code="K2", account="AC1", name={"it": "Contratto"}, exclude=SOME),
    Quotation(code="Q1", quotation="DEL", value=Decimal("871.25"), currency="USD", per=Decimal(100), unit="TNE",
              valid_from=FROM),
    Rule(
        code="V1", action="percent", value=Decimal(10), basis="attribute:rrp", item_set="IS", tax_mode="net",
        attributes={"trade": ("roofer", "x"), "line": "pro"}, exclusive=True, exclusion_group="one",
        dated_by="delivery", below_limit=True, unless=(Scope(item="A2"), Scope(attributes={"use": ("in",)})),
        requires=(
            Requirement(scope=Scope(item="A2"), measure="amount", by="order", from_=Decimal("9.90"), basis="gross"),
            Requirement(up_to=Decimal(5), unit="BX"),
        ),
        caps=Caps(uses=3, per_customer=1, quantity=Decimal(9), amount=Decimal("50.00"), amount_per_order=Decimal(5),
                  beyond="split"),
    ),
    Rule(
        code="V2", action="bundle", value=Decimal(40),
        offer=Offer(bought=Scope(item="A2"), quantity_from=Decimal(3), target=Scope(item_group="G2"),
                    quantity=Decimal(1), reduction="set_price", first="dearest", times_max=2, units_max=Decimal(4),
                    line_units_max=Decimal(1), uses_up=True, in_part=True),
    ),
    Rule(code="V3", action="free_goods", offer=Offer(amount_from=Decimal("99.00"), item="A2", unit="BX")),
    Rule(code="V4", action="amount", sign="charge", value=Decimal("0.25"),
         own_line=OwnLine(per="line", tax_class="reduced", discountable=True)),
    Rule(code="V5", action="amount", sign="charge", value=Decimal("0.25"), own_line=OwnLine()),
    Rule(code="V6", action="indexed",
         indexed=Indexed(quotation="DEL", reference=Decimal("150.5"), measure="copper", lowest=Decimal(0))),
    Rule(code="V7", action="percent", scale=Scale(
        tiers=(Tier(value=Decimal(5), from_=Decimal(100)),), kind="graduated", measure="amount", by="mix:a b")),
    Rule(code="V8", action="price", formula=Formula(
        attribute="rrp", percent=Decimal(-35), min_margin=Decimal("-1.5"), max_margin=Decimal(3))),
    Scheme(
        code="S2",
        steps=(
            Step(name="way", kind="choose", pick="best", chains=(
                Chain(name="a", steps=(Step(name="p", kind="price", access=("customer+item",), group="g"),)),
                Chain(name="b", steps=(Step(name="q", kind="price"),
                                       Step(name="m", kind="limit", when_unknown="flag"),
                                       Step(name="t", kind="charge", ties="refuse"))),
            )),
            Step(name="coins", kind="rounding", rounding=Rounding(increment=Decimal("0.05")), currency="CHF"),
        ),
    ),
)  # fmt: skip

EVERY_KIND: tuple[Fact, ...] = (
    Unit(code="CT", name="Carton", of="C62", factor=Decimal(144)),
    Brand(code="=B1", name='"Best" {of}'),
    ItemGroup(code="G|1", name="-group"),
    ItemGroup(code="G2", name="", parent="G|1"),
    Item(
        code="A/1", name=WORDS, status="blocked", unit="MTR",
        packagings=(Packaging(unit="BX", factor=Decimal("12.5"), gtin="4006381333931"),
                    Packaging(unit="CT", factor=Decimal(144))),
        item_groups=("G|1", "G2"), brand="=B1", tax_class="reduced", cost=Decimal("1.230"), cost_currency="USD",
        gtin="0400638133393", reference=Reference(unit="KGM", factor=Decimal("0.250")), description={},
        perishable=True,
    ),
    Item(code="A2", variant_of="A/1", item_groups=("G2",), packagings=(Packaging(unit="A=B", factor=Decimal(2)),)),
    CustomerGroup(code="[CG]", name="+39", assortment="AS"),
    CustomerGroup(code="CG2", name="[1]"),
    Account(
        code="AC1", name={"de": "=1+1", "": "x"}, customer_groups=("[CG]", "CG2"), currency="USD", assortment="AS",
        zone="Europe/Berlin",
    ),
    Account(code="AC2", parent="AC1"),
    Customer(
        code="C1", account="AC2", customer_groups=("CG2", Membership(group="[CG]", valid_from=FROM, valid_to=TO)),
        currency="CHF", country="CH", region="TI", postcode="06900", tax_status="business", assortment="AS",
        language="it-CH", status="blocked", zone="Europe/Zurich",
    ),
    Channel(
        code="web", name="Web", scheme="S1", currency="EUR", country="IT", region="BZ", postcode="39100",
        tax_status="private", customer_groups=("CG2",), assortment="AS", zone="Europe/Rome",
    ),
    PriceList(
        code="L1", name="List", currency="EUR", tax_mode="gross", decimals=3,
        rounding=Rounding(increment=Decimal("1.00"), offset=Decimal("-0.01"), direction="up"),
        zone="Europe/Rome", visibility="hidden",
    ),
    PriceList(code="L2", rounding=Rounding(increment=Decimal("0.05"))),
    Rule(
        code="P1", action="price", list="L1", step="price", customer="C1", ship_to="S1", item="A/1", coupon="X",
        channel="web", country="IT", currency="EUR", unit="BX", order_type="web", value=Decimal("12.50"),
        per=Decimal(100), final=False, priority=-3, valid_from=FROM, valid_to=TO, zone="Europe/Rome",
        status="draft", label={"it": "Prezzo"}, reason="'=agreed", show_as="discount",
        unless=Scope(item_group="G2", customer_group="CG2", currency="USD", unit="CT"),
    ),
    Rule(code="P2", action="price", scale=FROM_TIERS),
    Rule(code="P3", action="price", scale=UP_TO_TIERS),
    Rule(
        code="P4", action="price", account="AC1", variant="A2",
        formula=Formula(list="L1", percent=Decimal("-5.0"), amount=Decimal("0.00"),
                        rounding=Rounding(increment=Decimal("0.1"))),
    ),
    Rule(code="P5", action="price", item_group="G2", formula=Formula(basis="cost", percent=Decimal(20))),
    Rule(code="D1", action="percent", sign="charge", customer_group="CG2", brand="=B1", value=Decimal(3),
         final=True, reason=""),
    Rule(code="M1", action="limit", bound="min", basis="cost", value=Decimal(110)),
    Assignment(code="AS1", list="L1", customer="C1", sequence=4, valid_from=FROM, valid_to=TO, zone="Europe/Rome"),
    Assignment(code="AS2", list="L1", account="AC1"),
    Assignment(code="AS3", list="L1", customer_group="CG2"),
    Assignment(code="AS4", list="L2", channel="web"),
    Assortment(
        code="AS", name="All but", include=Selection(items=("A/1", "A2"), item_groups=("G2",), brands=("=B1",)),
        exclude=Selection(),
    ),
    Scheme(
        code="S1", name={"en": "Ours"},
        steps=(
            Step(name="price", kind="price", label="Price", access=("customer+item", "all"), pick="best",
                 rank=("value",), currency_required=True),
            Step(name="off", kind="allowance", base="price", combine="additive"),
        ),
    ),
    Tax(
        code="T1", percent=Decimal("22.0"), tax_class="reduced", country="IT", region="BZ", postcode_from="39000",
        postcode_to="39999", tax_status="business", category="AE", reason="Reverse\tcharge", valid_from=FROM,
        valid_to=TO, zone="Europe/Rome",
    ),
    *VOCABULARY,
    RATE,
    Country(code="DE", name={"it": "Germania"}, prior_price_days=31, prior_price_perishable_days=0,
            prior_price_new_item_days=10, prior_price_progressive=True),
    Country(code="IT"),
)  # fmt: skip
PERSON = Person(
    name="=Anna",
    company="Rossi & C.",
    mail="anna@example.org",
    phone="+39 045",
    vat_id="",
    street="Via\nRoma",
    city="Verona",
)


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Books:
    return Books(tmp_path_factory.mktemp("books"))


def bodies(database: Database) -> Iterator[tuple[str, str, str]]:
    for kind in KINDS:
        for code, found in versions(snapshot(database), kind):
            yield kind, code, body_of(found.fact)


def files_of(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


@pytest.mark.parametrize("format", ["csv", "ndjson"])
def test_export_then_import_changes_nothing_and_fills_an_empty_book_alike(
    books: Books, tmp_path: Path, format: str
) -> None:
    with books.opened(*EVERY_KIND) as database, books.opened() as empty:
        database.write(lambda tx: people.keep_customer(tx, "C1", PERSON))
        written = exported(database, tmp_path / "out", format=format)
        assert sum(facts for _, facts in written.files) == len(EVERY_KIND)

        again = imported(database, files_of(tmp_path / "out"), Options(), "test", NOW)
        assert (again.errors, again.changed, again.unchanged) == ((), 0, len(EVERY_KIND))
        assert database.read().revision == 1

        first = imported(empty, files_of(tmp_path / "out"), Options(), "test", NOW)
        assert (first.errors, first.changed, first.revision) == ((), len(EVERY_KIND), 1)
        assert list(bodies(empty)) == list(bodies(database))
        assert people.person_of(empty.read().connection, "C1") == PERSON


def test_a_file_whose_decimals_could_all_group_thousands_is_still_read_as_it_was_written(
    books: Books, tmp_path: Path
) -> None:
    prices = [Rule(code=f"P{n}", action="price", value=Decimal(f"{n}.234")) for n in range(1, 4)]
    with books.opened(*prices) as database:
        exported(database, tmp_path, ["rules"])
        assert (
            tmp_path / "rules.csv"
        ).read_text() == "code,action,value\nP1,price,01.234\nP2,price,2.234\nP3,price,3.234\n"
        again = imported(database, [tmp_path / "rules.csv"], Options(), "test", NOW)
        assert (again.errors, again.changed) == ((), 0)


def test_no_cell_begins_with_a_sign_that_a_spreadsheet_runs(books: Books, tmp_path: Path) -> None:
    with books.opened(*EVERY_KIND) as database:
        database.write(lambda tx: people.keep_customer(tx, "C1", PERSON))
        exported(database, tmp_path)
        for path in files_of(tmp_path):
            with path.open(newline="") as file:
                cells = [cell for row in csv.reader(file) for cell in row]
            runnable = [cell for cell in cells if cell[:1] in "=+@\t\r" and cell]
            assert runnable == [], path.name
            assert [cell for cell in cells if cell.startswith("-") and not Decimal(cell)] == []


def test_an_export_holds_the_revision_that_was_asked_for(books: Books, tmp_path: Path) -> None:
    with books.opened(Brand(code="B", name="old")) as database:
        put(database, Brand(code="B", name="new"), Brand(code="C"))
        exported(database, tmp_path, ["brands"], known_at=1)
        assert (tmp_path / "brands.csv").read_text() == "code,name\nB,old\n"


TEXT = st.text(st.characters(blacklist_categories=["Cs"]), max_size=12)
CODE = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=8).filter(str.strip)
NUMBER = st.decimals(0, 10**6, allow_nan=False, places=3)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(
            CODE,
            TEXT,
            st.one_of(TEXT, st.dictionaries(TEXT.filter(lambda tag: tag != "from"), TEXT, max_size=2)),
            NUMBER,
        ),
        max_size=4,
        unique_by=lambda row: row[0],
    )
)
def test_any_text_and_number_comes_back(
    books: Books, tmp_path: Path, rows: list[tuple[str, str, str | dict[str, str], Decimal]]
) -> None:
    facts = {
        code: Rule(code=code, action="amount", coupon=code, reason=reason, label=label, value=value)
        for raw, reason, label, value in rows
        if (code := normalize("NFC", raw)) and len(code) <= 64
    }
    with books.opened(*facts.values()) as database:
        exported(database, tmp_path, ["rules"])
        if facts:
            again = imported(database, [tmp_path / "rules.csv"], Options(), "test", NOW)
            assert (again.errors, again.changed, again.unchanged) == ((), 0, len(facts))


def test_attributes_measures_and_price_attributes_are_written_as_a_person_would(books: Books, tmp_path: Path) -> None:
    with books.opened(*EVERY_KIND) as database:
        exported(database, tmp_path, ["items"])
        with (tmp_path / "items.csv").open(newline="") as file:
            rows = {row["code"]: row for row in csv.DictReader(file)}
    assert {name: rows["A4"][name] for name in ("measures", "price_attributes")} == {
        "measures": "copper=0.043|zinc=1",
        "price_attributes": "rrp=16.00=USD|map=15",
    }
    assert (rows["A3"]["attributes.line"], rows["A3"]["attributes.use"]) == ("pro", "in|out")


def test_a_pair_that_is_none_is_named_with_its_remedy(books: Books, tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text("code;measures;price_attributes\nA;copper;rrp=1=CHF=2\nB;copper=1=KGM;\n")
    with books.opened() as database:
        told = imported(database, [tmp_path / "items.csv"], Options(), "test", NOW).errors
    assert [(error.column, error.text, error.remedy) for error in told] == [
        ("measures", "'copper' is none of measures.", "Write measures as copper=0.043|lead=0.01."),
        ("price_attributes", "'rrp=1=CHF=2' is none of price attributes.",
         "Write price attributes as rrp=16|msrp=18=CHF."),
        ("measures", "'copper=1=KGM' is none of measures.", "Write measures as copper=0.043|lead=0.01."),
    ]  # fmt: skip
