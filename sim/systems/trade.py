"""The town's housekeeping: carts that bring goods from makers to users by night, and the treasury that evens out.

Nothing is made or lost here: what one has less, another has more, to the penny and to the piece.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from agents.actions import GOODS, SKILLS, Action, Where
from agents.carts import TOWNSFOLK, Cart
from agents.traits import AMBITION, MIDDLE
from sim.calendar import MINUTES_A_DAY, Calendar
from sim.columns import CROWD_FROM, Rows
from sim.world import World

Ints = NDArray[np.int64]

EVERY_TICKS: Final = 60  # how often `trade` is called
_HOUR: Final = 3 * 60  # minute of the day at which the carts go

_RICH: Final = 300  # pennies of a person of which nothing is taken
_RICH_TILL: Final = 1000  # likewise of a till, for every TOWNSFOLK
_TENTH: Final = 10  # one penny in so many of what is above
_POOR: Final = 20  # pennies up to which the town helps a person
_POOR_TILL: Final = 200  # likewise a till, for every TOWNSFOLK

_FIRST_TREASURY: Final = 100  # pennies a person
_FIRST_TILL: Final = 500  # for every TOWNSFOLK
_FIRST_STOCK: Final = 20  # pieces, for every TOWNSFOLK
_FIRST_MONEY: Final = 60
_MORE_MONEY: Final = 140  # by chance
_WAGES_SAVED: Final = 60  # of those who are employed
_FIRST_GOODS: Final = 3  # pieces of what a household uses, fewer than this
_FIRST_SKILL: Final = 200
_MORE_SKILL: Final = 200  # by chance
_TRADE_SKILL: Final = 350  # of those who live by it
_MOST_SKILL: Final = 1000
_GROWN_UP: Final = 16  # years
_CHILDS_PART: Final = 3  # of what grown-ups can do children can one part in so many


def trade(world: World) -> None:
    """Once a day, at three in the morning: all carts, then taxes, then help."""
    if not is_time(world.rules.calendar, world.tick):
        return
    for cart in world.lore.carts:
        _drive(world, cart)
    _tax(world)
    _help(world)


def is_time(calendar: Calendar, tick: int) -> bool:
    """Whether the hour has struck since the call before: true once a day, however short days are set."""
    return _days_traded(calendar, tick) > _days_traded(calendar, tick - EVERY_TICKS)


def _days_traded(calendar: Calendar, tick: int) -> int:
    moment = calendar.at(tick)
    return (moment.day * MINUTES_A_DAY + moment.minute - _HOUR) // MINUTES_A_DAY


def _size(world: World) -> int:
    """How many times as many people live in a district as the tables are meant for; at least once."""
    return max(1, len(world) // (_districts(world) * TOWNSFOLK))


def _districts(world: World) -> int:
    return len(world.tills) // len(world.town.places)


# -- carts


def _drive(world: World, cart: Cart) -> None:
    """One cart in every district: as much as is there, is wanted, goes on it and can be paid."""
    index, size = world.town.place_index, _size(world)
    if cart.maker not in index or cart.user not in index:
        return
    maker, user, districts = index[cart.maker], index[cart.user], _districts(world)
    money = world.tills.money.reshape(districts, -1)
    shelf = world.tills.stock.reshape(districts, -1, len(GOODS))[:, :, GOODS.index(cart.good)]
    wanted = np.clip(cart.enough * size - shelf[:, user].astype(np.int64), 0, cart.pieces * size)
    pieces = np.minimum(np.minimum(shelf[:, maker], wanted), money[:, user] // cart.price)
    shelf[:, maker] -= pieces.astype(np.int32)
    shelf[:, user] += pieces.astype(np.int32)
    money[:, user] -= pieces * cart.price
    money[:, maker] += pieces * cart.price


# -- the treasury


def _tax(world: World) -> None:
    """One penny in ten of what people and tills have above what is left to them."""
    present = world.people.present
    taken = [
        _excess(world.livelihood.money, _RICH) * present,
        _excess(world.tills.money, _RICH_TILL * _size(world)),
    ]
    world.livelihood.money -= taken[0]
    world.tills.money -= taken[1]
    world.treasury += sum(int(one.sum()) for one in taken)


def _excess(money: Ints, free: int) -> Ints:
    return np.maximum(money - free, 0) // _TENTH


def _help(world: World) -> None:
    """People first, then whoever pays wages; where there is too little, all get the same part of what they lack."""
    people = np.where(world.people.present, np.maximum(_POOR - world.livelihood.money, 0), 0)
    world.livelihood.money += _paid(world, people)
    pays_wages = np.tile(_pays_wages(world), _districts(world))
    tills = np.where(pays_wages, np.maximum(_POOR_TILL * _size(world) - world.tills.money, 0), 0)
    world.tills.money += _paid(world, tills)


def _paid(world: World, lacking: Ints) -> Ints:
    """What each gets out of the treasury."""
    total = int(lacking.sum())
    paid = lacking if total <= world.treasury else lacking * world.treasury // total
    world.treasury -= int(paid.sum())
    return paid


def _pays_wages(world: World) -> NDArray[np.bool_]:
    """Places of one district where somebody can be employed."""
    employs: NDArray[np.bool_] = np.any(_living_by(world), axis=1)
    return employs


def _living_by(world: World) -> NDArray[np.bool_]:
    """Which actions are the trade of each place of a district, (places, actions)."""
    living: NDArray[np.bool_] = world.errands.trade & world.errands.is_trade
    return living


# -- the first morning


def first_stocks(world: World) -> None:
    """Money in the tills and the treasury, and on each shelf some of what is made, used or sold there."""
    districts, size = _districts(world), _size(world)
    world.treasury = _FIRST_TREASURY * len(world)
    world.tills.money[:] = np.tile(_pays_wages(world), districts) * _FIRST_TILL * size
    world.tills.stock[:] = np.tile(_kept_in_stock(world), (districts, 1)) * _FIRST_STOCK * size


def _kept_in_stock(world: World) -> NDArray[np.bool_]:
    """Which goods lie on which shelf of a district, (places, goods)."""
    table, index = world.lore.actions, world.town.place_index
    kept = np.zeros((len(world.town.places), len(GOODS)), dtype=np.bool_)
    for row, action in enumerate(table.actions):
        at_shelf = table.at_shelf[row]
        goods = (table.buys[row] > 0) | (at_shelf & ((table.uses[row] > 0) | (table.makes[row] > 0)))
        for place in _shelves(action):
            if place in index:
                kept[index[place]] |= goods
    return kept


def _shelves(action: Action) -> tuple[str, ...]:
    """Whose shelf it takes from or adds to."""
    if action.place is Where.WORK:
        return action.workplaces
    return () if isinstance(action.place, Where) else action.place


def first_means(world: World, rows: Rows) -> None:
    """What these people have and can do before their first day."""
    means, folk, count = world.livelihood, world.folk, rows.size
    ambition = folk.traits[rows, AMBITION].astype(np.int64)
    saved = folk.employed[rows] * _WAGES_SAVED
    means.money[rows] = _FIRST_MONEY + ambition + saved + world.chance.below_each(_MORE_MONEY, count)
    pieces = world.chance.below_each(_FIRST_GOODS, count * len(GOODS)).reshape(count, -1)
    means.goods[rows] = pieces * _used_at_home(world)
    means.skill[rows] = _skills(world, rows)


def _used_at_home(world: World) -> NDArray[np.bool_]:
    """Which goods people use that are their own, (goods,)."""
    table = world.lore.actions
    used: NDArray[np.bool_] = np.any(table.uses[~table.at_shelf] > 0, axis=0)
    return used


def _skills(world: World, rows: Rows) -> Ints:
    """By chance, by temper, and by what they live on, (k, skills)."""
    folk, count = world.folk, rows.size
    traits = folk.traits[rows].astype(np.int64) - MIDDLE
    lives_by = _trades(world)[folk.work[rows] % len(world.town.places)] & folk.employed[rows, np.newaxis]
    skill = (
        _FIRST_SKILL
        + world.chance.below_each(_MORE_SKILL, count * len(SKILLS)).reshape(count, -1)
        + traits @ _leanings(world).T // MIDDLE
        + lives_by * _TRADE_SKILL
    )
    for index in np.flatnonzero(rows < CROWD_FROM).tolist():  # the crowd is grown up
        if world.roster.persona(int(rows[index])).age < _GROWN_UP:
            skill[index] //= _CHILDS_PART
    able: Ints = np.clip(skill, 0, _MOST_SKILL)
    return able


def _trades(world: World) -> NDArray[np.bool_]:
    """Which skills each place lives by, (places, skills)."""
    practised = world.lore.actions.skill[:, np.newaxis] == np.arange(len(SKILLS))
    trades: NDArray[np.bool_] = _living_by(world) @ practised
    return trades


def _leanings(world: World) -> Ints:
    """How much each trait helps in each skill, on the average of what is done by it, (skills, traits)."""
    table = world.lore.actions
    by_skill = (table.skill == np.arange(len(SKILLS))[:, np.newaxis]).astype(np.int64)
    leanings: Ints = by_skill @ table.odds // np.maximum(by_skill.sum(axis=1), 1)[:, np.newaxis]
    return leanings
