"""How hard a question is, from 0 to 1: a cheap sum that decides which lines are worth a better model. Pure.

The weights are our own judgement, not a measurement: what the talk is about counts most, then how many people have
to be kept apart, then how much has to be kept in mind. A greeting between two scores under 0.1, the town's ordinary
talk under 0.4; philosophy among five reaches 0.6 by its topic and its company alone.
"""

from __future__ import annotations

from typing import Final

from llm.types import Prompt, Weight

TOPIC_SHARE: Final = 0.40
PARTICIPANTS_SHARE: Final = 0.25
HISTORY_SHARE: Final = 0.15
MEMORIES_SHARE: Final = 0.10
LENGTH_SHARE: Final = 0.10

_MOST_PARTICIPANTS: Final = 5  # more are as hard as five
_MOST_LINES: Final = 10  # of history
_MOST_MEMORIES: Final = 5
_MOST_CHARACTERS: Final = 2400  # of the whole prompt: some 600 tokens


def complexity(prompt: Prompt, weight: Weight) -> float:
    """The score of one question; a microsecond or two."""
    return (
        TOPIC_SHARE * min(max(weight.topic, 0.0), 1.0)
        + PARTICIPANTS_SHARE * _share(weight.participants - 1, _MOST_PARTICIPANTS - 1)
        + HISTORY_SHARE * _share(len(prompt.history), _MOST_LINES)
        + MEMORIES_SHARE * _share(weight.memories, _MOST_MEMORIES)
        + LENGTH_SHARE * _share(_characters(prompt), _MOST_CHARACTERS)
    )


def _share(count: int, most: int) -> float:
    return min(max(count, 0), most) / most


def _characters(prompt: Prompt) -> int:
    said = sum(len(turn.text) for turn in prompt.history)
    return said + len(prompt.rules) + len(prompt.persona) + len(prompt.scene) + len(prompt.nudge)
