"""A second resolver, written from the design alone: it walks every fact for every question.

Slow and obvious; it carries out any scheme and shares with the product only its records.
"""

from collections.abc import Iterable
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal, localcontext

from listino.core.facts import Fact
from listino.core.money import Rounding
from listino.core.rules import Rule, Step
from tests.naive_measure import Before, Part
from tests.naive_pick import Pick
from tests.naive_reach import HUNDRED, NOTHING, ONE, Ask, Reach
from tests.naive_told import Own, Told, amount_mode, as_shown, coin_of, own_joined, own_told
from tests.naive_worth import NoPrice, State, on_grids


def naive_price(facts: Iterable[Fact], ask: Ask, base_currency: str = "EUR", country: str | None = "IT") -> Told:
    """The price of one line by walking all facts."""
    with localcontext(prec=60, rounding=ROUND_HALF_UP):
        reach = Reach(list(facts), ask, base_currency, country)
        try:
            if reach.item.status != "active":
                raise NoPrice(f"item_{reach.item.status}")
            if not reach.sold():
                raise NoPrice("not_in_assortment")
            used = dict(ask.usage or {})
            return _joined(reach, _in_parts(reach, Part(ask.quantity, ask.quantity, used, used)))
        except NoPrice as ending:
            return Told(str(ending))


def _in_parts(reach: Reach, part: Part) -> list["_Line"]:
    """The line as one; or up to where the first rule with an end within it ends, and what is beyond without it."""
    line = _Line(reach, part)
    ending = next((rule for rule in line.applied if line.ends_within(rule)), None)
    if ending is None:
        return [line]
    left = line.worth.left(ending)
    assert left is not None
    upto = _in_parts(reach, replace(part, quantity=left))
    used, in_order = dict(part.used), dict(part.in_order)
    for one in upto:
        one.use_up(used, in_order)
    beyond = replace(
        part, quantity=part.quantity - left, without=part.without | {ending.code}, used=used, in_order=in_order
    )
    return upto + _in_parts(reach, beyond)


def _joined(reach: Reach, lines: list["_Line"]) -> Told:
    told = [line.told() for line in lines]
    whole, mode = told[0], lines[0].state.mode
    whole.own_lines = [own_told(reach, own) for own in own_joined([own for line in lines for own in line.own_lines])]
    if len(told) == 1:
        return whole
    quantity, coin = sum((line.part.quantity for line in lines), NOTHING), coin_of(reach)

    def average(prices: list[Decimal]) -> Decimal:
        every = zip(lines, told, prices, strict=True)
        return sum((price / one.per * line.part.quantity for line, one, price in every), NOTHING) / quantity * whole.per

    whole.parts = [(line.part.quantity, one.net) for line, one in zip(lines, told, strict=True)]
    whole.list_price = average([one.list_price for one in told])
    net_price = average([one.net_price for one in told])
    if reach.tax is None:
        whole.net_price = net_price
    elif mode == "gross":
        whole.gross_price = average([one.gross_price or NOTHING for one in told])
        whole.net_price = as_shown(whole.gross_price, ONE / reach.factor, coin)
    else:
        whole.net_price, whole.gross_price = net_price, as_shown(net_price, reach.factor, coin)
    whole.net = sum((one.net for one in told), NOTHING)
    if whole.tax is not None:
        whole.tax = sum((one.tax or NOTHING for one in told), NOTHING)
        whole.gross = whole.net + whole.tax
    whole.final = any(one.final for one in told)
    return whole


class _Line:
    """One line, or one part of it, carried through the steps."""

    def __init__(self, reach: Reach, part: Part) -> None:
        self.reach, self.part = reach, part
        self.worth = Pick(reach, part)
        self.state = State()
        for step in reach.scheme.steps:
            self.state = self._after(step, self.state)
        if self.state.amount is None:
            raise NoPrice("no_price")

    @property
    def applied(self) -> list[Rule]:
        codes = [code for _, code, _ in self.state.steps] + [rule.code for rule, _ in self.state.own]
        rules = {rule.code: rule for rule in self.reach.every(Rule)}
        return [rules[code] for code in codes if code is not None]

    def ends_within(self, rule: Rule) -> bool:
        left = self.worth.left(rule)
        return left is not None and 0 < self.part.quantity > left

    @property
    def own_lines(self) -> list[Own]:
        quantity = self.part.quantity
        return [
            Own(rule, price, ONE.copy_sign(quantity) if rule.own_line and rule.own_line.per == "line" else quantity,
                self.state.mode)
            for rule, price in self.state.own
        ]  # fmt: skip

    def use_up(self, used: dict[str, Decimal], in_order: dict[str, Decimal]) -> None:
        """Count what the part takes of the rules that were applied to it, with the digits that are stored."""
        cut = dict(self.state.cut)
        for own in self.own_lines:
            rate = self.reach.rate_between(self.reach.currency, self.reach.currency_of(own.rule)) or NOTHING
            cut[own.rule.code] = own_told(self.reach, own)[2] * rate
        for rule in self.applied:
            subject = f"rule\x1f{rule.code}\x1f"
            quantity = self.part.quantity * self.reach.held(self.reach.unit) / self.reach.held(rule.unit)
            amount = round(cut.get(rule.code, NOTHING), 9)
            used[subject + "quantity"] = used.get(subject + "quantity", NOTHING) + round(quantity, 9)
            used[subject + "amount"] = used.get(subject + "amount", NOTHING) + amount
            in_order[rule.code] = in_order.get(rule.code, NOTHING) + amount

    # Steps.

    def _after(self, step: Step, state: State) -> State:
        """What the line has come to after a step."""
        before = len(state.steps) + len(state.own)
        if step.kind == "basket":
            return state
        if step.group is not None and step.group in state.groups:
            pass
        elif step.kind == "choose":
            state = self._chosen(step, state)
        elif step.kind == "price":
            if state.amount is None:
                self._price(step, state)
        elif state.amount is not None:
            {"limit": self._limit, "rounding": self._round}.get(step.kind, self._adjust)(step, state)
        if step.group is not None and len(state.steps) + len(state.own) > before:
            state.groups.add(step.group)
        if state.amount is not None:
            state.after[step.name] = state.amount
        return state

    def _chosen(self, step: Step, state: State) -> State:
        """Each way carried out by itself; the lowest price, or the first way that has one, goes on."""
        ways: list[State] = []
        for chain in step.chains:
            way = state.apart()
            try:
                for inner in chain.steps:
                    way = self._after(inner, way)
            except NoPrice:
                continue
            if way.amount is not None:
                ways.append(way)
        if step.pick == "first":
            ways = ways[:1]
        return min(ways, key=self._unit_net, default=state)

    def _unit_net(self, state: State) -> Decimal:
        assert state.amount is not None
        return state.amount / state.per / (self.reach.factor if state.mode == "gross" else ONE)

    def _price(self, step: Step, state: State) -> None:
        rules = self.worth.rules(step, state)
        if not rules:
            return
        winner = rules[0]
        made = self.worth.price_by(winner, state)
        if made.mode == "gross" and self.reach.tax is None:
            raise NoPrice("tax_unknown")
        state.amount, state.first, state.mode, state.per = made.amount, made.listed, made.mode, winner.per
        state.listed = self.worth.list_of(winner)
        line, factor = state.amount * abs(self.part.whole) / state.per, self.reach.factor
        is_gross = state.mode == "gross"
        state.line = Before(line / factor if is_gross else line, line if is_gross else line * factor)
        state.steps.append((step.name, winner.code, state.amount))
        state.below = winner.below_limit
        self._note(winner, state)
        wills = (winner.final, state.listed and state.listed.final, self.reach.customer and self.reach.customer.final)
        state.final = bool(next((will for will in wills if will is not None), False))

    def _note(self, rule: Rule, state: State) -> None:
        if rule.exclusion_group is not None:
            state.taken.add(rule.exclusion_group)

    def _winners(self, step: Step, state: State) -> list[Rule]:
        rules = self.worth.rules(step, state)
        if step.pick != "all":
            return rules[:1]
        rules = [rule for rule in rules if rule.exclusive][:1] or rules
        first = {rule.exclusion_group: rule.code for rule in reversed(rules)}
        return [rule for rule in rules if rule.exclusion_group is None or first[rule.exclusion_group] == rule.code]

    def _adjust(self, step: Step, state: State) -> None:
        entry = state.amount
        for rule in self._winners(step, state):
            if state.final and step.kind == "allowance":
                return
            before = state.amount
            assert before is not None
            assert entry is not None
            if rule.own_line is not None:
                state.own.append((rule, self.worth.own_price(step, rule, state, entry)))
                self._note(rule, state)
                continue
            wanted = self.worth.adjusted(step, rule, state, entry)
            amount = self._bounded(rule, state, before, wanted)
            if amount == before and (rule.action == "price" or wanted != before):
                continue
            if rule.caps is not None:
                capped = self.worth.capped(rule, rule.caps, state, amount)
                if capped is None:
                    continue
                amount = capped
            state.amount = amount
            self._count(rule, state, before)
            if rule.below_limit:
                state.below, state.low = True, None
            self._note(rule, state)
            state.steps.append((step.name, rule.code, amount))
            state.final = state.final or bool(rule.final)

    def _bounded(self, rule: Rule, state: State, before: Decimal, wanted: Decimal) -> Decimal:
        """A change as far as the limits before it let it go."""
        if state.low is not None and not rule.below_limit and wanted < state.low:
            return min(state.low, before)
        if state.high is not None and wanted > state.high:
            return max(state.high, before)
        return wanted

    def _limit(self, step: Step, state: State) -> None:
        for rule in self._winners(step, state):
            if state.below and rule.bound == "min":
                continue
            try:
                bound = self.worth.limit_by(step, rule, state)
            except NoPrice:
                if step.when_unknown == "refuse":
                    raise NoPrice("limit_unknown") from None
                state.flags.append(f"limit_unknown:{rule.code}")
                continue
            assert state.amount is not None
            before = state.amount
            if rule.bound == "min":
                state.low = bound if state.low is None else max(state.low, bound)
            else:
                state.high = bound if state.high is None else min(state.high, bound)
                state.amount = min(state.amount, bound)
            state.amount = state.amount if state.low is None else max(state.amount, state.low)
            if state.amount != before:
                self._count(rule, state, before)
                state.steps.append((step.name, rule.code, state.amount))

    def _count(self, rule: Rule, state: State, before: Decimal) -> None:
        """Note by how much a rule has changed the part's amount, in the rule's currency."""
        assert state.amount is not None
        rate = self.reach.rate_between(self.reach.currency, self.reach.currency_of(rule)) or NOTHING
        state.cut[rule.code] = abs(before - state.amount) * self.part.quantity / state.per * rate

    def _round(self, step: Step, state: State) -> None:
        assert state.amount is not None
        grids: list[Rounding] = []
        if step.rounding is not None and step.currency in (None, self.reach.currency):
            grids.append(step.rounding)
        elif state.listed is not None:
            if state.listed.rounding is not None and state.listed.tax_mode == state.mode:
                grids.append(state.listed.rounding)
            if state.listed.decimals is not None:
                grids.append(Rounding(increment=ONE.scaleb(-state.listed.decimals)))
        if not grids:
            return
        before = round(state.amount, 40)
        price = on_grids(before, grids)
        if state.low is not None and price < state.low:
            price = on_grids(round(state.low, 40), grids, "up")
        if state.high is not None and price > state.high:
            price = on_grids(round(state.high, 40), grids, "down")
            if state.low is not None and price < state.low:
                price = before
        state.amount = price
        if price != before:
            state.steps.append((step.name, None, price))

    # The answer.

    def told(self) -> Told:
        reach, state, coin = self.reach, self.state, coin_of(self.reach)
        assert state.amount is not None
        line = round(state.amount * self.part.quantity / state.per, 40).quantize(coin, amount_mode(reach))
        told = Told(None, state.per, reach.currency, list_price=state.first, steps=state.steps, final=state.final)
        told.flags = tuple(state.flags)
        if state.mode == "gross":
            told.gross_price = state.amount
            told.net_price = as_shown(state.amount, ONE / reach.factor, coin)
            told.list_price = as_shown(state.first, ONE / reach.factor, coin)
            told.gross = line
            told.net = (line / reach.factor).quantize(coin)
            told.tax = line - told.net
            return told
        told.net_price, told.net = state.amount, line
        if reach.tax is not None:
            told.tax = (line * reach.tax.percent / HUNDRED).quantize(coin)
            told.gross = line + told.tax
            told.gross_price = as_shown(state.amount, reach.factor, coin)
        return told
