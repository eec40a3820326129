from __future__ import annotations

import pygame
import pytest

from sim.view.day_light import tint_at
from sim.view.keys import KEYS, LADDER, Action, action_of, stepped
from sim.view.text import wrap


def test_no_key_means_two_things() -> None:
    """Each key, with or without Ctrl, is in the table once, and every action has one."""
    bound = [(key, binding.ctrl) for binding in KEYS for key in binding.keys]
    assert len(bound) == len(set(bound))
    assert {binding.action for binding in KEYS} == set(Action)


def test_leaving_needs_ctrl() -> None:
    """A slip of the finger does not end the world."""
    assert action_of(pygame.K_q, 0) is None
    assert action_of(pygame.K_q, pygame.KMOD_LCTRL) is Action.QUIT


def test_speed_steps_along_the_ladder_and_stops_at_its_ends() -> None:
    """From any speed, up or down."""
    assert [stepped(speed, 1) for speed in LADDER] == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0]
    assert [stepped(speed, -1) for speed in LADDER] == [0.25, 0.25, 0.5, 1.0, 2.0, 4.0]
    assert stepped(3.0, 1) == 4.0


@pytest.mark.parametrize(
    ("minute", "bright"), [(12 * 60, True), (0, False), (23 * 60 + 59, False), (17 * 60, True)]
)
def test_noon_is_white_and_midnight_is_not(minute: int, bright: bool) -> None:
    """The colour of the hour."""
    assert (tint_at(minute) == (255, 255, 255)) is bright


def test_words_that_arrive_later_do_not_move_lines_before_them() -> None:
    """Wrapping is greedy, so a streaming text never reflows."""
    text = "one two three four five six seven eight nine ten"
    whole = wrap(text, 12, len)
    for end in range(len(text)):
        before = wrap(text[:end], 12, len)
        assert before[:-1] == whole[: len(before[:-1])]
    assert all(len(line.text) <= 12 for line in whole)
    assert " ".join(line.text for line in whole) == text
