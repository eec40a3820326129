from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.actions import GOODS, SKILLS
from agents.carts import CartError, load_carts
from agents.persona import PUBLIC_IDS, WORK_IDS
from sim.app.settings import ASSETS
from sim.calendar import MINUTES_A_DAY, Calendar
from sim.clock import TICKS_PER_SECOND
from sim.systems.trade import EVERY_TICKS, first_means, is_time, trade
from sim.world import World
from tests.support.small_town import small_world

_FILE = ASSETS / "world" / "carts.toml"
_PHASE = 31  # of the ticks at which `trade` is called


@cache
def _world() -> World:
    """One town for all examples, which write all that trade reads."""
    return small_world()


@pytest.fixture
def world() -> World:
    """A town of one's own, on its first morning."""
    return small_world()


def _night(world: World) -> int:
    """The first tick at which the carts go."""
    calendar = world.rules.calendar
    return next(tick for tick in range(_PHASE, 10**6, EVERY_TICKS) if is_time(calendar, tick))


def _wealth(world: World) -> int:
    return int(world.livelihood.money.sum() + world.tills.money.sum()) + world.treasury


def _stock(world: World, place: str, good: str) -> int:
    return int(world.tills.stock[world.town.place_index[place], GOODS.index(good)])


_amounts = st.lists(st.integers(0, 2500), min_size=8, max_size=40)


@pytest.mark.slow
@settings(deadline=None)  # the first example builds the town
@given(_amounts, _amounts, _amounts, st.integers(0, 5000), st.lists(st.booleans(), min_size=25, max_size=25))
def test_nothing_is_made_and_nothing_is_lost(
    purses: list[int], tills: list[int], shelves: list[int], treasury: int, present: list[bool]
) -> None:
    """Whatever people and places have, a night's trade keeps every penny and every piece, and owes nobody."""
    world = _world()
    world.livelihood.money[:] = np.resize(purses, len(world))
    world.tills.money[:] = np.resize(tills, len(world.tills))
    world.tills.stock[:] = np.resize(np.array(shelves) % 90, world.tills.stock.shape)
    world.people.present[:] = present
    world.treasury, world.tick = treasury, _night(world)
    wealth, goods = _wealth(world), world.tills.stock.sum(axis=0)
    trade(world)
    assert _wealth(world) == wealth
    assert (world.tills.stock.sum(axis=0) == goods).all()
    assert (
        min(world.treasury, world.tills.money.min(), world.tills.stock.min(), world.livelihood.money.min())
        >= 0
    )


def test_a_cart_brings_what_is_there_wanted_and_paid(world: World) -> None:
    """The mill gets grain from the farm, and the farm the mill's pennies, until the mill has enough."""
    index = world.town.place_index
    farm, mill = index["farm"], index["mill"]
    world.tills.stock[:] = 0
    world.tills.money[:] = 0
    world.treasury = 0
    world.livelihood.money[:] = 100
    world.tills.stock[farm, GOODS.index("grain")] = 50
    world.tills.money[mill] = 10
    world.tick = _night(world)
    trade(world)
    assert _stock(world, "mill", "grain") == 10
    assert _stock(world, "farm", "grain") == 40
    assert (world.tills.money[mill], world.tills.money[farm]) == (0, 10)


def test_who_has_enough_orders_nothing(world: World) -> None:
    """A full shelf is not filled further, whatever is in the till."""
    index = world.town.place_index
    world.tills.stock[:] = 0
    world.tills.stock[index["farm"], GOODS.index("grain")] = 50
    world.tills.stock[index["mill"], GOODS.index("grain")] = 60
    world.tick = _night(world)
    trade(world)
    assert _stock(world, "mill", "grain") == 60


def test_the_rich_pay_a_tenth_and_the_poor_are_helped(world: World) -> None:
    """Of what is above 300 pennies one in ten goes to the town, which gives to whoever has less than 20."""
    world.livelihood.money[:] = 100
    world.livelihood.money[0], world.livelihood.money[1] = 500, 3
    world.tills.money[:] = 400
    world.treasury, world.tick = 0, _night(world)
    trade(world)
    assert world.livelihood.money[:3].tolist() == [480, 20, 100]
    assert world.treasury == 3


def test_too_little_is_shared(world: World) -> None:
    """An empty treasury gives everybody the same part of what they lack."""
    world.livelihood.money[:] = 100
    world.livelihood.money[:4] = 0
    world.tills.money[:] = 400
    world.treasury, world.tick = 40, _night(world)
    trade(world)
    assert world.livelihood.money[:4].tolist() == [10, 10, 10, 10]
    assert world.treasury == 0


def test_only_who_pays_wages_is_kept_in_pennies(world: World) -> None:
    """Empty tills are filled where somebody is employed, and nowhere else."""
    world.livelihood.money[:] = 100
    world.tills.money[:] = 0
    world.treasury, world.tick = 100_000, _night(world)
    trade(world)
    filled = {world.town.places[place].id for place in np.flatnonzero(world.tills.money).tolist()}
    assert filled == {*WORK_IDS, "tavern", "market"}


@pytest.mark.parametrize("length", [24, 60, 1440, 7200])
@pytest.mark.parametrize("start", [0, 179, 180, 181, 510, 1439])
def test_the_carts_go_once_a_day(length: int, start: int) -> None:
    """However long a day is set and whenever the world begins: once in each, close after three."""
    calendar = Calendar(day_length_s=length, start_minute=start)
    day = length * TICKS_PER_SECOND
    nights = [tick for tick in range(_PHASE, 4 * day, EVERY_TICKS) if is_time(calendar, tick)]
    late = [(calendar.at(tick).minute - 180) % MINUTES_A_DAY for tick in nights]
    assert 3 <= len(nights) <= 4
    assert len({calendar.at(tick).day for tick in nights}) == len(nights)
    assert max(late) <= -(-EVERY_TICKS * MINUTES_A_DAY // day)


def test_by_day_nothing_moves(world: World) -> None:
    """Between two nights trade changes nothing."""
    money, stock = world.tills.money.copy(), world.tills.stock.copy()
    world.tick = _PHASE
    trade(world)
    assert (world.tills.money == money).all()
    assert (world.tills.stock == stock).all()


def test_everybody_begins_with_something(world: World) -> None:
    """Money to live on for some days, and skills within their bounds, most in what one lives by."""
    means, folk = world.livelihood, world.folk
    assert means.money.min() >= 60
    assert means.goods.min() >= 0
    assert means.skill.min() >= 0
    assert means.skill.max() <= 1000
    smiths = folk.work == world.town.place_index["smithy"]
    craft = means.skill[:, SKILLS.index("craft")]
    assert craft[smiths].mean() > craft[~smiths].mean() + 100


def test_the_teacher_teaches_and_the_pupils_do_not(world: World) -> None:
    """Children begin below the skill that teaching asks for."""
    table = world.lore.actions
    teach = table.index["teach_class"]
    able = world.livelihood.skill[:, table.skill[teach]] >= table.skilled[teach]
    row = {world.roster.persona(row).id: row for row in range(len(world))}
    assert able[row["emma"]]
    assert not able[row["ben"]]
    assert not able[row["finn"]]


def test_the_same_seed_gives_the_same_means() -> None:
    """First means are by the world's chance alone, and those of some leave the others' alone."""
    one, other = small_world(3), small_world(3)
    assert all((a == b).all() for a, b in zip(_columns(one), _columns(other), strict=True))
    kept = one.livelihood.money[5:].copy()
    first_means(one, np.arange(5))
    assert (one.livelihood.money[5:] == kept).all()


def _columns(world: World) -> list[np.ndarray[tuple[int, ...], np.dtype[np.generic]]]:
    return [*world.livelihood.columns().values(), *world.tills.columns().values()]


def test_every_cart_goes_between_places_that_make_and_use_it(world: World) -> None:
    """What a cart fetches is made there, and what it brings is used or sold there."""
    table = world.lore.actions
    for cart in world.lore.carts:
        good = GOODS.index(cart.good)
        makers = {
            place for action in table.actions if cart.good in action.makes for place in action.workplaces
        }
        users = {
            place
            for row, action in enumerate(table.actions)
            if table.buys[row, good] or (table.at_shelf[row] and table.uses[row, good])
            for place in (*action.workplaces, *(action.place if isinstance(action.place, tuple) else ()))
        }
        assert cart.maker in makers
        assert cart.user in users
        assert {cart.maker, cart.user} <= {*WORK_IDS, *PUBLIC_IDS}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('good = "grain"', 'good = "grian"', r"cart\[0\]\.good: 'grian' is none of .*'grain'"),
        ('to = "mill"', 'to = "farm"', r"cart\[0\]\.to: expected another place"),
        ('to = "tavern"', 'to = "mill"', "grain goes from farm to mill twice"),
        ("price = 1", "prize = 1", r"cart\[0\]\.prize: unknown key; the nearest right one is 'price'"),
        ("price = 1", "price = 0", r"cart\[0\]\.price"),
    ],
)
def test_a_mistake_is_told_in_one_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    """The file, the key and what would have been right."""
    path = tmp_path / "carts.toml"
    path.write_text(_FILE.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(CartError, match=said) as caught:
        load_carts(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)
