"""The command line."""

from likewise.cli.interrupts import end_at_once

__all__ = ["main"]


def main() -> None:
    """Run the command line."""
    end_at_once()
    from likewise.cli.main import main as run  # a second of imports

    try:
        run()
    finally:
        end_at_once()
