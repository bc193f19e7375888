"""Which rules of a step win, and why the others do not."""

from collections.abc import Sequence
from decimal import Decimal
from operator import itemgetter
from weakref import ref

from listino.core.candidates import Candidate, Reason, StepCandidates, every_candidate
from listino.core.caps import capped_reduction
from listino.core.filters import best_first, refused
from listino.core.indexed import holds_any
from listino.core.money import ONE, ZERO
from listino.core.question import AppliedStep, Facts, NotApplied, Question, Running
from listino.core.scales import value_of
from listino.core.scheme import StepPlan
from listino.core.worth import Unpriced, Winner, Worth

UNKNOWN = Decimal("Infinity")
# By exclusion group the rule that has it; the first that applies keeps all others out.
Taken = dict[str, Candidate]
# A list that is asked by itself knows nothing of what has applied already.
NOT_TAKEN: Taken = {}
# Where a rule stands among those that pass, the smaller first: its outcome where that decides, then its rank.
Place = tuple[Decimal, int, tuple[object, ...]]


class Pick:
    """The choice among candidates for one question, and the reasons of those that were not chosen."""

    __slots__ = ("__weakref__", "carried_out", "facts", "question", "skipped", "taken", "worth")

    def __init__(self, question: Question, facts: Facts) -> None:
        self.question = question
        self.facts = facts
        self.skipped: list[NotApplied] | None = [] if question.explain == "all" else None
        self.carried_out: list[tuple[StepCandidates, int]] = []
        self.taken: Taken = {}
        self.worth = Worth(question, facts, ref(self))

    def winners(self, step: StepCandidates, running: Running | None, record: bool = True) -> Sequence[Winner]:
        """The rules of a step that apply, as its pick says: one, or all that pass, in rank order."""
        if step.sole:
            return step.sole
        skipped = self.skipped if record else None
        if step.lead:
            if skipped is None:
                return step.lead
            if step.beaten or _note_beaten(step):
                skipped += step.beaten
                return step.lead
        plan = step.plan
        winners, tied = self._passing(step, running, skipped, self.taken if record else NOT_TAKEN)
        if len(winners) > 1:
            if plan.pick == "best" and skipped is None and not plan.refuses_ties:
                winners = self._best_of(step, winners, running)
            else:
                ranked = self._ranked(step, winners, running)
                if plan.refuses_ties and plan.pick != "all":
                    tied = _decided_by(step, ranked[0], ranked[1]) == "code"
                winners = self._narrowed(step, ranked, skipped)
        if record and step.timed:
            self._count(step, winners)
        if tied and plan.refuses_ties:
            raise Unpriced("tie")
        return winners

    def _passing(
        self, step: StepCandidates, running: Running | None, skipped: list[NotApplied] | None, taken: Taken
    ) -> tuple[list[Winner], bool]:
        """The rules that apply and that none comes before by what never moves; and whether another ties with them."""
        question, facts, plan = self.question, self.facts, step.plan
        open_end, stops = plan.pick in _OPEN, skipped is None and not plan.refuses_ties
        passed: list[Winner] = []
        first: Candidate | None = None
        tied = False
        for candidate in step.live:
            behind = first is not None and not open_end and candidate.group != first.group
            if behind and stops:
                break
            ready = candidate.ready
            reason = None if candidate.free else refused(candidate, question, facts)
            if reason is None and taken and candidate.rule.exclusion_group in taken:
                reason = ("excluded", taken[candidate.rule.exclusion_group or ""])
            if reason is None and ready.by_effect and running is not None:
                reason = self._ineffective(step, candidate, running)
            if reason is None and behind and first is not None:
                rank = _static(step, first, candidate)
                tied = tied or rank == "code"
                reason = ("beaten", (first, rank))
            if reason is None:
                first = first or candidate
                value = value_of(candidate, question, facts) if ready.tiers else ready.value
                passed.append((candidate, ZERO if value is None else value))
            elif skipped is not None:
                skipped.append((plan.name, candidate.rule, *reason))
        return passed, tied

    def _ineffective(self, step: StepCandidates, candidate: Candidate, running: Running) -> Reason | None:
        """Why a rule would change nothing as the price stands: it does not apply then, and hides no other."""
        rule, question, facts = candidate.rule, self.question, self.facts
        if rule.indexed is not None and not holds_any(rule.indexed.measure, facts.item):
            return ("no_measure", rule.indexed.measure)
        if rule.own_line is not None or step.plan.kind not in {"allowance", "charge"}:
            return None
        value = value_of(candidate, question, facts) or ZERO
        try:
            amount = self.worth.adjusted(candidate, value, step, running, running.amount)
        except Unpriced:
            return None
        if rule.action == "price" and amount == running.amount:
            return ("not_lower", None)
        _, reason, _ = capped_reduction(candidate, running, amount, (question, facts))
        return None if reason is None else (reason, None)

    def _narrowed(
        self, step: StepCandidates, ranked: list[tuple[Place, Winner]], skipped: list[NotApplied] | None
    ) -> list[Winner]:
        """Those that win, and why the others do not."""
        kept = kept_of(step.plan, [winner for _, winner in ranked])
        if skipped is not None and len(kept) < len(ranked):
            codes = {candidate.rule.code for candidate, _ in kept}
            skipped += [
                (step.plan.name, loser[1][0].rule, "beaten", (kept[0][0], _decided_by(step, ranked[0], loser)))
                for loser in ranked
                if loser[1][0].rule.code not in codes
            ]
        return kept

    def _best_of(self, step: StepCandidates, passed: list[Winner], running: Running | None) -> list[Winner]:
        """The one that is best for the buyer, and of several the first by rank."""
        outcomes = [self._outcome(step, candidate, value, running) for candidate, value in passed]
        lowest = min(outcomes)
        best = [winner for winner, outcome in zip(passed, outcomes, strict=True) if outcome == lowest]
        return best if len(best) == 1 else [self._ranked(step, best, running)[0][1]]

    def _ranked(
        self, step: StepCandidates, passed: list[Winner], running: Running | None
    ) -> list[tuple[Place, Winner]]:
        """Those that pass in their order, each with its place."""
        plan, question, facts = step.plan, self.question, self.facts
        best = plan.pick == "best"
        by_value = best or "value" in plan.moving_rank
        ranked: list[tuple[Place, Winner]] = []
        for winner in passed:
            candidate, value = winner
            outcome = self._outcome(step, candidate, value, running) if by_value else ZERO
            moving = best_first(plan.moving_rank, candidate, outcome, question, facts)
            ranked.append(((outcome if best else ZERO, candidate.group, moving), winner))
        ranked.sort(key=_place)
        return ranked

    def _outcome(self, step: StepCandidates, candidate: Candidate, value: Decimal, running: Running | None) -> Decimal:
        """The net price per one unit that a rule would lead to: the less, the better for the customer.

        What cannot be worked out is no bargain: it comes last here, and is told only if it wins all the same.
        """
        worth = self.worth
        try:
            if step.plan.kind == "price":
                stated = worth.price_by(candidate, value)
                return stated.amount / candidate.rule.per / (worth.tax_factor if stated.tax_mode == "gross" else ONE)
            if running is None or step.plan.kind == "limit":
                return value
            if candidate.rule.own_line is not None:
                return running.amount + worth.change_by(candidate, value, step, running, running.amount)
            return worth.adjusted(candidate, value, step, running, running.amount)
        except Unpriced:
            return UNKNOWN

    def _count(self, step: StepCandidates, winners: list[Winner]) -> None:
        """Remember up to which candidate of a step time could change the answer."""
        last = len(step.live)
        if winners and step.plan.pick == "specific":
            access = winners[0][0].access
            while last and step.live[last - 1].access > access:
                last -= 1
        self.carried_out.append((step, last))


_place = itemgetter(0)
_OPEN = frozenset(["best", "all"])


def _static(step: StepCandidates, winner: Candidate, loser: Candidate) -> str:
    """On which of the ranks that never move one rule comes before another; what a person set has none."""
    if winner.access < 0:
        return "manual"
    for name, first, second in zip(step.plan.static_rank, winner.rank, loser.rank, strict=False):
        if first != second:
            return name
    return "code"


def _note_beaten(step: StepCandidates) -> bool:
    """Whether all behind the lead of a step apply to whatever is asked; then it is noted why they lose."""
    lead, *others = step.live
    if not all(candidate.free for candidate in others):
        return False
    step.beaten = tuple(
        (step.plan.name, candidate.rule, "beaten", (lead, _static(step, lead, candidate))) for candidate in others
    )
    return True


def _decided_by(step: StepCandidates, winner: tuple[Place, Winner], loser: tuple[Place, Winner]) -> str:
    """On which rank one rule comes before another."""
    (outcome, group, moving), (candidate, _) = winner
    (other_outcome, other_group, other_moving), (other, _) = loser
    if step.plan.pick == "all":
        return "exclusive"
    if outcome != other_outcome:
        return "value"
    if group != other_group:
        return _static(step, candidate, other)
    ranks = zip(step.plan.moving_rank, moving, other_moving, strict=False)
    return next((name for name, first, second in ranks if first != second), "code")


def kept_of(plan: StepPlan, ranked: list[Winner]) -> list[Winner]:
    """Those that win of several in rank order: one, an exclusive one alone, one of each exclusion group."""
    if plan.pick != "all":
        return ranked[:1]
    kept = next(([one] for one in ranked if one[0].rule.exclusive), ranked)
    return _one_of_each(kept) if len(kept) > 1 else kept


def _one_of_each(ranked: list[Winner]) -> list[Winner]:
    """All that are in no exclusion group, and the first of each group."""
    kept: list[Winner] = []
    groups: set[str] = set()
    for candidate, value in ranked:
        group = candidate.rule.exclusion_group
        if group is None or group not in groups:
            kept.append((candidate, value))
        if group is not None:
            groups.add(group)
    return kept


def told_once(
    told: list[NotApplied], answers: list[list[AppliedStep]], best: list[AppliedStep], step: StepCandidates
) -> list[NotApplied]:
    """What the chains of a choice say of rules not applied: each once, and none of those that were applied."""
    rules = {one.rule.code: one.rule for one in every_candidate((step,))}
    applied = {code for _, _, code, *_ in best}
    lost = [
        (name, rules[code], "chain_beaten", None)
        for answer in answers
        for name, _, code, *_ in answer
        if code in rules and code not in applied
    ]
    once: dict[str, NotApplied] = {}
    for entry in (*lost, *(entry for entry in told if entry[2] != "no_access"), *told):
        if entry[1].code not in applied:
            once.setdefault(entry[1].code, entry)
    return list(once.values())
