"""The rules of a case as rules of Listino: what each action and each condition says there."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tests.conformance.words import NOTATION, Missing, Said, kept, merged, plain, spoken, turned, validity


def state(case: Any, said: Said, place: int) -> None:
    """State a rule of a case; Missing for a word that has no translation."""
    code = f"{place:03d} {said.get('id', place)}"
    case.codes[code] = said.get("id", code)
    rule = merged(case.policy.get("rule", {}), validity(said), _scope(case, said, code), plain(said, "rules"))
    # In a basket a rule works on the order, unless it makes a price or works on lines, as its policy may say.
    as_price = case.policy.get("as_price", "price_list" in said)
    on_lines = (as_price or case.policy.get("on_lines")) and said.get("scope") != "order"
    said = said | {"as_price": as_price, "for_order": case.in_basket and not on_lines}
    if "margin_percent" in said:
        margin = {"basis": "base", "percent": said["margin_percent"]}
        case.state("rules", f"margin {code}", **rule, action="price", formula=margin)
    action = said.get("action", "fixed_price" if "tiers" in said else "percent_off")
    if action not in ACTIONS:
        raise Missing(f"action {action}")
    rule = merged(rule, ACTIONS["free_units" if "qty_step" in said else action](case, said, said.get("value", "0")))
    rule = merged(rule, _needs(case, said, rule), _tiers(said))
    rule = {name: value for name, value in rule.items() if name != "value" or "scale" not in rule}
    if case.query.get("ignore_rules") is True or said.get("id") in (case.query.get("ignore_rules") or []):
        rule["status"] = "blocked"
    case.state("rules", code, **rule)


def _scope(case: Any, said: Said, code: str) -> Said:
    """For which goods and conditions a rule is, in its list; a unit or currency in it keeps it from all others."""
    listed: Said = next((one for one in case.lists if one["id"] == said.get("price_list")), {})
    items = said.get("items", said.get("targets") if not said.get("action", "").startswith("free") else None)
    if items:
        case.state("item-sets", code, include={"items": items})
    own, codes = case.currency(said.get("currency")), sorted(set(case.currency_words.values()))
    others = [{"unit": unit} for unit in case.units if said.get("uom", unit) != unit]
    others += [{"currency": other} for other in codes if own and other != own]
    return kept(
        variant=f"{said['item']}/{said['variant']}" if "variant" in said else None, item_set=code if items else None,
        attributes=listed.get("conditions", {}) | said.get("conditions", {}), currency=own, unless=others,
        status="blocked" if listed.get("status", "active") not in ("active", "scheduled") else None,
        requires=[{"from": listed["min_qty"]}] if "min_qty" in listed else None,
        tax_mode=case.query.get("discount_basis"),
    )  # fmt: skip


def _change(case: Any, said: Said, percent: str | None, amount: str | None, shown: str = "discount") -> Said:
    """A percentage or an amount added: as a price made from another, or on the price as it runs."""
    base, value, for_order = said.get("base", "list_price"), percent or amount or "0", said["for_order"]
    is_offer = {"max_units", "max_units_per_line", *(["condition"] if "applies" in case.policy else [])} & said.keys()
    if is_offer or (for_order and said.get("action") == "amount_off_per_unit"):
        unit = "set_amount" if said["action"] == "amount_off" and "max_units" in said else "amount"
        return _offer(case, said, unit if percent is None else "percent", value.lstrip("-")) | {"step": "order"}
    is_less, is_made = value.startswith("-"), base not in ("list_price", "running_price") or shown == "formula"
    if (is_made or said["as_price"]) and not for_order and "margin_percent" not in said:
        formula = plain({"base": base} | said, "formula") | kept(percent=percent, amount=amount)
        made = {"action": "price", "show_as": "discount" if is_less and shown == "discount" else "price"}
        return made | plain(said, "made_price") | {"formula": formula}
    step, sign = ("discount", "allowance") if is_less else ("charge", "charge")
    together = case.query.get("qty", "").lstrip("-") if said.get("action") == "amount_off" else ""
    found = kept(value=value.lstrip("-"), sign=sign, step="order" if for_order else step, per=together or None)
    return found | ({"action": "amount"} if percent is None else {"action": "percent"} | plain(said, "percentage"))


def _free_goods(case: Any, said: Said, _: str) -> Said:
    price, times = said.get("free_item_price"), None if "per_qty" in said else 1
    gift = {"item": said["item"]} if "free_item" not in said else {}
    offer = _offer(case, said, "percent" if price is None else "price", price, times_max=times, **gift)
    return offer | {"action": "free_goods"}


def _offer(case: Any, said: Said, reduction: str, value: str | None, **more: Any) -> Said:
    """What is bought together, and which goods are cheaper for it: all, where no number or target says which."""
    condition = spoken(said.get("condition", {}), "condition")
    applies, counted = case.policy.get("applies", "once"), NOTATION["counted"]
    targets = f"targets: {' '.join(said.get('targets', []))}"[:64]
    if "targets" in said:
        case.state("item-sets", targets, include={"items": said["targets"]})
    offer = case.policy.get("offer", {}) | plain(said, "offer") | plain(said, applies) | kept(
        bought=kept(item=condition.get("item", said.get("condition_item"))), reduction=reduction,
        quantity_from=condition.get("min_qty", next((said[name] for name in counted if name in said), None)),
        amount_from=condition.get("min_amount", said.get("min_amount")),
        target=kept(item_set=targets if "targets" in said else None), **more,
    )  # fmt: skip
    if not {"quantity", "target", "item"} & offer.keys() and not {"bundle_qty", "qty_step"} & said.keys():
        offer["target"] = {}
    return kept(action="bundle", step=case.policy.get("offer_step", "offer"), value=value, offer=offer)


# A rate of a price as the percentage that it adds: a factor of 0.9, or 90 percent of it, is 10 percent off.
ACTIONS: dict[str, Callable[[Any, Said, str], Said]] = {
    "fixed_price": lambda _, said, value: {"action": "price", "value": value} | plain(said, "fixed_price"),
    "percent_off": lambda case, said, value: _change(case, said, turned(value), None),
    "percent_of": lambda case, said, value: _change(case, said, format(Decimal(value) - 100, "f"), None),
    "factor": lambda case, said, value: _change(case, said, format((Decimal(value) - 1) * 100, "f"), None),
    "formula": lambda case, said, value: _change(case, said, "0", None, "formula"),
    "formula_percent_off": lambda case, said, value: _change(case, said, turned(value), None, "formula"),
    "amount_off": lambda case, said, value: _change(case, said, None, turned(value)),
    "amount_off_per_unit": lambda case, said, value: _change(case, said, None, turned(value)),
    "amount_add": lambda case, said, value: _change(case, said, None, value, "price"),
    "campaign_price": lambda _, said, value: {"value": value} | plain(said, "campaign_price"),
    "free_goods": _free_goods,
    "free_units": lambda case, said, _: (
        _offer(case, said, "percent", None) if Decimal(said.get("qty_step", 1)) else _change(case, said, "-100", None)
    ),
    "cheapest_free": lambda case, said, value: _offer(case, said, "percent", None, quantity="1"),
    "bundle_price": lambda case, said, value: _offer(case, said, "set_price", value),
}


def _needs(case: Any, said: Said, rule: Said) -> Said:
    """What a rule needs: a quantity, as a break where it can have one; an amount, in a basket of the whole order."""
    if "offer" in rule:
        bounds = kept(from_=said.get("min_qty") if "per_qty" in said else None, up_to=said.get("max_qty"))
        return kept(requires=[bounds | {"by": "order"}] if bounds else None)
    condition, by = spoken(said.get("condition", {}), "condition"), "order" if case.in_basket else "line"
    item, is_gross = condition.get("item", said.get("condition_item")), case.query.get("prices_include_tax")
    basis = said.get("min_amount_basis", "gross" if is_gross else case.query.get("discount_basis"))
    least = kept(amount=condition.get("min_amount", said.get("min_amount")),
                 quantity=condition.get("min_qty", said.get("min_qty_total")))  # fmt: skip
    needs = [kept(measure=name, from_=least[name], by=by, scope=kept(item=item), basis=basis) for name in least]
    needs = [{"scope": {}} | need if need["measure"] == "amount" and case.in_basket else need for need in needs]
    low, high, unit = _first_tier(case, said), said.get("max_qty"), said.get("min_qty_uom", said.get("qty_uom"))
    by = "order" if rule.get("step") == "order" else "line"
    if low is not None and high is None and unit is None and "value" in rule and by == "line":
        return kept(scale={"tiers": [{"from": low, "value": rule["value"]}]}, requires=needs)
    bounds = kept(from_=low, up_to=high)
    return kept(requires=[*needs, *([kept(**bounds, unit=unit, by=by)] if bounds else [])])


def _first_tier(case: Any, said: Said) -> str | None:
    """From which quantity a rule applies: the lowest of all from any on, where an option opens it for what is asked."""
    low, query = said.get("min_qty"), case.query
    if low is None or "unit_decimals" not in query:
        return low
    quantity, is_whole = Decimal(query["qty"]), query["unit_decimals"] == "0"
    opens = {"whole_below_first_tier": is_whole, "fraction_below_first_tier": not is_whole and quantity % 1,
             "fraction_below_one_unit": not is_whole and quantity < 1}  # fmt: skip
    is_first = Decimal(low) == min(Decimal(rule["min_qty"]) for rule in case.rules if "min_qty" in rule)
    return "0" if is_first and any(opens[option] for option in query.get("options", [])) else low


def _tiers(said: Said) -> Said:
    """A scale: each tier with where it begins or, where tiers are told by their ends, where it ends."""
    rows = [spoken(tier, "tiers") for tier in said.get("tiers", [])]
    rows.sort(key=lambda row: Decimal(row.get("from_qty") or row.get("to_qty") or "Infinity"))
    kind, ends = said.get("scale", "volume"), ["to_qty" in row for row in rows]
    by_end = any("from_qty" not in row for row in rows) or (kind == "graduated" and any(ends)) or ends[-1:] == [True]
    name, bound = ("up_to", "to_qty") if by_end else ("from", "from_qty")
    tiers = [
        kept(**{name: row.get(bound)}, value=next(row[word] for word in row if "_qty" not in word)) for row in rows
    ]
    least = rows[0].get("from_qty") if by_end else None
    return kept(scale={"kind": kind, "tiers": tiers} if rows else None, requires=[{"from": least}] if least else None)
