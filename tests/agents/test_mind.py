from __future__ import annotations

import pytest

from agents.cues import BeganSpeaking, Cue, FellSilent, Spoke
from agents.mind import NEXT, Mind, MindError, State
from agents.persona import load_personas
from agents.reading import Intent, Reading
from llm.types import NpcId, Outcome, RequestId, RouteReason, Tier, Why
from sim.app.settings import ASSETS
from tests.support.readers import READER

NPC, ASKED = NpcId(0), RequestId(7)
BEGAN = BeganSpeaking(NPC, ASKED, Tier.LOCAL, "embedded", RouteReason.LOCAL_READY)
SPOKE = Spoke(NPC, ASKED, "Good day.", Outcome.COMPLETE, Tier.LOCAL, Why.NONE, Reading())
SILENT = FellSilent(NPC, ASKED, Why.CANCELLED)


@pytest.fixture
def mind() -> Mind:
    """Somebody's."""
    return Mind(load_personas(ASSETS / "personas")[0])


def test_a_line_is_asked_for_begun_and_ended(mind: Mind) -> None:
    """The usual life of a question."""
    mind.ask(ASKED, deadline=100)
    assert mind.is_awaiting(ASKED)
    mind.hear(BEGAN, tick=10, deadline=500)
    assert (mind.state, mind.began_at, mind.deadline) == (State.SPEAKING, 10, 500)
    mind.hear(SPOKE, tick=20, deadline=600)
    assert (mind.state, mind.awaits) == (State.IDLE, None)


def test_silence_frees_a_mind(mind: Mind) -> None:
    """Who gets no answer can ask again."""
    mind.ask(ASKED, deadline=100)
    mind.hear(SILENT, tick=10, deadline=0)
    mind.ask(RequestId(8), deadline=200)
    assert mind.is_awaiting(RequestId(8))


def test_nobody_asks_twice_at_once(mind: Mind) -> None:
    """One question at a time."""
    mind.ask(ASKED, deadline=100)
    with pytest.raises(MindError):
        mind.ask(RequestId(8), deadline=100)


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("cue", [BEGAN, SPOKE, SILENT])
def test_what_the_table_lacks_is_an_error(mind: Mind, state: State, cue: Cue) -> None:
    """A cue either has an entry for the state or is refused; there is no silent else."""
    mind.state, mind.awaits = state, ASKED
    if (state, type(cue)) in NEXT:
        mind.hear(cue, 1, 2)
        assert mind.state is NEXT[state, type(cue)]
    else:
        with pytest.raises(MindError):
            mind.hear(cue, 1, 2)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("How is the rye?", Intent.ASK),
        ("How is the rye?…", Intent.ASK),
        ("The rye is dark.", Intent.CONTINUE),
        ("I must be off. See you tomorrow!", Intent.LEAVE),
        ("Goodbye, Tomas.", Intent.LEAVE),
        ("Good night then", Intent.LEAVE),
        ("", Intent.CONTINUE),
    ],
)
def test_lines_are_read_by_rules(text: str, intent: Intent) -> None:
    """A farewell anywhere, a question at the end, else plain talk."""
    assert READER.read(text, ("A", "B")).intent is intent
