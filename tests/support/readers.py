"""The reader of lines that the program uses, with the bundled words; for tests that need no town."""

from __future__ import annotations

from typing import Final

from agents.conversation.topics import load_topics
from agents.lexicon import load_lexicon
from agents.reading import Reader
from sim.app.settings import ASSETS

_TOWN: Final = frozenset({"Mira", "Tomas", "Edith", "Willowbrook"})
TOPICS: Final = load_topics(ASSETS / "world" / "topics.toml")
READER: Final = Reader(load_lexicon(ASSETS / "world" / "lexicon.toml"), TOPICS.of_text, _TOWN.__contains__)
