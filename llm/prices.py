"""What a paid model costs. Pure, but for reading the list that comes with the program.

Prices are data, in `prices.toml`; where a cost is not certain, the larger one is taken, for caps hang on it.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from llm.errors import ModelFileError
from llm.settings import PriceSettings
from llm.types import Usage

BUNDLED: Final = Path(__file__).with_name("prices.toml")
_PER_TOKEN: Final = 1e-6  # prices are per million
_REMEMBERED_TOKENS: Final = 1024  # a shorter prompt is not written into the service's cache
_VENDOR: Final = "openai/"
_DATE: Final = re.compile(
    r"-\d{4}"
)  # -2026-03-17, or the -0613 of old; `gpt-5-4` is another model than `gpt-5`

_Dollars = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Entry(BaseModel):
    """One `[[model]]` of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(min_length=1)]
    input: _Dollars
    cached_input: _Dollars
    output: _Dollars
    cache_write: _Dollars = 0.0
    reasoning_effort: str = ""

    def price(self) -> Price:
        return Price(self.input, self.cached_input, self.output, self.reasoning_effort, self.cache_write)


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens of one model."""

    input_usd: float
    cached_input_usd: float
    output_usd: float
    reasoning_effort: str = ""  # the lowest that the model takes; empty: it takes none
    cache_write_usd: float = 0.0  # of a token that the service remembers from now on; 0: what any other costs

    def cost_usd(self, usage: Usage, estimate_usd: float) -> float:
        """What an answer cost by the server's own counts; the estimate, if it does not give both of them.

        Cached tokens are part of `tokens_in`; a server that does not count them is taken to have had none.
        """
        if usage.tokens_in is None or usage.tokens_out is None:
            return estimate_usd
        tokens_in = max(0, usage.tokens_in)
        cached = min(max(0, usage.cached_tokens_in or 0), tokens_in)
        fresh_usd = (tokens_in - cached) * self._fresh_usd(tokens_in)
        return (
            fresh_usd + cached * self.cached_input_usd + max(0, usage.tokens_out) * self.output_usd
        ) * _PER_TOKEN

    def most_usd(self, prompt_tokens: int, most_tokens: int) -> float:
        """The most that a question can cost: nothing of it cached, and an answer as long as its limit."""
        dearest_usd = max(self._fresh_usd(prompt_tokens), self.cached_input_usd)
        return (prompt_tokens * dearest_usd + most_tokens * self.output_usd) * _PER_TOKEN

    def _fresh_usd(self, prompt_tokens: int) -> float:
        # Servers' counts as we keep them do not tell what was written, so all that could have been counts as written.
        written = prompt_tokens >= _REMEMBERED_TOKENS
        return max(self.input_usd, self.cache_write_usd) if written else self.input_usd


@dataclass(frozen=True, slots=True)
class PriceList:
    """The prices that are known, and the day on which they were read."""

    date: dt.date
    prices: Mapping[str, Price]

    @classmethod
    def load(cls, path: Path = BUNDLED) -> Self:
        """Read a list. Raises ModelFileError, one line that names the file and the entry."""
        try:
            tables = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:  # bad TOML and bad UTF-8 are both ValueErrors
            raise ModelFileError(f"{path}: cannot be read as a price list: {error}") from error
        date = tables.get("date")
        if type(date) is not dt.date:
            raise ModelFileError(f"{path}: date must be the day on which the prices were read, as 2026-11-06")
        return cls(date, _prices(path, tables.get("model")))

    def of(self, model: str, override: PriceSettings) -> Price | None:
        """The price of a model, with what the user says of it; None if a part of it is not known."""
        listed = self._listed(model.removeprefix(_VENDOR))
        if listed is None:
            return _own_price(override)
        if override.input is not None:  # they have said what reading costs, and know of nothing dearer
            listed = replace(listed, input_usd=override.input, cache_write_usd=0.0)
        if override.cached_input is not None:
            listed = replace(listed, cached_input_usd=override.cached_input)
        if override.output is not None:
            listed = replace(listed, output_usd=override.output)
        return listed

    def _listed(self, model: str) -> Price | None:
        if model in self.prices:
            return self.prices[model]
        dated = [name for name in self.prices if model.startswith(name) and _DATE.match(model, len(name))]
        return self.prices[max(dated, key=len)] if dated else None


def _own_price(override: PriceSettings) -> Price | None:
    """The price of a model that is not listed, if the user gives all of it that must be given."""
    if override.input is None or override.output is None:
        return None
    cached_usd = override.input if override.cached_input is None else override.cached_input
    return Price(override.input, cached_usd, override.output)


def _prices(path: Path, entries: Any) -> dict[str, Price]:
    if not isinstance(entries, list) or not entries:
        raise ModelFileError(f"{path}: must have at least one [[model]]")
    prices: dict[str, Price] = {}
    for number, raw in enumerate(entries, 1):
        entry = _entry(path, number, raw)
        if entry.name in prices:
            raise ModelFileError(f"{path}: model {number} ({entry.name!r}): is listed twice")
        prices[entry.name] = entry.price()
    return prices


def _entry(path: Path, number: int, raw: Any) -> _Entry:
    try:
        return _Entry.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        name = raw.get("name", "without a name") if isinstance(raw, dict) else raw
        key = ".".join(map(str, first["loc"])) or "entry"
        raise ModelFileError(f"{path}: model {number} ({name!r}): {key}: {first['msg']}") from error
