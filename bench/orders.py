"""Durable orders over HTTP against the same rows by raw statements, group-committed."""

from bench.rows import Row, not_run


def rows() -> list[Row]:
    """Not measured yet."""
    return [not_run("durable orders of 5 lines, 64 clients", ">= 0.25 of raw statements", "not written yet")]
