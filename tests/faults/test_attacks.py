"""Whatever is typed at the town, at its console or through a model, words may change: not its rules, its files, or its costs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from agents.publish import LineRules, PublishGate
from llm.canned import CannedAnswer
from llm.tick_models import TickModels
from llm.types import Request
from sim.app.settings import Settings
from sim.console.desk import Desk
from sim.console.doors import Access, Door
from sim.console.registry import Registry
from tests.faults.attacks import ATTACKS
from tests.support.program import hash_of, run_program
from tests.support.running import gate, running
from tests.support.small_town import small_world

_UNSPEAKABLE: Final = re.compile(
    r"[<>{}\x00-\x1f\x7f\u200b\u202a-\u202e\u2066-\u2069]|://|sk-live|[\U000e0000-\U000e007f]"
)
_MOST_AT_ONCE: Final = 60  # thousandths by which a tie may change in one tick


def test_there_are_fifty() -> None:
    """And no two are the same."""
    assert len(set(ATTACKS)) == len(ATTACKS) == 50


@pytest.mark.parametrize("attack", ATTACKS, ids=range(50))
def test_what_a_model_was_talked_into_is_shown_as_speech_or_not_at_all(attack: str) -> None:
    """However it is cut; and never longer than a line may be."""
    for step in (1, 7, 100_000):
        one = PublishGate("Mira Holt", ("Tomas Reed",), LineRules(max_length=200))
        shown = "".join(one.feed(attack[at : at + step]) for at in range(0, min(len(attack), 5000), step))
        shown += one.close(cut=False)
        assert not _UNSPEAKABLE.search(shown), shown
        assert len(shown) <= 201


class _Attacker:
    """`llm.canned.CannedSource` that answers every question with an attack."""

    name = "attacker"

    def answer(self, request: Request) -> CannedAnswer:
        """The next."""
        return CannedAnswer(((0.1, ATTACKS[request.id % len(ATTACKS)][:5000]),), end_s=0.2)


@pytest.mark.slow
def test_a_model_that_only_attacks_changes_nothing_but_talk() -> None:
    """Of money there is as much as before, no tie jumps, nobody vanishes, and the settings are what they were."""
    loop = running(small_world(), TickModels(gate, _Attacker()))
    world, settings = loop.world, Settings().model_dump_json()
    money = int(world.livelihood.money.sum() + world.tills.money.sum()) + world.treasury
    people, rules = len(world), repr(world.rules)
    before = world.ties.strength.astype(int)
    for _ in range(3600):
        loop.frame_of_one_tick()
        now = world.ties.strength.astype(int)
        assert now.shape != before.shape or abs(now - before).max() <= _MOST_AT_ONCE
        before = now
    lines = world.talk_log.lines + sum(len(talk.history) for talk in world.talks.values())
    assert lines > 5
    assert int(world.livelihood.money.sum() + world.tills.money.sum()) + world.treasury == money
    assert (len(world), repr(world.rules), Settings().model_dump_json()) == (people, rules, settings)
    assert loop.clock.speed == 1.0


@pytest.mark.slow
def test_an_attack_at_the_console_is_a_line_that_says_so(tmp_path: Path) -> None:
    """From a door that may only look, none does anything; and a town that was attacked is the same town."""
    quiet = run_program(tmp_path, "--seed", "7", "--ticks", "300")
    assert quiet.returncode == 0
    untouched = hash_of(tmp_path)
    harmless = [
        one for one in ATTACKS if not one.startswith(_COMMANDS) and "\n" not in one and "\x00" not in one
    ]
    words = [word for attack in harmless for word in ("--exec", attack[:2000])]
    attacked = run_program(tmp_path, "--seed", "7", "--ticks", "300", *words)
    assert attacked.returncode == 0, attacked.stderr
    assert "Traceback" not in attacked.stdout + attacked.stderr
    assert hash_of(tmp_path) == untouched
    assert not list(tmp_path.parent.glob("outside*"))


_COMMANDS: Final = ("world ", "quit", "@", "--exec", "relationship", "agent ", "llm ")


def test_a_viewers_door_lets_none_of_them_through() -> None:
    """Not even those that are commands."""
    done: list[str] = []
    viewers = Door("the viewers", Access.SEE)
    desk = Desk(Registry([]), lambda _line, reply: done.append(str(reply)))
    for attack in ATTACKS:
        desk.type(attack, viewers)
    for tick in range(20):
        desk.work(tick)
    assert len(done) == len(ATTACKS)
