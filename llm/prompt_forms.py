"""From the parts of a prompt to what one kind of model reads. Pure; the same parts always give the same bytes.

What changes least comes first, and within a talk a prompt is only appended to, so that a server's prefix cache
has to read nothing but what is new. The layout is all in this file: change it here and nowhere else.
"""

from __future__ import annotations

import re
from dataclasses import replace
from enum import StrEnum
from typing import Final, TypedDict

from llm.token_counts import estimated
from llm.types import Prompt, Shape, Turn


class PromptForm(StrEnum):
    """How a model wants to be asked; a property of the model."""

    SCRIPT = "script"
    CHAT = "chat"


class ChatMessage(TypedDict):
    """One message of the chat form."""

    role: str
    content: str


_TOKENS_A_LINE: Final = 4  # quotes, colon and line break
_WORDS_A_TOKEN: Final = 0.7
_LONGEST_DIRECTION: Final = 130  # characters, some thirty tokens
_BREAKS: Final = 8.0  # tokens of the breaks between the parts of a script
TEMPLATE_TOKENS: Final = 16  # tokens of the marks round two messages
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
    lines = [*map(_spoken, prompt.history), _unquoted(staged(prompt).now), _one_line(prompt.nudge)]
    parts = [
        "\n\n".join(filter(None, head)),
        *filter(None, lines),
        f'{_name(prompt.speaker)}: "{_unquoted(prompt.lead)}',
    ]
    return "\n".join(parts), SCRIPT_STOPS


def as_chat(prompt: Prompt, reply_tokens: int = 40, shape: Shape | None = None) -> list[ChatMessage]:
    """Two messages, which every chat template accepts: who one is, and the talk so far with the question last.

    With a `shape` the answer is asked for as JSON; otherwise as nothing but the words.
    """
    system = "\n\n".join(filter(None, (prompt.rules.strip(), prompt.persona.strip())))
    asked = (
        (_one_line(prompt.nudge), _ask(prompt, reply_tokens, shape)) if prompt.speaker else (prompt.nudge,)
    )
    question = (prompt.now.strip(), *asked)
    talk = [prompt.scene.strip(), *map(_spoken, prompt.history), *question]
    messages: list[ChatMessage] = [{"role": "system", "content": system}] if system else []
    return [*messages, {"role": "user", "content": "\n".join(filter(None, talk))}]


def staged(prompt: Prompt) -> Prompt:
    """The same with one short stage direction of what is true now: more confuses a model that only continues a play."""
    now, used = [], 0
    for line in prompt.now.splitlines():
        if used + len(line) > _LONGEST_DIRECTION:
            break
        now.append(line)
        used += len(line) + 1
    return replace(prompt, now=" ".join(now)) if prompt.now else prompt


def estimated_tokens(prompt: Prompt) -> float:
    """About how many tokens the prompt's own parts have, on the safe side."""
    parts = (prompt.rules, prompt.persona, prompt.scene, prompt.now, prompt.nudge, prompt.lead)
    lines = (estimated(turn.speaker) + estimated(turn.text) + _TOKENS_A_LINE for turn in prompt.history)
    return sum(map(estimated, parts)) + sum(lines)


def script_tokens(prompt: Prompt) -> float:
    """What the script form adds to the parts."""
    return estimated(prompt.speaker) + _TOKENS_A_LINE + _BREAKS


def chat_tokens(prompt: Prompt, reply_tokens: int = 40) -> float:
    """What the chat form adds to the parts: the question, and the marks of the model's own template."""
    return (estimated(_ask(prompt, reply_tokens)) if prompt.speaker else 0.0) + TEMPLATE_TOKENS


def _as_play(prompt: Prompt) -> Prompt:
    """A plain question as the first half of a dialogue: it is what a model that only continues can answer."""
    asked = Turn(_ASKER, prompt.nudge)
    return replace(prompt, speaker=_ANSWERER, nudge="", history=(*prompt.history, asked))


def _ask(prompt: Prompt, reply_tokens: int, shape: Shape | None = None) -> str:
    speaker, words = _name(prompt.speaker), int(reply_tokens * _WORDS_A_TOKEN)
    if shape is not None:
        return (
            f"What does {speaker} say next? Answer in JSON. `{shape.spoken}` comes first: only the words {speaker} "
            f"speaks aloud, at most {words} of them, no name. {shape.guide}"
        ).strip()
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
