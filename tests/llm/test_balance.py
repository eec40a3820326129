"""Several local servers: who is spoken for by which, and what becomes of them when one goes or is full."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace

import pytest

from llm import server_watch
from llm.bridge import Bridge
from llm.local_tier import LocalTier
from llm.settings import LlmSettings
from llm.types import Finished, Outcome, Started, Tier, TierState
from tests.support.model_requests import OpenGate, ask, end_of, hear, prompt_of, until, until_state
from tests.support.model_server import Exchange, ModelServer, say, serve_pages
from tests.support.model_tiers import only_local

pytestmark = pytest.mark.slow  # real sockets

PEOPLE = range(24)
_NAME = re.compile(r"Mira(\d+) is the baker")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits seconds for a server to be asked again."""
    monkeypatch.setattr(server_watch.ServerWatch.__init__, "__defaults__", (0.05,))


class Speaker:
    """A server that answers everybody, remembers whom, and may be told to hold somebody's answer back."""

    def __init__(self, port: int = 0) -> None:
        self.heard: Counter[int] = Counter()
        self.holds: set[int] = set()
        self.go_on = threading.Event()
        self.server = ModelServer(self._answer, port)

    @property
    def url(self) -> str:
        """As the settings name it."""
        return f"{self.server.root}/v1"

    def _answer(self, exchange: Exchange) -> None:
        if serve_pages(exchange):
            return
        found = _NAME.search(json.dumps(exchange.body))
        assert found is not None
        npc = int(found[1])
        self.heard[npc] += 1
        if npc in self.holds:
            self.go_on.wait(10)
        say("Good morrow.")(exchange)


@dataclass
class Town:
    """A bridge to several servers."""

    bridge: Bridge
    speakers: list[Speaker]
    lines: int = 0
    tiers: Counter[Tier] = field(default_factory=Counter)

    def ask(self, npc: int) -> int:
        """One line of somebody; its number."""
        self.lines += 1
        question = ask(self.lines, npc=npc)
        self.bridge.submit(replace(question, prompt=prompt_of(f"Mira{npc}")))
        self.bridge.hand_in()
        return self.lines

    def hear(self, *numbers: int) -> None:
        """Each of these is spoken to its end, by whomever."""
        for events in hear(self.bridge, *numbers).values():
            start, end = events[0], end_of(events)
            assert isinstance(start, Started)
            assert isinstance(end, Finished)
            assert end.outcome is Outcome.COMPLETE
            self.tiers[start.tier] += 1

    def everybody_speaks(self) -> None:
        """At once."""
        self.hear(*[self.ask(npc) for npc in PEOPLE])

    def homes(self) -> list[set[int]]:
        """Who was spoken for by which server."""
        return [set(speaker.heard) for speaker in self.speakers]


@contextmanager
def town(count: int, **local: object) -> Iterator[Town]:
    """A town of so many servers, all of them up."""
    with ExitStack() as stack:
        speakers = [Speaker() for _ in range(count)]
        for speaker in speakers:
            stack.callback(speaker.go_on.set)
            stack.enter_context(speaker.server)
        settings = LlmSettings.model_validate(
            {
                "local": {"base_url": [one.url for one in speakers], **local},
                "embedded": {"enabled": False},
                "timeouts": {"local": 8.0},  # nobody is in a hurry here
            }
        )
        bridge = stack.enter_context(Bridge(settings, OpenGate, make_tiers=only_local(LocalTier)))
        until_state(bridge, TierState.READY)
        until(lambda: len(bridge.published.lanes) == count)
        yield Town(bridge, speakers)


@pytest.mark.parametrize("count", [2, 3])
def test_people_are_spread_evenly_and_keep_to_their_server(count: int) -> None:
    """As many to each; and line after line the same, for it has read who they are."""
    with town(count, max_concurrency=16) as it:
        for _ in range(4):
            it.everybody_speaks()
        homes = it.homes()
        assert [len(home) for home in homes] == [len(PEOPLE) // count] * count
        assert set.union(*homes) == set(PEOPLE)  # so nobody has two
        assert all(set(one.heard.values()) == {4} for one in it.speakers)
        assert it.tiers == {Tier.LOCAL: 4 * len(PEOPLE)}


@pytest.mark.parametrize("count", [2, 3])
def test_a_server_that_goes_leaves_nobody_speechless(count: int) -> None:
    """Its people are spoken for by the others, and by it again when it is back."""
    with town(count, max_concurrency=32) as it:
        it.everybody_speaks()
        it.speakers[0].server.kill()
        it.everybody_speaks()  # some of them by templates: nobody can know yet
        until(lambda: len(it.bridge.published.lanes) == count - 1)
        it.tiers.clear()
        for speaker in it.speakers:
            speaker.heard.clear()
        it.everybody_speaks()
        assert it.tiers == {Tier.LOCAL: len(PEOPLE)}
        assert [len(home) for home in it.homes()] == [0] + [len(PEOPLE) // (count - 1)] * (count - 1)
        it.speakers[0] = Speaker(it.speakers[0].server.port)
        with it.speakers[0].server:
            until(lambda: len(it.bridge.published.lanes) == count)
            for speaker in it.speakers:
                speaker.heard.clear()
            it.everybody_speaks()
            assert [len(home) for home in it.homes()] == [len(PEOPLE) // count] * count
        assert it.tiers[Tier.TEMPLATE] == 0


def test_who_finds_their_server_full_goes_to_one_with_room() -> None:
    """And comes home when there is room again."""
    with town(2, max_concurrency=1) as it:
        for npc in range(3):
            it.hear(it.ask(npc))
        assert it.homes() == [{0, 2}, {1}]
        it.speakers[0].holds.add(0)
        held = it.ask(0)
        until(lambda: it.speakers[0].heard[0] == 2)
        it.hear(it.ask(2))
        assert it.speakers[1].heard[2] == 1
        it.speakers[0].go_on.set()
        it.hear(held)
        it.hear(it.ask(2))
        assert it.speakers[0].heard[2] == 2
        assert it.tiers[Tier.TEMPLATE] == 0


def test_where_all_are_full_people_wait_at_home() -> None:
    """A queue is no reason to have another server read who they are."""
    with town(2, max_concurrency=1) as it:
        for npc in range(4):
            it.hear(it.ask(npc))
        for npc in (0, 1):
            it.speakers[npc].holds.add(npc)
        held = [it.ask(npc) for npc in (0, 1)]
        until(lambda: all(it.speakers[npc].heard[npc] == 2 for npc in (0, 1)))
        waiting = [it.ask(npc) for npc in (2, 3)]
        until(lambda: sum(lane.waiting for lane in it.bridge.published.lanes) == 2)
        for speaker in it.speakers:
            speaker.go_on.set()
        it.hear(*held, *waiting)
        assert it.homes() == [{0, 2}, {1, 3}]
        assert it.tiers[Tier.TEMPLATE] == 0
