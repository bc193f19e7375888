"""What each field means of what is noticed when facts are saved."""

from collections.abc import Mapping

CONFIRM = "`true`: a person has looked at what is to be confirmed. Without it that is refused with 409 `to_confirm`."
WARNINGS = "What was noticed, and does not prevent saving; only where there is anything, the first 1,000."
WARNINGS_TOTAL = "How many warnings there are, where they are more than those listed."

NOTICES: Mapping[str, str] = {
    "RecordName.kind": "The kind of the other record, as its route names it.",
    "RecordName.code": "The code of the other record.",
    "NoticeLine.kind": "The kind of the record that was saved.",
    "NoticeLine.code": "The code of the record that was saved.",
    "NoticeLine.field": "Which of its fields is meant.",
    "NoticeLine.check": "Which check noticed it, as a stable word; an installation sets what becomes of each.",
    "NoticeLine.text": "What was noticed, as a sentence that names both records.",
    "NoticeLine.remedy": "What to do if it is not meant so.",
    "NoticeLine.other": "The other record that it concerns; null where there is none.",
    "NoticeLine.before": "The price as it was, per `per` of `unit`; null where there was none.",
    "NoticeLine.after": "The price as it is to be, per `per` of `unit`.",
    "NoticeLine.cost": "What the item costs the company, per `per` of `unit`; only with the scope explain:full.",
    "NoticeLine.currency": "Currency of the amounts (ISO 4217).",
    "NoticeLine.per": "The number of units that the amounts are for.",
    "NoticeLine.unit": "The unit that the amounts are for.",
    "Problem.to_confirm": "With `to_confirm`: each price that a person has to look at before it is saved.",
    "Problem.type": "A name for this kind of problem.",
    "Problem.title": "The status in words.",
    "Problem.status": "The HTTP status.",
    "Problem.code": "What is wrong, as a stable word to program by.",
    "Problem.detail": "What is wrong, as a sentence.",
    "Problem.errors": "Each field that is wrong, with the remedy.",
    "Problem.incident": "For status 500: the number to name when you ask for help.",
    "FaultLine.field": "Which field, as a path: lines[2].quantity.",
    "FaultLine.code": "What is wrong with it, as a stable word.",
    "FaultLine.text": "What is wrong with it, as a sentence.",
    "FaultLine.remedy": "What to do.",
}
