"""The `llm.*` part of the settings: every key works, and a key that does nothing yet is not here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

AUTO: Final = "auto"
NONE: Final = "none"
CLOUD_MODEL: Final = "gpt-6-luna"
Seconds = Annotated[float, Field(gt=0, le=600)]


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid", validate_assignment=True, coerce_numbers_to_str=True)


class LocalSettings(_Group):
    """A model server on this machine or near it."""

    base_url: str | list[str] = Field(
        "auto",
        description="auto = LM Studio on 127.0.0.1:1234 if it answers, else the embedded server; "
        "none = no local model; else the URL of an OpenAI-compatible server (…/v1), and only it; "
        "a list of URLs is balanced",
    )
    model: str = Field("auto", description="model id to ask for; auto = the first the server has loaded")
    api_key: SecretStr | None = Field(None, description="bearer token of that server")
    max_concurrency: int | Literal["auto"] = Field("auto", description="requests in flight; auto = 4")
    structured: bool = Field(
        False, description="ask for intent and mood beside the words, as JSON: for models of 7B and more"
    )
    extra_body: dict[str, Any] = Field(default_factory=dict, description="extra JSON for each request")

    @property
    def urls(self) -> tuple[str, ...]:
        """The servers the user named; none for `auto` and `none`."""
        named = (self.base_url,) if isinstance(self.base_url, str) else tuple(self.base_url)
        return () if named in {(AUTO,), (NONE,)} else named


class CloudSettings(_Group):
    """A paid service. The official OpenAI SDK asks it; without a key it is off."""

    base_url: str = Field("https://api.openai.com/v1", description="URL of the service (…/v1)")
    model: str = Field(CLOUD_MODEL, description="model id to ask for; its price must be known")
    api_key: SecretStr | None = Field(None, description="key; none = the environment's OPENAI_API_KEY")
    max_concurrency: int = Field(8, ge=1, le=1000, description="requests in flight")
    structured: bool = Field(True, description="ask for intent and mood beside the words, as JSON")
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
    """Tokens a prompt may have: min in background talk, max in the spotlight; small models lower both."""

    min: int = Field(300, ge=100, le=32_000)
    max: int = Field(600, ge=100, le=32_000)


class Timeouts(_Group):
    """The four clocks, in seconds."""

    local: Seconds = Field(1.5, description="to the first content of a local model")
    cloud: Seconds = Field(4.0, description="to the first content of the cloud's")
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


class PriceSettings(_Group):
    """US dollars per million tokens; what is not given here stands in llm/prices.toml."""

    input: Annotated[float, Field(ge=0)] | None = None
    cached_input: Annotated[float, Field(ge=0)] | None = None
    output: Annotated[float, Field(ge=0)] | None = None


class BudgetSettings(_Group):
    """Hard caps, kept across restarts: at 80 % the spotlight only, at 100 % the cloud is closed."""

    usd_per_hour: Annotated[float, Field(ge=0, le=100_000)] = Field(0.50, description="in any 60 minutes")
    usd_per_day: Annotated[float, Field(ge=0, le=100_000)] = Field(5.00, description="in any 24 hours")
    price: PriceSettings = Field(default_factory=PriceSettings)


class PersonaCacheSettings(_Group):
    """Persona blocks that are kept made."""

    size: int = Field(1000, ge=1, le=1_000_000, description="blocks; the least recently used goes first")


class LlmSettings(_Group):
    """All of `llm.*`."""

    hybrid: bool = Field(True, description="choose between local and cloud per line; false = local only")
    local: LocalSettings = Field(default_factory=LocalSettings)
    cloud: CloudSettings = Field(default_factory=CloudSettings)
    embedded: EmbeddedSettings = Field(default_factory=EmbeddedSettings)
    reply_length: ReplyLength = Field(default_factory=ReplyLength)
    prompt_budget: PromptBudget = Field(default_factory=PromptBudget)
    timeouts: Timeouts = Field(default_factory=Timeouts)
    streaming: Streaming = Field(default_factory=Streaming)
    fallback: Fallback = Field(default_factory=Fallback)
    budget: BudgetSettings = Field(default_factory=BudgetSettings)
    persona_cache: PersonaCacheSettings = Field(default_factory=PersonaCacheSettings)
