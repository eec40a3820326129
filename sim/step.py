"""One tick of the town: the same seed and the same inputs give the same world, bit for bit.

Order is data: `SYSTEMS` tells what a tick is. A system that runs every n-th tick does so at its phase, so that
the slow ones do not all fall on the same tick.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

from sim.inputs import Input
from sim.systems.act import act
from sim.systems.converse import converse
from sim.systems.fade import fade
from sim.systems.feel import feel
from sim.systems.going import fidget
from sim.systems.happen import happen
from sim.systems.listen import listen
from sim.systems.meet import meet
from sim.systems.plan import make_plans
from sim.systems.reflect import reflect
from sim.systems.sky import sky
from sim.systems.spotlight import choose_spotlight
from sim.systems.trade import trade
from sim.systems.walk import walk
from sim.systems.wear import wear
from sim.world import World

System = Callable[[World], None]

SYSTEMS: Final[tuple[tuple[System, int, int], ...]] = (  # (system, every n ticks, phase)
    (listen, 1, 0),
    (sky, 60, 1),
    (happen, 60, 11),
    (make_plans, 60, 21),
    (trade, 60, 31),
    (fade, 60, 41),
    (wear, 30, 3),
    (feel, 30, 13),
    (reflect, 30, 23),
    (fidget, 60, 51),
    (choose_spotlight, 60, 57),
    (meet, 15, 7),
    (converse, 1, 0),
    (act, 1, 0),
    (walk, 1, 0),
)


_CYCLE: Final = math.lcm(*(every for _, every, _ in SYSTEMS))  # ticks after which all is as before
_DUE: Final[tuple[tuple[System, ...], ...]] = tuple(
    tuple(system for system, every, phase in SYSTEMS if tick % every == phase) for tick in range(_CYCLE)
)


def step(world: World, inputs: Sequence[Input]) -> World:
    """Run one tick. Returns the world itself, a cheap handle; ask it for a `snapshot` only if somebody looks."""
    world.begin_tick(inputs)
    for system in _DUE[world.tick % _CYCLE]:
        system(world)
    world.events.tell()
    return world
