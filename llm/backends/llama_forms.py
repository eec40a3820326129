"""The two ways to put a question to llama.cpp's server: a play to be continued, and a chat. Which one is a property of the model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from llm.fitting import Room, chat_room, script_room
from llm.prompt_forms import TEMPLATE_TOKENS, PromptForm, as_chat, as_script, staged
from llm.types import Limits, Prompt
from llm.wire.llama_chunks import LlamaChunks
from llm.wire.openai_chunks import OpenAiChunks


@dataclass(frozen=True, slots=True)
class Question:
    """Where it goes, and with what."""

    path: str
    body: dict[str, Any]
    text: str  # all that the server reads
    limit_key: str  # of the body, under which it is told how much to say


class LlamaForm(Protocol):
    """One of the two."""

    extra_tokens: int  # that the server counts beside the text

    def room(self) -> Room:
        """What such a prompt may take."""

    def shaped(self, prompt: Prompt) -> Prompt:
        """What of it such a model is told."""

    def question(self, prompt: Prompt, limits: Limits) -> Question:
        """As the server wants it."""

    def reader(self, prompt: Prompt) -> LlamaChunks | OpenAiChunks:
        """Of the answer."""


class ScriptForm:
    """llama.cpp's own `/completion`. A script cannot be asked to be brief, so it is cut off sooner."""

    extra_tokens = 0

    def room(self) -> Room:
        """What a script may take."""
        return script_room()

    def shaped(self, prompt: Prompt) -> Prompt:
        """With one short stage direction."""
        return staged(prompt)

    def question(self, prompt: Prompt, limits: Limits) -> Question:
        """It ends inside the speaker's quotation marks."""
        text, stops = as_script(prompt)
        body = {"prompt": text, "stop": list(stops), "n_predict": limits.reply_tokens}
        return Question("/completion", body, text, "n_predict")

    def reader(self, prompt: Prompt) -> LlamaChunks:
        """The first words stand in the prompt already."""
        return LlamaChunks(prompt.lead)


class ChatForm:
    """The model's own chat template, over `/v1/chat/completions`."""

    extra_tokens = TEMPLATE_TOKENS

    def room(self) -> Room:
        """What a chat may take."""
        return chat_room()

    def shaped(self, prompt: Prompt) -> Prompt:
        """All of it."""
        return prompt

    def question(self, prompt: Prompt, limits: Limits) -> Question:
        """Two messages."""
        messages = as_chat(prompt, limits.reply_tokens)
        text = "\n".join(message["content"] for message in messages)
        body = {"messages": messages, "max_tokens": limits.most_tokens}
        return Question("/v1/chat/completions", body, text, "max_tokens")

    def reader(self, prompt: Prompt) -> OpenAiChunks:  # noqa: ARG002 - it finds its first words itself
        """As of any chat."""
        return OpenAiChunks()


def form_of(form: PromptForm) -> LlamaForm:
    """The way to ask a model of this kind."""
    return ChatForm() if form is PromptForm.CHAT else ScriptForm()
