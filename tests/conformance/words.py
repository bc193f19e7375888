"""The vocabulary of the facts, and what its plain words say in a fact of Listino. No price is worked out here."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

Said = dict[str, Any]


class Missing(Exception):
    """A word of the vocabulary that has no translation."""


# By thing and word: null where code reads it, else by what may be said (`*` is any text) the fields that it says.
VOCABULARY: Said = json.loads(Path(__file__).with_name("vocabulary.json").read_text(encoding="utf-8"))
NOTATION: Said = VOCABULARY["notation"]


def spoken(raw: Said, what: str) -> Said:
    """What is said of a thing, without what is null; Missing for a word that is not in the vocabulary."""
    said = {name: value for name, value in raw.items() if value is not None}
    for name in said:
        if name not in VOCABULARY[what]:
            raise Missing(f"{what}.{name}")
    return said


def plain(said: Said, what: str) -> Said:
    """The fields that the plain words of a thing say, put together; Missing for what a word cannot say."""
    choices = {word: choices for word, choices in VOCABULARY[what].items() if choices is not None and word in said}
    return merged(*(_chosen(f"{what}.{word}", of_word, str(said[word])) for word, of_word in choices.items()))


def _chosen(word: str, choices: Said, text: str) -> Said:
    for pattern, fields in choices.items():
        head, star, tail = pattern.partition("*")
        if text == pattern or (star and text.startswith(head) and text.endswith(tail)):
            return dict(_filled(fields, text.removeprefix(head).removesuffix(tail)))
    raise Missing(f"{word}: {text}")


def _filled(fields: Any, text: str) -> Any:
    """Fields with a text in place of `*`; as a whole number where they say so."""
    if isinstance(fields, dict):
        return {name: _filled(value, text) for name, value in fields.items()}
    if isinstance(fields, list):
        return [_filled(value, text) for value in fields]
    if isinstance(fields, str):
        filled = fields.replace("*", text)
        return int(filled.removeprefix("int ")) if fields.startswith("int ") else filled
    return fields


def merged(*parts: Said) -> Said:
    """Fields put together; Missing where one would have two values."""
    whole: Said = {}
    for name, value in ((name, value) for part in parts for name, value in part.items()):
        held = whole.get(name)
        if isinstance(held, dict) and isinstance(value, dict):
            value = held | value
        elif isinstance(held, list) and isinstance(value, list):
            value = [*held, *value]
        elif held is not None and held != value:
            raise Missing(f"two values of {name}")
        whole[name] = value
    return whole


def kept(**said: Any) -> Said:
    """What is said, without what is not."""
    return {name.rstrip("_"): value for name, value in said.items() if value not in (None, [], {}, ())}


def turned(value: Any) -> str:
    """A number with the other sign: "off" where "added" is meant; a sign also before nothing."""
    return f"-{value}".removeprefix("--")


def validity(said: Said) -> Said:
    """From when until when: a bare end date is its whole day, an inclusive instant has the least after it."""
    end = said.get("valid_to_inclusive", said.get("valid_to"))
    if end is not None and "valid_to_inclusive" in said and "T" in end:
        end = (datetime.fromisoformat(end) + timedelta(microseconds=1)).isoformat()
    return kept(valid_from=said.get("valid_from"), valid_to=end)
