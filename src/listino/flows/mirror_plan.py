"""How often a management system is followed, and how much may end by that unasked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from listino.core.errors import malformed

# Beyond this share of what came of a kind, a person has to confirm that it ends: a broken system answers nothing.
END_PERCENT_MAX = 20
EVERY_S, FULL_EVERY_S = 30, 86_400
SECONDS_MAX = 366 * 86_400


@dataclass(frozen=True, slots=True)
class Plan:
    """How a management system is followed.

    Shapes:  source: its name in the mirror. Units: every: how often changes are asked for, never where it is 0;
             full_every: how often all is compared; end_percent: how much of a kind may end then unconfirmed.
    """

    source: str = "erp"
    every: timedelta = timedelta(seconds=EVERY_S)
    full_every: timedelta = timedelta(seconds=FULL_EVERY_S)
    end_percent: int = END_PERCENT_MAX


AS_USUAL = Plan()


def plan_of(source: str, told: Mapping[str, Any]) -> Plan:
    """The plan that the table [mirror] of a settings file tells: `every_s`, `full_every_s`, `end_percent`.

    Errors:  Malformed.
    """
    known = {"every_s": EVERY_S, "full_every_s": FULL_EVERY_S, "end_percent": END_PERCENT_MAX}
    for name, value in told.items():
        most = 100 if name == "end_percent" else SECONDS_MAX
        if name not in known:
            remedy = f"Use {', '.join(known)}."
            raise malformed(f"mirror.{name}", "unknown_field", f"mirror.{name} means nothing.", remedy)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
            text = f"mirror.{name} cannot be {value!r}."
            raise malformed(f"mirror.{name}", "out_of_range", text, f"Write a number from 0 to {most}.")
    said = known | dict(told)
    every, full_every = timedelta(seconds=said["every_s"]), timedelta(seconds=said["full_every_s"])
    return Plan(source, every, full_every, int(said["end_percent"]))
