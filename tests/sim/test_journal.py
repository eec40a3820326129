"""What enters the world is written down so that it can enter again."""

from __future__ import annotations

import json

import pytest

from agents.cues import BeganSpeaking, Cue, FellSilent, Reflected, Spoke, Summarised
from agents.reading import Intent, Reading
from llm.types import NpcId, Outcome, RequestId, RouteReason, Tier, Why
from sim import inputs as kinds
from sim.inputs import Input, PlayerAction
from sim.journal import _KINDS, MARK_TICKS, Journal, Page, page_of, page_text
from sim.packing import SaveError

ONE, TWO, LINE = NpcId(1), NpcId(2), RequestId(9)
TABLE = {"name": "Ada Lee", "traits": {"openness": 0.5}, "likes": ["tea", "rain"], "age": 40}
EVERYTHING: tuple[PlayerAction | Cue, ...] = (
    kinds.SpeedChanged(2.0),
    kinds.PaceEased(1),
    kinds.SpotlightTurned(None),
    kinds.WeatherWanted(2),
    kinds.EventWanted("fire"),
    kinds.TalkWanted((ONE, TWO), "weather"),
    kinds.JoinWanted(ONE, 3),
    kinds.LeaveWanted(ONE),
    kinds.TopicWanted(3, "sea"),
    kinds.LineWanted(TWO),
    kinds.TalksStopped(),
    kinds.PersonCreated(TABLE),
    kinds.PersonUpdated(ONE, TABLE),
    kinds.PersonRemoved(TWO),
    kinds.TieWanted(ONE, TWO, 1, -20),
    kinds.MemoryCleared(ONE),
    BeganSpeaking(ONE, LINE, Tier.LOCAL, "embedded", RouteReason.LOCAL_READY),
    Spoke(ONE, LINE, "Good day — «ä» 🙂", Outcome.TRUNCATED, Tier.CLOUD, Why.STALL, Reading(Intent.ASK, 3, -2, "Bob", "sea", ("Zed",))),
    FellSilent(ONE, LINE, Why.CANCELLED),
    Summarised(ONE, LINE, "It was a good day.", Tier.TEMPLATE),
    Reflected(TWO, LINE, "I like rain.", Tier.LOCAL),
)  # fmt: skip


def test_every_kind_of_input_comes_back() -> None:
    """None is forgotten when another is made."""
    assert {type(what).__name__ for what in EVERYTHING} == set(_KINDS)
    page = Page(
        1, 30, tuple(Input(at + 1, at + 1, what) for at, what in enumerate(EVERYTHING)), ((30, "ab"),)
    )
    assert page_of(page_text(page)) == page


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[1, 2, []]",
        "[5, 2, [], []]",
        '[1, 2, [[1, 3, "SpeedChanged", {"speed": 1.0}]], []]',
        '[1, 2, [[1, 1, "Path", {}]], []]',
        '[1, 2, [[1, 1, "SpeedChanged", {"speed": "x"}]], []]',
        '[1, 2, [[1, 1, "SpeedChanged", {}]], []]',
        '[1, 2, [["a", 1, "TalksStopped", {}]], []]',
        '[1, 2, [[1, 1, "PersonCreated", {"table": 7}]], []]',
        '[1, 2, [], [["a", 1]]]',
        "[" * 100_000,
    ],
)
def test_what_is_no_page_is_refused(text: str) -> None:
    """Whoever wrote it."""
    with pytest.raises(SaveError, match="a page of it"):
        page_of(text)


def test_a_page_is_all_since_the_last_one() -> None:
    """With a look at the state every so often, where that is wanted."""
    journal = Journal(590, lambda: "hash")
    entered = Input(1, 595, kinds.TalksStopped())
    for tick in range(591, 605):
        journal(tick, (entered,) if tick == 595 else ())
    assert journal.turn(604) == Page(591, 604, (entered,), ((MARK_TICKS, "hash"),))
    assert journal.turn(604) == Page(605, 604)
    assert json.loads(page_text(journal.turn(610))) == [605, 610, [], []]
