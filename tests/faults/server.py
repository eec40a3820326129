"""A model server that does one thing wrong, for a person to point the program at.

python -m tests.faults.server --list
python -m tests.faults.server --script stall --port 8099
python run_world.py --headless --set llm.local.base_url=http://127.0.0.1:8099/v1
"""

from __future__ import annotations

import argparse
import sys
import threading
import time
from collections.abc import Sequence
from typing import Final

from tests.faults.scripts import SCRIPTS
from tests.support.model_server import Exchange, ModelServer, Script

_BEGAN_S: Final = time.monotonic()


def logged(script: Script, name: str) -> Script:
    """Tells what was asked, and when whoever asked has left."""

    def told(exchange: Exchange) -> None:
        tell(f"{exchange.method} {exchange.path} ({len(exchange.body)} fields): {name}")
        try:
            script(exchange)
        except OSError as error:
            tell(f"{exchange.path}: the client has left: {error}")
            raise
        tell(f"{exchange.path}: said")

    return told


def tell(line: str) -> None:
    """With the seconds since the start."""
    sys.stdout.write(f"{time.monotonic() - _BEGAN_S:8.3f}  {line}\n")
    sys.stdout.flush()


def main(arguments: Sequence[str]) -> int:
    """Serve until Ctrl-C, or the end of standard input where that is no terminal."""
    parser = argparse.ArgumentParser(description="a model server that does one thing wrong")
    parser.add_argument("--script", choices=sorted(SCRIPTS), default="well", metavar="NAME")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--list", action="store_true", help="the names of all scripts")
    parsed = parser.parse_args(arguments)
    if parsed.list:
        sys.stdout.write("\n".join(sorted(SCRIPTS)) + "\n")
        return 0
    with ModelServer(logged(SCRIPTS[parsed.script], parsed.script), parsed.port) as server:
        tell(f"{server.root}/v1 does: {parsed.script}")
        try:
            if sys.stdin.isatty():
                threading.Event().wait()
            sys.stdin.read()
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
