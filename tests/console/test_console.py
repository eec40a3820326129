from __future__ import annotations

import pytest

from llm.persona_cache import PersonaCache
from llm.settings import LlmSettings
from llm.tick_models import TickModels
from sim.app.tick_desk import TickDesk
from sim.console.commands import Console, row_of
from sim.console.desk import AtTickError, Desk, Scheduled
from sim.console.doors import STANDARD_INPUT
from sim.console.llm_commands import LlmCommands
from sim.console.registry import Command, CommandError, Registry
from sim.loop import Loop
from tests.support.running import running


@pytest.fixture
def loop() -> Loop:
    """The small town."""
    return running()


@pytest.fixture
def registry(loop: Loop) -> Registry:
    """The real commands over it."""
    assert isinstance(loop.models, TickModels)
    world = loop.world
    llm = LlmCommands(
        TickDesk(loop.models),
        LlmSettings(),
        PersonaCache(10),
        lambda name: world.minds[row_of(world, name)].persona,
        world.persona_block,
    )
    return Registry(Console(loop, llm).commands())


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("status", "25 people"),
        ("llm status", "local: off"),
        ("llm test", "template lines"),
        ("llm performance", "no line was asked for yet"),
        ("world status", "day 1 08:30"),
        ("world speed 2", "speed 2"),
        ("agent list", "Mira Holt, baker"),
        ("agent info Mira", "harvest pie contest"),
        ("clear", ""),
        ("world spawn 0", "from 1 to 20"),
        ("world spawn many", "from 1 to 20"),
        ("conversation list", "nobody is talking"),
        ("conversation start mira tomas", "asked"),
        ("help", "llm status"),
        ("help world", "world speed"),
        ("help world speed", "<0.25-8>"),
        ("llm stauts", "did you mean 'llm status'?"),
        ("world fly", "did you mean 'world "),
        ("agent", "agent list"),
        ("xyzzy", "'help' lists them"),
        ("help xyzzy", "no such command"),
        ("world speed", "expected a number"),
        ("world speed fast", "expected a number"),
        ("world speed 99", "got 99"),
        ("agent info Mirra", "did you mean 'mira'?"),
        ("conversation start mira", "expected two to eight different people"),
        ("conversation start mira mira", "two to eight different people"),
        ("say 'unclosed", "cannot read"),
        ("", ""),
    ],
)
def test_every_command_and_every_mistake_has_an_answer(registry: Registry, line: str, says: str) -> None:
    """What exists answers; what does not is one line with the nearest right one."""
    answer = registry.run(line)
    assert isinstance(answer, str)
    assert says in answer


def test_every_command_has_help(registry: Registry) -> None:
    """One line each."""
    for name in registry.names():
        assert len(registry.help(name).splitlines()) == 1


def test_pause_resume_and_quit_reach_the_loop(loop: Loop, registry: Registry) -> None:
    """The console does what the keys do."""
    paused = [loop.clock.paused]
    for line in ("world pause", "world resume"):
        registry.run(line)
        paused.append(loop.clock.paused)
    assert paused == [False, True, False]
    registry.run("quit")
    assert loop.stopped


def refuse(_words: object) -> str:
    """A command that cannot."""
    raise CommandError("not today")


def test_a_command_that_cannot_says_so() -> None:
    """Its own words, with its name in front."""
    assert Registry([Command("fly", "", "no", refuse)]).run("fly") == "fly: not today"


def test_commands_run_at_their_ticks_in_order_and_late_answers_are_waited_for() -> None:
    """Bare ones after the first tick; `@N` at tick N; an answer that takes its time is asked for again."""
    said: list[tuple[str, str]] = []
    answers = iter([None, None, "at last"])
    slow = Command("slow", "", "takes its time", lambda _words: lambda: next(answers))
    echo = Command("echo", "", "says it again", " ".join)
    desk = Desk(Registry([slow, echo]), lambda line, reply: said.append((line, reply)))
    desk.schedule([Scheduled.parse(text) for text in ("@3 echo c", "echo a", "slow", "echo b")])
    desk.work(0)
    assert said == []
    desk.work(1)
    assert said == [("echo a", "a"), ("echo b", "b")]
    assert desk.waits
    desk.work(2)
    desk.work(3)
    assert said[2:] == [("echo c", "c"), ("slow", "at last")]
    assert not desk.waits


def test_a_flood_of_commands_is_spread_over_frames() -> None:
    """A thousand typed lines do not make one long frame."""
    said: list[str] = []
    desk = Desk(Registry([]), lambda line, _reply: said.append(line))
    for number in range(1000):
        desk.type(f"line {number}", STANDARD_INPUT)
    desk.work(1)
    assert len(said) == 8


@pytest.mark.parametrize("wrong", ["@", "@12", "@x status", "@-1 status"])
def test_a_wrong_tick_is_refused(wrong: str) -> None:
    """It says how it is written."""
    with pytest.raises(AtTickError, match="@TICK"):
        Scheduled.parse(wrong)
