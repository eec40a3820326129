"""What an unattended camera shows."""

from __future__ import annotations

import numpy as np

from sim.snapshot import Talk
from sim.view.director import Director

PLACES = np.array([(x * 100.0, 50.0) for x in range(8)])


def talk(number: int, *rows: int, lines: int = 3) -> Talk:
    """One that can be seen."""
    return Talk(number, rows, rows[0], lines)


def test_it_looks_at_the_middle_of_the_larger_talk() -> None:
    """And stays there while lines are said."""
    director = Director()
    small, large = talk(1, 0, 1), talk(2, 4, 5, 6)
    assert director.look([small, large], PLACES, (0.0, 0.0), 0.0) == (500.0, 50.0)
    for second in range(1, 30):
        seen = [talk(1, 0, 1, lines=9), talk(2, 4, 5, 6, lines=3 + second)]
        assert director.look(seen, PLACES, (500.0, 50.0), float(second)) == (500.0, 50.0)


def test_it_turns_away_from_silence_and_from_what_it_has_shown_for_long() -> None:
    """Not at once, and to another talk."""
    director = Director()
    both = [talk(1, 0, 1), talk(2, 4, 5, 6)]
    assert director.look(both, PLACES, (0.0, 0.0), 0.0) == (500.0, 50.0)
    assert director.look(both, PLACES, (500.0, 50.0), 5.0) == (500.0, 50.0)
    assert director.look(both, PLACES, (500.0, 50.0), 9.0) == (50.0, 50.0)


def test_where_nobody_talks_it_stays() -> None:
    """And goes on when somebody does; a talk that is over is left at once."""
    director = Director()
    assert director.look([], PLACES, (0.0, 0.0), 0.0) is None
    assert director.look([talk(3, 2, 3)], PLACES, (0.0, 0.0), 1.0) == (250.0, 50.0)
    assert director.look([talk(4, 6, 7)], PLACES, (0.0, 0.0), 2.0) == (650.0, 50.0)
    assert director.look([], PLACES, (0.0, 0.0), 3.0) is None
