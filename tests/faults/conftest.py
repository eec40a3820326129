"""Nobody waits seconds for a server to be asked again, or for a breaker's rest."""

from __future__ import annotations

import pytest

from llm import breaker, server_watch


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """A tenth of the program's own times, in the same proportion; who has time for it waits as people do."""
    if request.node.get_closest_marker("by_hand"):
        return
    monkeypatch.setattr(server_watch.ServerWatch.__init__, "__defaults__", (0.2,))
    monkeypatch.setattr(server_watch, "_LOADING_PAUSE_S", 0.2)
    monkeypatch.setattr(server_watch, "_WELL_PAUSE_S", 1.0)
    monkeypatch.setattr(breaker, "FIRST_REST_S", 0.2)
    monkeypatch.setattr(breaker, "LONGEST_REST_S", 1.0)
