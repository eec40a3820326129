"""All settings in one model. A key that is here does something; one that does nothing yet is not here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from agents.mods import ALL, Assets, assets_with
from agents.publish import Mode
from agents.retrieval import Weights
from llm.settings import NONE, LlmSettings
from sim.calendar import MINUTES_A_DAY, Calendar, minute_of
from sim.clock import TICKS_PER_SECOND
from sim.memory_rules import MemoryRules
from sim.rules import ModelRules, Rules, TalkRules
from sim.view.settings import ViewSettings

ASSETS: Final = Path(__file__).parents[2] / "assets"
MODS: Final = ASSETS.parent / "mods"
BUNDLED_TOWN: Final = ASSETS / "maps" / "town.tmj"
_TILE_PX: Final = 16
_LEAST_DEADLINE_S: Final = 10.0


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)


class WorldSettings(_Group):
    """The town, its people and its calendar."""

    npcs: int = Field(
        25, ge=2, le=100_000, description="townspeople; more than the persona files are made by seed"
    )
    seed: int | None = Field(
        None, ge=0, lt=1 << 63, description="none = a new one for each run, told in the report"
    )
    file: Path = Field(BUNDLED_TOWN, description="a Tiled map (.tmj or .tmx)")
    day_length: int = Field(1440, ge=60, le=86_400, description="world seconds to a calendar day")
    start_time: str = Field("08:30", description="HH:MM of day 1")
    days_per_season: int = Field(7, ge=1, le=365)
    autosave: Annotated[float, Field(ge=1, le=86_400)] = Field(
        30.0, description="seconds between two saves of a run with --save"
    )
    saves: Path | None = Field(None, description="where saves lie; none = the user's data folder")

    @field_validator("start_time")
    @classmethod
    def _a_time(cls, value: str) -> str:
        minute_of(value)
        return value


class ConversationSettings(_Group):
    """How talks begin, go on and end. World seconds, tiles and lines."""

    speech_rate: Annotated[float, Field(gt=0, le=1000)] = Field(
        22.0, description="characters a world second: when the next turn may begin"
    )
    earshot: Annotated[float, Field(ge=1, le=20)] = Field(4.0, description="tiles")
    whisper: Annotated[float, Field(ge=0.5, le=20)] = Field(1.5, description="tiles a private talk carries")
    min_lines: int = Field(6, ge=2, le=40, description="of two, before they think of going")
    max_lines: int = Field(11, ge=2, le=40)
    most_lines: int = Field(40, ge=4, le=1000, description="after which any talk ends")
    most_seconds: Annotated[float, Field(ge=10, le=86_400)] = Field(
        180.0, description="world seconds after which any talk ends"
    )
    most_people: int = Field(6, ge=2, le=8, description="who come together of their own accord")
    pair_cooldown: Annotated[float, Field(ge=0, le=86_400)] = Field(
        150.0, description="world seconds until the same two talk again"
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min_lines > self.max_lines:
            raise ValueError(f"min_lines ({self.min_lines}) must not exceed max_lines ({self.max_lines})")
        return self


class MemorySettings(_Group):
    """How much people remember, and what comes back to them."""

    episodes: int = Field(100, ge=8, le=10_000, description="newest memories of each; fewer in a crowd")
    long_term: int = Field(1000, ge=0, le=100_000, description="what outlasts them, of each who is watched")
    fade_days: int = Field(
        25, ge=1, le=10_000, description="calendar days until even the most important memory is forgotten"
    )
    half_life: int = Field(
        48, ge=1, le=8760, description="calendar hours after which a memory is half as fresh"
    )
    recency: int = Field(1, ge=0, le=100, description="weight of how fresh a memory is")
    importance: int = Field(1, ge=0, le=100, description="weight of how much it mattered")
    relevance: int = Field(1, ge=0, le=100, description="weight of how much it has to do with the matter")
    requests_per_hour: int = Field(
        30, ge=0, le=100_000, description="summaries and reflections that models are asked for; 0 = none"
    )


class PublishSettings(_Group):
    """The gate that every line passes."""

    mode: Mode = Field(
        Mode.STREAM, description="stream: words as they come; sentence: each sentence when it is whole"
    )
    blocklist: Path | Literal["bundled", "none"] = Field(
        "bundled", description="words that nobody says: bundled, none, or a file with one entry a line"
    )
    moderation: str = Field(
        NONE, description="none, or the URL of a moderation endpoint (…/v1) that each sentence must pass"
    )
    moderation_key: SecretStr | None = Field(
        None, description="its key; none = the cloud's, where it is the same service"
    )
    max_length: int = Field(200, ge=40, le=2000, description="characters of one line; longer ones end with …")

    @model_validator(mode="after")
    def _moderated_by_sentences(self) -> Self:
        if self.moderation != NONE and self.mode is not Mode.SENTENCE:
            raise ValueError(
                "publish.moderation needs publish.mode=sentence: half a sentence cannot be judged"
            )
        return self


class ModsSettings(_Group):
    """Folders that lie over the bundled people, lines and tables."""

    folder: Path = Field(MODS, description="each folder in it is a mod, with the tree of assets/")
    enabled: Literal["all"] | tuple[str, ...] = Field(
        ALL, description="all, or a list of names; the last in the alphabet lies uppermost"
    )


Level = Literal["see", "steer", "run"]


class ConsoleSettings(_Group):
    """How far commands from each door go: see (look only), steer (change what happens in town), run (all)."""

    window: Level = "run"
    terminal: Level = "run"
    exec: Level = Field("run", description="of --exec")
    standard_input: Level = Field("run", description="of a pipe; see, where viewers write into it")
    line: bool = Field(True, description="a line to type in on the terminal, with completion and history")


class RuntimeSettings(_Group):
    """The interpreter under the frame."""

    frames_first: bool = Field(
        True, description="the thread of the models waits while a frame works, at most 8 ms at a time"
    )

    governor: bool = Field(
        True, description="when frames come near their budget, less is done: see ARCHITECTURE.md, A frame"
    )
    watchdog: bool = Field(
        True, description="a frame or a model thread that hangs is told in the log, with where"
    )
    switch_interval: Annotated[float, Field(ge=0.00001, le=0.1)] = Field(
        0.0005,
        description="seconds after which a thread is asked to let another run (Python's default is 0.005)",
    )


class Settings(_Group):
    """The root; `--print-config` shows each value and where it came from."""

    llm: LlmSettings = Field(default_factory=LlmSettings)
    world: WorldSettings = Field(default_factory=WorldSettings)
    conversation: ConversationSettings = Field(default_factory=ConversationSettings)
    memory: MemorySettings = Field(default_factory=MemorySettings)
    publish: PublishSettings = Field(default_factory=PublishSettings)
    view: ViewSettings = Field(default_factory=ViewSettings)
    mods: ModsSettings = Field(default_factory=ModsSettings)
    console: ConsoleSettings = Field(default_factory=ConsoleSettings)
    runtime: RuntimeSettings = Field(default_factory=RuntimeSettings)


def assets_of(settings: Settings) -> Assets:
    """The bundled files under the mods that are wanted. Raises ModError."""
    return assets_with(ASSETS, settings.mods.folder, settings.mods.enabled)


def without_thoughts(rules: Rules) -> Rules:
    """Of a town in which nobody is there who could put thoughts into words: people use their own."""
    return replace(rules, memory=replace(rules.memory, requests_per_hour=0))


def rules_of(settings: Settings, seed: int) -> Rules:
    """The world's own numbers, in pixels and ticks."""
    world, talk, llm, memory = settings.world, settings.conversation, settings.llm, settings.memory
    calendar = Calendar(world.day_length, minute_of(world.start_time), world.days_per_season)
    waits = max(llm.timeouts.local, llm.timeouts.cloud) + llm.fallback.response_time
    return Rules(
        seed=seed,
        calendar=calendar,
        talk=TalkRules(
            earshot_px=talk.earshot * _TILE_PX,
            whisper_px=talk.whisper * _TILE_PX,
            min_lines=talk.min_lines,
            max_lines=talk.max_lines,
            most_lines=talk.most_lines,
            longest=int(talk.most_seconds * TICKS_PER_SECOND),
            most_people=talk.most_people,
            characters_per_second=talk.speech_rate,
            pair_rest=int(talk.pair_cooldown * TICKS_PER_SECOND),
        ),
        memory=MemoryRules(
            episodes=memory.episodes,
            long_term=memory.long_term,
            fade_ticks=memory.fade_days * calendar.ticks(MINUTES_A_DAY),
            half_life_hours=memory.half_life,
            requests_per_hour=memory.requests_per_hour,
            weights=Weights(memory.recency, memory.importance, memory.relevance),
        ),
        model=ModelRules(
            # The client answers within `waits`; the rest is for clocks that somebody lengthens while the town lives,
            # and for a machine under load.
            begin_deadline_s=max(waits + 2.0, _LEAST_DEADLINE_S),
            end_deadline_s=llm.timeouts.total + 5.0,
            prompt_tokens=llm.prompt_budget.min,
            spotlight_tokens=llm.prompt_budget.max,
        ),
    )
