"""The `llm.*` part of the settings: every key works, and a key that does nothing yet is not here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

Seconds = Annotated[float, Field(gt=0, le=600)]


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid", validate_assignment=True, coerce_numbers_to_str=True)


class LocalSettings(_Group):
    """A model server on this machine or near it."""

    base_url: str = Field(
        "auto",
        description="auto = LM Studio on 127.0.0.1:1234 if it answers, else the embedded server; "
        "none = no local model; else the URL of an OpenAI-compatible server (…/v1), and only it",
    )
    model: str = Field("auto", description="model id to ask for; auto = the first the server has loaded")
    api_key: SecretStr | None = Field(None, description="bearer token of that server")
    max_concurrency: int | Literal["auto"] = Field("auto", description="requests in flight; auto = 4")
    extra_body: dict[str, Any] = Field(default_factory=dict, description="extra JSON for each request")


class EmbeddedSettings(_Group):
    """The llama.cpp server that the program starts and owns."""

    enabled: bool | Literal["auto"] = Field(
        "auto",
        description="auto = only when llm.local.base_url is auto; true = also behind a URL; false = never",
    )
    model: str = Field("smollm2-135m-instruct", description="a name that `models list` shows")
    model_path: Path | None = Field(None, description="a GGUF file of your own, instead of `model`")
    threads: int | Literal["auto"] = Field("auto", description="auto = 1 on up to 4 cores, else 2")
    slots: int = Field(25, ge=1, le=256, description="prefix caches of 1,024 tokens, one a townsperson")
    in_flight: int | Literal["auto"] = Field(
        "auto", description="requests in flight; auto = 1 on up to 4 cores"
    )


class ReplyLength(_Group):
    """Tokens: min asked for in the background, max in the spotlight; the wire's limit is max + 30."""

    min: int = Field(40, ge=5, le=1000)
    max: int = Field(70, ge=5, le=1000)


class PromptBudget(_Group):
    """Tokens a prompt of background talk may have; small models lower it."""

    min: int = Field(300, ge=100, le=32_000)


class Timeouts(_Group):
    """The four clocks, in seconds."""

    local: Seconds = Field(1.5, description="to the first content of a local model")
    stall: Seconds = Field(2.0, description="between two pieces")
    total: Seconds = Field(20.0, description="for the whole line")
    connect: Seconds = Field(1.0, description="to a connection")


class Streaming(_Group):
    """How words are handed to a bubble: `chunk_size` characters or `update_rate` seconds, whichever is first."""

    enabled: bool = Field(True, description="false = a line is handed on whole; the wire always streams")
    chunk_size: int = Field(10, ge=1, le=1000, description="characters")
    update_rate: Seconds = Field(0.1, description="seconds")


class Fallback(_Group):
    """Template lines when no model can answer in time."""

    enabled: bool = True
    response_time: Annotated[float, Field(ge=0, le=60)] = Field(
        0.5, description="how soon after a failure or timeout the template line is there, seconds"
    )


class LlmSettings(_Group):
    """All of `llm.*`."""

    local: LocalSettings = Field(default_factory=LocalSettings)
    embedded: EmbeddedSettings = Field(default_factory=EmbeddedSettings)
    reply_length: ReplyLength = Field(default_factory=ReplyLength)
    prompt_budget: PromptBudget = Field(default_factory=PromptBudget)
    timeouts: Timeouts = Field(default_factory=Timeouts)
    streaming: Streaming = Field(default_factory=Streaming)
    fallback: Fallback = Field(default_factory=Fallback)
