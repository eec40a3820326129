from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.conversation.talk import Conversation, Happening, Phase
from agents.mind import State
from agents.planner import Kind as SlotKind
from agents.templates import Situation
from agents.traits import AGREEABLENESS, EXTRAVERSION
from llm.types import NpcId, Outcome, Priority, Request
from sim.activity import Activity
from sim.columns import FULL
from sim.conversations import Conversations, TalkError
from sim.events import ConversationEnded, ConversationStarted, TopicChanged
from sim.inputs import (
    JoinWanted,
    LeaveWanted,
    LineWanted,
    PersonRemoved,
    PlayerAction,
    TalksStopped,
    TalkWanted,
    TopicWanted,
)
from sim.loop import Loop
from sim.systems.hearers import bystanders
from sim.ties import TieKind, shift
from sim.world import World
from tests.support.running import running
from tests.support.small_town import small_world
from tests.support.voices import Answer, PlannedModels

PLAIN = "I was at the mill this morning and saw the miller."


def together(*rows: int, plan: Callable[[Request], Answer] | None = None, seed: int = 7) -> Loop:
    """These people on one lawn, rested and content, and nobody else near; others neither begin nor join."""
    models = PlannedModels(plan or (lambda _: Answer(PLAIN)))
    loop = running(small_world(seed), models)
    world = loop.world
    people = world.people
    people.talk_again_at[:] = 1 << 40
    x, y = world.town.places[0].left, world.town.places[0].top
    for number, row in enumerate(rows):
        tile = np.array((x + number % 3, y + number // 3))
        people.tile[row] = people.next_tile[row] = tile
        people.position[row] = tile * world.town.tile_px + world.town.tile_px / 2 + people.lane[row]
        people.moving[row] = False
        people.velocity[row] = 0.0
    world.wellbeing.needs[:] = FULL
    world.wellbeing.valence[:] = 100
    world.doings.plan_kind[:] = SlotKind.LEISURE
    return loop


def wish(loop: Loop, what: PlayerAction) -> None:
    """It enters with the next tick."""
    loop.inbox.put(what)
    loop.tick()


def talk_of(loop: Loop, *rows: int, topic: str = "") -> Conversation:
    """They are asked to talk, and have gathered."""
    wish(loop, TalkWanted(tuple(map(NpcId, rows)), topic))
    (talk,) = loop.world.talks.values()
    until(loop, lambda: talk.phase is not Phase.FORMING)
    assert talk.phase is Phase.OPEN
    return talk


def until(loop: Loop, holds: Callable[[], bool], ticks: int = 6000) -> None:
    """Let time pass until something holds."""
    for _ in range(ticks):
        if holds():
            return
        loop.tick()
        check(loop.world)
    raise AssertionError("it never came to that")


def check(world: World) -> None:
    """What is true at every tick."""
    members = [row for talk in world.talks.values() for row in (*talk.participants, *talk.coming)]
    assert len(members) == len(set(members)), "somebody is in two talks"
    assert sorted(members) == np.flatnonzero(world.people.talk >= 0).tolist()
    for talk in world.talks.values():
        assert len(talk.participants) >= 2
        assert all(world.people.talk[row] == talk.id for row in talk.participants)
        assert talk.speaker in talk.participants
        assert talk.listener in talk.others(talk.speaker)
        busy = [row for row in talk.participants if world.minds[row].state is not State.IDLE]
        assert set(busy) <= {talk.speaker}, "somebody waits for a line without the floor"
        if talk.phase is Phase.OPEN:
            assert not world.people.moving[list(talk.participants)].any()
            assert (world.people.activity[list(talk.participants)] == Activity.TALKING).all()


def ended(loop: Loop) -> list[ConversationEnded]:
    """The talks that are over."""
    return [event for event in loop.world.events.kept if isinstance(event, ConversationEnded)]


# -- coming together


def test_five_come_together_and_stand_in_a_ring() -> None:
    """On tiles of their own, near each other, looking at the speaker."""
    loop = together(0, 1, 2, 3, 4)
    talk = talk_of(loop, 0, 1, 2, 3, 4)
    assert sorted(talk.participants) == [0, 1, 2, 3, 4]
    tiles = loop.world.people.tile[list(talk.participants)]
    assert len({tuple(tile) for tile in tiles.tolist()}) == 5
    assert np.abs(tiles - loop.world.people.tile[1]).max() <= 2


def test_nobody_is_asked_into_two_talks() -> None:
    """Who is in one already is left out of another."""
    loop = together(0, 1, 2, 3)
    talk_of(loop, 0, 1)
    wish(loop, TalkWanted((NpcId(1), NpcId(2), NpcId(3))))
    assert [talk.participants for talk in loop.world.talks.values()] == [(0, 1), (2, 3)]


def test_somebody_walks_up_and_is_in_it() -> None:
    """They hear what is said from then on, and the others meet them."""
    loop = together(0, 1, 2)
    talk = talk_of(loop, 0, 1)
    until(loop, lambda: talk.said >= 1)
    wish(loop, JoinWanted(NpcId(2), talk.id))
    until(loop, lambda: 2 in talk.participants)
    assert talk.stays[2].since >= 1
    assert talk.heard_by(2) == tuple(talk.history[talk.stays[2].since :])


def test_people_join_of_their_own_accord_and_a_whisper_is_left_alone() -> None:
    """The outgoing join those they like; nobody joins two who whisper."""
    for private in (False, True):
        loop = together(0, 1, 2, plan=lambda _: Answer(PLAIN))
        world = loop.world
        talk = talk_of(loop, 0, 1)
        talk.private, talk.planned_lines = private, 40
        world.folk.traits[2, EXTRAVERSION] = 100
        world.folk.traits[:, AGREEABLENESS] = 90
        for other in (0, 1):
            shift(world, 2, other, TieKind.FRIENDSHIP, 900, "a test")
            shift(world, other, 2, TieKind.FRIENDSHIP, 900, "a test")
        world.people.talk_again_at[2] = 0
        world.pair_rest.clear()
        for _ in range(1500):
            loop.tick()
            check(world)
        assert (2 in talk.stays) is not private


def test_a_whisper_carries_less_far_than_open_talk() -> None:
    """Who stands by hears one and not the other."""
    loop = together(0, 1, 2)
    world = loop.world
    talk = talk_of(loop, 0, 1)
    world.people.position[2] = world.people.position[talk.speaker] + (40.0, 0.0)
    assert 2 in bystanders(world, talk)
    talk.private = True
    assert 2 not in bystanders(world, talk)
    world.people.activity[2] = Activity.SLEEPING
    talk.private = False
    assert 2 not in bystanders(world, talk)


def test_no_stand_is_behind_a_wall_or_taken() -> None:
    """Up to eight find a place in the open; a ninth none."""
    loop = together(*range(9))
    world = loop.world
    wish(loop, TalkWanted(tuple(map(NpcId, range(8)))))
    (talk,) = world.talks.values()
    until(loop, lambda: talk.phase is Phase.OPEN)
    tiles = {tuple(tile) for tile in world.people.tile[list(talk.participants)].tolist()}
    assert len(tiles) == len(talk.participants)
    assert all(world.town.is_free(*tile) for tile in tiles)
    before = talk.participants
    assert talk.is_full
    wish(loop, JoinWanted(NpcId(8), talk.id))
    assert (talk.participants, talk.coming) == (before, {})


# -- every intent, ending and interruption


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I have baked all night, and I am tired.", "reply"),
        ("Have you seen my dog anywhere?", "answer"),
        ("Goodbye, I must be off.", "farewell_reply"),
    ],
)
def test_what_is_said_decides_what_comes_next(text: str, expected: str) -> None:
    """A statement is answered by a remark, a question by an answer, a farewell by a farewell."""
    loop = together(0, 1, plan=lambda request: Answer(text if len(request.prompt.history) == 2 else PLAIN))
    talk = talk_of(loop, 0, 1)
    talk.planned_lines, talk.topic_since = 30, 20
    until(loop, lambda: talk.said == 3 and loop.world.minds[talk.speaker].state is not State.IDLE)
    assert talk.asking.value in (expected, "opening", "question")
    if expected != "reply":
        assert talk.asking.value == expected


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("exit", Situation.FAREWELL_REPLY),
        ("ask_question", Situation.ANSWER),
        ("agree", Situation.REPLY),
        ("disagree", Situation.REPLY),
        ("continue", Situation.REPLY),
        ("change_topic", Situation.NEW_TOPIC),
    ],
)
def test_what_an_able_model_tells_of_its_line_is_believed(told: str, expected: Situation) -> None:
    """The words themselves say nothing of it."""
    fields = (("intent", told), ("mood", 40), ("warmth", "very"))
    loop = together(0, 1, plan=lambda r: Answer(PLAIN, fields=fields if len(r.prompt.history) == 3 else ()))
    talk = talk_of(loop, 0, 1)
    talk.planned_lines = 20
    until(loop, lambda: talk.said == 4)
    assert (talk.last.intent, talk.last.mood) == (told, 40)
    until(loop, lambda: loop.world.minds[talk.speaker].state is not State.IDLE)
    assert talk.asking is expected


def test_all_is_said() -> None:
    """Two take leave when they have said what they meant to: by then they are business done."""
    loop = together(0, 1, plan=lambda r: Answer("Goodbye then." if "goodbye" in r.prompt.nudge else PLAIN))
    talk_of(loop, 0, 1)
    until(loop, lambda: bool(ended(loop)))
    assert ended(loop)[0].reason == Happening.BUSINESS_DONE.value


def test_a_duty_calls() -> None:
    """The plan of the day comes to work while they talk."""
    loop = together(0, 1)
    talk = talk_of(loop, 0, 1)
    talk.planned_lines = 40
    until(loop, lambda: talk.said == 2)
    minute = loop.world.moment.minute
    loop.world.doings.plan_start[0] = (np.arange(14) * 100 + minute + 1) % 1440
    loop.world.doings.plan_start[0].sort()
    loop.world.doings.plan_kind[0] = SlotKind.WORK
    until(loop, lambda: bool(ended(loop)))
    assert ended(loop)[0].reason == Happening.DUTY_CALLED.value


def test_somebody_is_out_of_sorts() -> None:
    """Who feels wretched does not stay; one whom somebody outside asked to talk does."""
    for wanted in (False, True):
        loop = together(0, 1)
        talk = talk_of(loop, 0, 1)
        talk.wanted, talk.planned_lines = wanted, 12
        loop.world.wellbeing.valence[:] = -900
        until(loop, lambda: bool(ended(loop)))  # noqa: B023 - asked within this turn
        expected = Happening.BUSINESS_DONE if wanted else Happening.OUT_OF_SORTS
        assert ended(loop)[0].reason == expected.value


def test_nobody_can_say_anything() -> None:
    """Two lines in a row that fail end a talk; minds are free again."""
    loop = together(0, 1, plan=lambda _: Answer(None))
    talk_of(loop, 0, 1)
    until(loop, lambda: bool(ended(loop)))
    assert ended(loop)[0].reason == Happening.FELL_SILENT.value
    assert all(loop.world.minds[row].state is State.IDLE for row in (0, 1))


def test_no_talk_lasts_for_ever() -> None:
    """The hard cap holds where nobody ever takes leave."""
    loop = together(0, 1)
    talk = talk_of(loop, 0, 1)
    talk.planned_lines = 10_000
    until(loop, lambda: bool(ended(loop)), ticks=20_000)
    assert ended(loop)[0].reason == Happening.TOO_LONG.value
    assert ended(loop)[0].lines <= loop.world.rules.talk.most_lines


def test_a_running_line_is_cut_short() -> None:
    """What was said of it stays said, and whoever cut in has the floor at once."""
    slow = Answer(" ".join(["word"] * 60), a_word=4)
    loop = together(0, 1, 2, plan=lambda r: slow if len(r.prompt.history) == 2 else Answer(PLAIN))
    world = loop.world
    talk = talk_of(loop, 0, 1, 2)
    talk.planned_lines = 20
    until(loop, lambda: talk.said == 2 and world.minds[talk.speaker].state is State.SPEAKING)
    speaker = talk.speaker
    cutter = next(row for row in talk.participants if row != speaker)
    talk.cut_by, talk.cut_at, talk.wake_at = cutter, world.tick + 30, world.tick
    until(loop, lambda: talk.said == 3)
    [line] = [one for one in loop.hearing.take_spoken(loop.world.tick) if one.outcome is Outcome.INTERRUPTED]
    assert line.request.npc == speaker
    assert 0 < len(line.text.split()) < 60
    assert talk.history[-1].text == line.text
    assert (talk.speaker, talk.listener, talk.cuts) == (cutter, speaker, 1)


def test_a_line_that_came_whole_is_cut_short_while_it_is_read() -> None:
    """What the bubble, the transcript and the memory have of it is what was heard until then, with a dash."""
    whole = " ".join(f"word{number}" for number in range(40))
    loop = together(
        0, 1, 2, plan=lambda r: Answer(whole, a_word=0) if len(r.prompt.history) > 1 else Answer(PLAIN)
    )
    traits = loop.world.folk.traits
    traits[:, EXTRAVERSION], traits[:, AGREEABLENESS] = 100, 0
    talk = talk_of(loop, 0, 1, 2)
    talk.planned_lines = 30
    until(loop, lambda: talk.cuts == 1, ticks=20_000)
    [line] = [one for one in loop.hearing.take_spoken(loop.world.tick) if one.outcome is Outcome.INTERRUPTED]
    said = line.text.removesuffix("—")
    assert whole.startswith(f"{said} ")
    assert said != line.text
    assert talk.history[-1].text == line.text
    bubble = loop.hearing.bubbles.of(line.request.npc)
    assert bubble is not None
    assert (bubble.text, bubble.outcome) == (line.text, Outcome.INTERRUPTED)
    assert talk.asking is not Situation.INTERJECTION
    until(loop, lambda: talk.asking is Situation.INTERJECTION)
    assert talk.speaker != line.request.npc


def test_the_rude_do_cut_in() -> None:
    """Over an evening of long lines, somebody interrupts; never a greeting."""
    for seed in range(6):
        loop = together(0, 1, 2, plan=lambda _: Answer(" ".join(["word"] * 40), a_word=6), seed=seed)
        traits = loop.world.folk.traits
        traits[:, EXTRAVERSION], traits[:, AGREEABLENESS] = 100, 0
        talk_of(loop, 0, 1, 2)
        until(loop, lambda: bool(ended(loop)), ticks=20_000)  # noqa: B023 - asked within this turn
    assert loop.world.talk_log.interruptions > 0


# -- what words do


def test_a_person_outside_changes_the_subject() -> None:
    """It is told with its reason, and the next line brings it up."""
    loop = together(0, 1)
    talk = talk_of(loop, 0, 1, topic="weather")
    assert talk.topic == "weather"
    until(loop, lambda: talk.said == 2)
    wish(loop, TopicWanted(talk.id, "work"))
    assert talk.topic == "work"
    told = [event for event in loop.world.events.kept if isinstance(event, TopicChanged)]
    assert [(event.topic, event.reason) for event in told][:1] == [("weather", "wanted")]
    assert told[-1].reason == "injected"


def test_a_subject_wears_out() -> None:
    """Another comes up, and none comes up twice."""
    loop = together(0, 1)
    talk = talk_of(loop, 0, 1)
    talk.planned_lines = 30
    until(loop, lambda: len(talk.topics) >= 3)
    assert len(talk.topics) == len(set(talk.topics))


def test_what_is_heard_is_remembered_by_who_heard_it() -> None:
    """Both keep the other's words; somebody far away knows nothing."""
    loop = together(0, 1, plan=lambda r: Answer(f"I am {r.prompt.speaker}, and this is what I say."))
    talk_of(loop, 0, 1)
    until(loop, lambda: bool(ended(loop)) and not loop.world.afterthoughts)
    world = loop.world
    names = [world.roster.first_name(row) for row in (0, 1)]
    for row, other in ((0, 1), (1, 0)):
        texts = [episode.text for episode in world.memories.episodes(row) if episode.other == other]
        assert any(names[other] in text for text in texts)
        assert not any(f"I am {names[row]}," in text for text in texts)
    assert not any(names[0] in one.text for one in world.memories.episodes(20))


def test_one_speaks_next_who_is_asked_to_from_outside() -> None:
    """If nobody speaks just now."""
    loop = together(0, 1, 2)
    talk = talk_of(loop, 0, 1, 2)
    until(loop, lambda: talk.said == 1 and loop.world.minds[talk.speaker].state is State.IDLE)
    quiet = next(row for row in talk.participants if row != talk.speaker)
    wish(loop, LineWanted(NpcId(quiet)))
    assert talk.speaker == quiet
    until(loop, lambda: talk.stays[quiet].lines >= 1)


def test_silence_at_once() -> None:
    """Every talk ends, every bubble is blank, and what was still coming is nobody's."""
    loop = together(0, 1, 2, 3, plan=lambda _: Answer(PLAIN, a_word=20))
    talk = talk_of(loop, 0, 1)
    wish(loop, TalkWanted((NpcId(2), NpcId(3))))
    until(loop, lambda: loop.world.minds[talk.speaker].state is State.SPEAKING)
    Conversations(loop.world, loop.inbox, loop.hearing).stop_all()
    assert loop.hearing.bubbles.showing() == ()
    loop.tick()
    assert not loop.world.talks
    loop.tick()
    assert all(loop.world.minds[row].state is State.IDLE for row in range(4))
    assert {event.reason for event in ended(loop)} == {Happening.STOPPED.value}


def test_a_quarrel_has_the_spotlight() -> None:
    """Words that cut draw the light; it is given to one talk at a time."""
    loop = together(0, 1, 2, 3)
    first = talk_of(loop, 0, 1)
    wish(loop, TalkWanted((NpcId(2), NpcId(3))))
    second = next(talk for talk in loop.world.talks.values() if talk is not first)
    until(loop, lambda: second.phase is Phase.OPEN)
    for talk, drama in ((first, 400), (second, 300)):
        talk.wanted, talk.drama, talk.planned_lines = False, drama, 40
    until(loop, lambda: first.lit)
    assert not second.lit
    assert isinstance(loop.models, PlannedModels)
    until(loop, lambda: loop.models.asked[-1].conversation == first.id)  # type: ignore[attr-defined]  # a fake
    assert loop.models.asked[-1].priority is Priority.SPOTLIGHT


# -- the door with the original's calls


def test_the_door_refuses_what_cannot_be() -> None:
    """In one line that says what could be; nothing enters the world."""
    loop = together(0, 1, 2)
    door = Conversations(loop.world, loop.inbox, loop.hearing)
    talk = talk_of(loop, 0, 1)
    for ask in (
        lambda: door.start_conversation([0]),
        lambda: door.start_conversation([0, 0]),
        lambda: door.start_conversation(list(range(9))),
        lambda: door.start_conversation([0, 2], "no such topic"),
        lambda: door.add_participant_to_group(2, 99),
        lambda: door.add_participant_to_group(0, talk.id),
        lambda: door.remove_participant_from_group(2, "bored"),
        lambda: door.inject_topic_into_group(talk.id, "no such topic"),
        lambda: door.force_dialogue_generation(2, talk.id),
        lambda: door.get_streaming_status(99),
        lambda: door.statistics(99),
    ):
        with pytest.raises(TalkError) as refused:
            ask()
        assert "\n" not in str(refused.value)
    assert loop.inbox.take(1) == ()


def test_the_door_tells_how_a_talk_stands_and_what_became_of_it() -> None:
    """While it goes on and after."""
    loop = together(0, 1, plan=lambda _: Answer(PLAIN, a_word=10))
    door = Conversations(loop.world, loop.inbox, loop.hearing)
    door.start_conversation([0, 1])
    loop.tick()
    (talk,) = loop.world.talks.values()
    until(loop, lambda: loop.world.minds[talk.speaker].state is State.SPEAKING)
    loop.tick()
    status = door.get_streaming_status(talk.id)
    assert (status.speaker, status.state) == (talk.speaker, "speaking")
    assert 0 < status.characters < len(PLAIN)
    until(loop, lambda: bool(ended(loop)))
    numbers = door.statistics(talk.id)
    assert numbers.participants == (0, 1)
    assert numbers.lines == talk.said
    assert numbers.ended_by == ended(loop)[0].reason


# -- whatever happens

_ROWS = st.integers(0, 5).map(NpcId)
_WISHES = st.one_of(
    st.builds(TalkWanted, st.lists(_ROWS, min_size=2, max_size=6).map(tuple)),
    st.builds(JoinWanted, _ROWS, st.integers(1, 4)),
    st.builds(LeaveWanted, _ROWS),
    st.builds(LineWanted, _ROWS),
    st.builds(TopicWanted, st.integers(1, 4), st.sampled_from(["weather", "work", "nonsense"])),
    st.builds(PersonRemoved, _ROWS),
    st.just(TalksStopped()),
)
_ANSWERS = st.sampled_from(
    [
        Answer(PLAIN),
        Answer(PLAIN, after=200),
        Answer(PLAIN, a_word=9),
        Answer("Goodbye, I must be off."),
        Answer("What do you think?"),
        Answer(None),
        Answer(None, after=120),
    ]
)


@pytest.mark.slow
@given(
    wishes=st.lists(st.tuples(st.integers(0, 80), _WISHES), max_size=25),
    answers=st.lists(_ANSWERS, min_size=1, max_size=9),
)
@settings(max_examples=30, deadline=None)
def test_whatever_happens_everybody_is_in_one_talk_and_every_line_ends_once(
    wishes: list[tuple[int, PlayerAction]], answers: list[Answer]
) -> None:
    """Random joins, leaves, deaths of backends and departures from town: no rule of a talk ever breaks."""
    loop = together(*range(6), plan=lambda request: answers[request.id % len(answers)])
    world = loop.world
    world.people.talk_again_at[:6] = 0
    for pause, what in wishes:
        loop.inbox.put(what)
        for _ in range(pause + 1):
            loop.tick()
            check(world)
    loop.inbox.put(TalksStopped())
    for _ in range(260):
        world.people.talk_again_at[:] = 1 << 40
        loop.tick()
        check(world)
    assert all(mind.state is State.IDLE and mind.awaits is None for _, mind in world.minds.made())
    started = [event for event in world.events.kept if isinstance(event, ConversationStarted)]
    assert len(started) == len(ended(loop)) + len(world.talks)
    spoken = [line.request.id for line in loop.hearing.take_spoken(loop.world.tick)]
    assert len(spoken) == len(set(spoken))
