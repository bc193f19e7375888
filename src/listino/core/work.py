"""One resolution under way: the running price, and the steps that lead to it, one after the other."""

from dataclasses import replace
from decimal import Decimal

from listino.core.candidates import Candidate, StepCandidates
from listino.core.caps import capped_reduction, splits
from listino.core.filters import refused
from listino.core.limits import Bounds, narrowed, rounded_as_listed, rounded_by, within_bounds
from listino.core.manual import arranged_manual
from listino.core.money import ONE, SETTLED
from listino.core.pick import Pick, told_once
from listino.core.question import AppliedStep, Facts, Operands, Question, Running, SplitLine
from listino.core.rules import Rule
from listino.core.scales import line_amount
from listino.core.worth import Unpriced

# What steps leave for those after them beside the price, and all chains of a choice share: by exclusion
# group the rule that has it; the price after each step; the line's amounts before discounts.
Shared = tuple[dict[str, Candidate], dict[str, Decimal], Decimal | None, Decimal | None]


class Work:
    """The running price of one question, and what has led to it."""

    __slots__ = (
        "below", "bounds", "facts", "final", "flags", "groups", "operands", "own_lines", "pick", "question", "running",
        "shared", "skipped", "steps",
    )  # fmt: skip
    shared: Shared

    def __init__(self, question: Question, facts: Facts, pick: Pick | None = None) -> None:
        self.question = question
        self.facts = facts
        self.pick = pick or Pick(question, facts)
        self.skipped = self.pick.skipped
        self.running: Running | None = None
        self.steps: list[AppliedStep] = []
        self.final: Candidate | None = None
        self.bounds: Bounds | None = None
        # Whether a rule that may lie below a limit has applied: lowest prices do not count then.
        self.below = False
        self.flags: tuple[str, ...] = ()
        self.groups: tuple[str, ...] = ()
        self.own_lines: tuple[tuple[Candidate, Decimal], ...] = ()
        self.operands: dict[int, Operands] | None = None

    def carry_out(self, steps: tuple[StepCandidates, ...]) -> None:
        """The steps in their order."""
        manual, skipped, measured = self.question.manual, self.skipped, self.facts.measured
        for step in steps:
            if manual:
                step = arranged_manual(step, manual, self.facts.circle)
            plan = step.plan
            if plan.kind == "basket":
                continue
            if step.live or plan.kind == "rounding" or step.chains:
                if plan.group is None:
                    self._carry_out(step, plan.kind)
                else:
                    self._in_group(step, plan.group)
            if skipped is not None and step.dead:
                skipped += [(plan.name, rule, reason, detail) for rule, (reason, detail) in step.dead]
            if measured and self.running is not None:
                self.pick.worth.after[plan.name] = self.running.amount

    def _in_group(self, step: StepCandidates, group: str) -> None:
        """A step of an exclusion group: only where none of the group came before it."""
        if group in self.groups:
            self._skip_all(step, "excluded")
            return
        before = len(self.steps) + len(self.own_lines)
        self._carry_out(step, step.plan.kind)
        if len(self.steps) + len(self.own_lines) > before:
            self.groups += (group,)

    def _carry_out(self, step: StepCandidates, kind: str) -> None:
        if kind == "choose":
            self._choose(step)
        elif kind == "price":
            if self.running is None:
                self._price(step)
        elif self.running is None:
            self._skip_all(step, "no_price_yet")
        elif kind == "allowance" or kind == "charge":
            if kind == "allowance" and self.final is not None:
                self._skip_all(step, "stopped_by_final")
            else:
                self._adjust(step, self.running)
        elif kind == "limit":
            self._limit(step, self.running)
        else:
            self._round(step, self.running)

    def _choose(self, step: StepCandidates) -> None:
        """Each chain carried out whole; the best, or the first that has an answer, is taken over."""
        answers: list[Work] = []
        known = len(self.skipped) if self.skipped is not None else 0
        self.shared = self._kept()
        for chain in step.chains:
            branch = self._branch()
            self._put_back(self.shared)
            try:
                branch.carry_out(chain)
            except Unpriced:
                continue
            if branch.running is not None:
                branch.shared = self._kept()
                answers.append(branch)
                if step.plan.pick == "first":
                    break
        best = min(answers, key=Work.outcome, default=self)
        self._put_back(best.shared)
        if not answers:
            return
        if self.skipped is not None:
            self.skipped[known:] = told_once(
                self.skipped[known:], [answer.steps for answer in answers], best.steps, step
            )
        self.running, self.steps, self.final, self.bounds = best.running, best.steps, best.final, best.bounds
        self.own_lines, self.flags, self.below, self.groups = best.own_lines, best.flags, best.below, best.groups
        self.operands = best.operands

    def _kept(self) -> Shared:
        pick, question = self.pick, self.question
        return dict(pick.taken), dict(pick.worth.after), question.amount, question.gross_amount

    def _put_back(self, shared: Shared) -> None:
        pick, question = self.pick, self.question
        taken, after, question.amount, question.gross_amount = shared
        pick.taken, pick.worth.after = dict(taken), dict(after)

    def _branch(self) -> "Work":
        branch = Work(self.question, self.facts, self.pick)
        if self.running is not None:
            branch.running = replace(self.running)
        branch.steps, branch.final, branch.own_lines = list(self.steps), self.final, self.own_lines
        branch.flags, branch.below, branch.groups = self.flags, self.below, self.groups
        branch.bounds = replace(self.bounds) if self.bounds is not None else None
        branch.operands = None if self.operands is None else dict(self.operands)
        return branch

    def outcome(self) -> Decimal:
        """The net price per one unit as it stands."""
        running = self.running
        if running is None:
            return Decimal("Infinity")
        return running.amount / running.per / (self.pick.worth.tax_factor if running.tax_mode == "gross" else ONE)

    def _price(self, step: StepCandidates) -> None:
        winners = self.pick.winners(step, None)
        if not winners:
            return
        candidate, value = winners[0]
        rule, worth = candidate.rule, self.pick.worth
        stated = worth.price_by(candidate, value)
        if stated.tax_mode == "gross" and worth.tax is None:
            raise Unpriced("tax_unknown")
        self._check_split(candidate)
        self.running = Running(stated.amount, rule.per, stated.listed, stated.tax_mode, candidate.list, candidate)
        if self.facts.measured:
            self._measure(self.running)
        self._note(candidate)
        self.below = rule.below_limit
        shown = value if rule.formula is None else rule.formula.percent
        label = rule.label or step.plan.label
        self.steps.append((step.plan.name, "price", rule.code, label, shown, stated.base, stated.amount))
        final = rule.final
        if final is None and candidate.list is not None:
            final = candidate.list.final
        if final or (final is None and self.facts.circle.final):
            self.final = candidate

    def _measure(self, running: Running) -> None:
        """What the line comes to before discounts, for scales and requirements by amount."""
        amount, factor = line_amount(running.amount, running.per, self.question), self.pick.worth.tax_factor
        is_gross = running.tax_mode == "gross"
        self.question.amount = amount / factor if is_gross else amount
        self.question.gross_amount = amount if is_gross else amount * factor

    def _check_split(self, candidate: Candidate) -> None:
        left = None if candidate.rule.caps is None else splits(candidate, self.question, self.facts)
        if left is not None and candidate.rule.code not in self.question.unsplit:
            raise SplitLine(candidate.rule.code, left)

    def _note(self, candidate: Candidate) -> None:
        group = candidate.rule.exclusion_group
        if group is not None:
            self.pick.taken.setdefault(group, candidate)

    def _adjust(self, step: StepCandidates, running: Running) -> None:
        """Allowances and charges: percentages and amounts off or on the running price."""
        plan, worth, entry = step.plan, self.pick.worth, running.amount
        for candidate, value in self.pick.winners(step, running):
            if self.final is not None and plan.kind == "allowance":
                self._skip(plan.name, candidate.rule, "stopped_by_final", self.final)
                continue
            rule, before = candidate.rule, running.amount
            if rule.own_line is not None:
                self._check_split(candidate)
                self.own_lines += ((candidate, worth.change_by(candidate, value, step, running, entry)),)
                self._note(candidate)
                continue
            amount = worth.adjusted(candidate, value, step, running, entry)
            bounds = left = None
            if self.bounds is not None or not candidate.ready.bare:
                amount, bounds, left, reason = self._let(candidate, running, amount)
                if reason is not None:
                    self._skip(plan.name, rule, reason, None)
                    continue
            running.amount = amount
            self.steps.append((plan.name, plan.kind, rule.code, rule.label or plan.label, value, before, amount))
            if bounds is not None or left is not None or worth.base is not None:
                self._keep_operands(bounds, worth.base, left)
            if rule.final:
                self.final = candidate

    def _let(
        self, candidate: Candidate, running: Running, amount: Decimal
    ) -> tuple[Decimal, Bounds | None, Decimal | None, str | None]:
        """What limits and caps let a rule make of the price, those that had a say; or why it is nothing."""
        rule, before = candidate.rule, running.amount
        bounds = left = None
        reason = "not_lower" if rule.action == "price" and amount == before else None
        if self.bounds is not None and reason is None:
            bounds = Bounds(None if rule.below_limit else self.bounds.low, self.bounds.high)
            amount, wanted = within_bounds(bounds, amount, before), amount
            reason = "limit_reached" if amount == before != wanted else None
        if reason is None and rule.caps is not None:
            amount, reason, left = capped_reduction(candidate, running, amount, (self.question, self.facts))
        if reason is None:
            self._check_split(candidate)
            self._note(candidate)
            if rule.below_limit:
                self._let_below()
        return amount, bounds, left, reason

    def _keep_operands(self, bounds: Bounds | None, base: Decimal | None = None, left: Decimal | None = None) -> None:
        """Remember what the last step worked with."""
        self.operands = self.operands or {}
        low, high = (None, None) if bounds is None else (bounds.low, bounds.high)
        self.operands[len(self.steps) - 1] = Operands(base, low, high, left)

    def _let_below(self) -> None:
        """From here on lowest prices do not count: those before, nor those to come."""
        self.below = True
        if self.bounds is not None and self.bounds.low is not None:
            self.bounds.spare(self.bounds.low)
            self.bounds.low = None

    def _limit(self, step: StepCandidates, running: Running) -> None:
        self.bounds = self.bounds or Bounds()
        for candidate, value in self.pick.winners(step, running):
            amount = self.pick.worth.limit_by(candidate, value, running)
            if self.below and candidate.rule.bound == "min":
                if amount is not None:
                    self.bounds.spare(amount)
                self._skip(step.plan.name, candidate.rule, "below_limit", None)
                continue
            if amount is None:
                if step.plan.when_unknown == "refuse":
                    self._skip(step.plan.name, candidate.rule, "cost_missing", None)
                    raise Unpriced("limit_unknown")
                self.flags += (f"limit_unknown:{candidate.rule.code}",)
                continue
            before = running.amount
            running.amount = narrowed(self.bounds, candidate, amount, before)
            rule, plan = candidate.rule, step.plan
            if running.amount != before:
                self._check_split(candidate)
                label = rule.label or plan.label
                self.steps.append((plan.name, "limit", rule.code, label, amount, before, running.amount))
                self._keep_operands(self.bounds)
            else:
                self._skip(plan.name, rule, "limit_kept", amount)

    def _round(self, step: StepCandidates, running: Running) -> None:
        before, plan = running.amount, step.plan
        if plan.rounding is not None and plan.currency in (None, self.question.currency):
            running.amount = rounded_by(plan.rounding, None, running, self.bounds)
        elif running.list is not None:
            running.amount = rounded_as_listed(running, self.bounds)
        if running.amount != before and running.amount != SETTLED.plus(before):
            label = plan.label or (running.list.name if running.list is not None else None)
            self.steps.append((plan.name, "rounding", None, label, None, before, running.amount))
            if self.bounds is not None:
                self._keep_operands(self.bounds)

    def _skip(self, step: str, rule: Rule, reason: str, detail: object) -> None:
        if self.skipped is not None:
            self.skipped.append((step, rule, reason, detail))

    def _skip_all(self, step: StepCandidates, reason: str) -> None:
        if self.skipped is not None:
            for candidate in step.live:
                detail = self.final if reason == "stopped_by_final" else None
                own = refused(candidate, self.question, self.facts) or (reason, detail)
                self.skipped.append((step.plan.name, candidate.rule, *own))
