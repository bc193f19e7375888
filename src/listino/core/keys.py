"""Under which key a fact is found, and which keys a question could find rules under.

A rule has one key: the canonical text of the parts of its scope that name a party, an item or a
list, in field order, each with its field's letter, joined by U+001F. Every other kind of fact has
the key of its kind and its code, or of what it is looked up by (a tax: class and country).
"""

from collections.abc import Iterable, Mapping
from itertools import product

from listino.core.facts import KIND_OF, Assignment, Contract, Fact, ItemSet, Quotation, Rate, Tax
from listino.core.lookalikes import look_of
from listino.core.rules import Rule, Scope, exceptions_of, source_of

SEPARATOR = "\x1f"

# Field order and letters are stored in every book: append only.
LETTER_OF = {
    "customer": "C",
    "account": "A",
    "customer_group": "G",
    "ship_to": "S",
    "item": "I",
    "variant": "V",
    "item_group": "T",
    "brand": "B",
    "item_set": "Z",
    "list": "L",
    "coupon": "K",
}
FIELD_OF = {letter: field for field, letter in LETTER_OF.items()}
LETTERS = "".join(LETTER_OF.values())
_RULE_PARTS = tuple(LETTER_OF.items())
# All item sets are found together: an item asks each of them whether it is in it.
ITEM_SETS_KEY = f"item-sets{SEPARATOR}"


def rule_key(rule: Rule) -> str:
    """The key that a rule is stored and found under; the empty text for a rule of no scope."""
    return SEPARATOR.join(
        [letter + code for field, letter in _RULE_PARTS if (code := getattr(rule, field)) is not None]
    )


def key_of(fact: Fact) -> str:
    """The key of any fact."""
    if isinstance(fact, Rule):
        return rule_key(fact)
    if isinstance(fact, Tax):
        return tax_key(fact.tax_class, fact.country)
    if isinstance(fact, Rate):
        return rate_key(fact.currency, fact.to_currency)
    if isinstance(fact, Assignment):
        return assignment_key(fact)
    if isinstance(fact, Contract):
        return contract_key(fact.customer, fact.account)
    if isinstance(fact, Quotation):
        return quotation_key(fact.quotation)
    if isinstance(fact, ItemSet):
        return ITEM_SETS_KEY
    return code_key(KIND_OF[type(fact)], fact.code)


def code_key(kind: str, code: str) -> str:
    """The key of a fact that is found by its code. Kinds are lower case, a rule's letters upper."""
    return f"{kind}{SEPARATOR}{code}"


def tax_key(tax_class: str, country: str | None) -> str:
    """The key of the taxes of a class of items in a country (None: in every country)."""
    return f"taxes{SEPARATOR}{tax_class}{SEPARATOR}{country or ''}"


def rate_key(currency: str, to_currency: str) -> str:
    """The key of the dated rates of two currencies."""
    return f"rates{SEPARATOR}{currency}{SEPARATOR}{to_currency}"


def contract_key(customer: str | None, account: str | None) -> str:
    """The key of the contracts with one customer, or with one account: whose order it is finds them all."""
    return f"contracts{SEPARATOR}{'customer' if customer is not None else 'account'}{SEPARATOR}{customer or account}"


def quotation_key(name: str) -> str:
    """The key of the dated quotations of one commodity."""
    return f"quotations{SEPARATOR}{name}"


def assignment_key(fact: Assignment) -> str:
    """The key of the assignments of one party."""
    for field in ("customer", "account", "customer_group", "channel"):
        code = getattr(fact, field)
        if code is not None:
            return assigned_key(field, code)
    return assigned_key("everyone", "")


def assigned_key(field: str, code: str) -> str:
    """The key of the assignments of the party that `field` and `code` name."""
    return f"assignments{SEPARATOR}{field}{SEPARATOR}{code}"


def shape_of(key: str) -> str:
    """The letters of a rule's key: which fields its scope sets."""
    return "".join(part[0] for part in key.split(SEPARATOR)) if key else ""


def is_rule_key(key: str) -> bool:
    """Whether a key is a rule's, not that of another kind of fact."""
    return not key or key[0] in LETTER_OF.values()


def keys_of_shapes(shapes: Iterable[str], values: Mapping[str, tuple[str, ...]]) -> list[str]:
    """The keys that could match a question: every shape in use, filled with the question's values.

    Shapes:  values: per letter the codes that hold for the question, 0 or more.
    """
    keys: list[str] = []
    for shape in shapes:
        if len(shape) == 2:
            first, second = shape[0], shape[1]
            codes = values.get(second, ())
            keys += [f"{first}{one}{SEPARATOR}{second}{other}" for one in values.get(first, ()) for other in codes]
        else:
            parts = [[letter + code for code in values.get(letter, ())] for letter in shape]
            keys += map(SEPARATOR.join, product(*parts))
    return keys


def references(fact: Fact) -> tuple[tuple[str, str], ...]:
    """The other facts that a fact names, as (kind, code): they cannot end before it does."""
    found: list[tuple[str, str]] = []
    for field, kind in REFERENCE_FIELDS:
        named = getattr(fact, field, None)
        if named is None or named == ():
            continue
        codes = (named,) if isinstance(named, str) else named
        found.extend((kind, code if isinstance(code, str) else code.group) for code in codes)
    found += _nested_references(fact)
    return tuple(dict.fromkeys(found))


# By what else facts are found, as (mark, code): no kind of fact has such a name.
ASSIGNED, STARTED_FROM, ALIKE = "assigned:", "started-from:", "alike:"


def marks(fact: Fact) -> tuple[tuple[str, str], ...]:
    """What a fact is found by beside whom it names: its list, if it assigns one or starts from it; how its code looks.

    Rules are not found by how their codes look: they are too many, and people seldom type them.
    """
    if isinstance(fact, Rule):
        source = source_of(fact)
        return () if source is None else ((STARTED_FROM, source),)
    alike = (ALIKE + KIND_OF[type(fact)], look_of(fact.code))
    return ((ASSIGNED, fact.list), alike) if isinstance(fact, Assignment) else (alike,)


# Which kind of fact a field names. `ship_to` and `coupon` are the store's own words, no facts.
REFERENCE_FIELDS = (
    ("customer", "customers"),
    ("account", "accounts"),
    ("customer_group", "customer-groups"),
    ("customer_groups", "customer-groups"),
    ("item", "items"),
    ("variant", "items"),
    ("variant_of", "items"),
    ("item_group", "item-groups"),
    ("item_groups", "item-groups"),
    ("brand", "brands"),
    ("item_set", "item-sets"),
    ("list", "price-lists"),
    ("channel", "channels"),
    ("assortment", "assortments"),
    ("scheme", "schemes"),
)


def _nested_references(fact: Fact) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    parent = getattr(fact, "parent", None)
    if parent is not None:
        found.append((KIND_OF[type(fact)], parent))
    if isinstance(fact, Rule):
        found += _rule_references(fact)
    for selection in (getattr(fact, "include", None), getattr(fact, "exclude", None)):
        if selection is not None:
            found += [("items", code) for code in selection.items]
            found += [("item-groups", code) for code in selection.item_groups]
            found += [("brands", code) for code in selection.brands]
    return found


def _rule_references(rule: Rule) -> list[tuple[str, str]]:
    """What the parts of a rule name: the lists that it starts from, the scopes within it, its contracts."""
    lists = [rule.formula.list] if rule.formula is not None and rule.formula.list is not None else []
    if rule.basis is not None and rule.basis.startswith("list:"):
        lists.append(rule.basis.removeprefix("list:"))
    measured_by = [requirement.by for requirement in rule.requires]
    measured_by += [rule.scale.by] if rule.scale is not None else []
    scopes: list[Scope | None] = [*exceptions_of(rule), *(requirement.scope for requirement in rule.requires)]
    found = [("price-lists", code) for code in lists]
    found += [("contracts", by.removeprefix("period:")) for by in measured_by if by.startswith("period:")]
    if rule.offer is not None:
        scopes += [rule.offer.bought, rule.offer.target]
        found += [("items", rule.offer.item)] if rule.offer.item is not None else []
    for scope in scopes:
        if scope is not None:
            found += [
                (kind, code) for field, kind in REFERENCE_FIELDS if (code := getattr(scope, field, None)) is not None
            ]
    return found
