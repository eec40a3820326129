from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm.errors import BadAnswer
from llm.wire.sse import MAX_LINE_BYTES, SseEvent, SseParser

FIXTURES: dict[str, tuple[bytes, list[str]]] = {
    "lf": (b"data: Good\n\ndata: morrow\n\n", ["Good", "morrow"]),
    "crlf": (b"data: Good\r\n\r\ndata: morrow\r\n\r\n", ["Good", "morrow"]),
    "cr": (b"data: Good\r\rdata: morrow\r\r", ["Good", "morrow"]),
    "mixed": (b"data: a\r\n\ndata: b\r\rdata: c\n\r\n", ["a", "b", "c"]),
    "bom": (b"\xef\xbb\xbfdata: Good\n\n", ["Good"]),
    "no space": (b"data:Good\n\ndata:  two spaces\n\n", ["Good", " two spaces"]),
    "many lines": (b"data: one\ndata: two\ndata\n\n", ["one\ntwo\n"]),
    "comments": (b": ping\n\n:\n\ndata: Good\n: in the middle\n\n", ["Good"]),
    "unknown": (b"id: 4\nretry: 9\nwhat: ever\nnonsense\ndata: Good\n\n", ["Good"]),
    "utf-8": ("data: café — 你好 🙂\n\n".encode(), ["café — 你好 🙂"]),
    "bad utf-8": (b"data: a\xff\xfeb\n\n", ["a\ufffd\ufffdb"]),
    "no blank line": (b"data: Good\n\ndata: morrow\n", ["Good", "morrow"]),
    "no line end": (b"data: Good\n\ndata: morrow", ["Good", "morrow"]),
    "nothing": (b"", []),
    "only blank": (b"\n\r\n\r\n\n", []),
    "event without data": (b"event: ping\n\ndata: Good\n\n", ["Good"]),
}


def parse(*pieces: bytes) -> list[SseEvent]:
    """All events of a stream that arrives in these pieces."""
    parser = SseParser()
    events = [event for piece in pieces for event in parser.feed(piece)]
    return [*events, *parser.close()]


SPLITS = [
    pytest.param(wire, wanted, cut, id=f"{name}-{cut}")
    for name, (wire, wanted) in FIXTURES.items()
    for cut in range(len(wire) + 1)
]


@pytest.mark.fault(18)
@pytest.mark.parametrize(("wire", "wanted", "cut"), SPLITS)
def test_chunk_boundaries_carry_no_meaning(wire: bytes, wanted: list[str], cut: int) -> None:
    """However the bytes arrive, the same events come out."""
    assert [event.data for event in parse(wire[:cut], wire[cut:])] == wanted


@pytest.mark.fault(18)
@pytest.mark.parametrize(("wire", "wanted"), FIXTURES.values(), ids=FIXTURES)
def test_one_byte_at_a_time(wire: bytes, wanted: list[str]) -> None:
    """A dripping server says the same as a fast one."""
    assert [event.data for event in parse(*(wire[at : at + 1] for at in range(len(wire))))] == wanted


@given(
    texts=st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=20), max_size=6),
    end=st.sampled_from([b"\n", b"\r", b"\r\n"]),
    cuts=st.lists(st.integers(0, 400), max_size=8),
)
def test_any_text_survives_any_slicing(texts: list[str], end: bytes, cuts: list[int]) -> None:
    """What was written is what is read, wherever the network cuts."""
    wire = b"".join(b"data: " + text.encode() + end + end for text in texts)
    edges = [0, *sorted(min(cut, len(wire)) for cut in cuts), len(wire)]
    pieces = [wire[left:right] for left, right in itertools.pairwise(edges)]
    assert [event.data for event in parse(*pieces)] == texts


@given(wire=st.binary(max_size=300), cut=st.integers(0, 300))
def test_no_bytes_break_the_parser(wire: bytes, cut: int) -> None:
    """Whatever a server sends, slicing it changes nothing and nothing is raised."""
    assert parse(wire) == parse(wire[:cut], wire[cut:])


def test_the_kind_of_an_event_is_told() -> None:
    """A named event keeps its name, and the next one does not inherit it."""
    events = parse(b"event: error\ndata: a\n\ndata: b\n\n")
    assert [event.kind for event in events] == ["error", "message"]


@pytest.mark.fault(26)
@pytest.mark.parametrize(
    "piece", [b"data: " + b"a" * MAX_LINE_BYTES, b"data: " + b"a" * MAX_LINE_BYTES + b"\n\n"]
)
def test_a_line_without_end_is_refused(piece: bytes) -> None:
    """Memory and frame time are bounded whatever a server sends."""
    with pytest.raises(BadAnswer):
        parse(piece)


def test_a_line_that_grows_slowly_is_refused() -> None:
    """The cap holds over pieces too."""
    with pytest.raises(BadAnswer):
        parse(*[b"a" * 1024] * 70)


def test_an_event_without_end_is_refused() -> None:
    """Short lines without a blank one are capped as well."""
    with pytest.raises(BadAnswer):
        parse(*[b"data: " + b"a" * 1000 + b"\n"] * 70)
