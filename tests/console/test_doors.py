"""One registry, many doors: each lets through what it may, completes what it may, and shows no more in its help."""

from __future__ import annotations

from typing import Final

import pytest

from sim.console.completion import completions
from sim.console.desk import Desk, Scheduled
from sim.console.doors import Access, Door
from sim.console.registry import Command, Registry

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
