"""Where each action can be done in this town, and how far it is from where one stands: tables made once, at load."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agents.actions import Action, ActionTable, Where
from sim.navigation import Navigation
from sim.town import Town

NOWHERE: Final = -1
LISTED, HOME, WORK, HAUNT, PARTNER, HAPPENING = range(6)
_CODES: Final = {
    Where.HOME: HOME,
    Where.WORK: WORK,
    Where.HAUNT: HAUNT,
    Where.PARTNER: PARTNER,
    Where.HAPPENING: HAPPENING,
}


@dataclass(frozen=True, slots=True)
class Errands:
    """Of a actions and p places of one district."""

    code: NDArray[np.int64]  # (a,): LISTED, HOME ...
    is_trade: NDArray[np.bool_]  # (a,): only those who are employed at such a place do it
    at_shelf: NDArray[np.bool_]  # (a,): what it uses and makes lies at the place
    nearest: NDArray[
        np.int64
    ]  # (a, p): of the listed places the nearest to each, NOWHERE where none is listed
    trade: NDArray[np.bool_]  # (p, a): whether somebody who works there may do it
    way: NDArray[np.int64]  # (p, p): steps from a place to another


def errands_of(table: ActionTable, town: Town, navigation: Navigation) -> Errands:
    """The tables of one town. Actions at places that the map lacks are done nowhere."""
    way = navigation.ways()
    index = town.place_index
    code = np.array([_CODES[one.place] if isinstance(one.place, Where) else LISTED for one in table.actions])
    return Errands(
        code=code,
        is_trade=np.array([bool(one.workplaces) for one in table.actions]),
        at_shelf=table.at_shelf,
        nearest=np.stack([_nearest(one, index, way) for one in table.actions]),
        trade=np.stack([_trade(one, town) for one in table.actions], axis=1),
        way=way,
    )


def _nearest(action: Action, index: dict[str, int], way: NDArray[np.int64]) -> NDArray[np.int64]:
    listed = () if isinstance(action.place, Where) else action.place
    known = np.array([index[place] for place in listed if place in index], dtype=np.int64)
    if known.size == 0:
        return np.full(len(way), NOWHERE, dtype=np.int64)
    nearest: NDArray[np.int64] = known[way[:, known].argmin(axis=1)]
    return nearest


def _trade(action: Action, town: Town) -> NDArray[np.bool_]:
    return np.array([not action.workplaces or place.id in action.workplaces for place in town.places])
