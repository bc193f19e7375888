"""Who asks and for what: the accounts, groups, lists and trees around one customer and one item."""

from dataclasses import dataclass, replace
from typing import Any

from listino.core.candidates import NARROWNESS, Grant, ListPlace
from listino.core.errors import Fault, NotFound
from listino.core.facts import (
    Account,
    Assignment,
    Assortment,
    Channel,
    Customer,
    CustomerGroup,
    Item,
    Membership,
    PriceList,
)
from listino.core.keys import assigned_key, code_key
from listino.core.money import DIRECTIONS
from listino.core.ready import FOR_EVER
from listino.core.rules import BASE_LIST, DEFAULT_SCHEME
from listino.core.scheme import BASE, PARTIES, Plan, planned
from listino.core.schemes import READY_SCHEMES
from listino.core.windows import Window, crossed, joined, without
from listino.db.snapshot import Company, Snapshot, first_under, under

# Trees higher than this are cut off: they are loops, or nobody could read them.
TREE_HEIGHT_MAX = 32
BASE_SEQUENCE = 1 << 40


# An assortment, and the times for which it is somebody's.
Held = tuple[Assortment, tuple[Window, ...]]


@dataclass(slots=True)
class Kept:
    """What is kept of a revision: from which one it was read, until which one it was found unchanged."""

    parts: tuple[str, ...]
    read_at: int
    checked_at: int


@dataclass(slots=True)
class Buyer(Kept):
    """A customer, or the guest of a channel, with all that a price may depend on."""

    customer: Customer | None
    channel: str | None
    values: dict[str, tuple[str, ...]]
    windows: dict[str, tuple[Window, ...]]
    chain: dict[str, ListPlace]
    currency: str
    country: str | None
    region: str | None
    postcode: str | None
    tax_status: str | None
    plan: Plan
    assortments: tuple[tuple[Held, ...], ...]
    company: Company
    attributes: dict[str, tuple[str, ...]]
    final: bool | None
    tax_rounding: str
    moded: bool
    money_mode: str
    shows: str


def unknown(kind: str, field_name: str, code: str) -> NotFound:
    """The refusal of a question that names what does not exist."""
    text = f"There is no {field_name} {code!r}."
    return NotFound(
        f"unknown_{field_name}", text, (Fault(field_name, f"unknown_{field_name}", text, f"Name one of {kind}."),)
    )


def one(book: Snapshot, parts: list[str], kind: str, code: str) -> Any:
    """The fact of a kind and code, or None; what was looked at is noted in `parts`."""
    key = code_key(kind, code)
    parts.append(key)
    return first_under(book, key)


def gathered_buyer(
    book: Snapshot, company: Company, code: str | None, channel_code: str | None, ship_to: str | None
) -> Buyer:
    """Everything around who asks.

    Errors:  NotFound for a customer or channel that does not exist.
    """
    parts: list[str] = [""]
    customer = _customer(book, parts, code)
    channel: Channel | None = _named(book, parts, "channel", channel_code)
    accounts = _accounts(book, parts, customer.account if customer else None)
    windows = _memberships(customer, accounts, channel)
    groups = [found for name in windows if (found := one(book, parts, "customer-groups", name)) is not None]
    values = {
        "C": (code,) if code is not None else (),
        "A": tuple(account.code for account in accounts),
        "G": tuple(windows),
        "S": (ship_to,) if ship_to is not None else (),
    }
    place: Customer | Channel | None = customer or channel
    currencies = [source.currency for source in (customer, *accounts, channel) if source is not None]
    assortments = _assortments(book, parts, (customer, *accounts), groups, (channel, windows))
    chain = _chain(book, parts, values, channel_code, windows, company)
    plan = _plan(book, parts, channel)
    values["L"] = tuple(chain)
    parts += [letter + name for letter, names in values.items() for name in names]
    return Buyer(
        parts=tuple(parts),
        read_at=book.revision,
        checked_at=book.revision,
        customer=customer,
        channel=channel_code,
        values=values,
        windows={name: held for name, held in windows.items() if held != FOR_EVER},
        chain=chain,
        currency=next((currency for currency in currencies if currency is not None), company.currency),
        country=_country(place, channel, company),
        region=place.region if place is not None else None,
        postcode=place.postcode if place is not None else None,
        tax_status=place.tax_status if place is not None else None,
        plan=plan,
        assortments=assortments,
        company=company,
        attributes=held_attributes(*(source for source in (customer, *accounts, channel) if source is not None)),
        final=customer.final if customer is not None else None,
        tax_rounding=channel.tax_rounding if channel is not None else "rate",
        money_mode=DIRECTIONS[channel.amount_rounding if channel is not None else "nearest"],
        shows=channel.shows if channel is not None else "both",
        moded=any(grant.mode != "merge" for place in chain.values() for grant in place.grants),
    )


def _country(place: Customer | Channel | None, channel: Channel | None, company: Company) -> str | None:
    """Where goods go to: the customer's country, the channel's, the company's."""
    own = place.country if place is not None else None
    return own or (channel.country if channel is not None else None) or company.country


def _customer(book: Snapshot, parts: list[str], code: str | None) -> Customer | None:
    if code is not None:  # Both are needed, and one query costs less than two.
        under(book, (code_key("customers", code), assigned_key("customer", code)))
    customer: Customer | None = _named(book, parts, "customer", code)
    return customer


def held_attributes(*sources: Customer | Account | Channel | Item) -> dict[str, tuple[str, ...]]:
    """The values of every attribute that any of the sources has, together."""
    held: dict[str, tuple[str, ...]] = {}
    for source in sources:
        for name, value in (source.attributes or {}).items():
            values = (value,) if isinstance(value, str) else value
            held[name] = (*held.get(name, ()), *values)
    return held


def _named(book: Snapshot, parts: list[str], field_name: str, code: str | None) -> Any:
    """The customer or channel that a question names, if it names one."""
    if code is None:
        return None
    found = one(book, parts, f"{field_name}s", code)
    if found is None:
        raise unknown(f"{field_name}s", field_name, code)
    return found


def _accounts(book: Snapshot, parts: list[str], code: str | None) -> list[Account]:
    """The account and all above it, nearest first."""
    accounts: list[Account] = []
    while code is not None and len(accounts) < TREE_HEIGHT_MAX:
        account: Account | None = one(book, parts, "accounts", code)
        if account is None or account in accounts:
            break
        accounts.append(account)
        code = account.parent
    return accounts


def _memberships(
    customer: Customer | None, accounts: list[Account], channel: Channel | None
) -> dict[str, tuple[Window, ...]]:
    """The groups in reach with the times for which they hold; a guest is in the channel's groups."""
    sources: list[Customer | Account | Channel] = [customer, *accounts] if customer is not None else []
    if customer is None and channel is not None:
        sources = [channel]
    windows: dict[str, list[Window]] = {}
    for source in sources:
        for entry in source.customer_groups:
            membership = entry if isinstance(entry, Membership) else Membership(group=entry)
            windows.setdefault(membership.group, []).append((membership.valid_from, membership.valid_to))
    return {group: joined(held) for group, held in windows.items()}


def _assortments(
    book: Snapshot,
    parts: list[str],
    own: tuple[Customer | Account | None, ...],
    groups: list[CustomerGroup],
    place: tuple[Channel | None, dict[str, tuple[Window, ...]]],
) -> tuple[tuple[Held, ...], ...]:
    """The assortments that an item must be in, those of a group for as long as one is in it.

    Shapes:  the customer's and the channel's, each as those of which the first that holds counts.
    """
    channel, windows = place
    named = [(source.assortment, FOR_EVER) for source in own if source is not None and source.assortment is not None]
    named += [(group.assortment, windows[group.code]) for group in groups if group.assortment is not None]
    chains = [named, [(channel.assortment, FOR_EVER)] if channel is not None and channel.assortment else []]
    return tuple(
        tuple((found, held) for code, held in chain if (found := one(book, parts, "assortments", code)) is not None)
        for chain in chains
        if chain
    )


def _chain(
    book: Snapshot,
    parts: list[str],
    values: dict[str, tuple[str, ...]],
    channel: str | None,
    windows: dict[str, tuple[Window, ...]],
    company: Company,
) -> dict[str, ListPlace]:
    """The price lists in reach; at any moment a list counts as the most specific party's that it is assigned to."""
    keys = [assigned_key("customer", code) for code in values["C"]]
    keys += [assigned_key("account", code) for code in values["A"]]
    keys += [assigned_key("customer_group", code) for code in values["G"]]
    keys += [assigned_key("channel", channel)] if channel is not None else []
    keys.append(assigned_key("everyone", ""))
    parts += keys
    found: dict[str, tuple[Assignment, ...]] = under(book, keys)
    grants: dict[str, list[Grant]] = {}
    for assignment in sorted((entry for key in keys for entry in found.get(key, ())), key=lambda entry: entry.code):
        grants.setdefault(assignment.list, []).append(_grant(assignment, values, windows))
    grants.setdefault(BASE_LIST, []).append(Grant(BASE, BASE_SEQUENCE, FOR_EVER))
    chain: dict[str, ListPlace] = {}
    for code, of_list in grants.items():
        price_list: PriceList | None = one(book, parts, "price-lists", code)
        if price_list is None and code == BASE_LIST:
            price_list = PriceList(code=BASE_LIST, currency=company.currency)
        if price_list is not None:
            chain[code] = ListPlace(price_list, _apart(of_list))
    return chain


def _grant(assignment: Assignment, values: dict[str, tuple[str, ...]], windows: dict[str, tuple[Window, ...]]) -> Grant:
    party = next((name for name in PARTIES if getattr(assignment, name) is not None), None)
    timed = assignment.valid_from is not None or assignment.valid_to is not None
    held: tuple[Window, ...] = ((assignment.valid_from, assignment.valid_to),) if timed else FOR_EVER
    if assignment.customer_group is not None and windows[assignment.customer_group] != FOR_EVER:
        held = crossed(held, windows[assignment.customer_group])
    distance = values["A"].index(assignment.account) if assignment.account is not None else 0
    return Grant(party, assignment.sequence, held, distance, assignment.mode)


def _apart(grants: list[Grant]) -> tuple[Grant, ...]:
    """The grants of one list, the most specific first, each with the time that those before it leave."""
    if len(grants) == 1:
        return tuple(grants)
    grants.sort(key=lambda grant: (NARROWNESS[grant.party], grant.distance, grant.sequence))
    apart: list[Grant] = []
    covered: tuple[Window, ...] = ()
    for grant in grants:
        left = without(grant.windows, covered)
        if left:
            apart.append(replace(grant, windows=FOR_EVER if left == FOR_EVER else left))
            covered = joined((*covered, *left))
    return tuple(apart) or (grants[0],)


_plans = {code: planned(scheme) for code, scheme in READY_SCHEMES.items()}


def _plan(book: Snapshot, parts: list[str], channel: Channel | None) -> Plan:
    code = (channel.scheme if channel is not None else None) or DEFAULT_SCHEME
    scheme = one(book, parts, "schemes", code)
    return planned(scheme) if scheme is not None else _plans[code if code in _plans else DEFAULT_SCHEME]
