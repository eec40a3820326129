"""Pictures that tell where they come from."""

from __future__ import annotations

import zlib
from pathlib import Path

import pygame

from sim.view.picture_file import save_picture


def chunks_of(data: bytes) -> list[tuple[str, bytes]]:
    """Name and data of each chunk, whose checksum must be right."""
    at, found = 8, []
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        body = data[at + 4 : at + 8 + length]
        assert zlib.crc32(body) == int.from_bytes(data[at + 8 + length : at + 12 + length], "big")
        found.append((body[:4].decode(), body[4:]))
        at += 12 + length
    return found


def test_a_picture_tells_its_seed_and_tick_and_can_still_be_read(tmp_path: Path) -> None:
    """As text chunks of a sound PNG."""
    picture = pygame.Surface((31, 17))
    picture.fill((10, 200, 30))
    picture.set_at((30, 16), (250, 0, 9))
    path = tmp_path / "town.png"
    save_picture(picture, path, {"Seed": "7", "Tick": "300", "Title": "日本"})
    chunks = chunks_of(path.read_bytes())
    assert chunks[0][0] == "IHDR"
    assert chunks[-1][0] == "IEND"
    assert [data for name, data in chunks if name == "tEXt"] == [b"Seed\x007", b"Tick\x00300", b"Title\x00??"]
    again = pygame.image.load(str(path))
    assert again.get_size() == (31, 17)
    assert pygame.image.tobytes(again, "RGB") == pygame.image.tobytes(picture, "RGB")
