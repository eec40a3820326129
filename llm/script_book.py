"""Lines that somebody wrote down beforehand, instead of a model: the matter of the shipped fake backend.

Pure apart from `load`. The same requests in the same order are answered with the same lines.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable
from itertools import product
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from llm.canned import CannedAnswer, tier_wanted
from llm.errors import ModelFileError
from llm.types import Finish, Request, Tier, Usage, Why

Mishap = Literal["", "unreachable", "refused", "no_model", "protocol", "silence", "stall", "break", "length"]
_CHARACTERS_PER_TOKEN: Final = 4
_ERRORS: Final = {
    "unreachable": Why.UNREACHABLE,
    "refused": Why.REFUSED,
    "no_model": Why.NO_MODEL,
    "protocol": Why.PROTOCOL,
    "silence": Why.FIRST_CONTENT,
    "stall": Why.STALL,
    "break": Why.BROKEN_STREAM,
}


class ScriptedLine(BaseModel):
    """One answer, and how it comes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str
    speaker: str | None = Field(None, description="only for this speaker; none = for anybody")
    tier: Literal["local", "cloud"] = Field("local", description="cloud = for the spotlight")
    delay: float = Field(0.0, ge=0, le=600, description="seconds before the first piece")
    pause: float = Field(0.0, ge=0, le=600, description="seconds between two pieces")
    chunk: int = Field(8, ge=1, description="characters in a piece")
    mishap: Mishap = Field(
        "", description="what goes wrong: before the first piece, or half way for stall and break"
    )

    @property
    def fails_silent(self) -> bool:
        """Nothing of it is ever heard."""
        return self.mishap in {"unreachable", "refused", "no_model", "protocol", "silence"}

    @property
    def said(self) -> str:
        """What of the text is really given out."""
        if self.fails_silent:
            return ""
        return self.text[: len(self.text) // 2] if self.mishap in {"stall", "break"} else self.text

    def pieces(self) -> list[str]:
        """The given text as it is handed out."""
        return [self.said[start : start + self.chunk] for start in range(0, len(self.said), self.chunk)]

    def answer(self) -> CannedAnswer:
        """The same with every piece at its time."""
        pieces = self.pieces()
        return CannedAnswer(
            pieces=tuple((self.delay + number * self.pause, piece) for number, piece in enumerate(pieces)),
            finish=Finish.LENGTH if self.mishap == "length" else Finish.STOP,
            end_s=self.delay + len(pieces) * self.pause,
            usage=Usage(0, len(self.said) // _CHARACTERS_PER_TOKEN, 0),
            error=_ERRORS.get(self.mishap, Why.NONE),
            tier=Tier(self.tier),
        )


_LINES = TypeAdapter(list[ScriptedLine])


class ScriptBook:
    """Deals out lines in order, over and over; `llm.canned.CannedSource` as who asks sees it.

    The spotlight gets the cloud's lines and all others the local ones; where there are none, those of the other tier.
    Of these a speaker gets their own where there are any, else the common ones.
    """

    name: Final = "scripted"

    def __init__(self, lines: Iterable[ScriptedLine | str]) -> None:
        self._lists: dict[tuple[Tier, str | None], list[ScriptedLine]] = {}
        for line in lines:
            scripted = ScriptedLine(text=line) if isinstance(line, str) else line
            self._lists.setdefault((Tier(scripted.tier), scripted.speaker), []).append(scripted)
        self._dealt: dict[tuple[Tier, str | None], int] = {}

    def answer(self, request: Request) -> CannedAnswer | None:
        """The answer to this request; None if the book has none for this speaker."""
        line = self.next_line(request)
        return None if line is None else line.answer()

    def next_line(self, request: Request) -> ScriptedLine | None:
        """The line that answers this request; None if the book has none for this speaker, or none is to be spoken."""
        if request.kind.is_thought:
            return None
        tiers = sorted((Tier.LOCAL, Tier.CLOUD), key=lambda tier: tier is not tier_wanted(request))
        for which in product(tiers, (request.prompt.speaker, None)):
            if which in self._lists:
                return self._deal(which)
        return None

    def _deal(self, which: tuple[Tier, str | None]) -> ScriptedLine:
        lines, dealt = self._lists[which], self._dealt.get(which, 0)
        self._dealt[which] = dealt + 1
        return lines[dealt % len(lines)]


def load(path: Path) -> ScriptBook:
    """Read a book: TOML with tables `[[line]]`, or a JSON list of objects or plain strings."""
    try:
        raw = path.read_text(encoding="utf-8")
        lines = tomllib.loads(raw).get("line", []) if path.suffix == ".toml" else json.loads(raw)
        return ScriptBook(
            _LINES.validate_python([{"text": one} if isinstance(one, str) else one for one in lines])
        )
    except OSError as error:
        raise ModelFileError(f"cannot read the script {path}: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ModelFileError(f"{path}: line {where}: {first['msg']}") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise ModelFileError(f"{path} is not a script: {error}") from error
