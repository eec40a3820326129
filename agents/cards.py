"""Character cards as others write them (TavernAI V1, and V2 and V3): read with care, written back whole.

A card is a stranger's file: every size is bounded, and nothing in it is believed. What is not understood is kept.
"""

from __future__ import annotations

import base64
import io
import json
import math
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

from agents.card_png import SIGNATURE, CardError, plain_picture, texts_of, with_texts

__all__ = ["Card", "CardError", "card_of", "card_picture", "card_text", "read_card"]

MOST_JSON_BYTES: Final = 256 << 10
MOST_FILE_BYTES: Final = 16 << 20  # of a .charx, which carries pictures beside its card
_DEEPEST: Final = 64
_ZIP: Final = b"PK\x03\x04"
_INSIDE: Final = "card.json"
_KEYWORDS: Final = ("ccv3", "chara")  # of a picture's texts, the better one first
_TEXTS_OF_V1: Final = ("name", "description", "personality", "scenario", "first_mes", "mes_example")
_SPEC: Final = "chara_card_v"
_NEWEST: Final = 3


@dataclass(frozen=True, slots=True)
class Card:
    """One card, whole: what we do not know of survives."""

    whole: dict[str, Any]

    @property
    def version(self) -> int:
        """1, 2 or 3; what comes after 3 is meant to be read as 3."""
        spec = str(self.whole.get("spec", ""))
        number = spec.removeprefix(_SPEC)
        if spec.startswith(_SPEC) and number.isdecimal():
            return min(max(int(number), 1), _NEWEST)
        return 2 if isinstance(self.whole.get("data"), dict) else 1

    @property
    def data(self) -> dict[str, Any]:
        """Where the character stands in it."""
        data: dict[str, Any] = self.whole if self.version == 1 else self.whole["data"]
        return data

    def text(self, key: str) -> str:
        """A text of it, empty where there is none."""
        value = self.data.get(key)
        return value if isinstance(value, str) else ""

    @property
    def extensions(self) -> dict[str, Any]:
        """What programs have written for themselves."""
        value = self.data.get("extensions")
        return value if isinstance(value, dict) else {}

    @property
    def commands(self) -> tuple[str, ...]:
        """Which of its texts would instruct a model: nobody here follows them."""
        return tuple(key for key in ("system_prompt", "post_history_instructions") if self.text(key).strip())

    def as_version(self, version: int) -> Card:
        """The same character as another version writes it; a copy that may be changed."""
        whole: dict[str, Any] = json.loads(json.dumps(self.whole))
        if self.version == 1:
            moved = {key: whole[key] for key in _TEXTS_OF_V1 if key in whole}
            whole["data"] = moved | {"extensions": {}}
        whole["spec"], whole["spec_version"] = f"{_SPEC}{version}", f"{version}.0"
        for key, empty in _blanks(version).items():
            whole["data"].setdefault(key, empty)
        if not isinstance(whole["data"]["extensions"], dict):
            whole["data"]["extensions"] = {}
        return Card(whole)


def _blanks(version: int) -> dict[str, Any]:
    """What a card of that version must have."""
    texts = (*_TEXTS_OF_V1, "creator_notes", "system_prompt", "post_history_instructions")
    blanks: dict[str, Any] = dict.fromkeys((*texts, "creator", "character_version"), "")
    blanks |= {"alternate_greetings": [], "tags": [], "extensions": {}}
    return blanks | {"group_only_greetings": []} if version == _NEWEST else blanks


# -- reading


def read_card(path: Path) -> Card:
    """The card in a file: .json, .png or .charx, told apart by what is in it. Raises CardError."""
    try:
        return card_of(_bytes_of(path))
    except OSError as error:
        raise CardError(f"{path}: cannot be read: {error.strerror or error}") from None
    except CardError as error:
        raise CardError(f"{path}: {error}") from None


def _bytes_of(path: Path) -> bytes:
    with path.open("rb") as file:
        read = file.read(MOST_FILE_BYTES + 1)
    if len(read) > MOST_FILE_BYTES:
        raise CardError(f"larger than {MOST_FILE_BYTES >> 20} MB")
    return read


def card_of(file: bytes) -> Card:
    """The card in a file's bytes. Raises CardError."""
    if file.startswith(SIGNATURE):
        return _checked(_json(_from_picture(file)))
    if file.startswith(_ZIP):
        return _checked(_json(_from_archive(file)))
    return _checked(_json(file))


def _from_picture(picture: bytes) -> bytes:
    texts = texts_of(picture)
    coded = next((texts[keyword] for keyword in _KEYWORDS if keyword in texts), None)
    if coded is None:
        raise CardError("the picture has no character in it (no text 'ccv3' or 'chara')")
    if len(coded) > 2 * MOST_JSON_BYTES:  # base64 takes four thirds, and somebody may have broken its lines
        raise CardError(f"the character in the picture is larger than {MOST_JSON_BYTES >> 10} KB")
    try:
        return base64.b64decode(b"".join(coded.split()), validate=True)
    except ValueError:
        raise CardError("the character in the picture is damaged: not base64") from None


def _from_archive(file: bytes) -> bytes:
    """The card in a .charx; inflated no further than a card may be long."""
    try:
        with zipfile.ZipFile(io.BytesIO(file)) as archive:
            entry = archive.getinfo(_INSIDE)
            if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
                raise CardError(f"{_INSIDE} in it is packed in a way that is not read here")
            with archive.open(entry) as opened:
                return opened.read(MOST_JSON_BYTES + 1)
    except KeyError:
        raise CardError(f"the archive has no {_INSIDE}") from None
    except (zipfile.BadZipFile, zlib.error, ValueError, EOFError, OSError, RuntimeError) as error:
        # ... RuntimeError: it wants a password
        raise CardError(f"the archive cannot be unpacked: {_one_line(error)}") from None


def _json(text: bytes) -> Any:
    if len(text) > MOST_JSON_BYTES:
        raise CardError(f"the character's JSON is larger than {MOST_JSON_BYTES >> 10} KB")
    try:
        return json.loads(text.decode("utf-8-sig"), parse_constant=_refuse)
    except RecursionError:
        raise CardError(_TOO_DEEP) from None
    except ValueError as error:
        raise CardError(f"not a character card: no JSON in UTF-8 ({_one_line(error)})") from None


_TOO_DEEP: Final = f"the character's JSON is nested deeper than {_DEEPEST} levels"


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:120]


def _checked(read: Any) -> Card:
    """Whether it can be a card at all."""
    if not isinstance(read, dict):
        raise CardError("not a character card: expected a JSON object")
    _check_values(read)
    card = Card(read)
    if card.version > 1 and not isinstance(read.get("data"), dict):
        raise CardError("not a character card: expected an object under 'data'")
    if not card.text("name").strip():
        raise CardError("not a character card: it has no name")
    return card


def _check_values(read: dict[str, Any]) -> None:
    """Nothing nested too deep, and nothing that could not be written again."""
    level: list[Any] = [read]
    for _ in range(_DEEPEST):
        if any(isinstance(one, float) and not math.isfinite(one) for one in level):
            raise CardError("a number in the card is out of range")
        level = [inner for one in level for inner in _held_in(one)]
        if not level:
            break
    else:
        raise CardError(_TOO_DEEP)
    try:
        _packed(read)
    except UnicodeEncodeError:
        raise CardError("a text in the card holds half a character") from None


def _held_in(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


# -- writing


def card_text(card: Card) -> bytes:
    """The card as JSON. Raises CardError if nobody could read it back."""
    text = _packed(card.whole)
    if len(text) > MOST_JSON_BYTES:
        raise CardError(f"the card would be larger than {MOST_JSON_BYTES >> 10} KB")
    return text


def card_picture(card: Card, picture: bytes | None = None) -> bytes:
    """The card in a picture, given or plain: under both keywords for a V3 card, as older programs know only one."""
    texts = {"chara": base64.b64encode(card_text(card.as_version(2)))}
    if card.version == _NEWEST:
        texts["ccv3"] = base64.b64encode(card_text(card))
    return with_texts(picture or plain_picture(), texts, instead_of=_KEYWORDS)


def _packed(whole: dict[str, Any]) -> bytes:
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()
