"""Value added tax by country and customer, and the exchange rates month by month."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from random import Random

from listino.core.facts import Rate, Tax
from listino.demo.days import ZONE, beginning

# Country, standard and reduced rate.
UNION_RATES = (
    ("IT", "22", "10"), ("DE", "19", "7"), ("AT", "20", "10"), ("FR", "20", "5.5"), ("SI", "22", "9.5"),
    ("HR", "25", "13"), ("ES", "21", "10"), ("NL", "21", "9"), ("PL", "23", "8"),
)  # fmt: skip
COUNTRIES_OUTSIDE = ("CH", "GB", "US", "TR")
HOME = "IT"
WITHIN_UNION = "Intra-Community supply, Article 138 Directive 2006/112/EC"
REVERSE_CHARGE = "Reverse charge, Article 17(6) DPR 633/1972"
EXPORT = "Export outside the European Union, Article 146 Directive 2006/112/EC"
CLASSES = ("standard", "reduced")

FIRST_YEAR, LAST_YEAR = 2025, 2027
# What one euro was worth in the first month.
FIRST_RATES = (("CHF", 0.9412), ("USD", 1.0354), ("GBP", 0.8427))
DRIFT_MAX = 0.018


def taxes() -> Iterator[Tax]:
    """The tax of each class in each country: for everyone, for companies abroad, for what leaves the Union."""
    for country, *percents in UNION_RATES:
        for tax_class, percent in zip(CLASSES, percents, strict=True):
            yield Tax(code=f"{country}-{tax_class}", country=country, tax_class=tax_class, percent=Decimal(percent))
            if country == HOME:
                yield _untaxed(country, tax_class, "AE", REVERSE_CHARGE, tax_status="reverse_charge")
            else:
                yield _untaxed(country, tax_class, "K", WITHIN_UNION, tax_status="business")
    for country in COUNTRIES_OUTSIDE:
        for tax_class in CLASSES:
            yield _untaxed(country, tax_class, "G", EXPORT)


def _untaxed(country: str, tax_class: str, category: str, reason: str, *, tax_status: str | None = None) -> Tax:
    return Tax(
        code=f"{country}-{tax_class}-{category}",
        country=country,
        tax_class=tax_class,
        tax_status=tax_status,
        percent=Decimal(0),
        category=category,
        reason=reason,
    )


def rates(chance: Random) -> Iterator[Rate]:
    """What a euro is worth in other currencies, anew with each month from the first year to the last."""
    for currency, worth in FIRST_RATES:
        for month in range((LAST_YEAR - FIRST_YEAR) * 12 + 1):
            year, index = FIRST_YEAR + month // 12, month % 12 + 1
            yield Rate(
                code=f"EUR-{currency}-{year}-{index:02}",
                currency="EUR",
                to_currency=currency,
                rate=Decimal(round(worth * 10_000)).scaleb(-4),
                valid_from=beginning(date(year, index, 1)),
                zone=ZONE,
            )
            worth *= 1 + DRIFT_MAX * (chance.random() - 0.48)
