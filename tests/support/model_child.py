"""A stand-in for the embedded server's process: told an address, it says that it listens there, and lives as told.

Run as a script by its path: its arguments are the address and how to behave.
"""

from __future__ import annotations

import json
import os
import signal
import sys


def main(address: str, manner: str) -> None:
    """Read the one line of configuration, answer, and stay until the input ends."""
    config = json.loads(sys.stdin.readline())
    if manner == "cannot":
        message: dict[str, object] = {"error": "no such model"}
    else:
        message = {"address": address, "slots": config["slots"]}
    os.write(1, b"a line of the server's log\n" + json.dumps(message).encode() + b"\n")
    if manner in {"cannot", "dies"}:
        os._exit(3)
    if manner == "deaf":  # ends neither with its input nor when asked to
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.pause()
    sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:3])
