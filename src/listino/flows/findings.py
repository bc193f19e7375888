"""What somebody who asks whether the set-up is well is told."""

from dataclasses import dataclass

OK, WARN, ERROR = "ok", "warn", "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: how it is, and what to do where it is not well."""

    level: str
    subject: str
    text: str
    remedy: str = ""
