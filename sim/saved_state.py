"""The whole simulated state as plain data and arrays, and back into a world that was founded anew.

What is here and what `state_hash` covers are the same, by two ways to say it: a world that was put back goes on bit for bit as the
other one does. What a world is made from (map, lore, template lines, the people as they were written) is not in it; nor is
what no system reads: the last prompts, and the events that were told.
"""

from __future__ import annotations

import typing
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from agents.happenings import Happening
from agents.mind import Mind, State
from agents.persona import PersonaError, persona_of
from llm.types import Fingerprint, RequestId
from sim.happenings import GoingOn
from sim.memories import Asked, Episode
from sim.plain import Arrays, Plain, PlainError, fields_of, from_plain, to_plain
from sim.tie_columns import TieChange
from sim.world import World

_OWN: Final = (
    "treasury", "tick", "speed", "shed", "spotlight", "talks", "pair_rest", "near", "walks", "lit_again_at", "lags",
    "talk_log", "said_lately", "phrases", "next_talk", "next_request", "next_due", "next_reach", "turn", "stale_cues", "afterthoughts",
)  # fmt: skip
_MIND: Final[dict[str, Any]] = {
    "state": State,
    "awaits": RequestId | None,
    "began_at": int,
    "deadline": int,
    "asked_at": int,
    "recent": tuple[str, ...],
    "openings": tuple[str, ...],
    "said": tuple[Fingerprint, ...],
}
_MEMORIES: Final[dict[str, Any]] = {
    "capacity": int,
    "turn": int,
    "asked": dict[RequestId, Asked],
    "asked_at": list[int],
    "_texts": dict[int, dict[int, str]],
    "_lasting": dict[int, list[Episode]],
}
_FROZEN: Final = (type(None), bool, int, float, str, tuple, frozenset)
_CHANCES: Final = ("town", "sky", "happenings")


class _Table(Protocol):
    def columns(self) -> dict[str, NDArray[Any]]: ...


def state_of(world: World) -> tuple[dict[str, Plain], Arrays]:
    """All of it, between two ticks."""
    arrays: Arrays = []
    return plain_of(photograph(world), arrays), arrays


def photograph(world: World) -> dict[str, Any]:
    """All of it, between two ticks, as values that the world will not change any more; quick, for the world waits meanwhile."""
    return {
        "own": {name: still(getattr(world, name)) for name in _OWN},
        "tables": {name: still(table.columns()) for name, table in _tables(world).items()},
        "memories": {name: still(getattr(world.memories, name)) for name in _MEMORIES},
        "ties": still(world.ties.history),
        "weather": [world.weather.now, world.weather.since],
        "happenings": [_told(world.happenings.active), _told(world.happenings.past)],
        "minds": [
            [row, {name: still(getattr(mind, name)) for name in _MIND}] for row, mind in world.minds.made()
        ],
        "people": world.roster.residents(),
        "count": len(world.roster),
        "chance": [_chance(world, name).state() for name in _CHANCES],
    }


def still(value: Any) -> Any:
    """The same value, or a copy of it where it may change; what a frozen value holds is frozen."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, dict):
        is_flat = _is_frozen(next(iter(value.values()), None))
        return dict(value) if is_flat else {key: still(one) for key, one in value.items()}
    if isinstance(value, list | deque):
        return tuple(value) if _is_frozen(next(iter(value), None)) else tuple(map(still, value))
    if _is_frozen(value):
        return value
    return type(value)(**{name: still(getattr(value, name)) for name in fields_of(type(value))})


def _is_frozen(value: Any) -> bool:
    parameters = getattr(value, "__dataclass_params__", None)
    return isinstance(value, _FROZEN) or (parameters is not None and parameters.frozen)


def plain_of(
    photo: dict[str, Any], arrays: Arrays, breathe: Callable[[], None] = lambda: None
) -> dict[str, Plain]:
    """A photograph as plain data and arrays; slow, and in no hurry: for a thread that lets others go first now and then."""

    def named(values: Mapping[str, Any]) -> dict[str, Plain]:
        breathe()
        return {name: to_plain(one, arrays) for name, one in values.items()}

    return {
        "own": named(photo["own"]),
        "tables": {name: named(table) for name, table in photo["tables"].items()},
        "memories": named(photo["memories"]),
        "ties": to_plain(photo["ties"], arrays),
        "minds": [[row, named(mind)] for row, mind in photo["minds"]],
        "people": [[row, persona.model_dump(mode="json")] for row, persona in photo["people"]],
        **{name: photo[name] for name in ("weather", "happenings", "count", "chance")},
    }


def restore(world: World, state: dict[str, Any], arrays: Arrays) -> None:
    """Put it into a world that was founded from the same map, lore and people. Raises PlainError."""
    try:
        _restore_people(world, state)
        _restore_columns(world, state, arrays)
        _restore_rest(world, state, arrays)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise PlainError(
            f"expected a whole state of a town, got one that lacks or has too much: {error!r}"
        ) from error


def _restore_people(world: World, state: dict[str, Any]) -> None:
    known = dict(world.roster.residents())
    for row, table in state["people"]:
        before = known.get(row)
        if before is None or before.model_dump(mode="json") != table:
            try:
                world.roster.put(row, persona_of(Path(f"person {row}"), table))
            except PersonaError as error:
                raise PlainError(str(error)) from error
    world.roster.grow(from_plain(int, state["count"], (), "count"))


def _restore_columns(world: World, state: dict[str, Any], arrays: Arrays) -> None:
    for name, table in _tables(world).items():
        for column, before in table.columns().items():
            where = f"{name}.{column}"
            values = from_plain(NDArray[Any], state["tables"][name][column], arrays, where)
            if values.dtype != before.dtype or values.ndim != before.ndim:
                raise PlainError(
                    f"{where}: expected {before.dtype} of {before.ndim} dimensions, got {values.dtype}"
                )
            _set_column(table, column, values)


def _set_column(table: Any, column: str, values: NDArray[Any]) -> None:
    ring = getattr(table, "ring", {})
    if column in ring:
        ring[column] = values.copy()
    else:
        setattr(table, column, values.copy())


def _restore_rest(world: World, state: dict[str, Any], arrays: Arrays) -> None:
    hints = typing.get_type_hints(World)
    for name in _OWN:
        value = from_plain(hints[name], state["own"][name], arrays, name)
        before = getattr(world, name)
        setattr(world, name, deque(value, before.maxlen) if isinstance(before, deque) else value)
    for name, hint in _MEMORIES.items():
        setattr(world.memories, name, from_plain(hint, state["memories"][name], arrays, f"memories{name}"))
    history = from_plain(dict[tuple[int, int], list[TieChange]], state["ties"], arrays, "ties")
    world.ties.history = {pair: world.ties.remembered(changes) for pair, changes in history.items()}
    world.weather.now, world.weather.since = from_plain(tuple[int, int], state["weather"], (), "weather")
    active, past = state["happenings"]
    world.happenings.active = _going_on(world, active)
    world.happenings.past.clear()
    world.happenings.past.extend(_going_on(world, past))
    for row, one in state["minds"]:
        _restore_mind(world.minds[row], one, arrays, f"minds[{row}]")
    for name, words in zip(_CHANCES, state["chance"], strict=True):
        _chance(world, name).restore(words)


def _restore_mind(mind: Mind, plain: dict[str, Any], arrays: Arrays, where: str) -> None:
    known = {"openings": [], **plain}  # which older saves have not
    values = {name: from_plain(hint, known[name], arrays, f"{where}.{name}") for name, hint in _MIND.items()}
    for name, value in values.items():
        before = getattr(mind, name)
        setattr(mind, name, deque(value, before.maxlen) if isinstance(before, deque) else value)


def _tables(world: World) -> dict[str, _Table]:
    named = {type(table).__name__: table for table in (*world.tables(), world.tills)}
    return {**named, "Memories": world.memories}


def _chance(world: World, name: str) -> Any:
    return {"town": world.chance, "sky": world.weather.chance, "happenings": world.happenings.chance}[name]


def _told(going_on: Any) -> list[Plain]:
    return [[one.what.id, one.place, one.since, one.until] for one in going_on]


def _going_on(world: World, plain: list[Any]) -> list[GoingOn]:
    known: dict[str, Happening] = {one.id: one for one in world.lore.happenings.happenings}
    told = from_plain(list[tuple[str, int, int, int]], plain, (), "happenings")
    return [GoingOn(known[what], *when) for what, *when in told]
