"""Answers that are one JSON object: however they are cut, the same words, and never a part of the structure."""

from __future__ import annotations

import itertools
import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm.types import Delta, End, Fields, Finish
from llm.wire.structured import MAX_KEPT, SpokenField
from llm.wire.structured_chunks import StructuredChunks

Heard = tuple[str, Fields | None]
BS = "\\"
WELL: dict[str, Heard] = {
    '{"utterance":"Good day.","mood":20}': ("Good day.", (("mood", 20),)),
    ' \n{ "utterance" : "Good\\nday \\"Tom\\" \\\\ \\/" , "warm" : true }\n': (
        'Good\nday "Tom" \\ /',
        (("warm", True),),
    ),
    '{"utterance":"\\ud83d\\ude00 caf\\u00e9 \\u2014"}': ("\U0001f600 café —", ()),
    '{"mood": -1.5, "intent": "exit", "utterance": "Last of all."}': (
        "Last of all.",
        (("mood", -1.5), ("intent", "exit")),
    ),
    '```json\n{"utterance": "In a fence."}\n```\nHope that helps!': ("In a fence.", ()),
    '```\n{"utterance": "In a bare one."}```': ("In a bare one.", ()),
    'Sure! Here is the JSON you want:\n{"utterance": "Hm.", "mood": 1}': ("Hm.", (("mood", 1),)),
    '<think>{"utterance": "not this"}</think>\n{"utterance": "This."}': ("This.", ()),
    '{"a":{"utterance":"not this","b":[1,"}"]},"utterance":"This.","c":[{}],"d":null}': ("This.", ()),
    '{"utter\\u0061nce": "An escaped key."}': ("An escaped key.", ()),
    '{"utterance":"One."}{"utterance":"Two.","mood":3}': ("One.", ()),
    '{"utterance":"One.","utterance":"Two.","mood":3}': ("One.", (("mood", 3),)),
    '{"utterance":""}': ("", ()),
    "{}": ("", ()),
    '\ufeff{"utterance":"It\'s “quoted” here."}': ("It's “quoted” here.", ()),
}
ILL: dict[str, Heard] = {
    '{"utterance":null,"mood":3}': ("", (("mood", 3),)),
    '{"utterance":["Good day."],"mood":3}': ("", (("mood", 3),)),
    '{"utterance":7}': ("", ()),
    '{"utterance":"Good","mood":NaN}': ("Good", None),
    '{"mood":NaN,"utterance":"Good"}': ("Good", None),
    '{"utterance":"Good" "mood":3}': ("Good", None),
    '{"utterance":"Good","mood":3': ("Good", None),
    '{"utterance":"Good, and th': ("Good, and th", None),
    '{"utterance":"Good\\': ("Good", None),
    '{"utterance":"Good\\u00': ("Good", None),
    '{"utterance":"Good\\ud83d': ("Good", None),
    '{"utterance":"Good\\ud83d\\ude': ("Good", None),
    '{"utterance":"Good\\ud83d day\\ude00."}': ("Good\ufffd day\ufffd.", ()),
    '{"utterance":"Good\\x day"}': ("Good", None),
    '{"utterance":"Good\\u00zz day"}': ("Good", None),
    "{'utterance': 'Good'}": ("", None),
    '{utterance: "Good"}': ("", None),
    '{"utterance" "Good"}': ("", None),
    '{"utterance": }': ("", None),
    '{smiles} "Good day."': ("", None),
    '{"a":' + "[" * 99 + "]" * 99 + ',"utterance":"Good"}': ("", None),
    '{"' + "k" * 300 + '":1,"utterance":"Good"}': ("", None),
    '{"a":[1}],"utterance":"Good"}': ("", None),
    "<think>I shall": ("", ()),
    "```json": ("", ()),
    "  ": ("", ()),
    "": ("", ()),
}
PLAIN = (
    "Good day, Tomas.",
    "Sure, I'll take two loaves.",
    "Here",
    "Hereabouts we say {nothing} of it.",
    "<3 to you too!",
    "<thinkers> all of us.",
    "Of course not!",
    "``quoted``",
    "```\nGood day.\n```",
    "[waves] Good day.",
    '"Good day."',
)
SAMPLES = {**WELL, **ILL, **{text: (text, ()) for text in PLAIN}}


def read(*pieces: str) -> Heard:
    """All that is said in these pieces, and what is told beside it."""
    field = SpokenField()
    words = "".join(map(field.feed, pieces)) + field.rest()
    return words, field.close()


@pytest.mark.parametrize("text", SAMPLES)
def test_only_words_are_said(text: str) -> None:
    """What cannot be read as the value of the spoken key never comes out; what is no object passes as it is."""
    assert read(text) == SAMPLES[text]


@pytest.mark.parametrize("text", SAMPLES)
def test_boundaries_carry_no_meaning(text: str) -> None:
    """Every split in two, and one character at a time."""
    for cut in range(len(text) + 1):
        assert read(text[:cut], text[cut:]) == SAMPLES[text], cut
    assert read(*text) == SAMPLES[text]


scalars = st.text() | st.integers() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False)
keys = st.text(max_size=20).filter(lambda key: key != "utterance")


@given(
    st.text(),
    st.dictionaries(keys, scalars, max_size=5),
    st.booleans(),
    st.booleans(),
    st.lists(st.integers(0, 400)),
)
def test_what_json_writes_is_read_back(
    words: str, beside: dict[str, Any], is_last: bool, is_ascii: bool, cuts: list[int]
) -> None:
    """Whatever is said, told and escaped, in whatever order and pieces."""
    told = {**beside, "utterance": words} if is_last else {"utterance": words, **beside}
    text = json.dumps(told, ensure_ascii=is_ascii)
    ends = sorted({min(cut, len(text)) for cut in cuts} | {0, len(text)})
    pieces = [text[begin:end] for begin, end in itertools.pairwise(ends)]
    assert read(*pieces) == (words, tuple(beside.items()))


@given(st.text(alphabet='{}[]":,\\utnd89 <`ax\n', max_size=60), st.integers(0, 60))
def test_nonsense_is_cut_alike(text: str, cut: int) -> None:
    """Nothing raises, and the same comes out however it comes in."""
    assert read(text[:cut], text[cut:]) == read(text) == read(*text)


def test_words_come_as_they_are_read() -> None:
    """Not at the end of the object, and not a character later than they must."""
    field = SpokenField()
    pieces = ('{"utter', 'ance": "Go', "od \\", "u00", '41 day"', ', "mood": 3}')
    assert [field.feed(piece) for piece in pieces] == ["", "Go", "od ", "", "A day", ""]


def test_memory_is_bounded() -> None:
    """A value without end is not kept, and neither is a key, a thought or a blank."""
    field = SpokenField()
    field.feed('{"utterance":"Good day.","endless":"')
    tracemalloc.start()
    for _ in range(1000):
        field.feed("x" * 1000)
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert used < 4 * MAX_KEPT
    assert field.feed('"}') == ""
    assert field.close() is None
    for begin in ("", "<think>", '{"', '{"a":'):
        field = SpokenField()
        field.feed(begin)
        for _ in range(100):
            field.feed(" " * 1000)
        assert len(field._tail) < 1000


def test_a_huge_utterance_is_said_whole() -> None:
    """Only what is not spoken is kept."""
    words = "word " * 50_000
    assert read(json.dumps({"utterance": words, "mood": 1})) == (words, (("mood", 1),))


def chunk(text: str) -> str:
    """One event of a chat stream."""
    return json.dumps({"choices": [{"delta": {"content": text}}]})


def finish(reason: str) -> str:
    """The event before the last."""
    return json.dumps({"choices": [{"delta": {}, "finish_reason": reason}]})


def events_of(*data: str) -> list[Delta | End]:
    """All that these events mean."""
    reader = StructuredChunks("utterance")
    return [event for one in data for event in reader.feed(one)] + reader.close()


def test_a_stream_tells_its_words_and_then_the_rest() -> None:
    """Once the words are whole, empty pieces tell that the model is still at work."""
    said = events_of(
        chunk('{"utterance": "Good'), chunk(' day.",'), chunk('"mood": 3}'), finish("stop"), "[DONE]"
    )
    assert said == [Delta("Good"), Delta(" day."), Delta(""), End(Finish.STOP, fields=(("mood", 3),))]


@pytest.mark.parametrize(
    ("text", "ends"), [('{"utterance": "Good day."', Finish.STOP), ('{"utterance": "Goo', Finish.LENGTH)]
)
def test_running_out_after_the_last_word_is_no_loss(text: str, ends: Finish) -> None:
    """The line is whole, and only what stands beside it is missing."""
    end = events_of(chunk(text), finish("length"), "[DONE]")[-1]
    assert end == End(ends)


def test_plain_words_are_not_lost_at_the_end() -> None:
    """Even where they begin like an introduction."""
    assert events_of(chunk("Sure"), finish("stop")) == [Delta("Sure"), End(Finish.STOP)]
