"""One number for the whole simulated state: two worlds with the same history have the same."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from agents.conversation.talk import Conversation
from sim.world import World

PULSE_LENGTH: Final = 16  # characters


class _Table(Protocol):
    def columns(self) -> dict[str, NDArray[np.generic]]: ...


def state_hash(world: World) -> str:
    """BLAKE2b over columns, minds, talks, plans and chance, in a fixed order; hex, 32 characters.

    A tenth of a second for two hundred people: nothing for a frame.
    """
    digest = hashlib.blake2b(digest_size=16)
    _add_columns(digest, world)
    for part in (*_counters(world), *_plain_parts(world)):
        digest.update(repr(part).encode())
    return digest.hexdigest()


def pulse(world: World) -> str:
    """The same of columns, chance and counters alone, 16 characters: quick, and two towns that part ways part here at once."""
    digest = hashlib.blake2b(digest_size=PULSE_LENGTH // 2)
    _add_columns(digest, world)
    for part in _counters(world):
        digest.update(repr(part).encode())
    return digest.hexdigest()


def _add_columns(digest: hashlib.blake2b, world: World) -> None:
    tables: tuple[_Table, ...] = (*world.tables(), world.tills, world.memories)
    for table in tables:
        for name, column in table.columns().items():
            digest.update(f"{type(table).__name__}.{name}:{column.dtype.str}:{column.shape}".encode())
            digest.update(column.tobytes())


def _counters(world: World) -> list[Any]:
    """What changes whenever anything does."""
    return [
        (
            world.tick,
            world.speed,
            int(world.shed),
            world.spotlight,
            world.treasury,
            world.turn,
            world.next_talk,
            world.next_request,
            world.lit_again_at,
        ),
        [
            sorted(one.state()["state"].items())
            for one in (world.chance, world.weather.chance, world.happenings.chance)
        ],
    ]


def _plain_parts(world: World) -> list[Any]:
    """Everything else that is not a column, as plain values in insertion or row order; no set, no hash()."""
    return [
        (world.weather.now, world.weather.since),
        world.happenings.plain_parts(),
        world.memories.plain_parts(),
        world.ties.plain_parts(),
        [
            (
                row,
                m.state.value,
                m.awaits,
                m.began_at,
                m.deadline,
                list(m.recent),
                list(m.openings),
                list(map(sorted, m.said)),
            )
            for row, m in world.minds.made()
        ],
        list(world.afterthoughts),
        list(world.said_lately),
        list(world.phrases.lines),
        list(world.lags),
        [_plain(talk) for talk in world.talks.values()],
        sorted(world.pair_rest.items()),
        sorted(world.near.items()),
        sorted(world.walks.items()),
    ]


def _plain(talk: Conversation) -> list[tuple[str, Any]]:
    """Its fields in their order; a set has none, so what lines are made of is sorted."""
    fields = asdict(talk) | {"prints": [sorted(mark) for mark in talk.prints]}
    return list(fields.items())
