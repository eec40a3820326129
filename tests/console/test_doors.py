"""One registry, many doors: each lets through what it may, completes what it may, and shows no more in its help."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pytest

from sim.console.completion import completions
from sim.console.desk import COMMANDS_A_FRAME, MOST_PENDING, MOST_WAITING, WORK_NS, Desk, Scheduled
from sim.console.doors import Access, Door
from sim.console.registry import Command, Later, Registry

VIEWERS: Final = Door("the viewers", Access.SEE)
GUESTS: Final = Door("the guests", Access.STEER)
OWNER: Final = Door("the owner", Access.RUN)


def command(name: str, access: Access) -> Command:
    """One that says its name."""
    return Command(name, "<name>", "says its name", lambda _words: name, access)


@pytest.fixture
def registry() -> Registry:
    """One command of each level."""
    levels = (("look", Access.SEE), ("push", Access.STEER), ("quit", Access.RUN))
    return Registry([command(name, access) for name, access in levels], {"name": lambda: ["mira", "jon"]})


@pytest.mark.parametrize(
    ("door", "done"),
    [(VIEWERS, ["look"]), (GUESTS, ["look", "push"]), (OWNER, ["look", "push", "quit"])],
)
def test_a_door_lets_through_all_up_to_its_level(registry: Registry, door: Door, done: list[str]) -> None:
    """What it may not do is neither done, nor listed, nor completed; and it is told why."""
    assert registry.names(door) == done
    for name in ("look", "push", "quit"):
        answer = registry.run(name, door)
        assert answer == name if name in done else f"not from {door.name}" in str(answer)
        assert (f"{name} <name>" in registry.help("", door)) is (name in done)
        assert (registry.completions(name[:2], door) == [name]) is (name in done)


def test_every_line_at_the_desk_is_run_as_its_door_allows(registry: Registry) -> None:
    """Typed lines by the door they came through; those from before the start by theirs."""
    said: list[str] = []
    desk = Desk(registry, lambda _line, reply: said.append(reply), options=GUESTS)
    desk.schedule([Scheduled.parse("quit"), Scheduled.parse("push")])
    desk.type("quit", OWNER)
    desk.type("push", VIEWERS)
    desk.work(1)
    assert said == [
        "quit: not from the guests, which may steer at most",
        "push",
        "quit",
        "push: not from the viewers, which may see at most",
    ]


USAGES: Final = {
    "why": "<name>",
    "who": "",
    "llm hybrid": "[true|false]",
    "talk start": "<name> <name> [name...] [--topic T]",
    "talk join": "<name> <talk>",
}
WORDS: Final = {
    "name": lambda: ["mira", "jon", "mike"],
    "talk": lambda: ["12"],
    "t": lambda: ["bread", "weather"],
}


@pytest.mark.parametrize(
    ("typed", "becomes"),
    [
        ("w", ["who", "why"]),
        ("why", ["why"]),
        ("why ", ["why jon", "why mike", "why mira"]),
        ("why mi", ["why mike", "why mira"]),
        ("why mira ", []),
        ("who ", []),
        ("llm hybrid t", ["llm hybrid true"]),
        ("talk s", ["talk start"]),
        ("talk start mira j", ["talk start mira jon"]),
        ("talk start mira jon mike mir", ["talk start mira jon mike mira"]),
        ("talk start mira jon --topic b", ["talk start mira jon --topic bread"]),
        ("talk join mira ", ["talk join mira 12"]),
        ("xyzzy ", []),
        ("", ["llm hybrid", "talk join", "talk start", "who", "why"]),
    ],
)
def test_a_line_is_completed_by_what_may_stand_there(typed: str, becomes: list[str]) -> None:
    """First the names of commands, then each place of the usage by its own words."""
    assert completions(typed, USAGES, WORDS) == becomes


@pytest.mark.fault(57)
def test_a_flood_at_one_door_neither_drowns_the_others_nor_costs_a_frame(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A thousand commands a second for ten seconds: so many a frame, by turns, and no more are kept than may wait."""
    done: list[str] = []

    def say(words: Sequence[str]) -> str:
        done.append(words[0])
        return ""

    registry = Registry([Command("say", "<word>", "says it", say, Access.SEE)])
    now_ns = 0
    desk = Desk(registry, lambda _line, _reply: None, now_ns=lambda: now_ns)
    typed = 0
    for frame in range(600):
        for _ in range(1000 // 60 + 1):
            desk.type(f"say flood-{typed}", VIEWERS)
            typed += 1
        if frame % 60 == 0:
            desk.type(f"say owner-{frame}", OWNER)
        before = len(done)
        desk.work(frame)
        assert len(done) - before <= COMMANDS_A_FRAME
        if frame % 60 == 0:
            assert f"owner-{frame}" in done[before:]
    of_flood = [int(word.removeprefix("flood-")) for word in done if word.startswith("flood")]
    assert of_flood == sorted(set(of_flood))
    assert typed - of_flood[-1] <= 3 * MOST_WAITING  # what is heard is what came lately
    assert [record.message for record in caplog.records] == ["desk.full"]  # once, not for each


@pytest.mark.fault(57)
def test_a_dear_command_leaves_the_rest_for_the_next_frame(registry: Registry) -> None:
    """Two milliseconds a frame, whoever types."""
    clock = iter(range(0, 1 << 40, WORK_NS + 1))
    said: list[str] = []
    desk = Desk(registry, lambda _line, reply: said.append(reply), now_ns=lambda: next(clock))
    for _ in range(5):
        desk.type("look", OWNER)
    for frame in range(3):
        desk.work(frame)
    assert len(said) == 3


def test_answers_that_are_to_come_are_bounded() -> None:
    """Each may be a question to a model, and those cost money."""
    asked: list[str] = []

    def ask(words: Sequence[str]) -> Later:
        asked.append(words[0])
        return lambda: None

    said: list[str] = []
    desk = Desk(
        Registry([Command("ask", "<word>", "asks", ask, Access.SEE)]), lambda _line, reply: said.append(reply)
    )
    for number in range(100):
        desk.type(f"ask {number}", OWNER)
    for frame in range(20):
        desk.work(frame)
    assert len(said) == 100 - MOST_PENDING
    assert "too many" in said[0]
