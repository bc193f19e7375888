"""What the fields mean that tell how far a management system is followed."""

from collections.abc import Mapping

MIRROR: Mapping[str, str] = {
    "MirrorSource.source": "The system's name, as its settings say.",
    "MirrorSource.cursor": "From where on it is asked the next time; null where it cannot tell changes.",
    "MirrorSource.begun_at": "When it was begun to be read the last time.",
    "MirrorSource.kept_at": "The moment as of which the book holds what the system says; null while it never did.",
    "MirrorSource.full_at": "When all that it holds was compared the last time.",
    "MirrorSource.lag_s": "Seconds since `kept_at`.",
    "MirrorSource.is_running": "Whether it is being read now.",
    "MirrorSource.failure": "Why the last reading did not come to its end; null where it did.",
    "MirrorSource.held": "By kind, how many records came from it.",
    "MirrorSource.to_confirm": "By kind, how many records would end, of how many: too many to end unconfirmed.",
    "MirrorSource.revision": "The newest revision when it was read.",
    "MirrorSource.read": "How many records the last reading brought.",
    "MirrorSource.changed": "How many facts it changed.",
    "MirrorSource.ended": "How many records it ended.",
    "MirrorSource.problems_total": "How much of it is known not to be in the book.",
    "MirrorSource.problems": "The first 100 of these.",
    "MirrorProblem.kind": "The record's kind, as its route names it, or stock.",
    "MirrorProblem.code": "The record's code.",
    "MirrorProblem.at": "When it was noticed.",
    "MirrorProblem.reason": "Why it is not in the book, as a stable word: untranslated, or what was wrong with it.",
    "MirrorProblem.text": "Why it is not in the book, as a sentence.",
    "MirrorProblem.remedy": "What to do about it.",
}
