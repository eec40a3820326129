from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.conversation.talk import NEXT, Conversation, Happening, Phase
from agents.reading import Intent
from agents.templates import Situation
from llm.types import Turn


def a_talk(lines: int = 6) -> Conversation:
    """Between rows 3 and 5, gathered."""
    talk = Conversation(id=1, participants=(3, 5), planned_lines=lines, formed_at=0)
    talk.happen(Happening.GATHERED)
    return talk


def say(talk: Conversation, intent: Intent = Intent.CONTINUE) -> Situation:
    """One line of the kind that is due."""
    talk.asking = talk.due()
    talk.heard(Turn("A", "words"), intent, "")
    return talk.asking


def test_a_talk_greets_opens_goes_on_and_takes_leave() -> None:
    """The kinds of lines of a talk of six, in order."""
    talk = a_talk(6)
    kinds = []
    while talk.finished is None:
        kinds.append(say(talk))
    assert kinds == [
        Situation.GREETING, Situation.OPENING, Situation.REPLY,
        Situation.REPLY, Situation.FAREWELL, Situation.FAREWELL_REPLY,
    ]  # fmt: skip
    assert talk.finished is Happening.SAID_FAREWELL


def test_a_question_is_answered() -> None:
    """Whoever was asked answers."""
    talk = a_talk(8)
    say(talk)
    say(talk, Intent.ASK)
    assert talk.due() is Situation.ANSWER


def test_an_early_goodbye_is_returned_and_ends_the_talk() -> None:
    """Nobody is kept from leaving."""
    talk = a_talk(8)
    for intent in (Intent.CONTINUE, Intent.CONTINUE, Intent.LEAVE):
        say(talk, intent)
    assert talk.due() is Situation.FAREWELL_REPLY
    say(talk)
    assert talk.finished is Happening.SAID_FAREWELL


def test_the_floor_alternates() -> None:
    """One speaker, then the other."""
    talk = a_talk()
    assert (talk.speaker, talk.listener) == (3, 5)
    say(talk)
    assert (talk.speaker, talk.listener) == (5, 3)


def test_two_silences_end_a_talk() -> None:
    """When neither can say anything they part."""
    talk = a_talk()
    talk.missed()
    assert talk.finished is None
    talk.missed()
    assert talk.finished is Happening.FELL_SILENT


@given(st.integers(2, 40), st.lists(st.sampled_from([*Intent, None]), min_size=80, max_size=80))
def test_every_talk_ends(lines: int, happens: list[Intent | None]) -> None:
    """Whatever is said or not said, a talk ends within its planned lines."""
    talk = a_talk(lines)
    for intent in happens:
        if talk.finished is not None:
            break
        if intent is None:
            talk.missed()
        else:
            say(talk, intent)
    assert talk.finished is not None
    assert len(talk.history) <= lines


@pytest.mark.parametrize("phase", list(Phase))
@pytest.mark.parametrize("what", list(Happening))
def test_phases_follow_the_table_alone(phase: Phase, what: Happening) -> None:
    """A pair that the table lacks is an error."""
    talk = Conversation(id=1, participants=(0, 1), planned_lines=4, formed_at=0, phase=phase)
    if (phase, what) in NEXT:
        talk.happen(what)
        assert talk.phase is NEXT[phase, what]
    else:
        with pytest.raises(KeyError):
            talk.happen(what)
