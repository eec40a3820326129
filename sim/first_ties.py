"""What people are to each other when the town is founded: as their files say, and as neighbours and colleagues are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agents.actions import TIES
from agents.persona import Relation
from sim.columns import CROWD_FROM, Rows
from sim.tie_columns import KINDS, STRONGEST, Ints, in_rounds
from sim.world import World

_HUNDRED: Final = 100
_ECHO: Final = 60  # hundredths that the other feels, whose own file says nothing
# What else there is, in hundredths, where a file says: trust, friendship, rivalry, professional, family.
_BESIDE: Final = np.array(
    (
        (100, 40, 0, 0, 0),  # trust
        (60, 100, 0, 0, 0),  # friendship
        (0, 0, 100, 0, 0),  # rivalry
        (40, 25, 0, 100, 0),  # professional
        (70, 50, 0, 0, 100),  # family
    ),
    dtype=np.int64,
)
_COLLEAGUES: Final = np.array((150, 90, 0, 300, 0), dtype=np.int64)
_HOUSEMATES: Final = np.array((260, 240, 0, 0, 0), dtype=np.int64)
_STEPS: Final = (-2, -1, 1, 2)  # to those who come next of all at the same place


@dataclass(frozen=True, slots=True)
class _Said:
    """What one is to another, in the order of `TieKind`."""

    row: int
    other: int
    strengths: Ints


def first_ties(world: World, rows: Rows) -> None:
    """Let these know whom they would know."""
    residents = {row for row, _ in world.roster.residents()}
    told = [row for row in rows.tolist() if row < CROWD_FROM or row in residents]
    said = [one for row in told for one in _as_told(world, row)]
    _raise(world, said)
    _raise(world, [_echo(one) for one in said if not _answered(world, one)], only_with_room=True)
    crowd = np.setdiff1d(rows, np.array(sorted(residents), dtype=np.intp))
    if crowd.size:
        folk, everybody = world.folk, np.arange(len(world.ties))
        _next_to_each_other(world, crowd, everybody[folk.employed], folk.work, _COLLEAGUES)
        _next_to_each_other(world, crowd, everybody, folk.home, _HOUSEMATES)


def _as_told(world: World, row: int) -> list[_Said]:
    """What their file says of those who live here."""
    said = []
    for relation in world.roster.persona(row).relations:
        other = world.roster.row_of(relation.to)
        if other is not None and other != row and other < len(world.ties):
            said.append(_Said(row, other, _strengths(relation)))
    return said


def _answered(world: World, said: _Said) -> bool:
    """Whether the other's file says something too."""
    own_id = world.roster.persona(said.row).id
    return world.roster.persona(said.other).relation_to(own_id) is not None


def _echo(said: _Said) -> _Said:
    return _Said(said.other, said.row, said.strengths * _ECHO // _HUNDRED)


def _strengths(relation: Relation) -> Ints:
    strength = round(relation.strength * STRONGEST)
    beside: Ints = _BESIDE[TIES.index(relation.kind)]
    return strength * beside // _HUNDRED


def _raise(world: World, said: list[_Said], *, only_with_room: bool = False) -> None:
    """Let each tie be at least as strong as that."""
    rows, others = (
        np.array([getattr(one, name) for one in said], dtype=np.intp) for name in ("row", "other")
    )
    for chosen in in_rounds(rows):
        roomy = world.ties.has_room(rows[chosen])
        now = chosen[roomy] if only_with_room else chosen
        strengths = np.array([said[index].strengths for index in now.tolist()]).reshape(-1, KINDS)
        at_least = np.maximum(world.ties.between(rows[now], others[now]), strengths)
        world.ties.put(rows[now], others[now], at_least, world.tick)


def _next_to_each_other(
    world: World, rows: Rows, everybody: Rows, places: NDArray[np.int32], strengths: Ints
) -> None:
    """Of all at one place, each knows those who come next in the order of rows; those who were there know newcomers."""
    order = everybody[np.argsort(places[everybody], kind="stable")]
    coming = np.zeros(len(world.ties), dtype=np.bool_)
    coming[rows] = True
    for step in _STEPS:
        other = np.roll(order, -step)
        here = (places[order] == places[other]) & (order != other) & (coming[order] | coming[other])
        one, another = order[here], other[here]
        roomy = world.ties.has_room(one) | (world.ties.slots(one, another) >= 0)
        one, another = one[roomy], another[roomy]
        at_least = np.maximum(world.ties.between(one, another), strengths)
        world.ties.put(one, another, at_least, world.tick)
