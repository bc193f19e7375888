"""How each system picks and combines: its policies as schemes. Data, word for word by the policy's text.

A policy has `steps`; what it says of rules beyond them stands beside: `rule` and `offer` are fields that
each of its rules or offers has unless it says otherwise; `as_price` makes percentages compete with prices
(without it, those in a list do); `on_lines` keeps them on their lines in a basket; `newest_first` prefers
what stands later in the file; `offer_step` is where units are consumed; `applies` which words bound an
offer; `named_only` leaves lists to those who name them.
"""

from typing import Any

Step = dict[str, Any]
Policy = dict[str, Any]

_GOODS = ("variant", "item", "item_set", "item_group", "brand", "")
_PARTIES = ("customer", "customer_group", "channel", "")
_BASE = [f"base+{goods}" if goods else "base" for goods in _GOODS]


def _access(party: str, goods: str) -> str:
    return "+".join(part for part in (party, goods) if part) or "all"


# Who before what is the order of every ready scheme; here, what before who.
GOODS_FIRST = [*(_access(party, goods) for goods in _GOODS for party in _PARTIES), *_BASE]
LISTED_ONLY = [*(_access("channel", goods) for goods in _GOODS), *_BASE]

IN_ORDER = ["priority", "code"]
CENTS: Step = {"name": "cents", "kind": "rounding", "rounding": {"increment": "0.01"}}
TEN_THOUSANDTHS: Step = {"name": "digits", "kind": "rounding", "rounding": {"increment": "0.0001"}}


def _policy(
    price: Step | None = None,
    discount: Step | None = None,
    order: Step | None = None,
    charge: Step | None = None,
    rounding: Step | None = None,
    **terms: Any,
) -> Policy:
    """Steps from price to order; what is not said applies all, one after the other, as given."""
    steps = [
        {"name": "price", "kind": "price", "pick": "specific", **(price or {})},
        {"name": "lowest", "kind": "limit", "pick": "all"},
        {"name": "offer_price", "kind": "allowance", "pick": "best"},
        {"name": "raised_price", "kind": "charge", "pick": "all"},
        {"name": "already", "kind": "allowance", "pick": "all"},
        {"name": "discount", "kind": "allowance", "pick": "all", "rank": IN_ORDER, **(discount or {})},
        {"name": "charge", "kind": "charge", "pick": "all", "rank": IN_ORDER, **(charge or {})},
        rounding or {"name": "rounding", "kind": "rounding"},
        {"name": "offer", "kind": "basket", "pick": "all", "rank": IN_ORDER, "combine": "once"},
        {"name": "order", "kind": "basket", "pick": "all", "rank": IN_ORDER, **(order or {})},
    ]
    return {"steps": steps, **terms}


def _first(*rank: str, access: list[str] | None = None) -> Step:
    """The first by a rank alone; a price of the item's own comes after all others."""
    return {"pick": "first", "rank": ["list", *rank, "code"], **({"access": access} if access else {})}


# What holds where a policy is not named: nothing competes, or all applies in the order given.
PLAIN = _policy()
# What each system rounds a unit price to, or does, whatever the policy.
SYSTEMS: dict[str, Policy] = {
    "Saleor": _policy(rounding=CENTS, on_lines=True),
    "Sylius 2": _policy(rounding=CENTS, on_lines=True),
    "Tryton 6.6": _policy(rounding=TEN_THOUSANDTHS),
    "Vendure 3": _policy(on_lines=True),
}
BEFORE: list[Step] = [
    {"name": "price", "kind": "price", "pick": "specific"},
    {"name": "already", "kind": "allowance", "pick": "all"},
]

_MOST_FILLED = {"pick": "first", "rank": ["filled_keys:currency+variant", "value", "code"]}
_ONCE = _policy(offer={"times_max": 1})
_ADDITIVE = _policy(discount={"combine": "additive", "base": "price"}, charge={"base": "price"})
_ONE_LIST = _first("access", "tier", "nearest", access=GOODS_FIRST)

POLICIES: dict[str, Policy] = {
    # Dynamics 365 Business Central
    "all sources (all customers, customer, group, campaign) compete on one level; currency/variant-specific lines "
    "beat blank ones; then lowest price; blank unit = base unit; discount chosen independently (highest)": _policy(
        _first("filled_keys:currency+variant", "value"), _MOST_FILLED, as_price=False
    ),
    "the flag on the winning price line decides; without a price line the customer flag decides": _policy(
        _first("filled_keys:currency+variant", "value"), _MOST_FILLED, as_price=False
    ),
    # ERPNext
    "additive on list price": _ADDITIVE,
    "additive on list price (a cascade percent->amount gives the same number here)": _ADDITIVE,
    "cascade": PLAIN,
    'levels item code > item group > brand; first level with a match is used unless priorities or "apply multiple" '
    "are set; highest priority wins; unresolved tie is an error": _policy(
        _first("priority", "access", "nearest", access=GOODS_FIRST) | {"ties": "refuse"}, as_price=True
    ),
    # Magento
    "highest tier not above the quantity; same quantity: own group beats all-groups; then lower": _policy(
        _first("tier", "access", "value")
    ),
    "later percentages work on the remaining amount": PLAIN,
    # Medusa
    "exact currency required; every condition of a rule must hold; a matching price-list price beats a default price; "
    "then most conditions; then lowest amount": _policy(
        {"pick": "first", "rank": ["access", "filled_keys:attributes", "value", "code"], "currency_required": True}
    ),
    "promotions applied in the given order, each on what the earlier ones left": _ONCE,
    # Odoo and its triple discount
    "additive": _ADDITIVE,
    "multiplicative": PLAIN,
    "best of exclusion group": _policy(order={"rank": ["value", "code"]}),
    "one price list; most specific scope (variant, item, category incl. ancestors, all); then highest satisfied "
    "min_qty; then newest rule": _policy(_ONE_LIST, newest_first=True, named_only=True),
    # OroCommerce
    "chain of lists, first has priority; a merge-allowed list adds only slots (item, unit, currency, quantity) still "
    "empty and never to an item that already got prices from a no-merge list; a no-merge list is used only for items "
    "that have no price yet": _policy(_first("tier", "chain")),
    "chain of lists; per slot (item, unit, currency, quantity) the lowest price": _policy(_first("tier", "value")),
    'fallback customer -> customer group -> website -> configuration unless a level says "this level only"': _policy(
        _first("chain", "tier")
    ),
    "highest tier not above the quantity; below the first tier: no price unless an option applies the first tier": (
        _policy(_first("tier"))
    ),
    # Saleor
    "best single rule": _policy(discount={"pick": "best"}, rounding=CENTS, on_lines=True),
    # Spree
    "lists by position; first applicable list that has a price; else base price": _policy(_first("chain", "tier")),
    # Sylius
    "all, highest priority first, each on the running price": SYSTEMS["Sylius 2"],
    "highest-priority exclusive alone": SYSTEMS["Sylius 2"],
    "minimum over the log entries in the window before the newest entry, plus the last entry before the window; shown "
    "only while price < original price": PLAIN,
    # Tryton
    "one price list; lines in sequence order, first matching line wins; formula on the list price": _policy(
        _first("priority"), rounding=TEN_THOUSANDTHS, named_only=True
    ),
    # django-oscar
    "each unit consumed once; limit of applications from the offer": _policy(
        order={"combine": "once"}, offer_step="order", applies="repeated"
    ),
    "whole basket in range; condition consumed once; one application": _ONCE,
    # metasfresh
    "a campaign price counts only if lower than the list price and the customer takes campaign prices": PLAIN,
    "newest version not after the pricing date; pricing date = order date for purchases": _policy(_first("start")),
    "newest version not after the pricing date; pricing date = promised date for sales": _policy(
        _first("start"), rule={"dated_by": "delivery"}
    ),
    "scales switched off": _policy({"access": LISTED_ONLY}),
    "scales switched on": PLAIN,
}
