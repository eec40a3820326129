"""The spotlight on a talk for its own sake: where it quarrels or comes close, one at a time, and not without rest.

Whoever somebody outside follows, or has asked to talk, is in it anyway.
"""

from __future__ import annotations

from typing import Final

from agents.conversation.talk import Conversation, Phase
from sim.clock import TICKS_PER_SECOND
from sim.world import World

_DRAMATIC: Final = 150  # of mood and warmth that went through it
_OF_EVENT: Final = 60  # more, while something goes on in town
_FOR_A_HEAD: Final = 20  # more, for each beyond two
_REST: Final = 30 * TICKS_PER_SECOND  # from the end of one to the next


def choose_spotlight(world: World) -> None:
    """Light the most dramatic talk, if none is lit and the last one was long enough ago."""
    lit = next((talk for talk in world.talks.values() if talk.lit), None)
    if lit is not None:
        world.lit_again_at = world.tick + _REST
        return
    if world.tick < world.lit_again_at:
        return
    open_talks = [talk for talk in world.talks.values() if talk.phase is Phase.OPEN and talk.ends_at is None]
    best = max(open_talks, key=lambda talk: _drama(world, talk), default=None)
    if best is not None and _drama(world, best) >= _DRAMATIC:
        best.lit = True


def _drama(world: World, talk: Conversation) -> int:
    """How much there is to see in it."""
    event = _OF_EVENT if world.happenings.active else 0
    return talk.drama + event + _FOR_A_HEAD * (len(talk.participants) - 2)
