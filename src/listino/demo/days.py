"""The days around which the company's prices move, all counted from one day."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ZONE = "Europe/Rome"
ROME = ZoneInfo(ZONE)
# The day that the company stands at where nobody names one.
DAY = date(2026, 11, 16)


@dataclass(frozen=True, slots=True)
class Days:
    """The instants of one day's surroundings: each the beginning of a local day."""

    today: date

    def after(self, days: int) -> datetime:
        """The beginning of the day so many days from today; before today for a negative number."""
        return beginning(self.today + timedelta(days=days))

    def month(self, months: int) -> datetime:
        """The beginning of the month so many months from this one."""
        count = self.today.year * 12 + self.today.month - 1 + months
        return beginning(date(count // 12, count % 12 + 1, 1))

    def quarter(self, quarters: int) -> datetime:
        """The beginning of the quarter so many quarters from this one."""
        return self.month(quarters * 3 - (self.today.month - 1) % 3)

    def year(self, years: int) -> datetime:
        """The beginning of the year so many years from this one."""
        return beginning(date(self.today.year + years, 1, 1))


def beginning(day: date) -> datetime:
    """The instant at which a day begins where the company is."""
    return datetime.combine(day, time(), ROME).astimezone(UTC)
