"""Big books for the benchmarks, written straight into the tables in the order of their keys."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from bench.progress import told
from listino.core.facts import (
    KIND_OF,
    Account,
    Assignment,
    Brand,
    CustomerGroup,
    Fact,
    ItemGroup,
    PriceList,
    Tax,
)
from listino.core.keys import code_key, key_of
from listino.db.codec import body_of
from listino.db.engine import connected
from listino.db.lookups import digests_of
from listino.db.migrate import migrated
from listino.db.schema import OPEN
from listino.db.snapshot import digest_of

GROUPS = 100
UPPER_GROUPS = 10
BRANDS = 50
CUSTOMER_GROUPS = 30
ACCOUNTS = 1_000
LISTS = 27


@dataclass(frozen=True, slots=True)
class Size:
    """How big a book is: every `list_stride`-th list has a price for an item."""

    items: int
    list_stride: int
    customers: int = 100_000
    matrix_customers: int = 6_000


MILLION = Size(items=20_000, list_stride=2)
TEN_MILLION = Size(items=1_000_000, list_stride=3)


def item_code(number: int) -> str:
    """The code of an item; number 0 is the one with a price for every customer."""
    return f"I{number:07d}"


def customer_code(number: int) -> str:
    """The code of a customer; the first ones have the matrix of discounts."""
    return f"C{number:06d}"


# Each generator gives (customer, customer_group, item, item_group, brand, list, the body behind the code).
_RULES = {
    "base prices": """
        SELECT NULL, NULL, printf('I%07d', n), NULL, NULL, 'base', printf(
            '"action":"price","list":"base","item":"I%07d","value":"%d.%02d"}', n, 5 + n * 37 % 900, n * 7 % 100)
        FROM n WHERE n < :items""",
    "list prices": """
        SELECT NULL, NULL, printf('I%07d', n), NULL, NULL, printf('L%02d', l),
            CASE WHEN (n + l) % 5 = 0 THEN printf(
                '"action":"price","list":"L%02d","item":"I%07d","scale":{"tiers":['
                || '{"value":"%d.%02d","from_":"1"},{"value":"%d.%02d","from_":"10"},{"value":"%d.%02d","from_":"50"}]'
                || ',"kind":"volume","measure":"quantity","by":"line"}}',
                l, n, 5 + n * 31 % 800, n * l % 100, 4 + n * 31 % 800, n * l % 100, 3 + n * 31 % 800, n * l % 100)
            ELSE printf('"action":"price","list":"L%02d","item":"I%07d","value":"%d.%02d"}',
                l, n, 5 + n * 31 % 800, n * l % 100) END
        FROM n CROSS JOIN lists WHERE n < :items AND (n + l) % :list_stride = 0""",
    "prices of the hot item": """
        SELECT printf('C%06d', n), NULL, 'I0000000', NULL, NULL, NULL, printf(
            '"action":"price","customer":"C%06d","item":"I0000000","value":"%d.%02d"}', n, 3 + n % 7, n % 100)
        FROM n WHERE n < :customers""",
    "matrix of discounts": """
        SELECT printf('C%06d', n), NULL, NULL, printf('T%03d', t), NULL, NULL, printf(
            '"action":"percent","customer":"C%06d","item_group":"T%03d","value":"%d"}', n, t, 1 + n * t % 30)
        FROM n CROSS JOIN groups WHERE n < :matrix_customers""",
    "policies by group": """
        SELECT NULL, printf('G%02d', g), NULL, printf('T%03d', t), NULL, NULL, printf(
            '"action":"percent","step":"%s","customer_group":"G%02d","item_group":"T%03d","value":"%d.5"%s}',
            CASE s WHEN 0 THEN 'customer_discount' ELSE 'promotion' END, g, t, 1 + g * t % 9,
            CASE s WHEN 0 THEN '' ELSE ',"valid_from":"2026-01-01T00:00:00Z","valid_to":"2027-01-01T00:00:00Z"' END)
        FROM (SELECT 0 AS s UNION ALL SELECT 1) CROSS JOIN customer_groups CROSS JOIN groups""",
    "policies by brand": """
        SELECT NULL, printf('G%02d', g), NULL, NULL, printf('B%02d', b), NULL, printf(
            '"action":"percent","step":"customer_discount","customer_group":"G%02d","brand":"B%02d","value":"%d"}',
            g, b, 1 + g * b % 7)
        FROM customer_groups CROSS JOIN brands""",
    "promotions": """
        SELECT NULL, NULL, NULL, printf('T%03d', t), printf('B%02d', b), NULL, printf(
            '"action":"percent","step":"promotion","item_group":"T%03d","brand":"B%02d","value":"%d"'
            || ',"unless":{"customer_group":"G01"}}', t, b, 1 + t * b % 6)
        FROM groups CROSS JOIN brands WHERE b <= 25""",
}
_NUMBERS = f"""
    WITH RECURSIVE n(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n + 1 < :numbers),
    lists(l) AS (SELECT 1 UNION ALL SELECT l + 1 FROM lists WHERE l < {LISTS}),
    groups(t) AS (SELECT 1 UNION ALL SELECT t + 1 FROM groups WHERE t < {GROUPS}),
    brands(b) AS (SELECT 1 UNION ALL SELECT b + 1 FROM brands WHERE b < {BRANDS}),
    customer_groups(g) AS (SELECT 1 UNION ALL SELECT g + 1 FROM customer_groups WHERE g < {CUSTOMER_GROUPS})
"""
_PARTS = (
    ("customer", "C", "customers"),
    ("customer_group", "G", "customer-groups"),
    ("item", "I", "items"),
    ("item_group", "T", "item-groups"),
    ("brand", "B", "brands"),
    ("list", "L", "price-lists"),
)
_COLUMNS = ", ".join(field for field, _, _ in _PARTS)
# Items and customers in the same columns: (key, code, what they name, body).
_ITEMS = """
    SELECT 'items' || char(31) || printf('I%07d', n), printf('I%07d', n), NULL, NULL, NULL,
        printf('T%03d', 1 + n * 7 % 100), printf('B%02d', 1 + n * 11 % 50), NULL,
        printf('"name":"Item %d","item_groups":["T%03d"],"brand":"B%02d","cost":"%d.5"}',
            n, 1 + n * 7 % 100, 1 + n * 11 % 50, 1 + n % 9)
    FROM n WHERE n < :items"""
_CUSTOMERS = """
    SELECT 'customers' || char(31) || printf('C%06d', n), printf('C%06d', n), NULL, printf('G%02d', 1 + n % 30),
        NULL, NULL, NULL, NULL, printf('"account":"A%04d","customer_groups":["G%02d"],"country":"%s"}',
            1 + n % 1000, 1 + n % 30, substr('ITDEFRAT', 1 + 2 * (n % 4), 2))
    FROM n WHERE n < :customers"""


def built(path: Path, size: Size) -> str:
    """A new book of that size; its URL."""
    url = f"sqlite:///{path}"
    migrated(url, currency="EUR", zone="Europe/Rome", country="IT")
    with writing(path) as connection:
        _gather(connection, size)
        _fill(connection)
    told(f"{path.name}: {path.stat().st_size >> 20} MiB")
    return url


@contextmanager
def writing(path: Path) -> Iterator[Any]:
    """A connection that writes fast and without safety: a book that is lost is built again."""
    connection = connected(path, writing=True)
    for setting in ("journal_mode=OFF", "synchronous=OFF", "secure_delete=OFF", "cache_size=-400000"):
        connection.execute(f"PRAGMA {setting}").fetchall()
    connection.execute("PRAGMA temp_store=FILE")
    connection.execute("BEGIN")
    yield connection
    connection.execute("COMMIT")
    connection.execute("PRAGMA journal_mode=WAL").fetchall()
    connection.close()


def _gather(connection: Any, size: Size) -> None:
    """Every fact in one table, then in the order of the keys: a rule's key is made from its scope."""
    connection.execute(f"CREATE TEMP TABLE unordered (key, code, {_COLUMNS}, body)")
    key = "substr(" + " || ".join(f"ifnull(char(31) || '{letter}' || {field}, '')" for field, letter, _ in _PARTS)
    values = {
        "items": size.items, "list_stride": size.list_stride, "customers": size.customers,
        "matrix_customers": size.matrix_customers, "numbers": max(size.items, size.customers),
    }  # fmt: skip
    for name, query in (*_RULES.items(), ("items", _ITEMS), ("customers", _CUSTOMERS)):
        told(f"{name} ...")
        used = {name: value for name, value in values.items() if f":{name}" in query + _NUMBERS}
        if name in _RULES:
            query = f", part({_COLUMNS}, body) AS ({query}) SELECT {key}, 2), NULL, {_COLUMNS}, body FROM part"
        connection.execute(f"INSERT INTO unordered {_NUMBERS} {query}", used)
    connection.executemany(
        "INSERT INTO unordered (key, code, body) VALUES (?, ?, ?)",
        [(key_of(fact), fact.code, body_of(fact).partition(",")[2]) for fact in frame()],
    )
    told("sorting ...")
    connection.execute("CREATE TEMP TABLE ordered AS SELECT * FROM unordered ORDER BY key")
    connection.execute("DROP TABLE unordered")


def frame() -> Iterator[Fact]:
    """The facts that are few: groups, brands, accounts, lists and whom they are for, taxes."""
    yield ItemGroup(code="ALL", name="All")
    for number in range(1, UPPER_GROUPS + 1):
        yield ItemGroup(code=f"U{number:02d}", name=f"Upper group {number}", parent="ALL")
    for number in range(1, GROUPS + 1):
        yield ItemGroup(code=f"T{number:03d}", name=f"Group {number}", parent=f"U{1 + number % UPPER_GROUPS:02d}")
    yield from (Brand(code=f"B{number:02d}", name=f"Brand {number}") for number in range(1, BRANDS + 1))
    yield from (CustomerGroup(code=f"G{number:02d}", name=f"Customers {number}") for number in range(1, 31))
    for number in range(1, ACCOUNTS + 1):
        yield Account(code=f"A{number:04d}", name=f"Account {number}")
        yield Assignment(code=f"AA{number:04d}", list=f"L{1 + number % LISTS:02d}", account=f"A{number:04d}")
    for number in range(1, CUSTOMER_GROUPS + 1):
        yield Assignment(code=f"AG{number:02d}", list=f"L{1 + number % LISTS:02d}", customer_group=f"G{number:02d}")
    for number in range(1, LISTS + 1):
        yield PriceList(code=f"L{number:02d}", name=f"List {number}", currency="EUR", decimals=2)
    for country, percent in (("IT", "22"), ("DE", "19"), ("FR", "20"), ("AT", "20")):
        yield Tax(code=f"VAT-{country}", percent=Decimal(percent), country=country)


def _fill(connection: Any) -> None:
    """All that a commit writes: the facts, their codes, references, key shapes and the header."""
    told("facts ...")
    connection.execute(
        "INSERT INTO fact (id, key, code, since, ended, body) SELECT rowid, key, "
        f"ifnull(code, printf('R%08d', rowid)), 1, {OPEN}, "
        """'{"code":"' || ifnull(code, printf('R%08d', rowid)) || '",' || body FROM ordered"""
    )
    told("codes ...")
    kind = "iif(substr(key, 1, 1) < 'a', 'rules' || char(31), substr(key, 1, instr(key, char(31))))"
    connection.execute(
        f"INSERT INTO code_of (code, ended, fact) SELECT {kind} || code, {OPEN}, id FROM fact ORDER BY key >= 'a', 1"
    )
    told("references ...")
    for field, _, named in _PARTS:
        codes = [code for (code,) in connection.execute(f"SELECT DISTINCT {field} FROM ordered WHERE {field} NOT NULL")]
        connection.execute("CREATE TEMP TABLE target (code PRIMARY KEY, digest) WITHOUT ROWID")
        connection.executemany("INSERT INTO target VALUES (?, ?)", [(code, digest_of(named, code)) for code in codes])
        connection.execute(
            "INSERT INTO reference (target, fact) SELECT digest, ordered.rowid FROM ordered "
            f"JOIN target ON target.code = ordered.{field} ORDER BY 1, 2"
        )
        connection.execute("DROP TABLE target")
    _refer_frame(connection)
    shape = " || ".join(f"iif({field} IS NULL, '', '{letter}')" for field, letter, _ in _PARTS)
    connection.execute(
        f"INSERT INTO key_shape (shape, rules) SELECT {shape}, count(*) FROM ordered WHERE code IS NULL GROUP BY 1"
    )
    connection.execute(
        "INSERT INTO change_set (revision, state, at, actor, changes, staged) SELECT 1, 'published', "
        "'2026-01-01T00:00:00.000000Z', 'bench', count(*), 0 FROM fact"
    )
    connection.execute("UPDATE book SET revision = 1")
    connection.execute("DROP TABLE ordered")


def _refer_frame(connection: Any) -> None:
    for fact in frame():
        name = code_key(KIND_OF[type(fact)], fact.code)
        (row,) = connection.execute("SELECT fact FROM code_of WHERE code = ?", (name,)).fetchone()
        connection.executemany(
            "INSERT OR IGNORE INTO reference VALUES (?, ?)", [(digest, row) for digest in digests_of(fact)]
        )
