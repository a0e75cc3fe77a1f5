"""The command `likewise`: parse, one library call, print."""

from likewise.cli.main import main

__all__ = ["main"]
