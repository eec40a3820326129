"""One number for the whole simulated state: two worlds with the same history have the same."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import Any

from sim.world import World


def state_hash(world: World) -> str:
    """BLAKE2b over columns, minds, talks, plans and chance, in a fixed order; hex, 32 characters."""
    digest = hashlib.blake2b(digest_size=16)
    for name, column in world.people.columns().items():
        digest.update(f"{name}:{column.dtype.str}:{column.shape}".encode())
        digest.update(column.tobytes())
    for part in _plain_parts(world):
        digest.update(repr(part).encode())
    return digest.hexdigest()


def _plain_parts(world: World) -> list[Any]:
    """Everything that is not a column, as plain values in insertion or row order; no set, no hash()."""
    return [
        (world.tick, world.speed, world.spotlight, world.planned_day, world.next_talk, world.next_request),
        sorted(world.chance.state()["state"].items()),
        [(m.state.value, m.awaits, m.began_at, m.deadline, list(m.recent)) for m in world.minds],
        list(world.said_lately),
        [asdict(talk) for talk in world.talks.values()],
        sorted(world.pair_rest.items()),
        sorted(world.walks.items()),
        world.plans,
    ]
