"""From the parts of a prompt to what one kind of model reads. Pure; the same parts always give the same bytes.

What changes least comes first, and within a talk a prompt is only appended to, so that a server's prefix cache
has to read nothing but what is new. The layout is all in this file: change it here and nowhere else.
"""

from __future__ import annotations

import re
from dataclasses import replace
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


_TOKENS_A_CHARACTER: Final = 0.29  # measured over the town's English, on the safe side
_TOKENS_A_LINE: Final = 4  # quotes, colon and line break
_WORDS_A_TOKEN: Final = 0.7
_ASKER: Final = "You"
_ANSWERER: Final = "Answer"
SCRIPT_STOPS: Final = ('"', "\n")
_DOUBLE_QUOTES: Final = re.compile(r'["\u201c\u201d\u201e\u201f\u00ab\u00bb]')
_NOT_IN_A_NAME: Final = re.compile(r'["\s:]+')


def as_script(prompt: Prompt) -> tuple[str, tuple[str, ...]]:
    """A play to be continued, which ends inside the speaker's quotation marks; and where to stop."""
    if not prompt.speaker:
        prompt = _as_play(prompt)
    head = [prompt.rules.strip(), prompt.persona.strip(), prompt.scene.strip()]
    lines = [*map(_spoken, prompt.history), _one_line(prompt.nudge)]
    parts = [
        "\n\n".join(filter(None, head)),
        *filter(None, lines),
        f'{_name(prompt.speaker)}: "{_unquoted(prompt.lead)}',
    ]
    return "\n".join(parts), SCRIPT_STOPS


def as_chat(prompt: Prompt, reply_tokens: int = 40) -> list[ChatMessage]:
    """Two messages, which every chat template accepts: who one is, and the talk so far with the question last."""
    system = "\n\n".join(filter(None, (prompt.rules.strip(), prompt.persona.strip())))
    question = (_one_line(prompt.nudge), _ask(prompt, reply_tokens)) if prompt.speaker else (prompt.nudge,)
    talk = [prompt.scene.strip(), *map(_spoken, prompt.history), *question]
    messages: list[ChatMessage] = [{"role": "system", "content": system}] if system else []
    return [*messages, {"role": "user", "content": "\n".join(filter(None, talk))}]


def fitted(prompt: Prompt, tokens: int) -> Prompt:
    """The prompt within a budget: the oldest lines of the talk go first, two at a time, so that what is left stays put."""
    while prompt.history and estimated_tokens(prompt) > tokens:
        prompt = replace(prompt, history=prompt.history[2:])
    return prompt


def estimated_tokens(prompt: Prompt) -> float:
    """About how many tokens the prompt's own parts have, on the safe side for the town's English."""
    lines = (f"{turn.speaker}{turn.text}" for turn in prompt.history)
    parts = (prompt.rules, prompt.persona, prompt.scene, prompt.nudge, prompt.lead, *lines)
    return sum(map(len, parts)) * _TOKENS_A_CHARACTER + _TOKENS_A_LINE * len(prompt.history)


def _as_play(prompt: Prompt) -> Prompt:
    """A plain question as the first half of a dialogue: it is what a model that only continues can answer."""
    asked = Turn(_ASKER, prompt.nudge)
    return replace(prompt, speaker=_ANSWERER, nudge="", history=(*prompt.history, asked))


def _ask(prompt: Prompt, reply_tokens: int) -> str:
    speaker, words = _name(prompt.speaker), int(reply_tokens * _WORDS_A_TOKEN)
    return (
        f"What does {speaker} say next? Answer with only the words {speaker} speaks aloud, "
        f"at most {words} of them: no name, no quotes."
    )


def _spoken(turn: Turn) -> str:
    if not turn.speaker:
        return _one_line(turn.text)
    return f'{_name(turn.speaker)}: "{_unquoted(turn.text)}"'


def _unquoted(text: str) -> str:
    return _DOUBLE_QUOTES.sub("'", _one_line(text))


def _name(name: str) -> str:
    return _NOT_IN_A_NAME.sub(" ", name).strip()


def _one_line(text: str) -> str:
    return " ".join(text.split())
