"""The life of the embedded server's process: started, found ready, noticed when it dies, ended within a second.

It is our child and nobody else's: its standard input is a pipe that only we hold, and it ends when that does.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import secrets
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from llm.errors import NoModel, Unreachable

log = logging.getLogger(__name__)

START_S: Final = 60.0  # a slow disk and a busy machine; it is 1 to 3 s otherwise
_POLITE_S: Final = 0.5  # for the child to see the end of its input
_FIRM_S: Final = 0.2
_ROOT: Final = Path(__file__).resolve().parents[2]  # where `-m llm.embedded_child` is found
COMMAND: Final = (sys.executable, "-m", "llm.embedded_child")


@dataclass(frozen=True, slots=True)
class ChildConfig:
    """What the child is to serve."""

    model_path: Path
    slots: int
    threads: int

    def as_line(self, key: str) -> bytes:
        """As the child reads it; by a pipe, so that the key stands in no process list."""
        config = {
            "model_path": str(self.model_path.resolve()),
            "slots": self.slots,
            "threads": self.threads,
            "key": key,
        }
        return json.dumps(config).encode() + b"\n"


class EmbeddedProcess:
    """One child, from start to end. Used on the background loop; `kill` may be called from anywhere."""

    def __init__(self, config: ChildConfig, command: Sequence[str] = COMMAND) -> None:
        self.key = secrets.token_urlsafe(32)
        self._config = config
        self._command = command
        self._child: subprocess.Popen[bytes] | None = None
        self._loop = asyncio.get_running_loop()
        self._told: asyncio.Future[dict[str, Any]] = self._loop.create_future()
        self.ended = asyncio.Event()

    @property
    def pid(self) -> int:
        """The child's process id; 0 before the start."""
        return self._child.pid if self._child else 0

    async def start(self) -> str:
        """Start it and wait until it serves; its address."""
        try:
            self._child = self._spawn()
        except OSError as error:
            raise NoModel(f"the embedded server cannot be started: {error.strerror}") from error
        threading.Thread(target=self._read_output, name="embedded-output", daemon=True).start()
        try:
            async with asyncio.timeout(START_S):
                told = await asyncio.shield(self._told)
        except TimeoutError:
            raise Unreachable(f"the embedded server was not ready after {START_S:.0f} s") from None
        if "address" not in told:
            raise NoModel(
                f"the embedded server could not load its model: {told.get('error', 'it just ended')}"
            )
        return str(told["address"])

    async def stop(self) -> None:
        """End it: by the end of its input, else by a signal, else by force."""
        if self._child is None:
            return
        self._hang_up()
        for wait_s, act in ((_POLITE_S, self._child.terminate), (_FIRM_S, self._child.kill)):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self.ended.wait()
            if self.ended.is_set():
                return
            act()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_FIRM_S):
                await self.ended.wait()

    def kill(self) -> None:
        """End it at once, when there is no loop any more to end it properly."""
        if self._child is not None:
            self._hang_up()
            self._child.kill()

    def _hang_up(self) -> None:
        if self._child is not None and self._child.stdin is not None:
            with contextlib.suppress(OSError):
                self._child.stdin.close()

    def _spawn(self) -> subprocess.Popen[bytes]:
        flags = 0
        if sys.platform == "win32":
            flags = subprocess.CREATE_NO_WINDOW | subprocess.BELOW_NORMAL_PRIORITY_CLASS
        child = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=_ROOT,
            creationflags=flags,
            close_fds=True,
        )
        assert child.stdin is not None
        with contextlib.suppress(OSError):  # it died at once; its output will say so
            child.stdin.write(self._config.as_line(self.key))
            child.stdin.flush()
        return child

    def _read_output(self) -> None:
        """Its own thread: the one message to us, the rest to the debug log, and the end."""
        child = self._child
        assert child is not None
        assert child.stdout is not None
        with child.stdout as output:
            for line in output:
                if line.startswith((b'{"address"', b'{"error"')):
                    self._on_loop(self._hear, json.loads(line))
                elif line.strip():
                    log.debug(
                        "embedded.output", extra={"line": line[:300].decode("utf-8", "replace").rstrip()}
                    )
        status = child.wait()
        log.info("embedded.ended", extra={"status": status})
        self._on_loop(self._hear, {})
        self._on_loop(self.ended.set)

    def _hear(self, told: dict[str, Any]) -> None:
        if not self._told.done():
            self._told.set_result(told)

    def _on_loop(self, act: Any, *args: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits for this any more
            self._loop.call_soon_threadsafe(act, *args)
