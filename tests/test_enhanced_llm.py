"""The original design's worked examples: as tests, and told to a reader by `make demo-llm`.

Everything is real but the two models: the client, its thread, its queues and its clocks; the models' words are
written down below.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, Final

import pytest
from pydantic import ValidationError
from rich.console import Console

from llm.backends.scripted import Scripted
from llm.canned import CannedAnswer
from llm.client import HybridLLMClient
from llm.generation import Reply
from llm.script_book import ScriptedLine
from llm.settings import LlmSettings, Timeouts
from llm.tier_door import fixed
from llm.types import Outcome, Request, RequestId, RouteReason, Tier, Why

FRAME_S: Final = 0.016  # a game's, at 60 frames per second
PATIENCE_S: Final = 10.0  # on a busy machine; an example takes far less

GREETING: Final[Mapping[str, Any]] = {
    "prompt": "Hello",
    "conversation_history": [],
    "participants": ["player"],
}
PHILOSOPHY: Final[Mapping[str, Any]] = {
    "prompt": "Discuss philosophical implications",
    "is_spotlight": True,
    "topic_complexity": 0.9,
    "participants": ["Ada", "Bram", "Cleo", "Dora", "Emil"],
}
TELL_A_STORY: Final = {"prompt": "Tell a story", "stream": True}
WIZARD: Final = {
    "system_prompt": "You are a wise wizard",
    "style_rules": ["Use archaic language"],
    "voice_characteristics": ["Deep voice"],
}
STORY: Final = "Once a baker lost her oven key. The town had no bread until a goat gave it back."
LINES: Final = {
    "Hello": ScriptedLine(text="Good morning! Fresh rolls today."),
    "Discuss philosophical implications": ScriptedLine(text="Consider what a town owes its quietest voice."),
    "Tell a story": ScriptedLine(text=STORY, chunk=4, pause=0.006),
    "Tell a story slowly": ScriptedLine(text="Once, a key.", chunk=4, pause=0.12),
    "Say nothing": ScriptedLine(text="", mishap="silence"),
}
STREAMED: Final = ["started", "chunk", "completed", "received"]
_CONSOLE: Final = Console(highlight=False, markup=False, soft_wrap=True)


class WrittenDown:
    """What a model says to each prompt, and what it was asked."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.asked: list[Request] = []

    def answer(self, request: Request) -> CannedAnswer:
        """The same to everybody."""
        self.asked.append(request)
        return LINES[request.prompt.nudge].answer()


class Told:
    """The client's signals, in the order in which a game hears them, and when."""

    def __init__(self, client: HybridLLMClient) -> None:
        self.all: list[tuple[str, RequestId, Any]] = []
        self.chunks: list[tuple[float, str, bool]] = []
        client.llm_stream_started.connect(lambda number: self._note("started", number))
        client.llm_stream_chunk.connect(self._chunk)
        client.llm_stream_completed.connect(lambda *what: self._note("completed", *what))
        client.llm_response_received.connect(lambda *what: self._note("received", *what))
        client.llm_request_failed.connect(lambda *what: self._note("failed", *what))

    def _note(self, name: str, number: RequestId, what: object = None) -> None:
        self.all.append((name, number, what))

    def _chunk(self, number: RequestId, text: str, is_complete: bool) -> None:
        self._note("chunk", number, text)
        self.chunks.append((time.monotonic(), text, is_complete))

    @property
    def names(self) -> list[str]:
        """What was told, each run of chunks as one."""
        names = [name for name, _, _ in self.all]
        return [name for at, name in enumerate(names) if name != "chunk" or names[at - 1] != "chunk"]


def tell(text: str) -> None:
    """A line for whoever reads the demo; a test keeps it for its failure."""
    _CONSOLE.print(f"  {text}")


def play(client: HybridLLMClient, happened: Callable[[], object]) -> None:
    """A game that goes on, frame by frame, until something has happened."""
    frame, patience_ends = threading.Event(), time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < patience_ends, "it did not happen in time"
        client.drain()
        frame.wait(FRAME_S)


@contextmanager
def a_game(**settings: object) -> Iterator[tuple[HybridLLMClient, WrittenDown, WrittenDown]]:
    """A client with a local model and a cloud that are both well, and the two models."""
    local, cloud = WrittenDown("small local model"), WrittenDown("large cloud model")
    tiers = fixed(Scripted(local), Scripted(cloud, tier=Tier.CLOUD))
    healthy: list[Tier] = []
    checked = LlmSettings.model_validate({"cloud": {"api_key": "a key for the demo"}, **settings})
    with HybridLLMClient(checked, make_tiers=tiers) as client:
        client.llm_health_changed.connect(lambda tier, _is_healthy: healthy.append(tier))
        play(client, lambda: len(healthy) == 2)
        yield client, local, cloud


def reply_to(client: HybridLLMClient, context: Mapping[str, Any], timeout: float | None = None) -> Reply:
    """Ask, and play on until the callback has been called."""
    replies = list[Reply]()
    client.generate_async(context, replies.append, timeout)
    play(client, lambda: replies)
    return replies.pop()


def test_each_line_goes_to_the_model_it_is_worth() -> None:
    """Routing: a greeting goes to the local model, philosophy in the spotlight to the cloud."""
    with a_game() as (client, local, cloud):
        ways = {Tier.LOCAL: RouteReason.LOCAL_READY, Tier.CLOUD: RouteReason.SPOTLIGHT}
        for context, (tier, reason) in zip((GREETING, PHILOSOPHY), ways.items(), strict=True):
            route = client.explain_route(context)
            assert client.select_model_strategy(context) == tier == route.tier
            assert route.reason is reason
            reply = reply_to(client, context)
            assert (reply.tier, reply.facts.route_reason) == (tier, reason)
            tell(f"{context['prompt']!r} -> {route.tier}, because {route.reason}, score {route.score:.2f}")
            tell(f"    the {reply.facts.backend} says: {reply}")
        assert [client.explain_route(one).score >= 0.6 for one in (GREETING, PHILOSOPHY)] == [False, True]
    assert (len(local.asked), len(cloud.asked)) == (1, 1)


def test_a_story_is_streamed() -> None:
    """Streaming: it starts once, comes in pieces, says which is the last, and completes once."""
    with a_game() as (client, _, _):
        told = Told(client)
        number = client.generate_async(TELL_A_STORY)
        play(client, lambda: "received" in told.names)
    assert (told.names, {of for _, of, _ in told.all}) == (STREAMED, {number})
    assert [is_complete for _, _, is_complete in told.chunks] == [False] * (len(told.chunks) - 1) + [True]
    assert told.all[-2] == ("completed", number, "".join(text for _, text, _ in told.chunks))
    assert told.all[-2][2] == STORY
    for _, text, is_complete in told.chunks:
        tell(f"chunk {text!r}, is_complete={is_complete}")
    tell(f"completed: {told.all[-2][2]}")


def test_a_persona_is_made_once() -> None:
    """Persona cache: the wizard's block is made at the first call, found at the second, and put into prompts."""
    with a_game() as (client, local, _):
        first = client.get_cached_persona_block("wizard_001", WIZARD)
        assert (client.personas.hits, client.personas.misses) == (0, 1)
        assert client.get_cached_persona_block("wizard_001", WIZARD) is first
        assert (client.personas.hits, client.personas.misses) == (1, 1)
        reply_to(client, {**GREETING, "agent_id": "wizard_001", "persona": WIZARD})
        assert (client.personas.misses, local.asked[0].prompt.persona) == (1, first)
    assert first == "You are a wise wizard\nStyle: Use archaic language.\nVoice: Deep voice."
    tell(f"{first!r}, {client.personas.report()}")


@pytest.mark.slow
def test_settings_change_while_the_game_runs() -> None:
    """Live settings: checked when they are set, and in force from the next question on."""
    with a_game() as (client, _, _):
        config, told = client.agent_config, Told(client)
        config.timeouts.local, config.timeouts.cloud = 2.0, 5.0
        config.streaming.chunk_size, config.streaming.update_rate = 15, 0.05
        assert client.settings.timeouts == Timeouts(local=2.0, cloud=5.0)
        with pytest.raises(ValidationError, match="should be greater than 0"):
            config.timeouts.local = -1.0
        assert config.timeouts.local == 2.0
        reply_to(client, TELL_A_STORY)
        pieces = told.chunks[:-2]  # the last piece is what was left, and after it comes the empty end
        assert len(pieces) > 1
        for (before_s, _, _), (now_s, text, _) in pairwise(pieces):
            assert len(text) >= 15 or now_s - before_s >= 0.05 - 2 * FRAME_S
        tell(
            f"timeouts.local = -1.0 is refused; chunk_size = 15: pieces of {[len(text) for _, text, _ in pieces]} characters"
        )
        told.chunks.clear()
        reply_to(client, {"prompt": "Tell a story slowly"})
        slowly = [text for _, text, _ in told.chunks if text]
        assert len(slowly) > 1
        tell(f"update_rate = 0.05: words that come slower than that are not held back: {slowly}")


def test_hybrid_inference_is_a_switch() -> None:
    """Hybrid off: even the spotlight is local; on again, it is the cloud's."""
    with a_game() as (client, _, _):
        ways = {False: (Tier.LOCAL, RouteReason.HYBRID_OFF), True: (Tier.CLOUD, RouteReason.SPOTLIGHT)}
        for enabled, way in ways.items():
            client.set_hybrid_inference(enabled)
            reply = reply_to(client, PHILOSOPHY)
            assert (reply.tier, reply.facts.route_reason) == way
            tell(f"set_hybrid_inference({enabled}): {reply.tier}, because {reply.facts.route_reason}")


@pytest.mark.slow
def test_streaming_is_a_switch() -> None:
    """Streaming off: replies come whole, without stream signals; on again, in pieces."""
    with a_game() as (client, _, _):
        for enabled, names in ((False, ["received"]), (True, STREAMED)):
            client.set_streaming_enabled(enabled)
            told = Told(client)
            assert reply_to(client, {"prompt": "Tell a story"}) == STORY
            assert told.names == names
            tell(f"set_streaming_enabled({enabled}): {', '.join(told.names)}")


@pytest.mark.slow
def test_a_model_that_is_silent_is_replaced_in_time() -> None:
    """Timeout: the reply is a template, marked as one, when the time is over and not later."""
    with a_game(timeouts={"local": 5.0}) as (client, _, _):
        told, asked_s = Told(client), time.monotonic()
        reply = reply_to(client, {"prompt": "Say nothing", "fallback_text": "Hm?"}, 0.3)
        waited_s = time.monotonic() - asked_s
        assert 0.3 <= waited_s < 1.5
        assert (reply, reply.is_template, reply.tier) == ("Hm?", True, Tier.TEMPLATE)
        assert ("failed", reply.facts.request_id, RouteReason.FIRST_CONTENT_MISSED) in told.all
        tell(f"{str(reply)!r} after {waited_s:.2f} s of 0.3, is_template={reply.is_template}")


def test_older_callers_are_served_as_before() -> None:
    """send_request: the callback gets the reply whole, and no stream signal is told."""
    with a_game() as (client, _, _):
        told, replies = Told(client), list[Reply]()
        number = client.send_request({"prompt": "Tell a story"}, replies.append)
        play(client, lambda: replies)
    assert (replies, replies[0].facts.request_id, told.names) == ([STORY], number, ["received"])
    tell(f"the callback got {len(replies[0])} characters at once; signals: {', '.join(told.names)}")


def test_what_is_cancelled_is_not_heard() -> None:
    """cancel: the callback is never called, and others are not disturbed."""
    with a_game() as (client, _, _):
        told, replies = Told(client), list[Reply]()
        client.cancel(client.generate_async(TELL_A_STORY, replies.append))
        assert reply_to(client, TELL_A_STORY) == STORY
        assert (replies, client.lines_open, told.names) == ([], 0, STREAMED)
    tell("of two stories the cancelled one was never heard")


def test_an_answer_can_be_a_future() -> None:
    """generate: a future that a drain fulfils."""
    with a_game() as (client, _, _):
        future = client.generate(GREETING)
        play(client, future.done)
    facts = future.result(0).facts
    assert (facts.tier, facts.outcome, facts.why) == (Tier.LOCAL, Outcome.COMPLETE, Why.NONE)
    assert 0 < facts.stats.ttfc_ms <= facts.stats.duration_ms
    tell(f"{future.result(0).text!r} from {facts.backend} after {facts.stats.duration_ms:.0f} ms")


@pytest.mark.slow
def test_the_client_counts_what_its_models_do() -> None:
    """Performance: per tier requests, success rate, errors by reason, and times."""
    with a_game() as (client, _, _):
        for context in (GREETING, GREETING, PHILOSOPHY):
            reply_to(client, context)
        reply_to(client, {"prompt": "Say nothing"}, timeout=0.3)
        figures = client.get_model_performance()
    assert {tier: one["requests"] for tier, one in figures.items()} == {"local": 3, "cloud": 1, "template": 1}
    assert figures["cloud"]["success_rate"] == figures["template"]["success_rate"] == 1.0
    assert figures["local"]["error_counts"] == {"first_content": 1}
    assert 0 < figures["local"]["ttfc_ms"]["p50"] <= figures["local"]["duration_ms"]["p50"]
    for tier, one in figures.items():
        first, rate = one["ttfc_ms"]["p50"], one["success_rate"]
        tell(f"{tier}: success {rate:.2f}, first word p50 {first:.0f} ms, errors {one['error_counts']}")


def main() -> None:
    """Every example, and what happened."""
    for name, example in list(globals().items()):
        if name.startswith("test_"):
            _CONSOLE.print(f"\n{example.__doc__}", style="bold")
            example()
    _CONSOLE.print("\nEvery example did as the design says.")


if __name__ == "__main__":
    main()
