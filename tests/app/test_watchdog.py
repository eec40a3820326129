"""The watchdog: tells once of each hang, and where it is."""

from __future__ import annotations

import logging
import threading

import pytest

from sim.app.watchdog import FRAME_NS, Watchdog, Watched, stack_of, watch
from tests.support.running import running


def _events(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "sim.app.watchdog"]


def test_a_hang_is_told_once_and_the_next_one_again(caplog: pytest.LogCaptureFixture) -> None:
    """However often it looks; and nothing is told of who is quick."""
    now, busy_since = [0], [0]
    watched = Watched("frame", lambda: busy_since[0], FRAME_NS, threading.get_ident)
    dog = Watchdog([watched], lambda: now[0])
    caplog.set_level(logging.WARNING)
    for now[0], busy_since[0], told in (
        (FRAME_NS, 0, 0),
        (FRAME_NS, 1, 0),
        (FRAME_NS + 1, 1, 1),
        (FRAME_NS * 2, 1, 1),
        (FRAME_NS * 2, FRAME_NS + 5, 1),
        (FRAME_NS * 9, FRAME_NS + 5, 2),
    ):
        dog.look()
        assert len(_events(caplog)) == told
    assert "test_a_hang_is_told_once" in caplog.records[-1].__dict__["doing"]
    assert caplog.records[-1].__dict__["who"] == "frame"


def test_the_stack_of_a_thread_that_has_gone() -> None:
    """Is no error."""
    assert stack_of(None) == "gone"


def test_a_frame_that_hangs_is_told_with_what_it_did(caplog: pytest.LogCaptureFixture) -> None:
    """The real thread, over a real loop that says it has been at a frame for ever."""
    loop, told = running(), threading.Event()

    class Heard(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:  # noqa: ARG002 - logging's own
            told.set()

    handler = Heard()
    logging.getLogger("sim.app.watchdog").addHandler(handler)
    dog = watch(loop, None)
    try:
        loop.working_since_ns = 1  # since the machine was started
        assert told.wait(10)
    finally:
        dog.close()
        logging.getLogger("sim.app.watchdog").removeHandler(handler)
    assert _events(caplog) == ["watchdog.stuck"]
