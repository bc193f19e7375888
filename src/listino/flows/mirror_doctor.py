"""Whether management systems are followed as they should be."""

from collections.abc import Iterator
from datetime import datetime

from listino.db.engine import Connection
from listino.flows.findings import OK, WARN, Finding
from listino.flows.mirror_state import MirrorSource, sources_in

# A system that was followed later than this ago is asked for: half an hour is many runs.
LAG_WARNED_S = 1_800


def followed(connection: Connection, now: datetime) -> Iterator[Finding]:
    """How far each management system is followed; nothing where none ever was."""
    for source in sources_in(connection, now, 0):
        yield _finding(source)


def _finding(source: MirrorSource) -> Finding:
    subject = f"Mirror of {source.source}"
    if source.to_confirm:
        text = ", ".join(f"{one['ends']} of {one['of']} {kind}" for kind, one in source.to_confirm.items())
        return Finding(
            WARN, subject, f"{text} would end: is it whole?", "Look there; then: listino mirror --full --confirm."
        )
    if source.failure is not None:
        return Finding(WARN, subject, f"the last run failed: {source.failure}", "Mend it, or see: listino mirror.")
    if source.lag_s is None or source.lag_s > LAG_WARNED_S:
        since = "never" if source.kept_at is None else f"not since {source.kept_at[:19]}Z"
        return Finding(WARN, subject, f"followed {since}", "Let `listino serve` or `listino worker` run.")
    if source.problems_total:
        text = f"{source.problems_total} records of it are not in the book"
        return Finding(WARN, subject, text, "See which and why: listino mirror, or GET /v1/mirror.")
    held = ", ".join(f"{count} {kind}" for kind, count in source.held.items()) or "nothing yet"
    return Finding(OK, subject, f"{held}, {source.lag_s} s ago")
