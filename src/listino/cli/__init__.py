"""The command line."""

from listino.cli.app import main

__all__ = ["main"]
