"""Why somebody means to leave a talk: all is said, a duty calls, the body wants its due, or they are out of sorts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from agents.conversation.talk import Happening

_HURT: Final = -140  # of mood that a talk has stirred, from which one has had enough of it
_SULKS: Final = -450  # valence, at which one would rather be alone
_BORED_AFTER: Final = 7  # lines without a word of one's own
_RESERVED: Final = 35  # of extraversion, under which one tires so
_LEAST_LINES: Final = 2  # said by all before anybody goes


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody stands in a talk."""

    said: int  # lines in all
    planned: int
    silent_for: int  # lines since their own last one
    swing: int  # mood the talk has stirred in them, thousandths
    valence: int  # their mood now
    extraversion: int  # hundredths
    duty: bool  # the plan of the day says otherwise by now
    body: bool  # hunger or the like is critical
    held: bool = False  # somebody outside wants them to talk: one stays, though out of sorts


def wants_to_go(standing: Standing) -> Happening | None:
    """The reason, if there is one; the most pressing first."""
    if standing.said < _LEAST_LINES:
        return None
    if standing.duty or standing.body:
        return Happening.DUTY_CALLED
    if not standing.held and (standing.swing <= _HURT or standing.valence <= _SULKS):
        return Happening.OUT_OF_SORTS
    tired = standing.silent_for > _BORED_AFTER and standing.extraversion < _RESERVED
    if tired or standing.said >= standing.planned - 2:
        return Happening.BUSINESS_DONE
    return None
