"""What nobody calls is removed. A use by tests alone is no use: only the product and its benchmarks count."""

from vulture import Vulture

from tests.house.code import ROOT, SOURCE

CONFIDENCE_MIN = 60
# Fields and constants are left out: a record's fields are read by name when it becomes JSON.
KINDS = {"function", "method", "property", "class", "import", "unreachable_code"}
CALLED_BY_DECORATOR = ["@*.command", "@*.callback", "@event.*", "@*.listens_for", "@compiles"]

# Used from outside the product, each with its reason: name -> who uses it.
USED_FROM_OUTSIDE: dict[str, str] = {
    "upgrade": "Alembic, in each migration",
    "downgrade": "Alembic, in each migration",
    "connect": "config, which finds a connector by its name",
    "cancel_order": "the worker, of a connector that can",
    "find_or_create_customer": "the worker, of a connector that can",
    "OutcomeUnknown": "connectors, by the contract of the ports",
    "ErpSaidNo": "connectors, by the contract of the ports",
}
# Shipped for those who write a connector: what they use of it is not ours to say.
FOR_OTHERS = (SOURCE / "ports.py", SOURCE / "testing")


def test_nothing_lies_about_that_nobody_uses() -> None:
    finder = Vulture(ignore_names=list(USED_FROM_OUTSIDE), ignore_decorators=CALLED_BY_DECORATOR)
    finder.scavenge([str(SOURCE), str(ROOT / "bench")])
    found = [
        f"{item.filename.relative_to(ROOT)}:{item.first_lineno} {item.typ} {item.name}"
        for item in finder.get_unused_code(min_confidence=CONFIDENCE_MIN)
        if item.typ in KINDS and not any(item.filename.is_relative_to(place) for place in FOR_OTHERS)
    ]
    assert found == [], "\n".join(found)
