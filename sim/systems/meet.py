"""Two free people who are near each other may begin a talk: one walks up, the other waits."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from agents.conversation.talk import Conversation
from sim.activity import Activity
from sim.events import ConversationStarted
from sim.inputs import TalkWanted
from sim.navigation import Tile
from sim.neighbours import pairs_within
from sim.systems.scene import describe
from sim.systems.walk import set_off
from sim.world import World

_REACH_TILES: Final = 9  # the longest way that one walks up to somebody for a talk
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
    if rows.size < 2 or not _room_for_more(world):
        return
    pairs = rows[pairs_within(world.people.position[rows], world.rules.talk.earshot_px)]
    for first, second in pairs.tolist():
        if free[first] and free[second] and _willing(world, first, second) and begin(world, first, second):
            free[[first, second]] = False
            if not _room_for_more(world):
                return


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
    place = world.town.places[int(world.people.goal_place[second])]
    world.events.fire(ConversationStarted(world.tick, talk.id, talk.participants, place.id))
    return True


def _free(world: World, *, rested: bool = True) -> NDArray[np.bool_]:
    people = world.people
    free: NDArray[np.bool_] = (people.talk < 0) & (people.activity != Activity.SLEEPING)
    return free & (people.talk_again_at <= world.tick) if rested else free


def _room_for_more(world: World) -> bool:
    return len(world.talks) < max(1, len(world.people) // world.rules.talk.people_to_a_talk)


def _willing(world: World, first: int, second: int) -> bool:
    """Temper and chance: outgoing people begin more talks; a pair that has just talked does not again."""
    if world.pair_rest.get((first, second), 0) > world.tick:
        return False
    outgoing = sum(world.minds[row].persona.traits.extraversion for row in (first, second))
    return world.chance.below(1000) < int(world.rules.talk.begin_chance * (0.3 + 0.7 * outgoing))


def _way_to(world: World, first: int, second: int) -> tuple[Tile, ...] | None:
    """The walk of the first to the best stand beside the second that nobody else has taken."""
    people = world.people
    x, y = people.next_tile[second].tolist()
    start: Tile = tuple(people.next_tile[first].tolist())
    taken = {tuple(tile) for tile in people.next_tile.tolist()} - {start}
    for dx, dy in _STANDS:
        stand = (x + dx, y + dy)
        open_between = world.town.walkable[y + dy // 2, (x + dx // 2)] if _inside(world, stand) else False
        if stand not in taken and open_between and world.town.walkable[stand[1], stand[0]]:
            way = world.navigation.path(start, lambda tile, stand=stand: tile == stand, _REACH_TILES)  # type: ignore[misc]  # the default binds the loop's value
            if way is not None:
                return way
    return None


def _inside(world: World, tile: Tile) -> bool:
    return 0 <= tile[0] < world.town.width and 0 <= tile[1] < world.town.height


def _hold(world: World, talk: Conversation, way: list[Tile]) -> None:
    """The second stops where the next step ends; the first walks up."""
    people = world.people
    first, second = talk.participants
    people.talk[[first, second]] = talk.id
    people.activity[[first, second]] = Activity.MEETING
    people.held[[first, second]] = True
    world.walks[first] = way
    set_off(people, first)
