"""Alerts: what needs a person, told once for each cause, and once more when it is over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from listino.core.errors import malformed

# What is told of, with its words in a letter: one, many.
KINDS: Mapping[str, tuple[str, str]] = {
    "order_parked": ("order parked", "orders parked"),
    "order_unconfirmed": ("order unconfirmed", "orders unconfirmed"),
    "order_held": ("order held", "orders held"),
    "erp_down": ("management system down", "management systems down"),
    "mirror_late": ("mirror late", "mirrors late"),
    "webhook_failing": ("webhook failing", "webhooks failing"),
}
LINES_MAX = 50
MINUTES_MAX = 60 * 24 * 30


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a person is needed: what kind of thing, which one, since when; the text holds ids and codes only."""

    kind: str
    subject: str
    text: str
    since: str


@dataclass(frozen=True, slots=True)
class Patience:
    """After how long each is told of."""

    parked: timedelta = timedelta(minutes=5)
    unconfirmed: timedelta = timedelta(minutes=15)
    held: timedelta = timedelta(hours=4)
    erp_down: timedelta = timedelta(minutes=5)
    mirror_late: timedelta = timedelta(minutes=15)


USUAL = Patience()


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter to the people who look after things; the same id for the same letter, should it go out twice."""

    id: str
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Told:
    """What there is to tell: causes that are new, and such as are over."""

    raised: tuple[Cause, ...]
    over: tuple[Cause, ...]


def news(open_now: Sequence[Cause], seen: Sequence[Cause]) -> Told:
    """What of the causes that are seen was not told yet, and what was told and is not seen any more."""
    known, there = {(one.kind, one.subject) for one in open_now}, {(one.kind, one.subject) for one in seen}
    return Told(
        tuple(one for one in seen if (one.kind, one.subject) not in known),
        tuple(one for one in open_now if (one.kind, one.subject) not in there),
    )


def words_of(told: Told) -> tuple[str, str]:
    """The subject and the text of the letter that tells it."""
    verb = "needs" if len(told.raised) == 1 else "need"
    parts = [f"{_counted(told.raised)} {verb} attention"] if told.raised else []
    if told.over:
        parts.append(f"{_counted(told.over)} over")
    lines: list[str] = []
    for title, causes in (("Needs attention:", told.raised), ("Over:", told.over)):
        if causes:
            lines += [title, *(f"- {one.text} (since {one.since[:16]}Z)" for one in causes[:LINES_MAX])]
            if len(causes) > LINES_MAX:
                lines.append(f"- and {len(causes) - LINES_MAX} more")
            lines.append("")
    return "Listino: " + "; ".join(parts), "\n".join(lines)


def _counted(causes: Sequence[Cause]) -> str:
    counts = {kind: sum(one.kind == kind for one in causes) for kind in KINDS}
    return ", ".join(f"{count} {KINDS[kind][count > 1]}" for kind, count in counts.items() if count)


def patience_from(text: str, setting: str) -> Patience:
    """The times of a setting, in minutes: `parked=5, held=240`; what is not named is as usual.

    Errors:  Malformed, naming the setting.
    """
    said: dict[str, timedelta] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, minutes = (side.strip() for side in part.partition("="))
        if name not in Patience.__dataclass_fields__ or not _is_minutes(minutes):
            names = ", ".join(Patience.__dataclass_fields__)
            remedy = f"Write NAME=MINUTES with commas between, from 0 to {MINUTES_MAX}; the names are {names}."
            raise malformed(setting, "form", f"{part!r} says after how long nothing is told of.", remedy)
        said[name] = timedelta(minutes=int(minutes))
    return Patience(**said)


def _is_minutes(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= MINUTES_MAX
