"""The fake server as its parent holds it: started, and ended by closing its standard input. Its door is for everybody."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

_ROOT: Final = Path(__file__).parents[2]
_ANSWER_S: Final = 5.0
_END_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class ServerDoor:
    """Where a running server is found, by any process of this machine."""

    port: int

    @property
    def base_url(self) -> str:
        """As `llm.local.base_url` wants it."""
        return f"http://127.0.0.1:{self.port}/v1"

    def counters(self) -> dict[str, Any]:
        """What it did and cost so far; waits for the answer, so it is for frames that do not count."""
        return self._page("/cpu")

    def finish(self) -> dict[str, Any]:
        """End every line that is on its way, as if that had been all of it; what was done so far."""
        return self._page("/finish")

    def _page(self, path: str) -> dict[str, Any]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=_ANSWER_S)
        with contextlib.closing(connection):
            connection.request("GET", path)
            page: dict[str, Any] = json.loads(connection.getresponse().read())
            return page


class FakeServer:
    """A running server; a context manager, so that none is left behind."""

    def __init__(self, *options: str) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-m", "sim.bench.fake_server", *options],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._child.stdout is not None
        told = self._child.stdout.readline()
        if not told:
            self.close()
            raise OSError("the bench's own server did not start; what it wrote above says why")
        self.door = ServerDoor(int(json.loads(told)["port"]))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> int:
        """End it; its exit status."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.close()
        try:
            return self._child.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._child.kill()
            return self._child.wait()
        finally:
            self._child.stdout.close()
