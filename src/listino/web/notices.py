"""What was noticed about a change set, as it is answered."""

from collections.abc import Iterable
from typing import Any

from msgspec import UNSET

from listino.core.findings import FINDINGS_KEPT_MAX, WARN, Finding
from listino.core.money import plain
from listino.flows.keeping import Saved
from listino.web.messages import NoticeLine, RecordName


def notice_lines(findings: Iterable[Finding]) -> list[NoticeLine]:
    """Findings in words; what is a price with its amounts."""
    return [_line(finding) for finding in findings]


def warnings_of(saved: Saved) -> dict[str, Any]:
    """The warnings beside an answer, where there are any; and how many, where these are only the first."""
    findings = saved.findings.kept(WARN)
    if not findings:
        return {}
    total = saved.findings.counts[WARN].total()
    return {"warnings": notice_lines(findings)} | ({"warnings_total": total} if total > FINDINGS_KEPT_MAX else {})


def _line(finding: Finding) -> NoticeLine:
    kind, code = finding.record
    other = RecordName(*finding.other) if finding.other is not None else None
    line = NoticeLine(kind, code, finding.field, finding.check, finding.text, finding.remedy, other)
    amounts = finding.amounts
    if amounts is not None:
        line.before = plain(amounts.before) if amounts.before is not None else None
        line.after = plain(amounts.after)
        line.cost = plain(amounts.cost) if amounts.cost is not None else UNSET
        line.currency, line.per, line.unit = amounts.currency, plain(amounts.per), amounts.unit or UNSET
    return line
