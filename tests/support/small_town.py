"""A town made in code: a field, a wall with a door, and every place that the personas know. For tests only."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from agents.persona import HOME_IDS, PUBLIC_IDS, WORK_IDS, load_personas
from agents.templates import TemplateBook
from sim.app.settings import ASSETS
from sim.calendar import Calendar
from sim.founding import found_world
from sim.lore import Lore, load_lore
from sim.roster import Roster
from sim.rules import Rules
from sim.town import Place, Town
from sim.world import World

_COLUMNS = 6
_SIDE = 4  # tiles of a place
_STRIDE = 6


def small_town() -> Town:
    """Places of 4 by 4 tiles in a grid, two tiles of street between them, and one wall with one door."""
    ids = (*WORK_IDS, *PUBLIC_IDS, *HOME_IDS)
    rows = -(-len(ids) // _COLUMNS)
    width, height = _COLUMNS * _STRIDE + 2, rows * _STRIDE + 2
    walkable = np.ones((height, width), dtype=np.bool_)
    walkable[1 + _STRIDE, 1:-1] = False  # the wall, right below the first row of places
    walkable[1 + _STRIDE, width // 2] = True  # its door; one can also walk round its ends
    ground = np.zeros((height, width), dtype=np.int32)
    return Town(
        path=Path("small_town"),
        width=width,
        height=height,
        tile_px=16,
        tileset_image=Path("none.png"),
        tile_columns=16,
        layers=dict.fromkeys(("ground", "decor", "above", "collision"), ground),
        walkable=walkable,
        road=np.zeros((height, width), dtype=np.bool_),
        places=tuple(_place(index, id_) for index, id_ in enumerate(ids)),
        spawns=(),
    )


def _place(index: int, id_: str) -> Place:
    left, top = 2 + index % _COLUMNS * _STRIDE, 2 + index // _COLUMNS * _STRIDE
    spots = tuple((left + x, top + y) for y in range(_SIDE) for x in range(_SIDE))
    kind = "home" if id_ in HOME_IDS else "public" if id_ in PUBLIC_IDS else "work"
    return Place(id_, f"the {id_}", kind, False, 8, left, top, _SIDE, _SIDE, spots)


def small_world(seed: int = 7, people: int = 25) -> World:
    """The real people in the small town."""
    roster = Roster(load_personas(ASSETS / "personas"), people, seed)
    book = TemplateBook.load(ASSETS / "templates")
    rules = Rules(seed=seed)
    return found_world(rules, world_lore(), small_town(), roster, book)


@cache
def world_lore() -> Lore:
    """The real tables, at the usual length of a day."""
    return load_lore(lambda name: ASSETS / "world" / name, Calendar())
