"""What people are to each other, and how it changes: by what they do together, by talks, and by a person outside.

A tie goes one way: what one is to another need not be returned.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from agents.conversation.talk import Happening
from agents.planner import LOT
from agents.traits import AGREEABLENESS, TRAITS
from sim.afterthoughts import Mark
from sim.columns import CROWD_FROM, Rows
from sim.events import RelationshipChanged
from sim.first_ties import first_ties
from sim.inputs import TieWanted
from sim.systems.feel import stir
from sim.tie_columns import (
    KINDS,
    NO_TIE,
    STRONGEST,
    Ints,
    Level,
    Tie,
    TieChange,
    TieKind,
    Ties,
    in_rounds,
    level_of,
    levels,
    no_ties,
    warmth_of,
    warmths,
)
from sim.world import World

__all__ = [
    "Level", "Tie", "TieChange", "TieKind", "Ties", "after_talk", "bonds", "first_ties", "friend_of", "history",
    "no_ties", "pairs", "shift", "shift_many", "strongest", "tell_of_changes", "tie", "tie_wanted", "warmth",
]  # fmt: skip

_TOLD_FROM: Final = 25  # a change of so much is an event
_WARM: Final = 250  # of warmth, from which one means to see somebody
_GLAD: Final = 40  # of valence, when somebody comes to be more to one
_STRUCK: Final = 20  # of arousal


# -- asking


def tie(world: World, row: int, other: int) -> Tie | None:
    """What the other is to them."""
    slot = world.ties.slot(row, other)
    return None if slot == NO_TIE else _tie(world.ties, row, slot)


def bonds(world: World, row: int) -> list[Tie]:
    """All whom somebody knows, the warmest first."""
    slots = np.flatnonzero(world.ties.other[row] != NO_TIE)
    order = np.argsort(-warmths(world.ties.strength[row, slots]), kind="stable")
    return [_tie(world.ties, row, slot) for slot in slots[order].tolist()]


def at_levels(world: World, row: int, wanted: Sequence[Level]) -> list[int]:
    """Those who are this to somebody, in the order in which they came to be known."""
    known = zip(world.ties.other[row].tolist(), world.ties.strength[row].tolist(), strict=True)
    return [other for other, strengths in known if other != NO_TIE and level_of(strengths) in wanted]


def strongest(world: World, row: int, kind: TieKind) -> Tie | None:
    """To whom somebody is bound most in this way."""
    strong = np.where(world.ties.other[row] == NO_TIE, 0, world.ties.strength[row, :, kind])
    slot = int(strong.argmax())
    return _tie(world.ties, row, slot) if strong[slot] > 0 else None


def warmth(world: World, row: int, other: int) -> int:
    """How glad somebody is of the other, -1000 to 1000."""
    slot = world.ties.slot(row, other)
    return 0 if slot == NO_TIE else warmth_of(world.ties.strength[row, slot].tolist())


def pairs(world: World, rows: Rows, others: Rows) -> Ints:
    """How strong the tie of each to the other is, (k, kinds)."""
    return world.ties.between(rows, others)


def history(world: World, row: int, other: int) -> list[TieChange]:
    """How it came to be so, oldest first; kept of those who are watched."""
    return list(world.ties.history.get((row, other), ()))


def friend_of(world: World, rows: Rows, draws: Ints) -> Ints:
    """Somebody in town whom each is glad of, by one draw below LOT; -1 where there is nobody."""
    others = world.ties.other[rows]
    warm = (others != NO_TIE) & (warmths(world.ties.strength[rows]) >= _WARM)
    warm &= world.people.present[others]  # that of no tie is the last row's, which is masked already
    chosen = draws * warm.sum(axis=1, dtype=np.int64) // LOT
    slot = (warm.cumsum(axis=1) == chosen[:, np.newaxis] + 1).argmax(axis=1)
    return np.where(warm.any(axis=1), others[np.arange(rows.size), slot], -1).astype(np.int64)


def _tie(ties: Ties, row: int, slot: int) -> Tie:
    strengths = tuple(ties.strength[row, slot].tolist())
    return Tie(int(ties.other[row, slot]), strengths, int(ties.last[row, slot]))


# -- changing


def shift(world: World, row: int, other: int, kind: TieKind, delta: int, reason: str) -> None:
    """Let the other be so much more, or less, to somebody."""
    deltas = np.zeros((1, KINDS), dtype=np.int64)
    deltas[0, kind] = delta
    _change(world, np.array([row]), np.array([other]), deltas, (reason,))


def shift_many(world: World, rows: Rows, others: Rows, deltas: Ints, reasons: Sequence[str]) -> None:
    """The same for many at once; what is strong already grows less. A row may come more than once."""
    for now in in_rounds(rows):
        before = world.ties.between(rows[now], others[now])
        grown = np.where(deltas[now] > 0, deltas[now] * (STRONGEST - before) // STRONGEST, deltas[now])
        _change(world, rows[now], others[now], grown, [reasons[index] for index in now.tolist()])


def tie_wanted(world: World, ask: TieWanted) -> None:
    """A person outside wants two townspeople to be more, or less, to each other."""
    everybody = range(len(world))
    if ask.npc in everybody and ask.other in everybody and ask.npc != ask.other:
        shift(world, ask.npc, ask.other, TieKind(ask.kind), ask.delta, "it was wished from outside")


def _change(world: World, rows: Rows, others: Rows, deltas: Ints, reasons: Sequence[str]) -> None:
    """Exactly so much, within bounds; the rows are all different."""
    before = world.ties.between(rows, others)
    after = np.clip(before + deltas, 0, STRONGEST)
    changed = (after != before).any(axis=1) & (rows != others)
    at = np.flatnonzero(changed)
    at = at[world.ties.put(rows[at], others[at], after[at], world.tick)]
    rows, others, before, after = rows[at], others[at], before[at], after[at]
    why = [reasons[index] for index in at.tolist()]
    _keep_in_mind(world, rows, others, (before, after), why)
    tell_of_changes(world, rows, others, (before, after), why)
    risen = np.sign(levels(after) - levels(before))
    moved = risen != 0
    if moved.any():
        stir(world, rows[moved], _GLAD * risen[moved], _STRUCK)


def _keep_in_mind(
    world: World, rows: Rows, others: Rows, turned: tuple[Ints, Ints], reasons: Sequence[str]
) -> None:
    """How it came about, for those who are watched."""
    if not (rows < CROWD_FROM).any():
        return
    before, after = turned
    for at, kind in zip(*np.nonzero((after != before) & (rows < CROWD_FROM)[:, np.newaxis]), strict=True):
        delta = int(after[at, kind] - before[at, kind])
        change = TieChange(world.tick, TieKind(int(kind)), int(after[at, kind]), delta, reasons[at])
        world.ties.note(int(rows[at]), int(others[at]), change)


def tell_of_changes(
    world: World, rows: Rows, others: Rows, turned: tuple[Ints, Ints], reasons: Sequence[str]
) -> None:
    """Tell of what is much, or has another name now, among those who are watched; rows may repeat."""
    if not (rows < CROWD_FROM).any():
        return
    before, after = turned
    renamed = levels(before) != levels(after)
    of_note = renamed | (abs(after - before) >= _TOLD_FROM).any(axis=1)
    for at in np.flatnonzero(of_note & (rows < CROWD_FROM)).tolist():
        pair, delta = (int(rows[at]), int(others[at])), after[at] - before[at]
        told = np.flatnonzero(abs(delta) >= _TOLD_FROM).tolist()
        for kind in told or ([int(abs(delta).argmax())] if renamed[at] else []):
            world.events.fire(_event(world, pair, kind, after[at], delta, reasons[at]))


def _event(
    world: World, pair: tuple[int, int], kind: int, after: Ints, delta: Ints, reason: str
) -> RelationshipChanged:
    return RelationshipChanged(
        tick=world.tick,
        npc=pair[0],
        other=pair[1],
        kind=TieKind(kind).name.lower(),
        strength=int(after[kind]),
        delta=int(delta[kind]),
        reason=reason,
    )


# -- talks

_ALIKE: Final = 24  # hundredths that two people's traits lie apart on the average
_TEMPER: Final = (3, 2)  # what a hundredth more or less than that is worth
_LUCK: Final = 12  # either way
_MOOD_PART: Final = 250  # of valence, that is worth one thousandth of a tie
_AGREEABLE_PART: Final = 10
_KIND_WORDS: Final = 12  # hundredths of warmth in what was said, for a thousandth of a tie
_ENDED: Final = {
    Happening.SAID_FAREWELL: 2,
    Happening.BUSINESS_DONE: 2,
    Happening.OUT_OF_SORTS: -10,
    Happening.FELL_SILENT: -12,
}


def after_talk(world: World, mark: Mark) -> None:
    """Somebody has talked: by temper, mood, what was said, how they parted and chance another is more to them, or less."""
    score = _went(world, mark)
    gain, loss = max(score, 0), max(-score, 0)
    deltas = np.zeros((1, KINDS), dtype=np.int64)
    deltas[0, TieKind.FRIENDSHIP] = gain - loss
    deltas[0, TieKind.TRUST] = (gain - loss) // 2
    deltas[0, TieKind.RIVALRY] = loss - gain // 2
    reason = "a good talk" if score >= 0 else "a talk that went badly"
    shift_many(world, np.array([mark.row]), np.array([mark.other]), deltas, [reason])


def _went(world: World, mark: Mark) -> int:
    """How the talk was for one with the other, in thousandths of a tie."""
    row, other = mark.row, mark.other
    traits = world.folk.traits[[row, other]].astype(np.int64)
    apart = int(abs(traits[0] - traits[1]).sum()) // len(TRAITS)
    agreeable = (int(traits[:, AGREEABLENESS].sum()) - 100) // _AGREEABLE_PART
    mood = int(world.wellbeing.valence[[row, other]].sum(dtype=np.int64)) // _MOOD_PART
    words = mark.warmth // _KIND_WORDS
    alike = (_ALIKE - apart) * _TEMPER[0] // _TEMPER[1]
    return alike + agreeable + mood + words + _ENDED.get(mark.reason, 0) + world.chance.between(-_LUCK, _LUCK)
