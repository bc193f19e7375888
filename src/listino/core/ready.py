"""A rule made ready when it is read: what of it is the same for every question."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from listino.core.money import NINE_PLACES, ZERO
from listino.core.rules import Offer, Rule, Scale, Scope, exceptions_of, source_of
from listino.core.scheme import ITEM_SCOPES
from listino.core.windows import ALWAYS, Window

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
NO_START = 1 << 62
NO_GROUPS: frozenset[str] = frozenset()
# Rules differ in few ways by which parts their scopes set; so many are remembered.
SCOPES_KEPT_MAX = 1_000
FOR_EVER: tuple[Window, ...] = (ALWAYS,)

_PARTY_FIELDS = ("customer", "account", "customer_group")
_SCOPE_FIELDS = (
    *_PARTY_FIELDS, "ship_to", "item", "variant", "item_group", "brand", "item_set", "coupon", "channel", "country",
    "order_type",
)  # fmt: skip


class Ready:
    """A rule with what a rank, an access and a break need of it, smaller first as ranks are.

    Shapes:  tiers: (from, value) ascending, 0 or more; access: its scope's name; rest: the name of
             its scope without a party, None where its own party leaves no place for its list's;
             family: among which rules it competes where it names no step; in_money: its value is an
             amount in a currency, not a percentage; restricted: its status, channel, country or
             attributes may rule it out; plain: once it is found, only its time, tiers and exceptions may; groups:
             those of customers that its exceptions, its requirements or the goods of its offer name; by_more: it
             follows a quotation or another step, or stands on a line of its own; by_effect: what it would
             change tells whether it applies; bare: where it applies no cap, limit or exclusion group of its own
             has a say in what it changes; source: the list that it starts from; usual: nothing but the rule
             itself is needed to know what it is worth.
    """

    __slots__ = (
        "access",
        "bare",
        "by_effect",
        "by_more",
        "exceptions",
        "family",
        "filled",
        "filtered",
        "groups",
        "in_money",
        "plain",
        "priority",
        "rest",
        "restricted",
        "rule",
        "source",
        "start",
        "tiers",
        "usual",
        "value",
        "windows",
    )  # fmt: skip

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.value = rule.value
        self.tiers = _tiers(rule)
        timed = rule.valid_from is not None or rule.valid_to is not None
        self.windows: tuple[Window, ...] = ((rule.valid_from, rule.valid_to),) if timed else FOR_EVER
        self.restricted = (
            rule.status != "active" or rule.channel is not None or rule.country is not None
            or rule.attributes is not None
        )  # fmt: skip
        self.exceptions = exceptions_of(rule) if rule.unless is not None else ()
        self.filtered = bool(self.exceptions) or rule.order_type is not None
        self.groups = frozenset(_groups_in(rule, self.exceptions)) if _has_scopes(rule) else NO_GROUPS
        self.in_money = rule.action not in RELATIVE and not (rule.action == "limit" and rule.basis is not None)
        self.plain = (
            not rule.requires and rule.caps is None and rule.exclusion_group is None
            and (rule.scale is None or _by_line_quantity(rule.scale))
        )  # fmt: skip
        self.by_effect = rule.action in {"price", "indexed"} or _caps_amounts(rule)
        self.bare = (
            rule.action != "price" and rule.caps is None and rule.exclusion_group is None and not rule.below_limit
        )
        self.by_more = rule.indexed is not None or rule.own_line is not None or (rule.basis or "").startswith("step:")
        self.source = source_of(rule)
        self.usual = self.plain and not self.by_more and self.source is None and rule.unit is None
        said = tuple([name for name in _SCOPE_FIELDS if getattr(rule, name) is not None])
        self.filled = -(len(said) + (0 if rule.attributes is None else len(rule.attributes)))
        self.priority = -rule.priority
        self.start = NO_START if rule.valid_from is None else (EPOCH - rule.valid_from) // MICROSECOND
        self.access, self.rest = _access(said)
        self.family = _family(rule)


# Actions whose value is no amount of money.
RELATIVE = frozenset(["percent", "margin", "indexed"])


def _caps_amounts(rule: Rule) -> bool:
    return rule.caps is not None and (rule.caps.amount is not None or rule.caps.amount_per_order is not None)


def _has_scopes(rule: Rule) -> bool:
    return rule.unless is not None or bool(rule.requires) or rule.offer is not None


def _groups_in(rule: Rule, exceptions: tuple[Scope, ...]) -> Iterator[str]:
    """The customer groups that scopes within a rule name, beside its own."""
    offer = rule.offer or Offer()
    for scope in (*exceptions, *(requirement.scope for requirement in rule.requires), offer.bought, offer.target):
        if scope is not None and scope.customer_group is not None:
            yield scope.customer_group


def _by_line_quantity(scale: Scale) -> bool:
    return scale.by == "line" and scale.measure == "quantity" and scale.kind == "volume"


def filled_keys(rule: Rule, names: tuple[str, ...]) -> int:
    """How many of these parts of its scope a rule sets; each attribute counts."""
    filled = sum(getattr(rule, name) is not None for name in names if name != "attributes")
    if rule.attributes is not None and "attributes" in names:
        filled += len(rule.attributes)
    return filled


def _family(rule: Rule) -> str:
    action = rule.action
    if action == "price" or action == "margin":
        return "price"
    if action == "free_goods" or action == "bundle":
        return "offer"
    if rule.own_line is not None:
        return "order_charge" if rule.own_line.per == "order" else "charge"
    if action == "limit":
        return "limit"
    return "charge" if rule.sign == "charge" or action == "indexed" else "allowance"


@lru_cache(maxsize=SCOPES_KEPT_MAX)
def _access(said: tuple[str, ...]) -> tuple[str, str | None]:
    """The access of a rule by what its scope says; and where its list's party may stand in, the rest of its scope."""
    party = [name for name in _PARTY_FIELDS if name in said]
    # Of several parties, or several ways to name goods, the most specific one gives the access its name.
    goods = [name for name in ITEM_SCOPES if all(part in said for part in name.split("+"))]
    rest = (["ship_to"] if "ship_to" in said else []) + goods[:1]
    own = party[:1] or (["channel"] if "channel" in said else [])
    access = "+".join(own + rest) or "all"
    standing_in = None if party else sys.intern("+".join(rest))
    return sys.intern(access), standing_in


def _tiers(rule: Rule) -> tuple[tuple[Decimal, Decimal | None], ...]:
    """(from, value) ascending. Quantities have nine decimals, so "above 5" is "from 5.000000001"."""
    if rule.scale is None:
        return ()
    if rule.scale.tiers[0].from_ is not None:
        return tuple((tier.from_ or ZERO, tier.value) for tier in rule.scale.tiers)
    start: Decimal | None = ZERO
    tiers: list[tuple[Decimal, Decimal | None]] = []
    for tier in rule.scale.tiers:
        if start is not None:
            tiers.append((start, tier.value))
        start = None if tier.up_to is None else tier.up_to + NINE_PLACES
    if start is not None:
        tiers.append((start, None))
    return tuple(tiers)
