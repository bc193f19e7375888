"""The contracts and quotations that the rules in reach name."""

from collections.abc import Mapping, Sequence

from listino.core.facts import Contract, Quotation
from listino.core.keys import contract_key, quotation_key
from listino.core.ready import EPOCH
from listino.core.rules import Rule
from listino.core.usage import PERIOD
from listino.db.snapshot import Snapshot, under
from listino.flows.wares import holds_item


def contracts_of(
    book: Snapshot, parts: list[str], rules: Sequence[Rule], values: Mapping[str, tuple[str, ...]]
) -> dict[str, Contract]:
    """By code, those contracts that are the asker's and hold for the item."""
    named = {rule.scale.by for rule in rules if rule.scale is not None}
    named |= {requirement.by for rule in rules for requirement in rule.requires}
    wanted = {by.removeprefix(PERIOD) for by in named if by.startswith(PERIOD)}
    if not wanted:
        return {}
    keys = [contract_key(code, None) for code in values.get("C", ())]
    keys += [contract_key(None, code) for code in values.get("A", ())]
    parts += keys
    found: list[Contract] = [contract for held in under(book, keys).values() for contract in held]
    return {contract.code: contract for contract in found if contract.code in wanted and holds_item(contract, values)}


def quotations_of(book: Snapshot, parts: list[str], rules: Sequence[Rule]) -> dict[str, tuple[Quotation, ...]]:
    """By name, the dated quotations that rules follow, newest first."""
    named = sorted({rule.indexed.quotation for rule in rules if rule.indexed is not None})
    if not named:
        return {}
    keys = {name: quotation_key(name) for name in named}
    parts += keys.values()
    found = under(book, keys.values())
    return {name: tuple(sorted(found.get(key, ()), key=_newest_first)) for name, key in keys.items()}


def _newest_first(quoted: Quotation) -> tuple[bool, float, str]:
    start = quoted.valid_from
    return (start is None, -(start - EPOCH).total_seconds() if start is not None else 0.0, quoted.code)
