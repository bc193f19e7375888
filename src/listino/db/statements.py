"""The one text of each statement, as PostgreSQL wants to read it.

Statements are written once, in what both engines understand. A few functions have other names in
PostgreSQL, and places for values are numbered: that is put in here, once for each text.
"""

import re
from functools import lru_cache

STATEMENTS_KEPT_MAX = 4_096
_PLACES = re.compile(r"'(?:[^']|'')*'|\?(\d*)")
_UNHEX = re.compile(r"\bunhex\(((?:[^()]|\([^()]*\))*)\)")
_EXTRACT = re.compile(r"\bjson_extract\(([\w.]+), '\$([^']*)'\)")
_EACH = re.compile(r"\bjson_each\(([^()]+)\)")


@lru_cache(maxsize=STATEMENTS_KEPT_MAX)
def for_postgres(sql: str) -> bytes:
    """A statement of ours as PostgreSQL's.

    Shapes:  `?` become $1, $2, ...; instr() strpos(); unhex() decode(); json_extract(x, '$.a[0]') is the text there;
             the rows of json_each(?) have a `value`: where nothing is extracted from it, it is its text.
    """
    sql = re.sub(r"\binstr\(", "strpos(", sql)
    sql = _UNHEX.sub(r"decode(\1, 'hex')", sql)
    elements = "jsonb_array_elements" if "json_extract(value" in sql else "jsonb_array_elements_text"
    sql = _EACH.sub(rf"{elements}(\1::jsonb) AS each(value)", sql)
    sql = _EXTRACT.sub(lambda found: f"({_readable(found[1])}::jsonb #>> '{{{_path(found[2])}}}')", sql)
    numbers = iter(range(1, sql.count("?") + 1))
    sql = _PLACES.sub(lambda found: f"${found[1] or next(numbers)}" if found[0][0] == "?" else found[0], sql)
    return sql.encode()


def _readable(source: str) -> str:
    """JSON that is stored may hold U+0000 in somebody's words, which PostgreSQL reads nowhere: it is left out."""
    if source == "value":
        return source
    return rf"replace(replace({source}, '\\', '\u005c'), '\u0000', '')"


def _path(steps: str) -> str:
    """A path of names and places, as `.a[0]`, in PostgreSQL's writing: `a,0`."""
    return steps.replace("[", ".").replace("]", "").strip(".").replace(".", ",")
