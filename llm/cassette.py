"""A session's model traffic as a file: what was asked, as a hash, and what was answered, word for word and in time.

JSON lines: a header, then one object for each answer, in the order in which the answers ended. No request text, no
address, no header and no error text is written, so there is nowhere for a key to be.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from itertools import chain
from pathlib import Path
from typing import Annotated, Final, Literal, Self, TextIO, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from llm.canned import CannedAnswer, tier_wanted
from llm.errors import ModelFileError, NotRecorded
from llm.types import Fields, Finish, Kind, Prompt, Request, Tier, Usage, Why

log = logging.getLogger(__name__)

_VERSION: Final = 1  # of this format, not of the program
_LONGEST_S: Final = 86_400  # no answer takes a day
_Seconds = Annotated[float, Field(ge=0, le=_LONGEST_S, allow_inf_nan=False)]
_M = TypeVar("_M", bound=BaseModel)


def prompt_hash(prompt: Prompt) -> str:
    """What a prompt is known by on a cassette. Every part is framed by its length, so no two prompts run together."""
    turns = chain.from_iterable((turn.speaker, turn.text) for turn in prompt.history)
    parts = (prompt.rules, prompt.persona, prompt.scene, str(len(prompt.history)), *turns, prompt.nudge)
    said_to = (prompt.speaker, str(len(prompt.listeners)), *prompt.listeners, prompt.lead)
    digest = blake2b(digest_size=16)
    for part in (*parts, *said_to, *filter(None, (prompt.now,))):
        raw = part.encode("utf-8", "surrogatepass")
        digest.update(len(raw).to_bytes(8, "little") + raw)
    return digest.hexdigest()


@dataclass(slots=True)
class Tape:
    """One answer while it is heard."""

    request: Request
    tier: Tier
    backend: str
    model: str
    pieces: list[tuple[float, str]] = field(default_factory=list)
    finish: Finish = Finish.CUT  # until it says why it ends
    end_s: float = 0.0
    usage: Usage = field(default_factory=Usage)
    error: Why = Why.NONE
    fields: Fields = ()

    def facts(self) -> dict[str, object]:
        """As it stands on the cassette."""
        return {
            "tier": self.tier,
            "kind": self.request.kind,
            "prompt_hash": prompt_hash(self.request.prompt),
            "speaker": self.request.prompt.speaker,
            "request_id": self.request.id,
            "backend": self.backend,
            "model": self.model,
            "pieces": [(round(at_s, 4), text) for at_s, text in self.pieces],
            "finish": self.finish,
            "end_s": round(self.end_s, 4),
            "usage": asdict(self.usage),
            "error": self.error,
            **({"fields": self.fields} if self.fields else {}),
        }


class CassetteWriter:
    """Keeps a cassette up to date; used on one thread. A disk that fails costs the recording, never a line."""

    def __init__(self, path: Path, settings: Mapping[str, object] | None = None) -> None:
        self._file: TextIO | None = None
        try:
            # Half a character (a server may cut one in two) cannot be written: it becomes a question mark.
            self._file = path.open("w", encoding="utf-8", errors="replace", newline="\n")
            self._put({"cassette": 1, "version": _VERSION, "settings": dict(settings or {})})
        except OSError as error:
            self.close()
            raise ModelFileError(f"cannot write the cassette {path}: {error.strerror}") from error

    def write(self, tape: Tape) -> None:
        """One answer more."""
        try:
            self._put(tape.facts())
        except OSError as error:
            log.error("cassette.stopped", extra={"error": error.strerror})  # noqa: TRY400 - one line is enough
            self.close()

    def close(self) -> None:
        """Nothing more is written. May be called twice."""
        file, self._file = self._file, None
        if file is not None:
            with suppress(OSError):  # what could not be flushed before cannot be now
                file.close()

    def _put(self, facts: dict[str, object]) -> None:
        if self._file is not None:
            self._file.write(json.dumps(facts, ensure_ascii=False) + "\n")
            self._file.flush()


class _Header(BaseModel):
    cassette: Literal[1]
    version: Literal[1]


class Entry(BaseModel):
    """One answer on a cassette. What a later program may add is passed over."""

    model_config = ConfigDict(frozen=True)

    tier: Tier
    kind: Kind
    prompt_hash: str
    speaker: str
    request_id: int
    backend: str
    model: str
    pieces: tuple[tuple[_Seconds, str], ...]
    finish: Finish
    end_s: _Seconds
    usage: Usage
    error: Why
    fields: Fields = ()

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        times = [*(at_s for at_s, _ in self.pieces), self.end_s]
        if times != sorted(times):
            raise ValueError("its times run backwards")
        return self

    def answer(self) -> CannedAnswer:
        """The same, to be given again."""
        return CannedAnswer(
            pieces=self.pieces,
            finish=self.finish,
            end_s=self.end_s,
            usage=self.usage,
            error=self.error,
            tier=self.tier,
            backend=CassetteBook.name,
            recorded_backend=self.backend,
            model=self.model,
            fields=self.fields,
        )


class _Pile:
    """Numbers of entries that answer alike: each is dealt once, in order, before any is dealt again."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self._from = 0
        self._turns = 0

    def next_unused(self, used: set[int]) -> int | None:
        """The first that no pile has dealt."""
        while self._from < len(self.numbers) and self.numbers[self._from] in used:
            self._from += 1
        return self.numbers[self._from] if self._from < len(self.numbers) else None

    def turn(self, offset: int) -> int:
        """Round and round, from an offset on."""
        self._turns += 1
        return self.numbers[(offset + self._turns - 1) % len(self.numbers)]


class CassetteBook:
    """`llm.canned.CannedSource` over a cassette.

    A question is answered as the same question was; else with the next answer that was not used yet, of the tier it
    wants; else with used ones, round and round. A strict book knows only the first of the three.
    """

    name: Final = "cassette"

    def __init__(self, entries: Sequence[Entry], seed: int = 0, *, strict: bool = False) -> None:
        self.matched = 0
        self.next_unused = 0
        self.cycled = 0
        self._entries = _as_heard(entries)
        self._seed = seed
        self._strict = strict
        self._used: set[int] = set()
        self._equal: dict[tuple[str, Kind], _Pile] = {}
        self._alike: dict[tuple[Tier | None, Kind], _Pile] = {}  # None: of any tier
        for number, entry in enumerate(self._entries):
            self._equal.setdefault((entry.prompt_hash, entry.kind), _Pile()).numbers.append(number)
            for tier in (entry.tier, None):
                self._alike.setdefault((tier, entry.kind), _Pile()).numbers.append(number)

    @classmethod
    def load(cls, path: Path, seed: int = 0, *, strict: bool = False) -> Self:
        """Read a cassette; a damaged one is a `ModelFileError` that names file and line."""
        try:
            lines = path.read_bytes().removesuffix(b"\n").split(b"\n")
        except OSError as error:
            raise ModelFileError(f"cannot read the cassette {path}: {error.strerror}") from error
        _parse(_Header, lines[0], f"{path}: line 1")
        entries = [
            _parse(Entry, line, f"{path}: line {number}") for number, line in enumerate(lines[1:], start=2)
        ]
        return cls(entries, seed, strict=strict)

    def answer(self, request: Request) -> CannedAnswer | None:
        """The answer to this request; None if the cassette holds none of its kind."""
        number = self._same(request)
        if number is None and self._strict:
            who = request.prompt.speaker
            raise NotRecorded(
                f"the cassette holds no answer to request {request.id} of {who} at tick {request.tick}"
            )
        if number is None:
            number = self._other(request)
        if number is None:
            return None
        self._used.add(number)
        return self._entries[number].answer()

    def _same(self, request: Request) -> int | None:
        pile = self._equal.get((prompt_hash(request.prompt), request.kind))
        if pile is None:
            return None
        self.matched += 1
        unused = pile.next_unused(self._used)
        return pile.numbers[-1] if unused is None else unused

    def _other(self, request: Request) -> int | None:
        if request.kind.is_thought:
            return None  # another's thought is of what its own thinker has lived through
        alike = self._alike
        pile = alike.get((tier_wanted(request), request.kind)) or alike.get((None, request.kind))
        if pile is None:
            return None
        unused = pile.next_unused(self._used)
        if unused is None:
            self.cycled += 1
            return pile.turn(self._seed)
        self.next_unused += 1
        return unused


def _as_heard(entries: Sequence[Entry]) -> list[Entry]:
    """Without the attempts that brought no word where a later one spoke the line: who asks once hears that one."""
    silent: dict[tuple[int, str], int] = {}
    passed_over = set()
    for number, entry in enumerate(entries):
        question = entry.request_id, entry.prompt_hash
        passed_over.add(silent.pop(question, -1))
        if not entry.pieces:
            silent[question] = number
    return [entry for number, entry in enumerate(entries) if number not in passed_over]


def _parse(shape: type[_M], line: bytes, where: str) -> _M:
    try:
        return shape.model_validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        if first["type"] == "json_invalid":
            raise ModelFileError(f"{where} is damaged: it is not JSON") from error
        key = ".".join(str(part) for part in first["loc"])
        raise ModelFileError(f"{where}: {key + ': ' if key else ''}{first['msg']}") from error
