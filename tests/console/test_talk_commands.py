"""`conversation`, `context`, `streaming` and `panic`, over the small town."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agents.conversation.talk import Conversation
from sim.console.commands import row_of
from sim.console.context_commands import ContextCommands
from sim.console.registry import Registry
from sim.console.talk_commands import TalkCommands
from sim.loop import Loop
from sim.state_hash import state_hash
from tests.support.running import running


@pytest.fixture
def loop() -> Loop:
    """The small town, an instant old."""
    loop = running()
    loop.tick()
    return loop


@pytest.fixture
def run(loop: Loop) -> Callable[[str], str]:
    """Type a line; an answer that takes its time is waited for."""

    def name_of(name: str) -> int:
        return row_of(loop.world, name)

    commands = [*TalkCommands(loop, name_of).commands(), *ContextCommands(loop, name_of).commands()]
    registry = Registry(commands)

    def typed(line: str) -> str:
        answer = registry.run(line)
        while not isinstance(answer, str):
            told = answer()
            if told is not None:
                return told
            loop.tick()
        return answer

    return typed


@pytest.fixture
def talk(loop: Loop, run: Callable[[str], str]) -> Conversation:
    """Emma and Ben, about animals, some lines in."""
    run("conversation start emma ben --topic animals")
    for _ in range(3000):
        loop.tick()
        for one in loop.world.talks.values():
            if (
                set(one.participants) >= {row_of(loop.world, "emma"), row_of(loop.world, "ben")}
                and one.said > 2
            ):
                return one
    raise AssertionError("they never talked")


def test_a_talk_is_begun_listed_and_counted(run: Callable[[str], str], talk: Conversation) -> None:
    """By the names and the topic that were given."""
    listed = next(line for line in run("conversation list").splitlines() if line.startswith(f"#{talk.id} "))
    assert "Emma" in listed
    assert "Ben" in listed
    assert "lines; last:" in listed
    assert f"#{talk.id} " in run(f"conversation stats {talk.id}")
    assert "going on" in run("conversation stats")
    assert "animals" in run("conversation topic")


def test_a_talk_obeys(run: Callable[[str], str], loop: Loop, talk: Conversation) -> None:
    """Another topic, a line now, somebody out of it, and silence."""
    run(f"conversation topic {talk.id} weather")
    loop.tick()
    assert talk.topic == "weather"
    said = run("conversation force emma")
    assert said.startswith("Emma: ")
    assert "leaves" in run("conversation leave ben")
    run("panic")
    loop.tick()
    assert loop.world.talks == {}
    assert loop.hearing.bubbles.showing() == ()


def test_the_context_of_the_next_line_is_told(
    run: Callable[[str], str], loop: Loop, talk: Conversation
) -> None:
    """In numbers, as text, and as sound; looking changes nothing."""
    before, floor = state_hash(loop.world), talk.speaker
    for name in ("emma", "ben"):
        built = run(f"context build {name}")
        assert "of 300 tokens" in built or "of 600 tokens" in built
        assert "persona" in built
        prompt = run(f"context prompt {name}")
        assert prompt.endswith(f'{name.title()}: "')
        assert run(f"context validate {name}") == "nothing is wrong with it"
    assert (state_hash(loop.world), talk.speaker) == (before, floor)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("conversation start emma", "two to eight different people"),
        ("conversation start emma ben --topic nonsense", "nonsense"),
        ("conversation join emma", "expected a name and the number of a talk"),
        ("conversation join emma many", "number"),
        ("conversation leave otto", "no talk"),
        ("conversation topic 1", "expected the number of a talk and a topic"),
        ("conversation force otto", "no talk"),
        ("conversation stats 999", "999"),
        ("context build", "expected one name"),
        ("context prompt otto", "Otto is in no talk"),
        ("context validate nobody", "nobody is called 'nobody'"),
        ("streaming status", "no line is awaited"),
    ],
)
def test_a_mistake_is_one_line(run: Callable[[str], str], line: str, says: str) -> None:
    """That says what was expected."""
    answer = run(line)
    assert says in answer
    assert "\n" not in answer
