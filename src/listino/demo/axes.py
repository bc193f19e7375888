"""In which sizes, materials and colours a family of items comes: axes of marks, from the table of axes."""

from dataclasses import dataclass

from listino.demo.tables import rows

LANGUAGES = ("en", "it", "de")
_SIGNS = str.maketrans({"×": "X", "–": "-", " ": None, '"': None, "%": None, ",": None, "²": "2"})


@dataclass(frozen=True, slots=True)
class Mark:
    """One place on an axis: its text per language, its sign in a code, and what it does to the cost."""

    texts: tuple[str, ...]
    sign: str
    factor: float


Axis = tuple[Mark, ...]


def axes() -> dict[str, Axis]:
    """Every axis by its name."""
    return {row["name"]: _axis(row["values"], float(row["growth"] or 1)) for row in rows("axes")}


def _axis(values: str, growth: float) -> Axis:
    factor, marks = 1.0, []
    for value in values.split("|"):
        marks.append(_mark(value, factor))
        factor *= growth
    return tuple(marks)


def _mark(value: str, factor: float) -> Mark:
    """A mark is written `text=SIGN*factor`, its text once or as en~it~de; sign and factor may be absent."""
    value, _, own_factor = value.partition("*")
    text, _, sign = value.partition("=")
    texts = tuple(text.split("~"))
    if len(texts) == 1:
        texts *= len(LANGUAGES)
    return Mark(texts, sign or texts[0].upper().translate(_SIGNS), float(own_factor) if own_factor else factor)
