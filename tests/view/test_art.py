"""The art compiler: what is on the sheets is what the text grids say, and a bad grid is refused by file and line."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import pygame
import pytest

from sim.view.art import (
    ASSETS,
    COLUMNS,
    TILE,
    ArtError,
    Compiled,
    compile_art,
    differing,
    main,
    pixels_of,
    read_palette,
    read_tiles,
    sunk,
    write,
    written_lines,
)

ART: Final = ASSETS / "art"
ROW: Final = "#" * 16
GRID: Final = "\n".join([ROW] * 16)


@pytest.fixture(scope="module")
def compiled() -> Compiled:
    """The bundled art, compiled anew."""
    return compile_art(ART)


@pytest.fixture
def assets(tmp_path: Path) -> Path:
    """The smallest art there can be: one colour, one tile, nobody."""
    tiles = tmp_path / "art" / "tiles"
    tiles.mkdir(parents=True)
    (tmp_path / "art" / "people").mkdir()
    (tmp_path / "art" / "palette.txt").write_text("# ink #102030\n: shade #00000080\n", encoding="utf-8")
    (tiles / "order.txt").write_text("; ids\nblock\n", encoding="utf-8")
    (tiles / "some.txt").write_text(f"@ block walkable=false light=24\n{GRID}\n", encoding="utf-8")
    return tmp_path


def test_the_bundled_sheets_are_what_their_sources_say(compiled: Compiled) -> None:
    """Pixel for pixel, and the tileset value for value; `make art` was not forgotten."""
    assert differing(compiled, ASSETS) == []


def test_every_tile_stands_on_the_sheet_where_its_id_says() -> None:
    """Read back from the PNG, independently of how the sheet was put together."""
    palette = read_palette(ART / "palette.txt")
    surface = pygame.image.load(str(ASSETS / "sheets" / "tiles.png"))
    width, height = surface.get_size()
    sheet = np.frombuffer(pygame.image.tobytes(surface, "RGBA"), np.uint8).reshape(height, width, 4)
    for number, (_, grid) in enumerate(read_tiles(ART / "tiles", palette)):
        x, y = number % COLUMNS * TILE[0], number // COLUMNS * TILE[1]
        assert np.array_equal(sheet[y : y + TILE[1], x : x + TILE[0]], pixels_of(grid, palette)), grid.name


def test_the_order_names_every_tile_once() -> None:
    """Ids are places in order.txt, and maps store ids."""
    names = [line for _, line in written_lines(ART / "tiles" / "order.txt")]
    drawn = [grid.name for _, grid in read_tiles(ART / "tiles", read_palette(ART / "palette.txt"))]
    assert len(names) == len(set(names))
    assert names == drawn
    assert len(names) >= 200


def test_what_is_compiled_is_up_to_date_until_a_source_changes(assets: Path) -> None:
    """Writing and comparing agree; a missing file, a changed pixel and a changed property are all seen."""
    compiled = compile_art(assets / "art")
    assert set(differing(compiled, assets)) == {"sheets/tiles.png", "maps/tiles.tsj", "sheets/people.json"}
    write(compiled, assets)
    assert differing(compiled, assets) == []
    source = assets / "art" / "tiles" / "some.txt"
    source.write_text(source.read_text(encoding="utf-8").replace(ROW, "." + ROW[1:], 1), encoding="utf-8")
    assert differing(compile_art(assets / "art"), assets) == ["sheets/tiles.png"]
    source.write_text(f"@ block walkable=true\n{GRID}\n", encoding="utf-8")
    assert differing(compile_art(assets / "art"), assets) == ["maps/tiles.tsj"]


def test_a_property_has_the_type_that_its_text_looks_like(assets: Path) -> None:
    """Tiled and the map's reader tell booleans from numbers from words."""
    entry = compile_art(assets / "art").documents["maps/tiles.tsj"]["tiles"][0]
    values = {found["name"]: found["value"] for found in entry["properties"]}
    assert values == {"name": "block", "walkable": False, "light": 24}


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        ("tiles/some.txt", f"@ block\n{ROW}#\n", r"some\.txt:2: expected 16 characters in a row of 'block'"),
        ("tiles/some.txt", f"@ block\n{ROW}\n", r"some\.txt:1: expected 16 rows under 'block', not 1"),
        ("tiles/some.txt", f"\n{GRID}\n", r"some\.txt:2: expected a header"),
        ("tiles/some.txt", f"@ block\n{GRID.replace('#', '?', 1)}\n", r"some\.txt:2: .*not '\?'"),
        ("tiles/some.txt", f"@ block walkable\n{GRID}\n", r"some\.txt:1: expected 'key=value'.*'walkable'"),
        ("tiles/some.txt", f"@ block a=1 a=2\n{GRID}\n", r"some\.txt:1: expected 'key=value', each key once"),
        ("tiles/some.txt", f"@ block\n{GRID}\n@ block\n{GRID}\n", r"some\.txt:18: .*not 'block'"),
        (
            "tiles/some.txt",
            f"@ block\n{GRID}\n@ new\n{GRID}\n",
            r"some\.txt:18: .*'new' to stand in order\.txt",
        ),
        ("tiles/order.txt", "block\nblock\n", r"order\.txt:2: expected the name of a drawn tile, once"),
        ("tiles/order.txt", "block\nghost\n", r"order\.txt:2: .*not 'ghost'"),
        ("palette.txt", "# ink #10203\n", r"palette\.txt:1: expected a colour"),
        ("palette.txt", "# ink\n", r"palette\.txt:1: expected 'CHAR name #rrggbb'"),
        ("palette.txt", "# ink #102030\n# tar #000000\n", r"palette\.txt:2: .*not used above"),
    ],
)
def test_a_bad_source_is_refused_by_file_and_line(file: str, text: str, says: str, assets: Path) -> None:
    """One line that says where and what was expected."""
    (assets / "art" / file).write_text(text, encoding="utf-8")
    with pytest.raises(ArtError, match=says):
        compile_art(assets / "art")


def test_the_command_writes_checks_and_says_so(assets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--check` is 1 before writing and 0 after; a bad grid is 1 with its line."""
    asked = ["--assets", str(assets)]
    assert main([*asked, "--check"]) == 1
    assert "differs from its source: sheets/tiles.png" in capsys.readouterr().err
    assert main(asked) == 0
    assert main([*asked, "--check"]) == 0
    assert "say what their sources say" in capsys.readouterr().out
    (assets / "art" / "tiles" / "some.txt").write_text("nonsense\n", encoding="utf-8")
    assert main(asked) == 1
    assert "some.txt:1: expected a header" in capsys.readouterr().err


def test_people_are_completed_from_what_is_drawn(assets: Path) -> None:
    """A standing frame is enough: walking sinks it by the body's bob, and right mirrors left."""
    rows = ["#" + "." * 15, *["." * 16] * 23]
    facing = [f"@ adult dir={way} frame=0" for way in ("down", "left", "up")]
    blocks = [f"{head} bob=0,1,0,1" if number == 0 else head for number, head in enumerate(facing)]
    body = assets / "art" / "people" / "body.txt"
    body.write_text("\n".join("\n".join([head, *rows]) for head in blocks) + "\n", encoding="utf-8")
    sheet = compile_art(assets / "art").sheets["sheets/people_body.png"]
    inked = [(int(y), int(x)) for y, x in zip(*np.nonzero(sheet[:, :, 3]), strict=True)]
    down, left, right, up = 0, 64, 128, 192  # where each direction's four frames begin
    standing = [(0, start + 16 * frame) for start in (down, left, up) for frame in (0, 2)]
    walking = [(1, start + 16 * frame) for start in (down, left, up) for frame in (1, 3)]
    mirrored = [(frame % 2, right + 16 * frame + 15) for frame in range(4)]
    assert sorted(inked) == sorted([*standing, *walking, *mirrored])


def test_a_figure_that_rises_loses_what_leaves_the_frame() -> None:
    """Nothing comes in again at the other side."""
    picture = np.full((3, 1, 4), 255, dtype=np.uint8)
    assert sunk(picture, 1)[:, 0, 0].tolist() == [0, 255, 255]
    assert sunk(picture, -1)[:, 0, 0].tolist() == [255, 255, 0]
