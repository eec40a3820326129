"""People do things: they come to where it is done, begin, take their time, are done with it, and something comes of it."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from agents.actions import GIVES, MAKES, Grade
from agents.memory import Category
from agents.outcomes import Luck, grades, reason_draw
from sim.activity import Activity
from sim.calendar import SEASONS
from sim.columns import CROWD_FROM, FULL, NEVER, Rows
from sim.doings import NO_ACTION, NOBODY, Phase
from sim.events import NpcActionPerformed
from sim.governor import Shed
from sim.memories import Noted
from sim.systems.choose import choose, condition
from sim.systems.feel import stir
from sim.ties import shift_many
from sim.world import World

MOST_AT_ONCE: Final = 128  # people who begin, end or decide; the rest the next time
_CROWD_SHARE: Final = 200  # of a larger crowd, one in so many
_EASED: Final = 8  # while frames come near their budget, one in so many of those
_TURNS: Final = (Phase.TRAVEL, Phase.PERFORM, Phase.IDLE)
# A crowd is looked at more rarely, and not all at once: to look costs the same for one as for a hundred.
_CROWD_TICKS: Final = 4
_CROWD_TURNS: Final = {0: (Phase.TRAVEL, Phase.IDLE), 2: (Phase.PERFORM,)}
_AGAIN_TICKS: Final = 20  # after what could not be begun
_LEARNS: Final = 4  # the newest outcome is one part in so many of what was learned
_WORTH: Final = np.array((-100, -40, 20, 60, 100), dtype=np.int64)  # of each grade, for what is learned
_PRACTICE: Final = np.array((2, 2, 3, 4, 5), dtype=np.int64)  # of each grade, in thousandths of skill
_IMPORTANCE: Final = np.array((420, 220, 60, 140, 380), dtype=np.int64)

Ints = NDArray[np.int64]


def act(world: World) -> None:
    """Let all whose time has come begin, be done, or decide anew."""
    turn = _TURNS if len(world) <= CROWD_FROM else _CROWD_TURNS.get(world.tick % _CROWD_TICKS, ())
    if world.tick < world.next_due or not turn:
        return
    doings = world.doings
    free = (world.people.talk < 0) & world.people.present
    due = np.flatnonzero((doings.due <= world.tick) & free)
    phases = doings.phase[due]
    for phase in turn:
        rows = _by_turns(world, due[phases == phase])
        if rows.size:
            _DOES[phase](world, rows)
    world.next_due = int(doings.due[free].min(initial=NEVER))  # whoever leaves a talk is looked at again


def _by_turns(world: World, rows: Rows) -> Rows:
    """So many at most, from where the last one left off: else the first rows would always come first."""
    most = max(MOST_AT_ONCE, len(world) // _CROWD_SHARE)
    if world.shed >= Shed.DECISIONS:
        most = most // _EASED
    if rows.size <= most:
        return rows
    in_turn = np.roll(rows, -int(np.searchsorted(rows, world.turn)))[:most]
    world.turn = int(in_turn[-1]) + 1
    return np.sort(in_turn)


# -- beginning


def _begin(world: World, rows: Rows) -> None:
    """Take what it needs and start; who finds the shop shut or nobody there gives it up."""
    doings, table = world.doings, world.lore.actions
    can = np.array([_prepare(world, int(row)) for row in rows], dtype=np.bool_)
    _give_up(world, rows[~can])
    rows = rows[can]
    if rows.size == 0:
        return
    least, most = table.minutes[doings.action[rows]].T
    minutes = least + world.chance.below_each(_THOUSAND, rows.size) * (most - least + 1) // _THOUSAND
    doings.phase[rows] = Phase.PERFORM
    doings.began[rows] = world.tick
    doings.due[rows] = world.tick + world.rules.calendar.ticks(minutes)
    world.people.activity[rows] = world.people.errand[rows]


_THOUSAND: Final = 1000


def _prepare(world: World, row: int) -> bool:
    """Find company, pay, and take what is used; False, and nothing is taken, if something is wanting."""
    action, place = int(world.doings.action[row]), int(world.people.goal_place[row])
    if not _still_open(world, action):
        return False
    table = world.lore.actions
    if table.likes_company[action]:
        partner = _company(world, row, place)
        if partner == NOBODY and table.needs_company[action]:
            return False
        world.doings.partner[row] = partner
    return _take(world, row, action, place)


def _still_open(world: World, action: int) -> bool:
    """Time passes while one walks."""
    table, moment = world.lore.actions, world.moment
    return bool(table.hours[action, moment.minute // 60] and table.weathers[action, world.weather.now])


def _company(world: World, row: int, place: int) -> int:
    """Somebody who is at the same place and awake: whom one came to see, else a friend, else anybody."""
    people = world.people
    there = (people.goal_place == place) & people.present & (people.talk < 0) & ~people.moving
    there &= people.activity != Activity.SLEEPING
    there[row] = False
    found = np.flatnonzero(there)
    if found.size == 0:
        return NOBODY
    wanted = int(world.doings.plan_partner[row])
    if wanted != NOBODY and there[wanted]:
        return wanted
    return int(found[world.chance.below(found.size)])


def _take(world: World, row: int, action: int, place: int) -> bool:
    """Pay the price, and take what is used and bought."""
    table, means, tills = world.lore.actions, world.livelihood, world.tills
    uses, buys = table.uses[action], table.buys[action]
    price, gift, partner = int(table.price[action]), int(table.gift[action]), int(world.doings.partner[row])
    source = tills.stock[place] if world.errands.at_shelf[action] else means.goods[row]
    if means.money[row] < price + gift or (source < uses).any() or (tills.stock[place] < buys).any():
        return False
    source -= uses.astype(np.int32)
    tills.stock[place] -= buys.astype(np.int32)
    means.goods[row] += buys.astype(np.int32)
    means.money[row] -= price
    tills.money[place] += price
    if gift and partner != NOBODY:
        means.money[row] -= gift
        means.money[partner] += gift
    return True


def _give_up(world: World, rows: Rows) -> None:
    """It cannot be done now: not again for a while, and something else instead."""
    doings = world.doings
    doings.last_done[rows, doings.action[rows]] = world.tick
    doings.action[rows], doings.phase[rows], doings.partner[rows] = NO_ACTION, Phase.IDLE, NOBODY
    doings.due[rows] = world.tick + _AGAIN_TICKS


# -- the end of it


def _finish(world: World, rows: Rows) -> None:
    """What comes of it: for needs, purse, skill, mood, ties, memory, and for what they will do next time."""
    if rows.size == 0:
        return
    doings = world.doings
    action = doings.action[rows].astype(np.int64)
    grade = _grades(world, rows, action)
    _give(world, rows, action, grade)
    _earn(world, rows, action, grade)
    _learn(world, rows, action, grade)
    _tell(world, rows, action, grade)
    doings.last_done[rows, action] = world.tick
    doings.action[rows], doings.phase[rows], doings.partner[rows] = NO_ACTION, Phase.IDLE, NOBODY
    doings.due[rows] = world.tick + 1


def _grades(world: World, rows: Rows, action: Ints) -> NDArray[np.int8]:
    table, wellbeing = world.lore.actions, world.wellbeing
    luck = Luck(
        traits=world.folk.traits[rows],
        skill=world.livelihood.skill[rows, table.skill[action]],
        valence=wellbeing.valence[rows],
        health=wellbeing.physical[rows],
        weather=world.weather.now,
        season=SEASONS.index(world.moment.season),
    )
    return grades(table, action, luck, world.chance.below_each(_THOUSAND, rows.size))


def _give(world: World, rows: Rows, action: Ints, grade: NDArray[np.int8]) -> None:
    """Needs and mood: what does one good does more when it goes well; what it costs is the same always."""
    table, wellbeing = world.lore.actions, world.wellbeing
    effect = table.needs[action]
    effect = np.where(effect > 0, effect * GIVES[grade][:, np.newaxis] // 100, effect) * (FULL // _THOUSAND)
    wellbeing.needs[rows] = np.clip(wellbeing.needs[rows] + effect, 0, FULL)
    swing = _WORTH[grade]
    stir(
        world,
        rows,
        table.mood[action, 0] * GIVES[grade] // 100 + swing,
        table.mood[action, 1] + abs(swing) // 2,
    )


def _earn(world: World, rows: Rows, action: Ints, grade: NDArray[np.int8]) -> None:
    """Wages out of the till, and what was made to where it belongs; one after the other, for a till may run dry."""
    table, means, tills = world.lore.actions, world.livelihood, world.tills
    worth = (table.wage[action] > 0) | table.makes[action].any(axis=1)
    for row, one, how in zip(
        rows[worth].tolist(), action[worth].tolist(), grade[worth].tolist(), strict=True
    ):
        place = int(world.people.goal_place[row])
        wage = min(int(table.wage[one] * GIVES[how] // 100), int(tills.money[place]))
        tills.money[place] -= wage
        means.money[row] += wage
        shelf = tills.stock[place] if world.errands.at_shelf[one] else means.goods[row]
        shelf += (table.makes[one] * MAKES[how] // 100).astype(np.int32)


def _learn(world: World, rows: Rows, action: Ints, grade: NDArray[np.int8]) -> None:
    """Practice makes better, and what went wrong is tried less under the same conditions."""
    table, doings, skills = world.lore.actions, world.doings, world.livelihood.skill
    skill = table.skill[action]
    skills[rows, skill] = np.minimum(skills[rows, skill] + _PRACTICE[grade], _THOUSAND)
    now = condition(world, world.weather.now, world.moment.minute)
    known = doings.merit[rows, action, now].astype(np.int64)
    doings.merit[rows, action, now] = known + (_WORTH[grade] - known) // _LEARNS


def _tell(world: World, rows: Rows, action: Ints, grade: NDArray[np.int8]) -> None:
    """A memory with its reason, what it did between two people, and an event for those who are watched."""
    partner, place = world.doings.partner[rows], world.people.goal_place[rows]
    reason = reason_draw(world.lore.actions, action, grade, world.chance.below_each(_THOUSAND, rows.size))
    failed = grade == Grade.FAILURE
    world.memories.note(
        rows,
        Noted(
            tick=world.tick,
            category=np.where(failed, Category.FAILURE, Category.ACTION),
            action=action,
            grade=grade,
            place=place,
            other=partner,
            impact=_WORTH[grade] * 4,
            importance=_IMPORTANCE[grade],
            reason=reason,
        ),
    )
    _bind(world, rows, action, grade)
    for index in np.flatnonzero(rows < CROWD_FROM).tolist():
        world.events.fire(
            _event(world, int(rows[index]), int(action[index]), Grade(int(grade[index])), int(reason[index]))
        )


def _bind(world: World, rows: Rows, action: Ints, grade: NDArray[np.int8]) -> None:
    """What was done together changes what the two are to each other, both ways."""
    partner = world.doings.partner[rows]
    ties = world.lore.actions.ties[action]
    bound = (partner != NOBODY) & ties.any(axis=1)
    if not bound.any():
        return
    deltas = ties[bound] * GIVES[grade[bound]][:, np.newaxis] // 100
    reasons = [world.lore.actions.actions[one].did for one in action[bound].tolist()]
    ones, others = rows[bound], partner[bound].astype(np.int64)
    both_ways = np.concatenate((ones, others)), np.concatenate((others, ones))
    shift_many(world, *both_ways, np.concatenate((deltas, deltas)), reasons * 2)


def _event(world: World, row: int, action: int, grade: Grade, reason: int) -> NpcActionPerformed:
    table = world.lore.actions
    return NpcActionPerformed(
        tick=world.tick,
        npc=row,
        action=table.actions[action].id,
        grade=grade.name.lower(),
        place=world.place_id(int(world.people.goal_place[row])),
        reason=table.reason(action, grade, reason),
    )


_DOES: Final = {Phase.TRAVEL: _begin, Phase.PERFORM: _finish, Phase.IDLE: choose}
