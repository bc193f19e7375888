"""From times as people write them to instants: half-open validity in the zone that was meant."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

# Local clocks are never set by more than this in one change (Samoa once left out a whole day).
GAP_MAX = timedelta(hours=25)
ZONES_CACHED_MAX = 700
# What is kept lies between these years, wherever on earth it was said; "no end" is said by leaving it out.
YEAR_MIN, YEAR_MAX = 1900, 9000
EARLIEST_AT = datetime(YEAR_MIN, 1, 1, tzinfo=UTC) - timedelta(days=1)
LATEST_AT = datetime(YEAR_MAX + 1, 1, 1, tzinfo=UTC) + timedelta(days=1)


@lru_cache(maxsize=ZONES_CACHED_MAX)
def zone_named(name: str) -> ZoneInfo | None:
    """The zone of an IANA name, or None where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def in_range(at: datetime) -> bool:
    """Whether an instant, or a local time, can be kept."""
    return EARLIEST_AT < (at if at.tzinfo is not None else at.replace(tzinfo=UTC)) < LATEST_AT


def instant(local: datetime, zone: ZoneInfo) -> datetime:
    """The instant of a local time: an aware time as it is, a naive one read in `zone`.

    A local time that does not exist means the first instant after the gap, an ambiguous one
    the earlier of the two. What is out of range stays where it is, for the check to name.
    """
    if not in_range(local):
        return local.replace(tzinfo=UTC)
    if local.tzinfo is not None:
        return local.astimezone(UTC)
    earlier = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if earlier.astimezone(zone).replace(tzinfo=None) == local:
        return earlier
    return _end_of_gap(local, zone)


def _end_of_gap(local: datetime, zone: ZoneInfo) -> datetime:
    """The first instant whose local time is past a local time that was skipped."""
    low = (local - GAP_MAX).replace(tzinfo=UTC) - timedelta(days=1)
    high = (local + GAP_MAX).replace(tzinfo=UTC) + timedelta(days=1)
    low, high = low.replace(microsecond=0), high.replace(microsecond=0)
    while high - low > timedelta(seconds=1):
        middle = (low + (high - low) / 2).replace(microsecond=0)
        if middle.astimezone(zone).replace(tzinfo=None) >= local:
            high = middle
        else:
            low = middle
    return high
