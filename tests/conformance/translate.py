"""A case as facts of a book: one rule of translation for each word, whatever the case."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.conformance import rules
from tests.conformance.schemes import BEFORE, PLAIN, POLICIES, SYSTEMS, Policy
from tests.conformance.words import NOTATION, VOCABULARY, Missing, Said, kept, merged, plain, spoken, validity

BEGINNING = datetime.fromisoformat("2020-01-01T12:00:00+00:00")


@dataclass
class Case:
    """A case under translation: what it says, and what of it has been stated so far."""

    raw: Said
    facts: dict[tuple[str, str], Said] = field(default_factory=dict)
    history: list[tuple[datetime, list[Said]]] = field(default_factory=list)
    codes: dict[str, str] = field(default_factory=dict)
    currency_words: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        raw = {name: value for name, value in self.raw.items() if value is not None}
        self.query, self.context = spoken(raw["query"], "query"), spoken(raw.get("context", {}), "context")
        told = [[spoken(one, of) for one in raw.get(of, [])] for of in ("items", "customers", "price_lists", "rules")]
        self.items, self.customers, self.lists, self.rules = told
        if self.query.get("item") not in {None, *(item["id"] for item in self.items)}:
            self.items.append({"id": self.query["item"]})
        self.lines = [spoken(line, "lines") for line in self.query.get("lines", [])]
        self.lines += [{"item": part["id"], "unit_price": part["amount"]} for part in self.query.get("parts", [])]
        if not {"item", "lines", "parts"} & self.query.keys() or self.query["kind"] == "eligible_quantity":
            price = self.query.get("base_price", self.query.get("gross_unit_price", "1"))
            item = self.query.get("item", "item")
            self.lines = [{"item": item, "qty": self.query.get("qty", "1"), "unit_price": price}]
        plain(self.query, "query")
        if "policy" in raw and raw["policy"] not in POLICIES:
            raise Missing(f"policy {raw['policy']}")
        self.policy: Policy = POLICIES.get(raw.get("policy", ""), SYSTEMS.get(raw.get("system", ""), PLAIN))
        self.in_basket = self.query["kind"] == "eligible_quantity" or bool({"lines", "parts"} & self.query.keys())
        self.channel: str = self.query.get("store", "shop")
        # A question that says that it has no currency has the one that ISO 4217 calls so.
        has_none = "currency" not in self.query and "currency" in raw["query"]
        said = [*self.items, *self.lists, self.query, *([] if has_none else self.rules)]
        words = [one["currency"] for one in said if "currency" in one]
        home = words[0] if words else "XXX" if has_none else "EUR"
        self.company_currency = str(self.currency(home))
        if "currency_rate" in self.query:
            rate = {"from": home, "to": "shown", "rate": self.query["currency_rate"]}
            self.context["rates"], self.query["currency"] = [*self.context.get("rates", []), rate], "shown"
        asked = [one["uom"] for one in [self.query, *self.rules] if "uom" in one]
        stated = [unit["uom"] for item in self.items for unit in [item, *item.get("uoms", [])] if "uom" in unit]
        self.unit, self.units = (asked or ["C62"])[0], sorted({*asked, *stated})

    def state(self, kind: str, code: str, **said: Any) -> None:
        """State a fact; what is stated of it twice is put together."""
        self.facts[kind, code] = self.facts.get((kind, code), {}) | kept(**said)

    def currency(self, word: str | None) -> str | None:
        """A currency as ISO 4217 writes it."""
        if word is not None and word not in self.currency_words:
            is_minor, is_iso = self.query.get("unit") == "minor", len(word) == 3 and word.isalpha() and word.isupper()
            others = NOTATION["currencies_without_minor_unit" if is_minor else "currencies_invented"]
            self.currency_words[word] = word if is_iso and not is_minor else others[len(self.currency_words)]
        return None if word is None else self.currency_words[word]


def translated(raw: Said) -> Case:
    """A case with all its facts; Missing with the first word that has no translation."""
    case = Case(raw)
    *steps, offer, order = case.policy["steps"]
    for word, increment in case.context.get("unit_price_increment", {}).items():
        grid = {"currency": case.currency(word), "rounding": {"increment": increment}}
        steps.append({"name": f"grid {word}", "kind": "rounding", **grid})
    for channel, own in ((case.channel, [*steps, offer, order]), ("before", BEFORE)):
        case.state("schemes", channel, steps=own)
        case.state("channels", channel, scheme=channel)
    _taxes(case)
    for item in case.items:
        _item(case, item)
    for place, line in enumerate(case.lines):
        _line(case, line, place)
    for customer in case.customers:
        _customer(case, customer)
    _lists(case)
    for word in VOCABULARY["stated"].keys() & case.query.keys():
        case.state("rules", word, **plain({word: case.query[word]}, "stated"))
    if case.query.get("allow_line_discount") is False:
        case.state("price-lists", "base", currency=case.company_currency, final=True)
    for place, rule in enumerate(case.rules):
        rules.state(case, rule, len(case.rules) - place if case.policy.get("newest_first") else place)
    _context(case)
    _named(case)
    return case


def _taxes(case: Case) -> None:
    """The taxes of the question and of all items, none where others have one; and whether own prices hold them."""
    query, said = case.query, [case.query, *case.items, *case.lines]
    standard, *others = [one.get("tax_percent", one.get("tax")) for one in said]
    rates = kept(standard=standard) | {f"tax {tax}": tax for tax in others if tax}
    for name, tax in (({"standard": "0"} if rates else {}) | rates).items():
        _tax(case, name, tax)
    told = [it.get("tax_included", "incl" in it.get("tax", "")) for it in said if {"tax", "tax_included"} & it.keys()]
    if any(told) or (query.get("prices_include_tax") and not told and not case.lists):
        percent = min(rates.values(), default="").partition(" ")[0]
        is_one = len(rates) == 1 and None not in others[: len(case.items)]
        made_for = {"reference_percent": percent, "constant": "net"} if is_one else {}
        case.state("price-lists", "base", currency=case.company_currency, tax_mode="gross", **made_for)


def _tax(case: Case, name: str, tax: str, **said: Any) -> None:
    """A tax, as 21 or "21 incl"."""
    case.state("taxes", " ".join([name, *said.values()]), tax_class=name, percent=tax.partition(" ")[0], **said)


def _item(case: Case, item: Said) -> None:
    code, own, query = item["id"], item.get("uom", case.unit), case.query
    # Of a unit that a case does not define nothing is asked but prices that are stated in it.
    factors = {unit["uom"]: unit["per_base"] for unit in item.get("uoms", [])} or dict.fromkeys(case.units, "1")
    groups = [f"category {name}" for name in item.get("categories", [])]
    # A case that says no item's category leaves open that they have those that its rules name.
    if not any("category" in one or "categories" in one for one in case.items):
        groups += sorted({f"category {rule['category']}" for rule in case.rules if "category" in rule})
    body = merged({"item_groups": groups}, plain(item, "items"))
    packagings = [{"unit": unit, "factor": factor} for unit, factor in factors.items() if unit != own]
    reference = {"unit": own, "factor": "1"} if query.get("unit_price_per") == own else None
    cost_currency = case.currency(item.get("cost_currency"))
    case.state("items", code, unit=own, packagings=packagings, reference=reference, cost_currency=cost_currency, **body)
    if "min_price" in item:
        case.state("rules", f"lowest {code}", action="limit", bound="min", item=code, value=item["min_price"])
    # An option that is asked for makes the item's own price from the one without it.
    options = [one for one in item.get("option_surcharges", []) if one["option"] in query.get("options", [])]
    lists = [f"without {one['option']}" for one in options] + ["base"]
    for place, option in enumerate(options):
        rule = {"list": lists[place + 1], "formula": {"list": lists[place], "amount": option["amount"]}}
        case.state("rules", f"with {option['option']}", action="price", item=code, **rule)
    price, unit, asked = item.get("list_price"), item.get("list_price_uom"), query if query.get("item") == code else {}
    if "gross_unit_price" in asked:
        price, unit = asked["gross_unit_price"], asked.get("uom")
    price = asked.get("running_price", price)
    if price is None and set(case.raw["expected"]) <= set(NOTATION["discounts"]):
        price = NOTATION["any_price"]
    # Where no rate is known, what comes off a price does not depend on one.
    is_anywhere = query["kind"] == "discount" and "rates" not in case.context
    currency = case.currency((query if is_anywhere else item).get("currency", item.get("currency")))
    if price is not None:
        more = {"currency": currency, "unit": unit, **plain(item, "own_price")}
        facts = own_prices(code, price, item.get("original_price"), lists[0], **more)
        for fact in facts if "original_price" in item else facts[:1]:
            case.state(**fact)


def own_prices(item: str, price: str, original: str | None = None, listed: str = "base", **more: Any) -> list[Said]:
    """What an item costs by itself; beside what is struck through for it, as an offer below it, or raised above it."""
    stated = kept(kind="rules", action="price", item=item, value=price, **more)
    status = "active" if original is not None else "blocked"
    return [
        stated | {"code": f"base {item}", "list": listed, "value": original or price},
        stated | {"code": f"reduced {item}", "step": "offer_price", "show_as": "discount", "status": status},
        stated | {"code": f"raised {item}", "step": "raised_price", "status": status},
    ]


def _line(case: Case, line: Said, place: int) -> None:
    """A line with a price of its own: its item's, or that of a variant where several lines have one item."""
    code, price = line["item"], line.get("unit_price", line.get("line_total"))
    case.state("items", code, unit=case.facts.get(("items", code), {"unit": case.unit})["unit"])
    if [one["item"].partition("/")[0] for one in case.lines].count(code) > 1:
        line["item"] = f"{code}/{place}"
        case.state("items", line["item"], **case.facts["items", code], variant_of=code)
    case.state("items", line["item"], **plain(line, "lines"))
    if price is not None:
        per, done = None if "unit_price" in line else line.get("qty"), line.get("already_discounted")
        case.state(**own_prices(line["item"], price, per=per, final=True if done is True else None)[0])
        if isinstance(done, str):
            off = {"action": "amount", "item": line["item"], "value": done, "per": line.get("qty")}
            case.state("rules", f"off {line['item']}", step="already", **off)


def _customer(case: Case, customer: Said) -> None:
    code, mapping = customer["id"], customer.get("tax_mapping")
    case.state("customers", code, **plain(customer, "customers"))
    classes = {"standard", *(said["tax_class"] for said in case.facts.values() if "tax_class" in said)}
    taxes = kept(**dict.fromkeys(sorted(classes), customer.get("tax_percent")))
    taxes |= {f"tax {mapping['from']}": mapping["to"]} if mapping else {}
    for name, tax in taxes.items():
        _tax(case, name, tax, tax_status=code)
    if "price_list" in customer:
        _assign(case, customer["price_list"], customer=code, **plain(customer, "assignment"))


def _lists(case: Case) -> None:
    """Who may use which price list: as the question, a customer or the context tells; else whoever asks."""
    context, asked = case.context, [case.query.get("price_list"), case.context.get("website_price_list")]
    chain = [*case.query.get("chain", []), *({"price_list": name} for name in asked if name)]
    named = any("price_list" in one for one in [case.raw["query"], *case.raw.get("customers", [])])
    told = named or chain or {"named_only", "groups"} & {*case.policy, *context}
    for place, listed in enumerate(case.lists):
        store, currency = listed.get("store", case.channel), case.currency(listed.get("currency"))
        case.state("price-lists", listed["id"], currency=currency, **plain(listed, "price_lists"))
        case.state("channels", store, country=listed.get("country"), scheme=case.channel)
        if not told:
            _assign(case, listed["id"], channel=store, sequence=int(listed.get("position", place)))
        if listed.get("type") == "override":
            _assign(case, listed["id"], channel="before")
    for place, one in enumerate(chain):
        _assign(case, one["price_list"], channel=case.channel, sequence=place, **plain(one, "assignment"))
    for group in context.get("groups", []):
        _assign(case, group["price_list"], customer_group=f"group {group['id']}", **plain(group, "assignment"))
    if "config_price_list" in context:
        _assign(case, context["config_price_list"])


def _assign(case: Case, name: str, **said: Any) -> None:
    listed = next((one for one in case.lists if one["id"] == name), {})
    party = said.get("customer", said.get("customer_group", said.get("channel", "all")))
    case.state("assignments", f"{name} {party}", list=name, **validity(listed), **said)


def _context(case: Case) -> None:
    """Rates, trees and histories around a case."""
    for rate in case.context.get("rates", []):
        names = {"currency": case.currency(rate["from"]), "to_currency": case.currency(rate["to"])}
        case.state("rates", f"{rate['from']} {rate['to']}", rate=rate["rate"], **names)
    for node in case.context.get("categories", []):
        parent = f"category {node['parent']}" if node.get("parent") else None
        case.state("item-groups", f"category {node['id']}", parent=parent)
    for place, entry in enumerate(case.context.get("price_history", [])):
        text = entry["at"] if "T" in entry["at"] else f"{entry['at']}T12:00:00+00:00"
        at = BEGINNING + timedelta(days=place) if text.startswith("t") else datetime.fromisoformat(text)
        case.history.append((at, own_prices(case.query["item"], entry["price"], entry.get("original_price"))))
    if "window_days" in case.query:
        case.state("countries", "IT", prior_price_days=int(case.query["window_days"]))


def _named(case: Case) -> None:
    """What facts name and nobody stated is there all the same."""
    for one in [*case.rules, case.query]:
        if "variant" in one:
            item = case.facts.get(("items", one["item"]), {"unit": case.unit})
            case.state("items", f"{one['item']}/{one['variant']}", **item, variant_of=one["item"])
    for kind, code in [named for said in [*case.facts.values(), case.query] for named in _names(said)]:
        if (kind, code) not in case.facts and code != "base":
            case.state(kind, code)


def _names(said: Said) -> Iterator[tuple[str, str]]:
    for name, value in said.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                yield from _names(one)
            elif name in VOCABULARY["references"]:
                yield VOCABULARY["references"][name], one
