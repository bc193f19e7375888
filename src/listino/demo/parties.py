"""Who buys: accounts, some below others, their customers, and who stands behind a customer's code."""

from dataclasses import dataclass
from random import Random

from listino.core.facts import Account, Customer, Membership
from listino.demo.days import Days
from listino.demo.tables import Row, rows
from listino.demo.words import Country, countries, domain, phone, slug

ACCOUNTS_COUNT = 900
CUSTOMERS_COUNT = 3_000
PRIVATE_COUNT = 250
STAFF_SHARE = 0.25
# The first accounts are groups of companies: others stand below them.
HOLDINGS_COUNT = 12
# How customer numbers begin in a country, and how many digits follow.
CODE_STYLES = {"IT": ("1", 5), "DE": ("D2", 4), "AT": ("A3", 4), "FR": ("F-", 4), "CH": ("CH", 5), "": ("W", 6)}
OTHER_CODE_STYLE = ("X", 5)
EXPORT_COUNTRIES = frozenset(["GB", "US", "TR"])


@dataclass(frozen=True, slots=True)
class Person:
    """Who stands behind a customer's code: a company or a person, and where to reach them."""

    name: str
    mail: str
    phone: str
    vat_id: str | None
    street: str
    postcode: str
    city: str
    region: str | None
    country: str


@dataclass(frozen=True, slots=True)
class Party:
    """A customer and who it is."""

    customer: Customer
    person: Person


@dataclass(frozen=True, slots=True)
class Parties:
    """All who buy; accounts stand after the accounts that they belong to, the largest first."""

    accounts: tuple[Account, ...]
    customers: tuple[Party, ...]


@dataclass(frozen=True, slots=True)
class Company:
    """An account with what its customers share."""

    account: Account
    country: Country
    place: Row
    name: str


NAMED_COMPANIES = (
    ("IT", "ELEC", "Elektro Pichler S.r.l."),
    ("DE", "PLUMB", "Großmann Haustechnik GmbH"),
    ("IT", "BUILD", "Gruppo Edilnord S.p.A."),
    ("IT", "PLUMB", "Idrogest Holding S.r.l."),
    ("DE", "ELEC", "Voltgruppe Süd GmbH & Co. KG"),
    ("AT", "HOTEL", "Bergbahnen Holding Tirol AG"),
    ("IT", "INDUS", "Meccaniche Riunite S.p.A."),
)
EXAMPLES_COUNT = 2


def parties(chance: Random, days: Days) -> Parties:
    """Everyone who buys, drawn once for facts, people and orders alike."""
    known = countries()
    companies = _companies(known, chance, days)
    codes = Codes(chance)
    customers = [_branch(company, 0, codes, chance) for company in companies]
    others = companies[EXAMPLES_COUNT:]
    for index in range(CUSTOMERS_COUNT - PRIVATE_COUNT - len(companies)):
        company = others[int(len(others) * chance.random() ** 3)]
        customers.append(_branch(company, index + 1, codes, chance))
    customers += [_private(known, codes, chance) for _ in range(PRIVATE_COUNT)]
    return Parties(tuple(company.account for company in companies), tuple(customers))


def _companies(known: dict[str, Country], chance: Random, days: Days) -> list[Company]:
    trades = rows("customer_groups")
    countries_drawn = chance.choices(list(known), [country.share for country in known.values()], k=ACCOUNTS_COUNT)
    trades_drawn = chance.choices(
        [trade["code"] for trade in trades], [float(trade["share"]) for trade in trades], k=ACCOUNTS_COUNT
    )
    drawn = [
        *NAMED_COMPANIES,
        *((country, trade, "") for country, trade in zip(countries_drawn, trades_drawn, strict=True)),
    ]
    companies: list[Company] = []
    for country_code, trade, name in drawn[:ACCOUNTS_COUNT]:
        country = known[country_code]
        place = country.places[0] if name else country.place(chance)
        index = len(companies)
        parent = _parent(index, companies, chance)
        firm = name or country.firm(trade, place, chance)
        # An account's name is a fact, kept for ever; the firm's own name is personal and stands with its people.
        account = Account(
            code=f"AC-{1001 + index}",
            name=f"{trade.capitalize()} {place['town']} {1001 + index}",
            parent=parent,
            customer_groups=_groups(country_code, trade, index, chance=chance, days=days),
            currency=country.currency,
            assortment="export" if country_code in EXPORT_COUNTRIES else None,
            zone=country.zone,
        )
        companies.append(Company(account, country, place, firm))
    return companies


def _parent(index: int, companies: list[Company], chance: Random) -> str | None:
    """Under which account one stands: mostly none, else a group of companies or a part of one."""
    lot = chance.random()
    if index < EXAMPLES_COUNT + HOLDINGS_COUNT or lot > 0.19:
        return None
    if lot < 0.16:
        return companies[EXAMPLES_COUNT + int(HOLDINGS_COUNT * (lot / 0.16) ** 2)].account.code
    below = [company for company in companies if company.account.parent is not None]
    return below[int(len(below) * chance.random())].account.code if below else None


def _groups(country: str, trade: str, index: int, *, chance: Random, days: Days) -> tuple[str | Membership, ...]:
    """The groups of an account: its trade, and its class as a dealer, a large buyer or a consortium's member."""
    if country == "CH":
        return ("SWISS",)
    if country == "US":
        return ("USA", "EXPORT")
    lot = chance.random()
    groups: list[str | Membership] = [trade]
    if index < EXAMPLES_COUNT:
        return (trade,)
    if index < EXAMPLES_COUNT + HOLDINGS_COUNT:
        groups.append("KEY")
    elif trade == "DIYS":
        groups.append("DEAL-A" if lot < 0.4 else "DEAL-B")
    elif country in ("GB", "TR", "ES", "PL", "NL", "HR"):
        groups.append("EXPORT")
    elif lot < 0.05:
        groups.append(Membership(group="DEAL-A" if lot < 0.02 else "DEAL-B", valid_from=days.year(-1)))
    elif lot < 0.13 and trade in ("ELEC", "PLUMB"):
        groups.append(Membership(group="CONSORT", valid_from=days.year(0), valid_to=days.year(1 if lot < 0.08 else 2)))
    return tuple(groups)


class Codes:
    """Customer numbers: each country counts in its own style, with gaps."""

    def __init__(self, chance: Random) -> None:
        self._draw = chance.random
        self._last = {"1": 1, "D2": 417}

    def next(self, country: str) -> str:
        """The next number of a country; of private customers for none."""
        prefix, digits = CODE_STYLES.get(country, OTHER_CODE_STYLE)
        number = self._last.get(prefix, 100)
        self._last[prefix] = number + 1 + int(self._draw() * 5)
        return f"{prefix}{number:0{digits}}"


def _branch(company: Company, index: int, codes: Codes, chance: Random) -> Party:
    """A customer of an account: where it has its seat, or a branch elsewhere in the country."""
    country = company.country
    place = company.place if index == 0 or chance.random() < 0.3 else country.place(chance)
    language = country.language_in(place)
    lot = chance.random()
    reverse = country.code == "IT" and "BUILD" in company.account.customer_groups and lot < 0.2
    customer = Customer(
        code=codes.next(country.code),
        account=company.account.code,
        customer_groups=("SOLAR",) if lot > 0.97 and "ELEC" in company.account.customer_groups and index else (),
        currency=country.currency,
        country=country.code,
        region=place["region"] or None,
        postcode=place["postcode"],
        tax_status="reverse_charge" if reverse else "business",
        assortment="export" if country.code in EXPORT_COUNTRIES else None,
        language=language,
        status="blocked" if index and 0.4 < lot < 0.408 else "active",
        zone=country.zone,
    )
    at = domain(company.name)
    person = Person(
        name=f"{company.name} – {place['town']} ({customer.code})",
        # Whoever erases one customer must not find its name or mail at another.
        mail=f"{country.buyer}.{customer.code.lower()}@{at}",
        phone=phone(place, chance),
        vat_id=country.vat_id(chance),
        street=country.street(chance),
        postcode=place["postcode"],
        city=place["town"],
        region=place["region"] or None,
        country=country.code,
    )
    return Party(customer, person)


def _private(known: dict[str, Country], codes: Codes, chance: Random) -> Party:
    """A person who buys in the web shop, or who works here."""
    country = known["IT" if chance.random() < 0.7 else "DE" if chance.random() < 0.6 else "AT"]
    place = country.place(chance)
    staff = country.code == "IT" and chance.random() < STAFF_SHARE
    code = codes.next("")
    name = country.person(chance)
    customer = Customer(
        code=code,
        customer_groups=("STAFF",) if staff else ("PRIVATE",),
        currency=country.currency,
        country=country.code,
        region=place["region"] or None,
        postcode=place["postcode"],
        tax_status="consumer",
        assortment=None if staff else "retail",
        language=country.language_in(place),
    )
    person = Person(
        name=name,
        mail=f"{slug(name).replace('-', '.')}.{int(code[1:])}@post.example",
        phone=phone(place, chance),
        vat_id=None,
        street=country.street(chance),
        postcode=place["postcode"],
        city=place["town"],
        region=place["region"] or None,
        country=country.code,
    )
    return Party(customer, person)
