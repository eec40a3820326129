"""Free people who are near each other may begin a talk, and who is near a talk may join it: by temper, liking and chance."""

from __future__ import annotations

from itertools import islice
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agents.conversation.talk import Conversation, Phase
from agents.traits import AGREEABLENESS, EXTRAVERSION
from sim.activity import Activity
from sim.columns import CROWD_FROM
from sim.events import ConversationStarted, ProximityDetected
from sim.governor import Shed
from sim.neighbours import pairs_within
from sim.systems.gather import hold, walk_up, way_to
from sim.systems.scene import describe
from sim.ties import warmth
from sim.world import World

_LOOK_TICKS: Final = 15  # from one look to the next
_NEAR_HOURS: Final = 6
_NOTICED_AT_ONCE: Final = 64  # the others at the next look: on the first morning all are near somebody
_THOUSAND: Final = 1000
_TRUSTED: Final = 500  # of warmth, both ways: such two may want to be by themselves
_UNWELCOME: Final = -150  # of warmth, on the average of those who talk
_BROAD: Final = 300  # for every hundred of agreeableness, so much less is asked of who wants to join

Flags = NDArray[np.bool_]


def meet(world: World) -> None:
    """Look at all pairs within earshot, and begin or widen the talks that temper and chance bring about."""
    if world.shed >= Shed.TALK:
        return
    free, talking = _free(world), _open_to_others(world)
    rows = np.flatnonzero(free | talking)
    if rows.size < 2:
        return
    pairs = rows[pairs_within(world.people.position[rows], world.rules.talk.earshot_px)].tolist()
    _notice(world, pairs)
    for first, second in pairs:
        if free[first] and free[second]:
            begun = _room_for_more(world) and _willing(world, first, second)
            if begun and begin(world, (first, second)) is not None:
                free[[first, second]] = False
        elif free[first] and talking[second]:
            free[first] = not _joins(world, first, second)
        elif free[second] and talking[first]:
            free[second] = not _joins(world, second, first)


def begin(
    world: World, rows: tuple[int, ...], *, wanted: bool = False, topic: str = ""
) -> Conversation | None:
    """Let the others walk up to the second of these. None if there is no short way or no place to stand for any of them."""
    host = rows[1]
    talk = Conversation(
        id=world.next_talk,
        participants=rows,
        planned_lines=_planned_lines(world, len(rows)),
        formed_at=world.tick,
        wanted=wanted,
        private=not wanted and _by_themselves(world, rows),
    )
    for row in rows:
        way = None if row == host else way_to(world, row, host)
        if way is not None:
            walk_up(world, talk, row, way)
        elif row != host:
            talk.drop(row)
    if len(talk.participants) < 2:
        return None
    _open(world, talk, host, topic)
    return talk


def join(world: World, talk: Conversation, row: int) -> bool:
    """Let somebody walk up to people who talk. False if there is no room or no way."""
    if talk.is_full or row in talk.participants or row in talk.coming:
        return False
    for host in talk.participants:
        way = way_to(world, row, host)
        if way is not None:
            walk_up(world, talk, row, way)
            talk.coming[row] = world.tick + world.rules.talk.gather_limit
            talk.wake_at = world.tick
            return True
    return False


def free_rows(world: World, *, rested: bool = True) -> Flags:
    """Who is in town, awake and in no talk."""
    people = world.people
    free: Flags = people.present & (people.talk < 0) & (people.activity != Activity.SLEEPING)
    return free & (people.talk_again_at <= world.tick) if rested else free


def _open(world: World, talk: Conversation, host: int, topic: str) -> None:
    world.next_talk += 1
    world.talks[talk.id] = talk
    hold(world, talk, np.array([host]))
    talk.scene = describe(world, talk)
    if topic:
        talk.turn_to(topic)
    place = world.place_id(int(world.people.goal_place[host]))
    world.events.fire(ConversationStarted(world.tick, talk.id, talk.participants, place))


def _planned_lines(world: World, people: int) -> int:
    rules = world.rules.talk
    return world.chance.between(rules.min_lines, rules.max_lines) + rules.lines_a_head * (people - 2)


def _by_themselves(world: World, rows: tuple[int, ...]) -> bool:
    """Whether two who trust each other would rather not be heard."""
    if len(rows) > 2 or min(warmth(world, *rows), warmth(world, *rows[::-1])) < _TRUSTED:
        return False
    return world.chance.below(_THOUSAND) < world.rules.talk.private_chance


def _notice(world: World, pairs: list[list[int]]) -> None:
    """Tell of those who have come near each other; the same two not again for some hours."""
    since = world.tick - _NEAR_HOURS * world.rules.calendar.ticks_per_hour
    fresh = (
        (first, second)
        for first, second in pairs
        if second < CROWD_FROM and world.near.get((first, second), -1) < max(since, 0)
    )
    for first, second in islice(fresh, _NOTICED_AT_ONCE):
        world.near[first, second] = world.tick
        world.events.fire(ProximityDetected(world.tick, first, second))


def _free(world: World) -> Flags:
    return free_rows(world) & _looked_at(world)


def _open_to_others(world: World) -> Flags:
    """Who is in a talk that others may join."""
    people = world.people
    talking = np.zeros(len(world), dtype=np.bool_)
    for talk in world.talks.values():
        is_open = talk.phase is Phase.OPEN and not talk.private and talk.ends_at is None
        if is_open and _has_room(world, talk):
            talking[list(talk.participants)] = True
    return talking & people.present & _looked_at(world)


def _has_room(world: World, talk: Conversation) -> bool:
    """Whether one more may come of their own accord."""
    return len(talk.participants) + len(talk.coming) < world.rules.talk.most_people


def _looked_at(world: World) -> Flags:
    """One district a look, by turns: who is in another one is looked at later."""
    town = world.town
    if town.districts == 1:
        return np.ones(len(world), dtype=np.bool_)
    turn = world.tick // _LOOK_TICKS % town.districts
    here: Flags = world.people.goal_place // len(town.places) == turn
    return here


def _room_for_more(world: World) -> bool:
    rules = world.rules.talk
    return len(world.talks) < min(rules.most_talks, max(1, len(world) // rules.people_to_a_talk))


def _willing(world: World, first: int, second: int) -> bool:
    """Temper, liking and chance: a pair that has just talked does not again."""
    if world.pair_rest.get((first, second), 0) > world.tick:
        return False
    one, other = (35 + 65 * _outgoing(world, row) // 100 for row in (first, second))
    wish = world.rules.talk.begin_chance * one * other // (100 * 100)
    liking = _THOUSAND + warmth(world, first, second) // 2
    return world.chance.below(_THOUSAND) < wish * liking // _THOUSAND


def _outgoing(world: World, row: int) -> int:
    return int(world.folk.traits[row, EXTRAVERSION])


def _joins(world: World, row: int, member: int) -> bool:
    """Whether somebody who hears people talk wants to join them, is let, and sets off."""
    talk = world.talks[int(world.people.talk[member])]
    low, high = sorted((row, member))
    if not _has_room(world, talk) or world.pair_rest.get((low, high), 0) > world.tick:
        return False
    wish = world.rules.talk.join_chance * (20 + 160 * _outgoing(world, row) // 100) // 100
    liking = _THOUSAND + warmth(world, row, member)
    if world.chance.below(_THOUSAND) >= wish * liking // _THOUSAND:
        return False
    return _welcome(world, talk, row) and join(world, talk, row)


def _welcome(world: World, talk: Conversation, row: int) -> bool:
    """Whether those who talk would rather have somebody with them than not, on the average."""
    here = list(talk.participants)
    liking = sum(warmth(world, one, row) for one in here)
    broad = int(world.folk.traits[here, AGREEABLENESS].sum()) * _BROAD // 100
    return liking + broad // 2 > _UNWELCOME * len(here)
