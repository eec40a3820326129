"""Two free people who are near each other may begin a talk: one walks up, the other waits."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from agents.conversation.talk import Conversation
from agents.traits import EXTRAVERSION
from sim.activity import Activity
from sim.columns import CROWD_FROM
from sim.events import ConversationStarted, ProximityDetected
from sim.inputs import TalkWanted
from sim.navigation import Tile
from sim.neighbours import pairs_within
from sim.systems.scene import describe
from sim.systems.walk import set_off
from sim.ties import warmth
from sim.world import World

_LOOK_TICKS: Final = 15  # from one look to the next
_NEAR_HOURS: Final = 6
_THOUSAND: Final = 1000
_REACH_TILES: Final = 9  # the longest way that one walks up to somebody for a talk
_STAND_REACH: Final = 2
_STANDS: Final = (
    (-2, 0),
    (2, 0),
    (-1, 0),
    (1, 0),
    (0, 1),
    (0, -1),
)  # where to stand beside the other, best first


def meet(world: World) -> None:
    """Look at all pairs within earshot and begin the talks that chance and temper bring about."""
    free = _free(world)
    rows = np.flatnonzero(free)
    if rows.size < 2:
        return
    pairs = rows[pairs_within(world.people.position[rows], world.rules.talk.earshot_px)].tolist()
    _notice(world, pairs)
    if not _room_for_more(world):
        return
    for first, second in pairs:
        if free[first] and free[second] and _willing(world, first, second) and begin(world, first, second):
            free[[first, second]] = False
            if not _room_for_more(world):
                return


def _notice(world: World, pairs: list[list[int]]) -> None:
    """Tell of those who have come near each other; the same two not again for some hours."""
    since = world.tick - _NEAR_HOURS * world.rules.calendar.ticks_per_hour
    for first, second in pairs:
        if second < CROWD_FROM and world.near.get((first, second), -1) < max(since, 0):
            world.near[first, second] = world.tick
            world.events.fire(ProximityDetected(world.tick, first, second))


def wanted(world: World, ask: TalkWanted) -> None:
    """Somebody outside wants these two to talk: they do if both are free and can reach each other."""
    free = _free(world, rested=False)
    if ask.first != ask.second and free[ask.first] and free[ask.second]:
        begin(world, ask.first, ask.second, wanted=True)


def begin(world: World, first: int, second: int, *, wanted: bool = False) -> bool:
    """Let `first` walk up to `second`. False if there is no short way or no place to stand."""
    way = _way_to(world, first, second)
    if way is None:
        return False
    rules = world.rules.talk
    talk = Conversation(
        id=world.next_talk,
        participants=(first, second),
        planned_lines=world.chance.between(rules.min_lines, rules.max_lines),
        formed_at=world.tick,
        wanted=wanted,
    )
    world.next_talk += 1
    world.talks[talk.id] = talk
    _hold(world, talk, list(way[1:]))
    talk.scene = describe(world, talk)
    place = world.place_id(int(world.people.goal_place[second]))
    world.events.fire(ConversationStarted(world.tick, talk.id, talk.participants, place))
    return True


def _free(world: World, *, rested: bool = True) -> NDArray[np.bool_]:
    people = world.people
    free: NDArray[np.bool_] = people.present & (people.talk < 0) & (people.activity != Activity.SLEEPING)
    free &= _looked_at(world)
    return free & (people.talk_again_at <= world.tick) if rested else free


def _looked_at(world: World) -> NDArray[np.bool_]:
    """One district a look, by turns: who is in another one is looked at later."""
    town = world.town
    if town.districts == 1:
        return np.ones(len(world), dtype=np.bool_)
    turn = world.tick // _LOOK_TICKS % town.districts
    here: NDArray[np.bool_] = world.people.goal_place // len(town.places) == turn
    return here


def _room_for_more(world: World) -> bool:
    rules = world.rules.talk
    return len(world.talks) < min(rules.most_talks, max(1, len(world) // rules.people_to_a_talk))


def _willing(world: World, first: int, second: int) -> bool:
    """Temper, liking and chance: a pair that has just talked does not again."""
    if world.pair_rest.get((first, second), 0) > world.tick:
        return False
    outgoing = int(world.folk.traits[[first, second], EXTRAVERSION].sum())
    wish = world.rules.talk.begin_chance * (30 * 100 + 70 * outgoing) // (100 * 100)
    liking = _THOUSAND + warmth(world, first, second) // 2
    return world.chance.below(_THOUSAND) < wish * liking // _THOUSAND


def _way_to(world: World, first: int, second: int) -> tuple[Tile, ...] | None:
    """The walk of the first to the best stand beside the second that nobody else has taken."""
    people = world.people
    x, y = people.next_tile[second].tolist()
    start: Tile = tuple(people.next_tile[first].tolist())
    near = np.abs(people.next_tile - people.next_tile[second]).max(axis=1) <= _STAND_REACH
    taken = {tuple(tile) for tile in people.next_tile[near].tolist()} - {start}
    for dx, dy in _STANDS:
        stand = (x + dx, y + dy)
        between_free = world.town.is_free(x + dx // 2, y + dy // 2)
        if stand not in taken and between_free and world.town.is_free(*stand):
            way = world.navigation.path(start, lambda tile, stand=stand: tile == stand, _REACH_TILES)  # type: ignore[misc]  # the default binds the loop's value
            if way is not None:
                return way
    return None


def _hold(world: World, talk: Conversation, way: list[Tile]) -> None:
    """The second stops where the next step ends; the first walks up."""
    people = world.people
    first, second = talk.participants
    people.talk[[first, second]] = talk.id
    people.activity[[first, second]] = Activity.MEETING
    people.held[[first, second]] = True
    if way:
        world.walks[first] = way
    set_off(world, np.array([first]))
