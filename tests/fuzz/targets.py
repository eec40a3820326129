"""What strangers may hand us, each read from any bytes: it comes out as what it should be, or as our own error in one line.

`make fuzz` feeds each for a minute with what a fuzzer finds; the tests, with what Hypothesis finds in a second.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from agents.card_persona import persona_from_card
from agents.cards import CardError, card_of
from agents.persona import PersonaError
from agents.publish import LineRules, PublishGate
from llm.errors import ModelError
from llm.types import Delta
from llm.wire.openai_chunks import OpenAiChunks
from llm.wire.sse import SseParser
from sim.app.settings_sources import SettingsError, load_settings
from sim.journal import page_of, page_text
from sim.packing import SaveError, unpack
from sim.recording import read_recording

_UNSPEAKABLE: Final = re.compile(r"[<>\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
_LONGEST: Final = 200


def stream(data: bytes) -> None:
    """Bytes off the wire, in slices of their own choice: events, or a ModelError; and only text in the events."""
    size = 1 + data[0] % 64 if data else 1
    parser, chunks = SseParser(), OpenAiChunks()
    try:
        told = [event for at in range(0, len(data), size) for event in parser.feed(data[at : at + size])]
        events = [event for one in (*told, *parser.close()) for event in chunks.feed(one.data)]
        events += chunks.close()
    except ModelError as error:
        _check_line(str(error))
        return
    assert all(isinstance(event.text, str) for event in events if isinstance(event, Delta))


def gate(data: bytes) -> None:
    """What a model says: speech, or nothing."""
    text = data.decode("utf-8", "replace")
    size = 1 + len(data) % 17
    one = PublishGate("Mira Holt", ("Tomas Reed",), LineRules(max_length=_LONGEST))
    shown = "".join(one.feed(text[at : at + size]) for at in range(0, len(text), size)) + one.close(cut=False)
    assert len(shown) <= _LONGEST + 1
    assert not _UNSPEAKABLE.search(shown)


def save(data: bytes) -> None:
    """A file that says it is a save, a state in one, and a page of one: read whole, or a SaveError."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "town.save"
        path.write_bytes(data)
        _refused_by(SaveError, lambda: read_recording(path))
    _refused_by(SaveError, lambda: unpack(data))
    try:
        page = page_of(data.decode("utf-8", "replace"))
    except SaveError as error:
        _check_line(str(error))
    else:
        assert page_of(page_text(page)) == page


def settings(data: bytes) -> None:
    """A file of settings: settings, or one line that says where."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "twitchman.toml"
        path.write_bytes(data)
        _refused_by(SettingsError, lambda: load_settings((), path))


def card(data: bytes) -> None:
    """A character card, of any kind: somebody who could live here, or one line that says why not."""
    _refused_by((CardError, PersonaError), lambda: persona_from_card(card_of(data), ()))


TARGETS: Final[Mapping[str, Callable[[bytes], None]]] = {
    "stream": stream,
    "gate": gate,
    "save": save,
    "settings": settings,
    "card": card,
}


def _refused_by(kinds: type[Exception] | tuple[type[Exception], ...], read: Callable[[], object]) -> None:
    try:
        read()
    except kinds as error:
        _check_line(str(error))


def _check_line(told: str) -> None:
    assert told.strip()
    assert "\n" not in told.strip(), told
