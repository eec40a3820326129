from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.lots import Draw, Lots, LotsOfMany
from agents.persona import Persona, minute_of_day
from agents.planner import TURNS
from agents.traits import TRAITS
from agents.villagers import PLACE_IDS, Villagers, villager_from_seed, villagers_in_columns

INDICES = st.integers(0, 1 << 40)
SEEDS = st.integers(0, 1 << 64)


def of_row(many: Villagers, row: int) -> tuple[object, ...]:
    """One row of the columns, in words."""
    places = (many.home[row], many.workplace[row], many.haunt[row], *many.leisure[row])
    return (
        many.traits[row].tolist(),
        bool(many.employed[row]),
        [PLACE_IDS[place] for place in places],
        many.routine[row].tolist(),
    )


def of_persona(persona: Persona) -> tuple[object, ...]:
    """The same of a person."""
    routine = persona.routine
    return (
        [round(getattr(persona.traits, trait) * 100) for trait in TRAITS],
        bool(persona.workplace),
        [persona.home, persona.workplace, persona.haunt, *routine.leisure_places],
        [minute_of_day(getattr(routine, turn)) for turn in TURNS],
    )


@given(st.lists(INDICES, min_size=1, max_size=12), SEEDS)
@settings(max_examples=60, deadline=None)
def test_columns_say_what_the_people_would_say(indices: list[int], seed: int) -> None:
    """Whether somebody is made as a person or only as a row of a crowd, they are the same."""
    many = villagers_in_columns(np.array(indices), seed)
    for row, index in enumerate(indices):
        assert of_row(many, row) == of_persona(villager_from_seed(index, seed))


@given(
    st.lists(INDICES, min_size=1, max_size=20), SEEDS, st.sampled_from(Draw), st.integers(1, (1 << 32) - 1)
)
def test_a_crowd_draws_what_each_of_them_draws(indices: list[int], seed: int, draw: Draw, limit: int) -> None:
    """Bit for bit, whatever the limit; and below it."""
    drawn = LotsOfMany(np.array(indices), seed).below(draw, limit).tolist()
    assert drawn == [Lots(index, seed).below(draw, limit) for index in indices]
    assert all(0 <= one < limit for one in drawn)


def test_neighbours_in_the_row_have_nothing_in_common() -> None:
    """No draw of one person is another draw of the next one."""
    words = {(Lots(index, 7).below(draw, 1 << 32)) for index in range(200) for draw in Draw}
    assert len(words) >= 200 * len(Draw) - 2  # two words of 32 bits may be alike by chance


def test_a_crowd_of_all_kinds() -> None:
    """Every trade, home and hour of the stock is there, and every trait reaches far to both sides."""
    many = villagers_in_columns(np.arange(5_000), 3)
    assert len(np.unique(many.workplace)) >= 12
    assert len(np.unique(many.home)) == 13
    assert (many.traits.min(axis=0) < 20).all()
    assert (many.traits.max(axis=0) > 80).all()
    assert (np.diff(many.routine) > 0).all()
