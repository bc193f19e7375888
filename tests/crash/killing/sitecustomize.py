"""Python runs this as it starts, where this folder is on its path: in every process of a server under test."""

from tests.crash.killing.points import install

install()
