from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.conversation.endings import Standing, wants_to_go
from agents.conversation.floor import Listener, cuts_in, falls_quiet, interrupter, next_speaker, wish
from agents.conversation.talk import NOBODY, Happening
from sim.chance import Chance

MIDDLING = Listener(0, 50, 50, 0, 0, 1)
CONTENT = Standing(
    said=4, planned=10, silent_for=1, swing=0, valence=100, extraversion=50, duty=False, body=False
)


def shares(listeners: list[Listener], times: int = 2000) -> dict[int, int]:
    """Of so many thousand draws, how often each takes the floor."""
    chance = Chance(7)
    rows = [next_speaker(listeners, chance.below) for _ in range(times)]
    return {one.row: rows.count(one.row) for one in listeners}


@pytest.mark.parametrize(
    ("what", "more"),
    [
        ("picked", {"picked": True}),
        ("leaves", {"leaves": True}),
        ("outgoing", {"extraversion": 90}),
        ("stirred", {"arousal": 600}),
        ("cares", {"stake": 80}),
        ("long silent", {"silent_for": 6}),
    ],
)
def test_what_gives_one_the_floor(what: str, more: dict[str, int]) -> None:
    """Each by itself, against somebody who is alike in all else."""
    eager = replace(MIDDLING, row=1, **more)  # type: ignore[arg-type]  # the keys are fields
    won = shares([MIDDLING, eager])
    assert won[1] > 1.3 * won[0], what


def test_who_has_just_spoken_lets_others_speak() -> None:
    """Unless nobody else is there."""
    speaker = replace(MIDDLING, row=1, spoke_last=True, extraversion=100)
    assert shares([MIDDLING, speaker])[1] == 0
    assert shares([speaker], 10)[1] == 10


def test_of_nobody_nobody_speaks() -> None:
    """An empty ring has no speaker."""
    assert next_speaker([], Chance(1).below) == NOBODY
    assert interrupter([], Chance(1).below) == NOBODY


def test_the_rude_and_the_hostile_cut_in_more_than_the_kind() -> None:
    """Outgoing, disagreeable, stirred, cold towards the speaker: each adds to it."""
    kind = replace(MIDDLING, extraversion=20, agreeableness=95)
    rude = replace(MIDDLING, extraversion=90, agreeableness=10)
    hostile = replace(rude, warmth=-800, arousal=500)
    assert cuts_in(kind) == 0
    assert 0 < cuts_in(MIDDLING) < cuts_in(rude) < cuts_in(hostile) <= 250


def test_now_and_then_nobody_speaks_for_a_while_but_a_question_is_answered() -> None:
    """About one line in fourteen."""
    chance = Chance(3)
    quiet = sum(falls_quiet(chance.below, asked=False) for _ in range(5000))
    assert 250 < quiet < 450
    assert not any(falls_quiet(chance.below, asked=True) for _ in range(500))


@given(
    st.builds(
        Listener,
        row=st.integers(0, 9),
        extraversion=st.integers(0, 100),
        agreeableness=st.integers(0, 100),
        arousal=st.integers(-1000, 1000),
        stake=st.integers(-100, 100),
        silent_for=st.integers(0, 500),
        warmth=st.integers(-1000, 1000),
        picked=st.booleans(),
        leaves=st.booleans(),
        spoke_last=st.booleans(),
    )
)
def test_odds_and_wishes_stay_within_bounds(one: Listener) -> None:
    """Whoever it is: nobody cuts in always, and no wish runs away with the length of a talk."""
    assert 0 <= cuts_in(one) <= 250
    assert -1000 <= wish(one) <= 3000


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({}, None),
        ({"duty": True}, Happening.DUTY_CALLED),
        ({"body": True}, Happening.DUTY_CALLED),
        ({"swing": -200}, Happening.OUT_OF_SORTS),
        ({"valence": -600}, Happening.OUT_OF_SORTS),
        ({"swing": -200, "held": True}, None),
        ({"said": 8}, Happening.BUSINESS_DONE),
        ({"silent_for": 9, "extraversion": 20}, Happening.BUSINESS_DONE),
        ({"silent_for": 9, "extraversion": 80}, None),
        ({"said": 1, "duty": True}, None),
    ],
)
def test_every_reason_to_go(changed: dict[str, int], reason: Happening | None) -> None:
    """Each by itself; and nobody runs off before they have been greeted."""
    assert wants_to_go(replace(CONTENT, **changed)) is reason  # type: ignore[arg-type]  # the keys are fields
