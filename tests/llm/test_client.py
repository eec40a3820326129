"""The client over its real thread and scripted models: who is told what, on which thread, and how often."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import groupby
from typing import Any

import pytest

from llm.backends.scripted import Scripted
from llm.client import FALLBACK_TEXT, HybridLLMClient
from llm.errors import Unreachable
from llm.generation import Reply
from llm.protocol import GateFactory
from llm.script_book import ScriptBook, ScriptedLine
from llm.settings import LlmSettings
from llm.tier_door import FixedTier, TierContext, fixed
from llm.types import (
    Finished,
    RequestId,
    RouteReason,
    Started,
    TextDelta,
    Tier,
    TierState,
    TierStatus,
    Why,
)
from tests.support.model_requests import ShutGate, ask, frames, hear, until, until_state
from tests.support.model_tiers import only_local

TEXT = "Good morrow to you all, my friends."
PATIENT = {"local": 60.0, "cloud": 60.0, "total": 60.0}  # a busy machine is not what is tested
SPOTLIGHT = {"prompt": "Hello", "is_spotlight": True}


@contextmanager
def client_over(
    *lines: ScriptedLine | str, in_flight: int = 4, gate: GateFactory | None = None
) -> Iterator[HybridLLMClient]:
    """A client without a key, whose local model and cloud are ready to say these lines."""
    book = ScriptBook(lines or (TEXT,))
    tiers = fixed(Scripted(book, in_flight), Scripted(book, in_flight, Tier.CLOUD))
    checked = LlmSettings.model_validate({"cloud": {"api_key": ""}, "timeouts": PATIENT})
    with HybridLLMClient(checked, gate, make_tiers=tiers) as client:
        until(lambda: client.status().state is TierState.READY and len(client.lanes) == 2)
        yield client


def play(client: HybridLLMClient, happened: Callable[[], object]) -> None:
    """Frames, until something has happened."""
    for _ in frames(client):
        if happened():
            return


class Ear:
    """Everything that a client tells, and on which thread."""

    def __init__(self, client: HybridLLMClient) -> None:
        self.told: dict[RequestId, list[tuple[str, Any]]] = {}
        self.threads = set[int]()
        client.llm_stream_started.connect(partial(self._note, "started"))
        client.llm_stream_chunk.connect(
            lambda n, text, last: self._note("last" if last else "chunk", n, text)
        )
        client.llm_stream_completed.connect(partial(self._note, "completed"))
        client.llm_response_received.connect(partial(self._note, "received"))
        client.llm_request_failed.connect(partial(self._note, "failed"))

    def callback(self, reply: Reply) -> None:
        """Of a caller."""
        self._note("callback", reply.facts.request_id, reply)

    def names(self, number: RequestId) -> list[str]:
        """What was told of one line, each run of chunks as one."""
        return [name for name, _ in groupby(name for name, _ in self.told.get(number, []))]

    def hear_out(self, client: HybridLLMClient, *numbers: RequestId, budget: int = 64) -> None:
        """Frames, until the callers of these have been called back."""
        for _ in frames(client):
            client.drain(budget=budget)
            if all("callback" in self.names(number) for number in numbers):
                return

    def _note(self, name: str, number: RequestId, what: object = None) -> None:
        self.threads.add(threading.get_ident())
        self.told.setdefault(number, []).append((name, what))


STREAMED = ["started", "chunk", "last", "completed", "received", "callback"]


def test_everything_is_told_on_the_thread_that_drains() -> None:
    """Whichever that is; the background only speaks through it."""
    with ThreadPoolExecutor(1) as game, client_over() as client:
        ear, health = Ear(client), set[int]()
        client.llm_health_changed.connect(lambda *_news: health.add(threading.get_ident()))
        number = client.generate_async("Hello", ear.callback)
        game.submit(ear.hear_out, client, number).result(20)
        assert ear.threads == health == {game.submit(threading.get_ident).result(5)}
    assert ear.names(number) == STREAMED


@pytest.mark.slow
def test_of_many_lines_at_once_each_is_told_once_and_in_order() -> None:
    """Two hundred of them in flight together, drained a handful at a time."""
    with client_over(ScriptedLine(text=TEXT, chunk=5, delay=0.2), in_flight=256) as client:
        ear, numbers = Ear(client), list[RequestId]()
        for asked in (50, 100, 150, 200):
            numbers += [client.generate_async("Hello", ear.callback) for _ in range(50)]
            client.hand_in()
            until(partial(lambda asked: client.performance.attempts == asked, asked))
        assert client.lines_open == len(set(numbers)) == 200
        ear.hear_out(client, *numbers, budget=7)
    assert (set(ear.told), client.lines_open) == (set(numbers), 0)
    for number, told in ear.told.items():
        assert ear.names(number) == STREAMED
        assert "".join(what for name, what in told if name in {"chunk", "last"}) == TEXT
        assert [what for name, what in told if name in {"completed", "received", "callback"}] == [TEXT] * 3


def test_a_callers_bug_spoils_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """A callback and a listener that raise are logged; everybody else is told all the same."""

    def fail(*_news: object) -> None:
        raise RuntimeError("a bug of theirs")

    with client_over() as client:
        for signal in (client.llm_stream_started, client.llm_stream_chunk, client.llm_response_received):
            signal.connect(fail)
        ear = Ear(client)
        client.generate_async("Hello", fail)
        second = client.generate_async("Hello", ear.callback)
        ear.hear_out(client, second)
    assert ear.names(second) == STREAMED
    assert {record.message for record in caplog.records} == {"callback.failed", "signal.listener_failed"}


def test_a_callback_may_ask_the_next_question() -> None:
    """A talk that goes on by itself."""
    with client_over() as client:
        replies = list[Reply]()

        def go_on(reply: Reply) -> None:
            replies.append(reply)
            if len(replies) < 3:
                client.generate_async("And then?", go_on)

        client.generate_async("Hello", go_on)
        play(client, lambda: len(replies) == 3)
    assert replies == [TEXT] * 3


def test_an_agents_newest_question_wins() -> None:
    """The older one ends as superseded; agents without a name are never in each other's way."""
    with client_over(ScriptedLine(text=TEXT, delay=0.05)) as client:
        ear = Ear(client)
        old, new = (client.generate_async({"prompt": "x", "agent_id": "ada"}, ear.callback) for _ in range(2))
        others = [client.generate_async("x", ear.callback) for _ in range(2)]
        others.append(client.generate_async({"prompt": "x", "agent_id": "bram"}, ear.callback))
        ear.hear_out(client, old, new, *others)
    assert ear.names(old) == ["failed", "callback"]
    reply = ear.told[old][-1][1]
    assert (reply, reply.facts.why) == ("", Why.SUPERSEDED)
    assert [ear.names(number) for number in (new, *others)] == [STREAMED] * 4


def test_asking_takes_no_time() -> None:
    """However slow the model is; how fast it really is, is the benchmark's to say."""
    took_s = list[float]()
    with client_over(ScriptedLine(text=TEXT, mishap="silence"), in_flight=1) as client:
        for _ in range(200):
            begun_s = time.perf_counter()
            client.generate_async({"prompt": "Hello", "agent_id": "ada", "memories": ["It rained."] * 5})
            took_s.append(time.perf_counter() - begun_s)
    assert statistics.median(took_s) < 0.005


def test_the_towns_lines_come_back_and_callers_do_not() -> None:
    """Signals tell of both; the town's gate is for the town."""
    with client_over(gate=ShutGate) as client:
        ear = Ear(client)
        mine = client.generate_async("Hello", ear.callback)
        client.submit(ask(1))
        events = hear(client, 1)
        ear.hear_out(client, mine)
    assert (list(events), ear.names(RequestId(1)), ear.names(mine)) == ([1], ["failed"], STREAMED)
    with client_over() as client:
        ear = Ear(client)
        client.submit(ask(1))
        kinds = [type(event) for event in hear(client, 1)[1]]
    assert (kinds[0], kinds[-1], set(kinds[1:-1])) == (Started, Finished, {TextDelta})
    assert ear.names(RequestId(1)) == STREAMED[:-1]


@pytest.mark.parametrize("stream", [None, True, False])
@pytest.mark.parametrize("old_way", [True, False])
def test_a_question_may_say_itself_whether_it_streams(stream: bool | None, old_way: bool) -> None:
    """Otherwise the settings do, but for older callers, who never did."""
    with client_over() as client:
        door = client.send_request if old_way else client.generate_async
        for enabled in (True, False):
            client.set_streaming_enabled(enabled)
            ear = Ear(client)
            number = door({"prompt": "Hello", "stream": stream}, ear.callback)
            ear.hear_out(client, number)
            streams = (enabled and not old_way) if stream is None else stream
            assert ear.names(number) == (STREAMED if streams else STREAMED[-2:])


class Moody(FixedTier):
    """A tier that is as well as it is told to be."""

    state = TierState.STARTING

    async def check(self) -> None:
        """Say how it is."""
        self._context.publish(Tier.LOCAL, TierStatus(self.state, "scripted", detail="as told"))


def test_health_is_told_when_it_changes() -> None:
    """Once when a tier is ready, once when it goes down, and not in between."""
    tiers, told = list[Moody](), list[tuple[Tier, bool]]()

    def make_tier(context: TierContext) -> Moody:
        tiers.append(Moody(context, Scripted(ScriptBook([TEXT]))))
        return tiers[0]

    settings = LlmSettings.model_validate({"cloud": {"api_key": ""}})
    with HybridLLMClient(settings, make_tiers=only_local(make_tier)) as client:
        client.llm_health_changed.connect(lambda *news: told.append(news))
        until(lambda: client.status().detail == "as told")
        for state in (TierState.READY, TierState.READY, TierState.DOWN, TierState.READY):
            tiers[0].state = state
            client.check_health()
            until_state(client, state)
            client.drain()
        health = client.check_health()
    assert told == [(Tier.LOCAL, True), (Tier.LOCAL, False), (Tier.LOCAL, True)]
    local = health["local"]
    assert (local["healthy"], local["state"], local["detail"]) == (True, "ready", "as told")
    assert (health["cloud"]["healthy"], health["cloud"]["state"]) == (False, "off")


def test_a_key_opens_the_cloud_at_once_and_no_key_closes_it() -> None:
    """Without waiting for the background to hear of it; the key is shown nowhere."""
    with client_over() as client:
        for key, tier, reason in (
            ("", Tier.LOCAL, RouteReason.NO_KEY),
            ("sk-canary", Tier.CLOUD, RouteReason.SPOTLIGHT),
            ("", Tier.LOCAL, RouteReason.NO_KEY),
        ):
            client.set_cloud_api_key(key)
            route = client.explain_route(SPOTLIGHT)
            assert (route.tier, route.reason) == (tier, reason)
            assert "canary" not in f"{client.settings!r} {client.check_health()} {client.bridge!r}"
            future = client.generate(SPOTLIGHT)
            play(client, future.done)
            assert future.result(0).tier is tier


def test_what_is_cancelled_is_told_no_more() -> None:
    """Before its first word or after; to cancel it again is no error."""
    with client_over(ScriptedLine(text=TEXT, chunk=12, mishap="stall")) as client:
        ear = Ear(client)
        number = client.generate_async("Hello", ear.callback)
        play(client, lambda: ear.told)
        unheard = client.generate_async("Hello", ear.callback)
        before = ear.names(number)
        for cancelled in (number, unheard, number):
            client.cancel(cancelled)
        assert (client.lines_open, client.drain(), ear.names(number)) == (0, [], before)
        assert unheard not in ear.told


def test_after_close_nothing_is_left_and_nobody_waits() -> None:
    """No thread; futures are cancelled, callbacks are not called, and who asks later gets a template."""
    before, replies = set(threading.enumerate()), list[Reply]()
    with client_over(ScriptedLine(text=TEXT, mishap="silence")) as client:
        futures = [client.generate("Hello") for _ in range(3)]
        client.generate_async("Hello", replies.append)
        begun_s = time.monotonic()
    assert time.monotonic() - begun_s < 2
    assert set(threading.enumerate()) <= before
    assert all(future.cancelled() for future in futures)
    client.close()
    assert (client.drain(), client.lines_open, replies) == ([], 0, [])
    late = client.generate("Hello")
    client.drain()
    assert (late.result(0), late.result(0).facts.route_reason) == (FALLBACK_TEXT, RouteReason.THREAD_DOWN)
    with pytest.raises(Unreachable):
        client.test_line().result(5)
