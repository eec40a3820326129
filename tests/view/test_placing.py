from __future__ import annotations

import pygame
from hypothesis import given
from hypothesis import strategies as st

from sim.view.placing import GAP, Placer, Wanted

SCREEN = pygame.Rect(0, 0, 1280, 720)
SIZES = st.tuples(st.integers(30, 260), st.integers(30, 120))
HEADS = st.tuples(st.integers(-50, 1330), st.integers(-50, 770))


@given(SIZES, HEADS)
def test_no_bubble_is_ever_off_the_screen(size: tuple[int, int], head: tuple[int, int]) -> None:
    """Wherever the speaker stands."""
    rect = Placer().place([Wanted(1, size, head)], SCREEN)[1]
    assert SCREEN.contains(rect)
    assert rect.size == size


@given(st.lists(SIZES, min_size=12, max_size=12), st.tuples(st.integers(0, 1200), st.integers(0, 650)))
def test_twelve_speakers_in_one_square_do_not_cover_each_other(
    sizes: list[tuple[int, int]], corner: tuple[int, int]
) -> None:
    """Nobody's words lie over another's, though all stand within a few steps."""
    wanted = [
        Wanted(row, size, (corner[0] + row % 4 * 24, corner[1] + row // 4 * 24))
        for row, size in enumerate(sizes)
    ]
    placed = list(Placer().place(wanted, SCREEN).values())
    for number, rect in enumerate(placed):
        assert rect.collidelist(placed[number + 1 :]) == -1


def test_a_bubble_stays_where_it_was_pushed() -> None:
    """The bubble that made it move has gone; it does not jump back over its speaker."""
    first, second = Wanted(1, (200, 60), (600, 300)), Wanted(2, (200, 60), (620, 300))
    placer = Placer()
    pushed = placer.place([first, second], SCREEN)[2]
    assert pushed != Placer().place([second], SCREEN)[2]
    assert placer.place([second], SCREEN)[2] == pushed


def test_words_may_lie_on_faces_where_there_is_no_other_room_but_not_on_words() -> None:
    """Faces everywhere: nobody's words go far away for that, and none go over another's."""
    faces = [pygame.Rect(x, y, 20, 30) for x in range(0, 1280, 60) for y in range(0, 720, 60)]
    placer, pair = Placer(), [Wanted(row, (200, 60), (620 + 30 * row, 300)) for row in range(2)]
    for _ in range(50):
        first, second = placer.place(pair, SCREEN, faces).values()
        assert not first.colliderect(second)
        assert first.collidelist(faces) >= 0
        assert abs(second.centerx - 650) < 300


def test_who_found_no_room_rests_before_looking_again() -> None:
    """A screen that is too full for all of them costs a search now and then, not one each in every frame."""
    placer = Placer()
    wanted = [Wanted(row, (300, 200), (640, 360)) for row in range(16)]
    first = placer.place(wanted, SCREEN)
    second = placer.place(wanted, SCREEN)
    assert set(first) == set(second) == set(range(16))
    assert all(SCREEN.contains(rect) for rect in second.values())
    assert placer.resting


def test_a_bubble_alone_sits_over_its_speaker() -> None:
    """Centred, its lower edge at the head."""
    assert Placer().place([Wanted(1, (100, 40), (640, 360))], SCREEN)[1].midbottom == (640, 360)
    assert GAP > 0
