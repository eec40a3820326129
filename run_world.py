"""The only entry point: reads the command line and calls the room that does it. No logic lives here."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from sim.app.main import main


def run_world(arguments: Sequence[str]) -> int:
    """Run one command; the exit status."""
    return main(arguments)


if __name__ == "__main__":
    sys.exit(run_world(sys.argv[1:]))
