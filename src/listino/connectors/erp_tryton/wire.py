"""Tryton's JSON: decimals, dates, instants and bytes as objects with a class."""

import base64
import json
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any


def encoded(value: Any) -> bytes:
    """A value as Tryton reads it."""
    return json.dumps(value, default=_object, separators=(",", ":")).encode()


def decoded(text: bytes) -> Any:
    """A value as Tryton wrote it; its floats (quantities, factors) by their digits.

    Errors:  ValueError.
    """
    return json.loads(text, object_hook=_value, parse_float=Decimal)


def _object(value: Any) -> Any:
    if isinstance(value, Decimal):
        return {"__class__": "Decimal", "decimal": format(value, "f")}
    if isinstance(value, datetime):
        names = ("year", "month", "day", "hour", "minute", "second", "microsecond")
        return {"__class__": "datetime", **{name: getattr(value, name) for name in names}}
    if isinstance(value, date):
        return {"__class__": "date", "year": value.year, "month": value.month, "day": value.day}
    if isinstance(value, timedelta):
        return {"__class__": "timedelta", "seconds": value.total_seconds()}
    raise TypeError(f"{type(value).__name__} has no form in Tryton's JSON.")


def _value(said: dict[str, Any]) -> Any:
    kind = said.get("__class__")
    if kind == "Decimal":
        return Decimal(said["decimal"])
    if kind == "date":
        return date(said["year"], said["month"], said["day"])
    if kind == "datetime":
        # Tryton's instants are UTC and do not say so; they are compared with its own alone.
        moment = (said["hour"], said["minute"], said["second"], said["microsecond"])
        return datetime(said["year"], said["month"], said["day"], *moment)  # noqa: DTZ001
    if kind == "time":
        return time(said["hour"], said["minute"], said["second"], said["microsecond"])
    if kind == "timedelta":
        return timedelta(seconds=float(said["seconds"]))
    if kind == "bytes":
        return base64.decodebytes(said["base64"].encode())
    return said
