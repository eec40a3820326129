"""From the parts of a prompt to what one kind of model reads. Pure; the same parts always give the same bytes.

What changes least comes first, and within a talk a prompt is only appended to, so that a server's prefix cache
has to read nothing but what is new. The layout is all in this file: change it here and nowhere else.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final, TypedDict

from llm.types import Prompt, Turn


class PromptForm(StrEnum):
    """How a model wants to be asked; a property of the model."""

    SCRIPT = "script"
    CHAT = "chat"


class ChatMessage(TypedDict):
    """One message of the chat form."""

    role: str
    content: str


SCRIPT_STOPS: Final = ('"', "\n")
_DOUBLE_QUOTES: Final = re.compile(r'["\u201c\u201d\u201e\u201f\u00ab\u00bb]')
_NOT_IN_A_NAME: Final = re.compile(r'["\s:]+')


def as_script(prompt: Prompt) -> tuple[str, tuple[str, ...]]:
    """A play to be continued, which ends inside the speaker's quotation marks; and where to stop."""
    head = [prompt.rules.strip(), prompt.persona.strip(), prompt.scene.strip()]
    lines = [*map(_spoken, prompt.history), _one_line(prompt.nudge)]
    parts = ["\n\n".join(filter(None, head)), *filter(None, lines), f'{_name(prompt.speaker)}: "']
    return "\n".join(parts), SCRIPT_STOPS


def as_chat(prompt: Prompt) -> list[ChatMessage]:
    """Two messages, which every chat template accepts: who one is, and the talk so far with the question last."""
    system = "\n\n".join(filter(None, (prompt.rules.strip(), prompt.persona.strip())))
    talk = [prompt.scene.strip(), *map(_spoken, prompt.history), _one_line(prompt.nudge), _ask(prompt)]
    return [
        {"role": "system", "content": system},
        {"role": "user", "content": "\n".join(filter(None, talk))},
    ]


def _ask(prompt: Prompt) -> str:
    speaker = _name(prompt.speaker)
    return f"What does {speaker} say next? Answer with only the words {speaker} speaks aloud: no name, no quotes."


def _spoken(turn: Turn) -> str:
    text = _DOUBLE_QUOTES.sub("'", _one_line(turn.text))
    return f'{_name(turn.speaker)}: "{text}"'


def _name(name: str) -> str:
    return _NOT_IN_A_NAME.sub(" ", name).strip()


def _one_line(text: str) -> str:
    return " ".join(text.split())
