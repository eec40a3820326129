"""The frame goes first: what has come waits while a frame works, and never for long."""

from __future__ import annotations

import threading

import pytest

from llm import right_of_way
from llm.right_of_way import RightOfWay, heeding_loop

pytestmark = pytest.mark.skipif("sys.platform == 'win32'", reason="loops wait otherwise there")


async def _hear(heard: threading.Event) -> None:
    heard.set()


def _listening(way: RightOfWay, heard: threading.Event) -> threading.Thread:
    loop = heeding_loop(way)

    def listen() -> None:
        try:
            loop.run_until_complete(_hear(heard))
        finally:
            loop.close()

    thread = threading.Thread(target=listen)
    thread.start()
    return thread


def test_the_loop_goes_on_when_the_frame_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """While a frame works nothing is handed to the loop; then all of it is."""
    monkeypatch.setattr(right_of_way, "MOST_WAIT_S", 60.0)
    way, heard, heeded = RightOfWay(), threading.Event(), threading.Event()
    heed = way.heed

    def noted() -> None:
        heeded.set()
        heed()

    monkeypatch.setattr(way, "heed", noted)
    way.take()
    thread = _listening(way, heard)
    assert heeded.wait(10)
    assert not heard.is_set()
    way.give()
    thread.join(10)
    assert heard.is_set()


def test_who_never_gives_the_way_only_makes_the_loop_slower() -> None:
    """A main thread that hangs does not stop the models."""
    way, heard = RightOfWay(), threading.Event()
    way.take()
    thread = _listening(way, heard)
    thread.join(10)
    assert heard.is_set()
