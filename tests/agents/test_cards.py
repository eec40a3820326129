from __future__ import annotations

import base64
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.card_png import SIGNATURE, texts_of
from agents.cards import Card, CardError, card_of, card_picture, card_text, read_card
from tests.support.card_files import (
    DESCRIPTION,
    END,
    GOOD,
    HEADER,
    chunk,
    coded,
    pictured,
    told,
    v2,
    v3,
    zipped,
)


@pytest.mark.parametrize("file", [
    coded(told()),
    coded(v2()),
    b"\xef\xbb\xbf" + coded(v2()),
    coded({"data": told()}),
    pictured(chara=base64.b64encode(coded(v2()))),
    pictured(Chara=base64.encodebytes(coded(v2()))),
    zipped("card.json", coded(v3())),
])  # fmt: skip
def test_every_version_and_wrapping_is_read(file: bytes) -> None:
    """V1, V2 and V3; bare, in a picture, in an archive."""
    card = card_of(file)
    assert card.text("name") == "Wilma"
    assert card.text("description") == DESCRIPTION


def test_the_newer_text_of_a_picture_wins() -> None:
    """`ccv3` before `chara`, in whatever order they stand."""
    old, new = (base64.b64encode(coded(card)) for card in (v2(name="Old"), v3(name="New")))
    assert card_of(pictured(chara=old, ccv3=new)).text("name") == "New"
    assert card_of(pictured(ccv3=new, chara=old)).version == 3


@pytest.mark.parametrize(
    ("file", "says"),
    [
        (b"", "no JSON"),
        (b"\xff\xfe\x00", "no JSON"),
        (b"[1, 2]", "expected a JSON object"),
        (b'{"data": 3, "spec": "chara_card_v2"}', "under 'data'"),
        (b'{"name": "  "}', "no name"),
        (b'{"name": 5}', "no name"),
        (b'{"name": "A", "x": NaN}', "no JSON"),
        (b'{"name": "A", "x": 1e999}', "out of range"),
        (b'{"name": "A", "x": %s}' % (b"9" * 5000), "no JSON"),
        (b'{"name": "\\ud800"}', "half a character"),
        (b'{"name": "A", "x": ' + b"[" * 200 + b"]" * 200 + b"}", "nested deeper"),
        (b"[" * 200_000, "nested deeper"),
        (b'{"name": "A", "x": "' + b"x" * 300_000 + b'"}', "larger than 256 KB"),
        (SIGNATURE, "cut off"),
        (SIGNATURE + END, "no header"),
        (HEADER, "cut off"),
        (HEADER + END, "no character in it"),
        (HEADER + chunk(b"tEXt", b"chara\0e30=", length=1 << 30) + END, "claims 1073741824 bytes"),
        (HEADER + chunk(b"tEXt", b"chara\0e30=", length=0xFFFF_FFFF) + END, "cut off"),
        (HEADER + chunk(b"tEXt", b"chara\0e30=", crc=1) + END, "checksum"),
        (HEADER + chunk(b"tEXt", b"chara\0!!!!") + END, "not base64"),
        (HEADER + chunk(b"tEXt", b"chara\0e30") + END, "not base64"),
        (HEADER + chunk(b"tEXt", b"chara\0" + b"A" * 600_000) + END, "larger than 256 KB"),
        (HEADER + chunk(b"IDAT", bytes(5 << 20)) + END, "larger than 4 MB"),
        (b"PK\x03\x04", "cannot be unpacked"),
        (zipped("other.json", b"{}"), "has no card.json"),
        (zipped("card.json", b" " * (64 << 20)), "larger than 256 KB"),
        (zipped("card.json", coded(v3()), zipfile.ZIP_LZMA), "packed in a way"),
        (zipped("card.json", coded(v3()))[:-30], "cannot be unpacked"),
    ],
)  # fmt: skip
def test_a_hostile_file_is_one_line(tmp_path: Path, file: bytes, says: str) -> None:
    """Cut off, forged, too big, too deep: a CardError that names the file."""
    path = tmp_path / "card"
    path.write_bytes(file)
    with pytest.raises(CardError, match=says) as caught:
        read_card(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_a_picture_cut_anywhere_is_told() -> None:
    """No slice of a good picture is read, and none ends in another error."""
    for cut in range(len(GOOD)):
        with pytest.raises(CardError):
            card_of(GOOD[:cut])


@settings(max_examples=60, deadline=None)
@given(at=st.integers(0, len(GOOD) - 1), bit=st.integers(0, 7))
def test_a_flipped_bit_is_told(at: int, bit: int) -> None:
    """Checksums are checked, of every chunk."""
    damaged = bytearray(GOOD)
    damaged[at] ^= 1 << bit
    with pytest.raises(CardError):
        card_of(bytes(damaged))


def test_a_file_that_is_not_there_or_too_big_is_told(tmp_path: Path) -> None:
    """No more of it is read than a card may be long."""
    with pytest.raises(CardError, match="cannot be read"):
        read_card(tmp_path / "none.png")
    huge = tmp_path / "huge.charx"
    with huge.open("wb") as file:
        file.truncate(1 << 30)
    with pytest.raises(CardError, match="larger than 16 MB"):
        read_card(huge)


def test_a_picture_stays_the_picture() -> None:
    """Into a given picture: its own chunks stay, an older card in it goes."""
    own = (
        HEADER
        + chunk(b"tEXt", b"Comment\0hello")
        + chunk(b"tEXt", b"ccv3\0old")
        + chunk(b"IDAT", b"pixels")
        + END
    )
    written = card_picture(card_of(coded(v2())), own)
    texts = texts_of(written)
    assert texts["comment"] == b"hello"
    assert "ccv3" not in texts
    assert b"pixels" in written
    assert card_of(written).whole["data"] == v2()["data"]
    assert set(texts_of(card_picture(card_of(coded(v3()))))) == {"chara", "ccv3"}


def test_a_card_that_nobody_could_read_back_is_not_written() -> None:
    """The bound holds both ways."""
    with pytest.raises(CardError, match="would be larger"):
        card_text(Card({"name": "A", "x": "x" * (256 << 10)}))
