"""How companies and people are called and where they live, country by country."""

import unicodedata
from dataclasses import dataclass
from random import Random

from listino.demo.tables import Row, rows

# Letters that do not fall apart into a base letter and an accent.
_FOLDED = str.maketrans(
    {"ß": "ss", "ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "œ": "oe", "ı": "i"}
    | {"ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "&": "-"}
)
LEGAL_FORMS = frozenset(
    "srl spa snc sas ohg kg gmbh co ek gbr eu og ag sa sarl sas ltd llc inc doo dd sp sl bv zoo zo o oo j a s sti as "
    "soc agr coop eg di c".split()
)
NUMBER_FIRST = ("FR", "GB", "US")
# In which language a part of a country speaks, where it is not that of the country.
LANGUAGES_OF_REGION = {("IT", "BZ"): "de", ("CH", "TI"): "it", ("CH", "VD"): "fr", ("CH", "GE"): "fr"}


@dataclass(frozen=True, slots=True)
class Country:
    """What a country lends to its companies and people."""

    code: str
    share: float
    language: str
    currency: str
    zone: str | None
    vat: str
    buyer: str
    streets: tuple[str, ...]
    surnames: tuple[str, ...]
    given: tuple[str, ...]
    places: tuple[Row, ...]
    firms: dict[str, tuple[str, ...]]

    def firm(self, group: str, place: Row, chance: Random) -> str:
        """The name of a company of a trade."""
        template = _one(self.firms.get(group) or self.firms[""], chance)
        names = {letter: _one(self.surnames, chance) for letter in "su"}
        return template.format(**names, t=place["town"].split(" (")[0], g=_one(self.given, chance))

    def street(self, chance: Random) -> str:
        """A street and a number in it; low numbers are more frequent."""
        street, number = _one(self.streets, chance), 1 + int(90 * chance.random() ** 2)
        return f"{number} {street}" if self.code in NUMBER_FIRST else f"{street} {number}"

    def place(self, chance: Random) -> Row:
        """A town; those that stand first in the table are nearer."""
        return self.places[int(len(self.places) * chance.random() ** 1.5)]

    def person(self, chance: Random) -> str:
        """A person's name."""
        return f"{_one(self.given, chance)} {_one(self.surnames, chance)}"

    def vat_id(self, chance: Random) -> str:
        """A tax number in the country's form."""
        return "".join(str(int(chance.random() * 10)) if letter == "9" else letter for letter in self.vat)

    def language_in(self, place: Row) -> str:
        """The language that is spoken in a town."""
        return LANGUAGES_OF_REGION.get((self.code, place["region"]), self.language)


def countries() -> dict[str, Country]:
    """All countries that the company delivers to."""
    places, firms = rows("places"), rows("firms")
    return {row["country"]: _country(row, places, firms) for row in rows("words")}


def _country(row: Row, places: list[Row], firms: list[Row]) -> Country:
    code = row["country"]
    return Country(
        code=code,
        share=float(row["share"]),
        language=row["language"],
        currency=row["currency"],
        zone=row["zone"] or None,
        vat=row["vat"],
        buyer=row["buyer"],
        streets=tuple(row["streets"].split("|")),
        surnames=tuple(row["surnames"].split("|")),
        given=tuple(row["given"].split("|")),
        places=tuple(place for place in places if place["country"] == code),
        firms={firm["group"]: tuple(firm["names"].split("|")) for firm in firms if firm["country"] == code},
    )


def phone(place: Row, chance: Random) -> str:
    """A number of those that are nobody's, as far as a country keeps such."""
    digits = 2 if place["country"] == "US" else 3
    return f"{place['phone']}{int(chance.random() * 10**digits):0{digits}}"


def domain(name: str) -> str:
    """A domain after a company's name, in the range that is kept for examples."""
    words = slug(name).split("-")
    telling = [word for word in words if word not in LEGAL_FORMS] or words
    return f"{'-'.join(telling[:3])}.example"


def slug(text: str) -> str:
    """A text in plain small letters, its words joined by hyphens."""
    plain = unicodedata.normalize("NFKD", text.translate(_FOLDED)).encode("ascii", "ignore").decode().lower()
    return "-".join("".join(letter for letter in word if letter.isalnum()) for word in plain.replace("-", " ").split())


def _one(choices: tuple[str, ...], chance: Random) -> str:
    return choices[int(chance.random() * len(choices))]
