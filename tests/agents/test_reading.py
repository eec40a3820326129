from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.conversation.topics import TopicError, TopicFacts, load_topics
from agents.happenings import load_happenings
from agents.lexicon import LexiconError, load_lexicon
from agents.reading import Intent, Reading, line_shape
from llm.types import Fields
from sim.app.settings import ASSETS
from tests.support.readers import READER, TOPICS

PAIR, GROUP = ("Ben",), ("Ben", "Emma", "Finn")


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("The bread is warm.", Intent.CONTINUE),
        ("Have you seen my hat?", Intent.ASK),
        ("Have you seen my hat? Goodbye!", Intent.LEAVE),
        ("Well, I must be off.", Intent.LEAVE),
        ("I’d better go now, shall I?", Intent.LEAVE),  # noqa: RUF001 - typographer's apostrophe
        ("By the way, the mill has stopped.", Intent.CHANGE_TOPIC),
        ("You are right about that.", Intent.AGREE),
        ("Nonsense, it was the goat.", Intent.DISAGREE),
        ("", Intent.CONTINUE),
    ],
)
def test_what_a_line_is_for(text: str, intent: Intent) -> None:
    """A farewell anywhere, else a question at its end, else what its phrases tell."""
    assert READER.read(text, PAIR).intent is intent


@pytest.mark.parametrize(
    ("one", "worse"),
    [
        ("What a wonderful day!", "What a good day!"),
        ("I am very happy.", "I am happy."),
        ("I am happy.", "I am a little happy."),
        ("It is not bad.", "It is bad."),
        ("I am happy.", "I am not happy."),
        ("Nobody died.", "Somebody died."),
        ("The cat sleeps.", "The cat is dead."),
    ],
)
def test_moods_are_in_order(one: str, worse: str) -> None:
    """Stronger words, more of them, and what a negator turns."""
    assert READER.read(one, PAIR).mood > READER.read(worse, PAIR).mood


def test_kind_and_hard_words() -> None:
    """Warmth is to the hearer; a sad story is sad and not unkind."""
    assert READER.read("Thank you, dear friend.", PAIR).warmth > 40
    assert READER.read("You are a liar and a fool!", PAIR).warmth < -40
    sad = READER.read("My dog died in the storm.", PAIR)
    assert sad.mood < -40
    assert sad.warmth == 0


@pytest.mark.parametrize(
    ("text", "listeners", "addressed"),
    [
        ("Good morning.", PAIR, "Ben"),
        ("Good morning.", GROUP, ""),
        ("Emma, have you heard?", GROUP, "Emma"),
        ("I never said so, Finn!", GROUP, "Finn"),
        ("What do you say, Ben?", GROUP, "Ben"),
        ("I met Emma at the mill.", GROUP, ""),
    ],
)
def test_whom_it_is_said_to(text: str, listeners: tuple[str, ...], addressed: str) -> None:
    """The name that is called, not the one that is told of."""
    assert READER.read(text, listeners).addressed == addressed


def test_strange_names_are_hearsay() -> None:
    """And no more than that; who is known, or begins a sentence, is none."""
    read = READER.read("Well, I met Mira and then Gandalf, who knows Sauron.", PAIR)
    assert read.hearsay == ("Gandalf", "Sauron")
    assert READER.read("Gandalf came.", PAIR).hearsay == ()


def test_what_a_model_tells_is_believed_field_by_field() -> None:
    """Where it could be true."""
    text = "The bread is warm."
    plain = READER.read(text, PAIR)
    told = READER.read(
        text, GROUP, (("intent", "exit"), ("mood", -70), ("warmth", 12), ("addressed", "Emma"))
    )
    assert (told.intent, told.mood, told.warmth, told.addressed) == (Intent.LEAVE, -70, 12, "Emma")
    lies: Fields = (
        ("intent", "dance"),
        ("mood", 9999),
        ("warmth", True),
        ("addressed", "Gandalf"),
        ("x", "y"),
    )
    assert READER.read(text, PAIR, lies) == plain


_FIELDS = st.lists(
    st.tuples(
        st.sampled_from(["intent", "mood", "warmth", "addressed", "topic", "utterance"]),
        st.one_of(st.text(max_size=9), st.integers(), st.floats(), st.booleans()),
    ),
    max_size=6,
).map(tuple)


@given(st.text(max_size=200), _FIELDS)
def test_whatever_is_said_and_told_means_something_possible(text: str, fields: Fields) -> None:
    """All within bounds, all names among the listeners, the topic one that there is."""
    read = READER.read(text, GROUP, fields)
    assert isinstance(read, Reading)
    assert -100 <= read.mood <= 100
    assert -100 <= read.warmth <= 100
    assert read.addressed in ("", *GROUP)
    assert read.topic in ("", *TOPICS.index)
    assert len(read.hearsay) <= 4


def test_the_shape_is_one_that_strict_servers_take() -> None:
    """Every key required, none besides, the words first."""
    schema = json.loads(line_shape().schema)
    assert next(iter(schema["properties"])) == line_shape().spoken == "utterance"
    assert schema["required"] == list(schema["properties"])
    assert schema["additionalProperties"] is False


# -- topics


def test_the_bundled_topics_hang_together() -> None:
    """What brings them up is there, each can be told by a line, and most lead on."""
    happenings = load_happenings(ASSETS / "world" / "events.toml").index
    for row in TOPICS.topics:
        assert set(row.happenings) <= set(happenings)
        assert TOPICS.of_text(" ".join(row.words)) == row.id
        assert row.related
    assert 24 <= len(TOPICS.topics) <= 64


@pytest.mark.parametrize(
    ("facts", "topic"),
    [
        (TopicFacts(happenings=("theft",)), "theft"),
        (TopicFacts(weather="storm", occupation="farmer"), "weather"),
        (TopicFacts(needs=("nourishment",), place="bakery"), "food"),
        (TopicFacts(occupation="priest", place="chapel", needs=("meaning",)), "faith"),
    ],
)
def test_what_is_true_brings_things_up(facts: TopicFacts, topic: str) -> None:
    """More than anything else does."""
    weights = TOPICS.brought_up(facts)
    assert TOPICS.topics[int(weights.argmax())].id == topic
    assert (weights > 0).all()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[[topic]]\nid = 'abc'\ntitle = 'this'\nwords = ['x', 'y']\nspeaks = 'nothing'\n", "speaks"),
        ("nonsense = 1\n", "nonsense"),
        ("[[topic", "topics.toml"),
    ],
)
def test_a_file_of_topics_that_cannot_be_used_is_one_line(tmp_path: Path, text: str, complaint: str) -> None:
    """It names the file and the key."""
    path = tmp_path / "topics.toml"
    path.write_text(text)
    with pytest.raises(TopicError) as refused:
        load_topics(path)
    assert complaint in str(refused.value)
    assert "\n" not in str(refused.value)


def test_related_topics_must_be_there(tmp_path: Path) -> None:
    """A slip of the pen is told with the nearest place."""
    row = "[[topic]]\nid = '{}'\ntitle = 'this and that'\nwords = ['x', 'y']\nspeaks = 'any'\nrelated = ['{}']\n"
    path = tmp_path / "topics.toml"
    path.write_text(row.format("abc", "abd") + row.format("bcd", "abc"))
    with pytest.raises(TopicError, match="abd"):
        load_topics(path)
    path.write_text(row.format("abc", "abc") + row.format("abc", "abc"))
    with pytest.raises(TopicError, match="once"):
        load_topics(path)


def test_a_lexicon_that_cannot_be_used_is_one_line(tmp_path: Path) -> None:
    """As all our files."""
    path = tmp_path / "lexicon.toml"
    path.write_text("negators = 1\n")
    with pytest.raises(LexiconError, match="negators"):
        load_lexicon(path)
