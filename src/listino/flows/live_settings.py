"""How prices come from an ERP, as its settings file says under [prices]."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from listino.core.errors import Malformed, malformed
from listino.flows.live import LiveBounds

MODES = ("mirror", "live")
SECONDS = {"deadline_s": (0.05, 30.0), "cache_s": (0.0, 3600.0), "last_known_s": (0.0, 30 * 86_400.0)}
CALLS_MAX = 64


@dataclass(frozen=True, slots=True)
class PriceMode:
    """Whether prices are asked live, how, and whether answers are held against the ERP's own."""

    live: LiveBounds | None
    compared: bool


def price_mode(settings: Mapping[str, Any], calls_per_minute: int) -> PriceMode:
    """What [prices] says: `mode`, `deadline_s`, `cache_s`, `last_known_s`, `calls_max`, `compare`.

    Errors:  Malformed, which names the key.
    """
    said = settings.get("prices", {})
    strange = sorted(set(said) - {*SECONDS, "mode", "calls_max", "compare"}) if isinstance(said, Mapping) else ["?"]
    if strange:
        raise _wrong(strange[0], "It means nothing here.", f"Use mode, compare, calls_max, {', '.join(SECONDS)}.")
    mode = said.get("mode", "mirror")
    if mode not in MODES:
        raise _wrong("mode", f"{mode!r} is no mode.", 'Write "mirror", or "live" where prices cannot be mirrored.')
    compared = said.get("compare", True)
    if not isinstance(compared, bool):
        raise _wrong("compare", "It is neither true nor false.", "Write compare = true or false.")
    if mode == "mirror":
        return PriceMode(None, compared)
    usual = LiveBounds()
    bounds = LiveBounds(
        deadline=_seconds(said, "deadline_s", usual.deadline),
        holds_for=_seconds(said, "cache_s", usual.holds_for),
        last_known_for=_seconds(said, "last_known_s", usual.last_known_for),
        calls_max=_calls(said.get("calls_max", usual.calls_max)),
        calls_per_minute=calls_per_minute,
    )
    return PriceMode(bounds, compared)


def _seconds(said: Mapping[str, Any], name: str, usual: timedelta) -> timedelta:
    value = said.get(name)
    if value is None:
        return usual
    least, most = SECONDS[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise _wrong(name, f"{value!r} is out of range.", f"Write a number of seconds from {least:g} to {most:g}.")
    return timedelta(seconds=value)


def _calls(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= CALLS_MAX:
        raise _wrong("calls_max", f"{value!r} is out of range.", f"Write a number from 1 to {CALLS_MAX}.")
    return value


def _wrong(name: str, text: str, remedy: str) -> Malformed:
    return malformed(f"prices.{name}", "settings", text, remedy)
