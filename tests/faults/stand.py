"""The real client before a server that misbehaves, with frames that go on; it holds every row to the common promises.

P1 no frame waits, P2 every line ends in time, P3 nothing but speech is shown, P4 the better tier is back within a probe,
P5 nothing is left, P6 attempts are bounded. (P7, one history, is the world's: see the replay tests.)
"""

from __future__ import annotations

import gc
import os
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import psutil

from agents.publish import PublishGate
from llm.bridge import Bridge
from llm.local_tier import LocalTier
from llm.protocol import Gate, GateFactory
from llm.settings import LlmSettings
from llm.tier_door import TiersFactory
from llm.types import (
    Failed,
    Finished,
    Outcome,
    Priority,
    Request,
    RequestId,
    Started,
    TextDelta,
    Tier,
    TierState,
    Why,
)
from tests.support.model_requests import ask
from tests.support.model_server import ModelServer
from tests.support.model_tiers import only_local

FRAME_S: Final = 1 / 60
FALLBACK: Final = "Fine weather today."
CANARY: Final = "sk-canary-7f3a"
CLOCKS: Final = {"local": 0.5, "cloud": 0.5, "stall": 0.5, "total": 1.5, "connect": 0.4}
RESPONSE_S: Final = 0.4
PROBE_S: Final = 3.0  # a breaker's first rest and a look at the server, as a test has them, and some patience
_SLACK_S: Final = 0.4  # of a busy machine
_MOST_FRAME_CPU_S: Final = 0.05
_UNSPEAKABLE: Final = re.compile(r"[<>{}\x00-\x1f\x7f]|Traceback|data:|" + CANARY)


@dataclass(slots=True)
class Heard:
    """One line, as the screen had it."""

    began_s: float
    tier: Tier | None = None
    text: str = ""
    end: Finished | Failed | None = None
    first_s: float = 0.0  # from the question to the first word
    whole_s: float = 0.0

    @property
    def outcome(self) -> Outcome:
        """How it ended."""
        assert self.end is not None
        return self.end.outcome

    @property
    def why(self) -> Why:
        """The reason of that."""
        assert self.end is not None
        return self.end.why


def real_gate(request: Request) -> Gate:
    """The program's."""
    return PublishGate(request.prompt.speaker, request.prompt.listeners)


@dataclass(slots=True)
class Stand:
    """Asks lines and draws frames."""

    bridge: Bridge
    notices: list[str]
    asked: int = 0
    longest_frame_s: float = 0.0  # of the thread's own time
    began_s: float = field(default_factory=time.monotonic)
    _lines: dict[RequestId, Heard] = field(default_factory=dict)
    _pause: threading.Event = field(default_factory=threading.Event)

    def speak(self, *, npc: int | None = None) -> Heard:
        """One line, from question to end."""
        return self.speak_all(1, npc=npc)[0]

    def speak_all(self, count: int, *, npc: int | None = None) -> list[Heard]:
        """Several people at once."""
        numbers = [self.ask(npc=npc) for _ in range(count)]
        self.until(lambda: all(self._lines[number].end is not None for number in numbers))
        heard = [self._lines[number] for number in numbers]
        for one in heard:
            check(one)
        return heard

    def ask(
        self, *, npc: int | None = None, fallback: str = FALLBACK, priority: Priority = Priority.VISIBLE
    ) -> RequestId:
        """A question; its answer comes with the frames."""
        self.asked += 1
        who = self.asked if npc is None else npc
        request = ask(self.asked, who, fallback=fallback, priority=priority)
        self._lines[request.id] = Heard(time.monotonic())
        began_s = time.thread_time()
        self.bridge.submit(request)
        self._count_frame(began_s)
        return request.id

    def of(self, number: RequestId) -> Heard:
        """What was heard of it so far."""
        return self._lines[number]

    def until(self, true: Callable[[], bool], patience_s: float = 8.0) -> None:
        """Draw frames until it is so."""
        end_s = time.monotonic() + patience_s
        while not true():
            assert time.monotonic() < end_s, f"it did not happen in {patience_s} s; {self.bridge!r}"
            self.frame()
            self._pause.wait(FRAME_S)

    def wait(self, seconds: float) -> None:
        """So long nothing but frames."""
        end_s = time.monotonic() + seconds
        self.until(lambda: time.monotonic() >= end_s, seconds + 1.0)

    def frame(self) -> None:
        """One drain."""
        began_s = time.thread_time()
        events = self.bridge.drain(0, 64)
        for event in events:
            self._hear(event)
        self._count_frame(began_s)

    def come_back(self, within_s: float = PROBE_S) -> None:
        """P4: now that the fault is over, the better tier is used again within a probe."""
        end_s = time.monotonic() + within_s
        while self.speak().tier is not Tier.LOCAL:
            assert time.monotonic() < end_s, f"still on templates after {within_s} s: {self.bridge!r}"
            self.wait(0.1)

    def badge(self) -> TierState:
        """What the screen says of the local tier."""
        return self.bridge.status().state

    def _hear(self, event: object) -> None:
        heard = self._lines.get(getattr(event, "request_id", RequestId(0)))
        if heard is None:
            return
        match event:
            case Started(tier=tier):
                heard.tier, heard.first_s = tier, time.monotonic() - heard.began_s
            case TextDelta(text=text):
                assert heard.end is None, "text after the end"
                heard.text += text
            case Finished() | Failed():
                assert heard.end is None, "two ends"
                heard.end, heard.whole_s = event, time.monotonic() - heard.began_s

    def _count_frame(self, began_s: float) -> None:
        self.longest_frame_s = max(self.longest_frame_s, time.thread_time() - began_s)


def check(heard: Heard) -> None:
    """P2 and P3, of one line."""
    assert heard.tier is not None, f"nothing was said: {heard.end}"
    assert heard.first_s <= CLOCKS["local"] + RESPONSE_S + _SLACK_S, f"silent for {heard.first_s:.2f} s"
    assert heard.whole_s <= CLOCKS["total"] + CLOCKS["local"] + _SLACK_S
    assert heard.text.strip()
    assert not (found := _UNSPEAKABLE.search(heard.text)), f"{found.group()!r} was shown" if found else ""


@contextmanager
def stand_before(
    base_url: str,
    server: ModelServer | None = None,
    *,
    gate: GateFactory = real_gate,
    make_tiers: TiersFactory | None = None,
    **more: Any,
) -> Iterator[Stand]:
    """One client; when it has gone, everything is as it was."""
    before = _left()
    local = {"base_url": base_url, "api_key": CANARY, **more.pop("local", {})}
    told = {"local": local, "timeouts": CLOCKS, "fallback": {"response_time": RESPONSE_S}, **more}
    settings = LlmSettings.model_validate({"embedded": {"enabled": False}, **told})
    notices: list[str] = []
    requests = server.requests if server else 0
    with Bridge(
        settings,
        gate,
        allow_download=False,
        notice=notices.append,
        make_tiers=make_tiers or only_local(LocalTier),
    ) as bridge:
        stand = Stand(bridge, notices)
        yield stand
        assert stand.longest_frame_s < _MOST_FRAME_CPU_S, (
            f"a frame took {stand.longest_frame_s * 1000:.0f} ms"
        )
        if server is not None:
            _check_attempts(stand, server.requests - requests)
    assert not any(CANARY in notice or "\n" in notice for notice in notices)
    _check_left(before)


def _check_attempts(stand: Stand, attempts: int) -> None:
    """P6."""
    lived_s = time.monotonic() - stand.began_s
    most = 1.1 * stand.asked + 1 + lived_s / 10
    assert attempts <= most, f"{attempts} attempts for {stand.asked} lines"


def _left() -> dict[str, int]:
    process = psutil.Process()
    return {
        "threads": sum(thread.name == "models" for thread in threading.enumerate()),
        "descriptors": process.num_fds() if os.name == "posix" else 0,
        "children": len(process.children()),
    }


def _check_left(before: dict[str, int]) -> None:
    """P5. A descriptor that only the collector gives back is not given back."""
    end_s = time.monotonic() + 2.0
    while (left := _left()) != before and time.monotonic() < end_s:
        threading.Event().wait(0.02)
    more = {name: left[name] - before[name] for name in left if left[name] > before[name]}
    assert not more, f"left behind: {more}"
    gc.collect()


def free_port() -> int:
    """One on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def ready(stand: Stand) -> None:
    """The server was found well."""
    stand.until(lambda: stand.badge() is TierState.READY)
