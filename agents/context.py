"""The packer: one pure function from what is true to a prompt, what changes least first.

The order is the server's, not the reader's: a prefix cache keeps what begins with the same bytes. World rules
are the same for everybody, the persona for one speaker always, the scene for one talk; the history only grows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from agents.persona import Persona
from agents.templates import Situation
from agents.world_rules import WORLD_RULES
from llm.types import Prompt, Turn

LONGEST_HISTORY: Final = 8  # lines; a longer one is cut from the front
_CUT: Final = 4  # lines at a time: a history that slides by one would be new to the server's cache each time

_NUDGES: Final = {
    Situation.GREETING: "{speaker} greets {listener}.",
    Situation.FAREWELL: "{speaker} has to go and says goodbye.",
    Situation.FAREWELL_REPLY: "{speaker} says goodbye.",
}


@dataclass(frozen=True, slots=True)
class LineFacts:
    """What is true at the moment of asking, and what kind of line is due."""

    speaker: Persona
    listener: Persona
    scene: str
    history: tuple[Turn, ...]
    situation: Situation | None  # None: nothing is asked yet, the server only reads ahead
    block: str = ""  # the speaker's, if somebody has it made already
    lead: str = ""  # first words of the line that stands ready, for a model too small to find its own


def build_prompt(facts: LineFacts) -> Prompt:
    """The same facts give the same prompt, byte for byte."""
    names = {"speaker": facts.speaker.first_name, "listener": facts.listener.first_name}
    return Prompt(
        rules=WORLD_RULES,
        persona=facts.block or facts.speaker.persona_block(),
        scene=facts.scene,
        history=_kept(facts.history),
        nudge=_NUDGES.get(facts.situation, "").format(**names) if facts.situation else "",
        speaker=facts.speaker.first_name,
        listeners=(facts.listener.first_name,),
        lead=facts.lead,
    )


def persona_prompt(speaker: Persona, block: str) -> Prompt:
    """The part of a speaker's prompts that is the same in all of them, to be read ahead."""
    return Prompt(WORLD_RULES, block, "", (), "", speaker.first_name, ())


def _kept(history: tuple[Turn, ...]) -> tuple[Turn, ...]:
    """The last five to eight lines, beginning at a line that stays the first for four lines."""
    if len(history) <= LONGEST_HISTORY:
        return history
    return history[(len(history) - LONGEST_HISTORY + _CUT - 1) // _CUT * _CUT :]
