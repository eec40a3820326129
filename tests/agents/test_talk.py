from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from agents.conversation.talk import ENDS, MOST_PEOPLE, NEXT, NOBODY, Conversation, Happening, Phase
from agents.reading import Intent, Reading
from agents.templates import Situation
from llm.types import Turn

MARK = frozenset({"abc"})


def a_talk(*rows: int, lines: int = 6) -> Conversation:
    """Among these rows, gathered."""
    talk = Conversation(id=1, participants=rows or (3, 5), planned_lines=lines, formed_at=0)
    talk.happen(Happening.GATHERED)
    return talk


def say(talk: Conversation, intent: Intent = Intent.CONTINUE, text: str = "words") -> Situation:
    """One line of the kind that is due; then the floor passes to the next in the row."""
    talk.asking = talk.due()
    talk.heard(Turn(str(talk.speaker), text), Reading(intent), "", MARK)
    others = talk.others(talk.speaker)
    if others:
        talk.give_floor(others[0], talk.speaker)
    return talk.asking


def test_a_talk_greets_opens_goes_on_and_takes_leave() -> None:
    """The kinds of lines of two, in order; who means to go takes leave, and the other answers it."""
    talk = a_talk(lines=8)
    kinds = [say(talk) for _ in range(3)]
    talk.stays[talk.speaker].leaving = Happening.DUTY_CALLED
    kinds += [say(talk)]
    talk.last = Reading(Intent.LEAVE)
    kinds += [say(talk)]
    assert kinds == [
        Situation.GREETING, Situation.OPENING, Situation.REPLY, Situation.FAREWELL, Situation.FAREWELL_REPLY,
    ]  # fmt: skip
    assert talk.finished is Happening.DUTY_CALLED  # the reason of whoever went first


def test_a_question_is_answered() -> None:
    """Whoever was asked answers."""
    talk = a_talk(lines=8)
    say(talk)
    say(talk, Intent.ASK)
    assert talk.due() is Situation.ANSWER


def test_an_early_goodbye_is_returned_and_ends_the_talk() -> None:
    """Nobody is kept from leaving."""
    talk = a_talk(lines=8)
    for intent in (Intent.CONTINUE, Intent.CONTINUE, Intent.LEAVE):
        say(talk, intent)
    assert talk.due() is Situation.FAREWELL_REPLY
    say(talk, Intent.LEAVE)
    assert talk.finished is Happening.SAID_FAREWELL


def test_a_goodbye_among_many_ends_nothing_for_the_others() -> None:
    """One goes, and they talk on."""
    talk = a_talk(1, 2, 3, lines=9)
    say(talk)
    say(talk, Intent.LEAVE)
    assert talk.finished is None
    assert talk.due() is not Situation.FAREWELL_REPLY
    talk.leave(2)
    assert talk.participants == (1, 3)
    assert talk.speaker in talk.participants


def test_who_comes_leaves_and_cuts_in_says_so() -> None:
    """Each has a kind of line of its own, and only once."""
    talk = a_talk(1, 2, lines=20)
    for _ in range(3):
        say(talk)
    talk.join(3)
    talk.give_floor(3, 1)
    assert say(talk) is Situation.JOIN_GREETING
    talk.give_floor(3, 1)
    assert say(talk) is not Situation.JOIN_GREETING
    talk.interjects = True
    assert say(talk) is Situation.INTERJECTION
    assert talk.due() is not Situation.INTERJECTION
    talk.stays[talk.speaker].leaving = Happening.DUTY_CALLED
    speaker = talk.speaker
    assert say(talk) is Situation.LEAVE_TAKING
    assert talk.stays[speaker].said_goodbye


def test_another_subject_is_turned_to() -> None:
    """The first is brought up, the next is turned to, and neither twice."""
    talk = a_talk(1, 2, lines=20)
    talk.turn_to("weather")
    kinds = [say(talk) for _ in range(3)]
    talk.turn_to("work")
    kinds += [say(talk), say(talk)]
    assert kinds[1] is Situation.OPENING
    assert kinds[3] is Situation.NEW_TOPIC
    assert Situation.NEW_TOPIC not in (*kinds[:3], kinds[4])


def test_a_new_subject_is_brought_up() -> None:
    """The next line opens it, and is remembered as one of those that came up."""
    talk = a_talk()
    say(talk)
    say(talk)
    talk.turn_to("weather")
    assert talk.due() is Situation.OPENING
    say(talk)
    assert talk.due() is not Situation.OPENING
    talk.turn_to("weather")
    assert talk.topics == ["weather"]


def test_two_silences_end_a_talk() -> None:
    """When neither can say anything they part."""
    talk = a_talk()
    talk.missed()
    assert talk.finished is None
    talk.missed()
    assert talk.finished is Happening.FELL_SILENT


def test_who_comes_later_has_heard_only_what_came_later() -> None:
    """Neither their prompt nor their memory holds what was said before."""
    talk = a_talk()
    say(talk, text="a secret")
    talk.join(9)
    say(talk, text="the weather")
    assert [turn.text for turn in talk.heard_by(9)] == ["the weather"]
    assert talk.lines_of(3, 9) == []
    assert talk.lines_of(5, 9) == ["the weather"]
    assert talk.stays[9].company == [3, 5]
    assert 9 in talk.stays[3].company


def test_who_never_came_was_never_met() -> None:
    """Nobody keeps a memory of them."""
    talk = a_talk(1, 2, 3)
    talk.drop(3)
    assert talk.participants == (1, 2)
    assert 3 not in talk.stays
    assert talk.stays[1].company == [2]


@given(st.integers(1, 400))
@settings(max_examples=60, deadline=None)
def test_what_a_talk_keeps_is_bounded_and_only_appended_to(lines: int) -> None:
    """Whatever is let go goes in large steps, so that what a server has read stays as it was in between."""
    talk = a_talk()
    cuts = 0
    for number in range(lines):
        before = tuple(talk.history)
        say(talk, text=str(number))
        if tuple(talk.history)[: len(before)] != before:
            cuts += 1
    assert len(talk.history) == len(talk.speakers) <= 48
    assert len(talk.prints) <= 16
    assert talk.said == lines
    assert cuts <= lines // 24
    assert talk.history[-1].text == str(lines - 1)


@pytest.mark.parametrize("phase", list(Phase))
@pytest.mark.parametrize("what", list(Happening))
def test_phases_follow_the_table_alone(phase: Phase, what: Happening) -> None:
    """A pair that the table lacks is an error."""
    talk = Conversation(id=1, participants=(0, 1), planned_lines=4, formed_at=0, phase=phase)
    if (phase, what) in NEXT:
        talk.happen(what)
        assert talk.phase is NEXT[phase, what]
        assert (talk.ended_by is what) == (talk.phase is Phase.OVER)
    else:
        with pytest.raises(KeyError):
            talk.happen(what)


@pytest.mark.parametrize("what", ENDS)
def test_every_reason_ends_an_open_talk(what: Happening) -> None:
    """And is told."""
    talk = a_talk()
    talk.happen(what)
    assert (talk.phase, talk.ended_by) == (Phase.OVER, what)


class ATalk(RuleBasedStateMachine):
    """People come, speak, fall silent, take leave and go, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.talk = a_talk(0, 1)
        self.next = 2

    @precondition(lambda self: not self.talk.is_full)
    @rule()
    def join(self) -> None:
        """Somebody new."""
        self.talk.join(self.next)
        self.next += 1

    @precondition(lambda self: len(self.talk.participants) > 0 and self.next > 2)
    @rule(data=st.data())
    def come_back(self, data: st.DataObject) -> None:
        """Somebody who was there before."""
        row = data.draw(st.integers(0, self.next - 1))
        if row not in self.talk.participants and not self.talk.is_full:
            self.talk.join(row)

    @precondition(lambda self: len(self.talk.participants) > 1)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        """Anybody."""
        self.talk.leave(data.draw(st.sampled_from(self.talk.participants)))

    @precondition(lambda self: len(self.talk.participants) > 1)
    @rule(intent=st.sampled_from(list(Intent)))
    def speak(self, intent: Intent) -> None:
        """Whoever has the floor."""
        say(self.talk, intent)

    @rule()
    def miss(self) -> None:
        """Nobody can."""
        self.talk.missed()

    @invariant()
    def one_has_the_floor_and_is_there(self) -> None:
        """And speaks to somebody else who is there, if there is one."""
        talk = self.talk
        assert talk.speaker in talk.participants
        assert talk.listener != talk.speaker
        assert talk.listener in talk.participants or len(talk.participants) == 1 or talk.listener == NOBODY

    @invariant()
    def everybody_is_there_once(self) -> None:
        """And has a stay."""
        here = self.talk.participants
        assert len(here) == len(set(here)) <= MOST_PEOPLE
        assert set(here) <= set(self.talk.stays)

    @invariant()
    def acquaintance_is_mutual(self) -> None:
        """Who met somebody was met by them, and nobody met themselves."""
        for row, stay in self.talk.stays.items():
            assert row not in stay.company
            assert all(row in self.talk.stays[other].company for other in stay.company)


TestATalk = ATalk.TestCase
