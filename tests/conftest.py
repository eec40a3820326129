"""What every test may rely on: no screen, no sound, no socket beyond this machine, no cache, key or purse but its own."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from typing import Any

import pytest

os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
os.environ.setdefault("SDL_AUDIODRIVER", "dummy")
os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")

_REAL_CONNECT = socket.socket.connect


def _connect(self: socket.socket, address: Any) -> None:
    if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1"):
        raise AssertionError(f"a test tried to reach {address!r}; only this machine is allowed")
    _REAL_CONNECT(self, address)


@pytest.fixture(autouse=True, scope="session")
def _only_this_machine() -> Iterator[None]:
    """Tests stay on loopback."""
    patch = pytest.MonkeyPatch()
    patch.setattr(socket.socket, "connect", _connect)
    yield
    patch.undo()


@pytest.fixture(autouse=True, scope="session")
def _nobodys_money(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Tests know no key of the user's, and neither read nor add to what the user has spent."""
    patch = pytest.MonkeyPatch()
    for variable in ("OPENAI_API_KEY", "OPENROUTER_API_KEY"):
        patch.delenv(variable, raising=False)
    patch.setenv("TWITCHMAN_STATE_DIR", str(tmp_path_factory.mktemp("state")))
    yield
    patch.undo()
