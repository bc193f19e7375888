"""Where in the schemes a rule competes: asked of the resolver itself, in a circle where all that it wants holds."""

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import TypeVar

from listino.core.arrange import arranged, currency_of
from listino.core.candidates import Circle, Grant, ListPlace, StepCandidates, every_step
from listino.core.conflicts import terms_of
from listino.core.facts import Assignment, Channel, Fact, PriceList
from listino.core.findings import Finding
from listino.core.keys import FIELD_OF, code_key, rule_key, shape_of
from listino.core.ready import FOR_EVER, Ready
from listino.core.rules import BASE_LIST, DEFAULT_SCHEME, Rule, Scheme, source_of
from listino.core.scheme import BASE, PARTIES, Plan, StepPlan, planned
from listino.core.schemes import READY_SCHEMES
from listino.db.lookups import assignments_of, starting_from
from listino.db.snapshot import Snapshot, first_under, versions

# So many channels, own schemes and assignments of a list are looked at; where there are more, nothing is said.
CHANNELS_MAX = 200
SCHEMES_MAX = 100
ASSIGNMENTS_MAX = 200
ANYBODY: frozenset[str | None] = frozenset([*PARTIES, None])
_READY = {code: planned(scheme) for code, scheme in READY_SCHEMES.items()}
Kept = TypeVar("Kept", Channel, Scheme)


class Reach:
    """The schemes of a book, and where each form of rule competes in them; found out once for each form."""

    def __init__(self, book: Snapshot, base_currency: str, brought: Iterable[Fact] = ()) -> None:
        """`brought` are facts that the same change set brings: they count beside the book's."""
        self._book = book
        self._brought = [fact for fact in brought if isinstance(fact, Assignment | Channel | Scheme | Rule)]
        self._base_currency = base_currency
        self._plans: tuple[list[Plan], list[Plan]] | None = None
        self._parties: dict[str, frozenset[str | None]] = {}
        self._steps: dict[Hashable, list[StepPlan]] = {}
        self._wrong: dict[Hashable, tuple[str, str] | None] = {}
        self._told: set[str] = set()

    def steps(self, ready: Ready) -> list[StepPlan]:
        """The steps of the schemes in use in which a rule competes."""
        form = form_of(ready.rule)
        if form not in self._steps:
            circle = self._circle(ready.rule)
            found = [step.plan for plan in self._schemes()[1] for step in self._taken(plan, ready, circle)[0]]
            self._steps[form] = found
        return self._steps[form]

    def findings(self, rule: Rule) -> Iterator[Finding]:
        """What is to be said of where a rule competes; of a list that nobody has, once."""
        form = form_of(rule)
        if form not in self._wrong:
            self._wrong[form] = self._why_nowhere(rule)
        wrong = self._wrong[form]
        if wrong is not None:
            yield _no_step(rule, wrong[1]) if wrong[0] == "no_step" else _no_access(rule, wrong[1])
        code = rule.list
        if code is None or code == BASE_LIST or code in self._told or self._assigned(code):
            return
        self._told.add(code)
        started = [one for one in self._brought if isinstance(one, Rule) and source_of(one) == code]
        if not started and not starting_from(self._book, code, 1):
            text = f"Nobody has the price list {code!r}: rule {rule.code!r} and all others in it do not count."
            remedy = "Assign the list to a customer, account, group, channel or everyone."
            yield Finding("unassigned_list", ("rules", rule.code), "list", text, remedy, ("price-lists", code))

    def _why_nowhere(self, rule: Rule) -> tuple[str, str] | None:
        """Why no scheme in use takes a rule in, as the check that notices it and the step; None where one does."""
        ready, circle = Ready(replace(rule, status="active")), self._circle(rule)
        if self._taken(_READY[DEFAULT_SCHEME], ready, circle)[0] and not self._is_replaced(DEFAULT_SCHEME):
            return None
        every, in_use = self._schemes()
        wrong: tuple[str, str] | None = None
        for plan in in_use:
            taken, refused = self._taken(plan, ready, circle)
            if taken:
                return None
            wrong = wrong or refused
        if wrong is None and not any(self._taken(plan, ready, circle)[0] for plan in every):
            wrong = ("no_step", rule.step or "")
        return wrong

    @staticmethod
    def _taken(plan: Plan, ready: Ready, circle: Circle) -> tuple[list[StepCandidates], tuple[str, str] | None]:
        """The steps of a scheme that take a rule in; and why the first one that does not refuses it."""
        taken: list[StepCandidates] = []
        refused: tuple[str, str] | None = None
        for step in every_step(arranged(plan, (ready,), circle)):
            reasons = {reason for _, (reason, _) in step.dead}
            if "wrong_step" in reasons or "no_access" in reasons:
                refused = refused or ("no_access" if "no_access" in reasons else "no_step", step.plan.name)
            elif step.live or step.dead:
                taken.append(step)
        return taken, refused

    def _is_replaced(self, scheme: str) -> bool:
        """Whether the installation has a scheme of its own under the code of a ready one."""
        brought = any(isinstance(fact, Scheme) and fact.code == scheme for fact in self._brought)
        return brought or first_under(self._book, code_key("schemes", scheme)) is not None

    def _schemes(self) -> tuple[list[Plan], list[Plan]]:
        """The schemes that a channel uses or could by naming none, with the company's own; and those in use alone."""
        if self._plans is None:
            channels = self._all(Channel, "channels", CHANNELS_MAX + 1)
            own = self._all(Scheme, "schemes", SCHEMES_MAX)
            plans = _READY | {code: planned(scheme) for code, scheme in own.items()}
            used = {DEFAULT_SCHEME, *(channel.scheme for channel in channels.values())}
            all_used = len(channels) > CHANNELS_MAX
            in_use = [plan for code, plan in plans.items() if all_used or code in used]
            self._plans = [plan for code, plan in plans.items() if code in own or plan in in_use], in_use
        return self._plans

    def _all(self, record: type[Kept], kind: str, most: int) -> dict[str, Kept]:
        """The records of a kind that has few, the first of more."""
        kept: list[Fact] = [one.fact for _, one in islice(versions(self._book, kind), most)]
        return {fact.code: fact for fact in (*kept, *self._brought) if isinstance(fact, record)}

    def _circle(self, rule: Rule) -> Circle:
        """A circle in which all that a rule wants holds; its list is there for whom it is assigned to."""
        values: dict[str, tuple[str, ...]] = {
            letter: (code,) for letter, field in FIELD_OF.items() if (code := getattr(rule, field, None))
        }
        chain: dict[str, ListPlace] = {}
        if rule.list is not None:
            parties = {BASE} if rule.list == BASE_LIST else self._assigned(rule.list) or ANYBODY
            grants = tuple(Grant(party, 0, FOR_EVER) for party in sorted(parties, key=str))
            chain[rule.list] = ListPlace(PriceList(code=rule.list), grants)
        circle = Circle(values, {}, chain, rule.channel, rule.country, "", self._base_currency)
        circle.currency = currency_of(rule, circle)
        return circle

    def _assigned(self, code: str) -> frozenset[str | None]:
        """As which parties somebody has a list; all that there are where they are too many to look at."""
        if code not in self._parties:
            found = assignments_of(self._book, code, ASSIGNMENTS_MAX)
            found += [one for one in self._brought if isinstance(one, Assignment) and one.list == code]
            parties = {next((name for name in PARTIES if getattr(one, name) is not None), None) for one in found}
            self._parties[code] = ANYBODY if len(found) >= ASSIGNMENTS_MAX else frozenset(parties)
        return self._parties[code]


def form_of(rule: Rule) -> Hashable:
    """What rules share that compete in the same steps."""
    form: Hashable = (rule.step, rule.list, shape_of(rule_key(rule)), terms_of(rule))
    try:
        hash(form)
    except TypeError:  # Among its terms is a mapping.
        return repr(form)
    return form


def _no_step(rule: Rule, step: str) -> Finding:
    text = f"Rule {rule.code!r} never counts: no scheme has a step for what it does."
    if step:
        text = f"Rule {rule.code!r} never counts: no scheme has a step {step!r} that takes the action {rule.action!r}."
    remedy = "Name a step of a scheme that takes such rules, or leave the step out."
    return Finding("no_step", ("rules", rule.code), "step" if rule.step else "action", text, remedy)


def _no_access(rule: Rule, step: str) -> Finding:
    text = f"Rule {rule.code!r} never counts: no scheme in use has a scope like its own in the access of step {step!r}."
    remedy = "Give it a scope that the step names, or add its scope to the access of the scheme's step."
    return Finding("no_access", ("rules", rule.code), "step", text, remedy)
