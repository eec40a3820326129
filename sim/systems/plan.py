"""Everybody thinks up their day, by night, each at a minute of their own, so that a crowd does not do it all at once."""

from __future__ import annotations

from typing import Final

import numpy as np

from agents.planner import LOT, LOTS, Resident, plan_days
from sim.columns import Rows
from sim.ties import friend_of
from sim.world import World

_FROM_MINUTE: Final = 3 * 60
_WITHIN_MINUTES: Final = 60


def make_plans(world: World) -> None:
    """Those whose minute has come plan the day that lies before them."""
    moment = world.moment
    if not _FROM_MINUTE <= moment.minute <= _FROM_MINUTE + _WITHIN_MINUTES:
        return
    unplanned = np.flatnonzero(world.doings.planned_day < moment.day)
    rows = unplanned[unplanned % _WITHIN_MINUTES <= moment.minute - _FROM_MINUTE]
    if rows.size:
        plan(world, rows)


def plan(world: World, rows: Rows) -> None:
    """The day of each of these, and whom they mean to see."""
    folk, doings = world.folk, world.doings
    who = Resident(
        folk.traits[rows],
        folk.routine[rows],
        folk.employed[rows],
        folk.home[rows],
        folk.work[rows],
        folk.leisure[rows],
    )
    made = plan_days(who, world.chance.below_each(LOT, rows.size * LOTS).reshape(rows.size, LOTS))
    doings.plan_start[rows], doings.plan_kind[rows], doings.plan_place[rows] = (
        made.start,
        made.kind,
        made.place,
    )
    doings.plan_partner[rows] = friend_of(world, rows, world.chance.below_each(LOT, rows.size))
    doings.planned_day[rows] = world.moment.day
