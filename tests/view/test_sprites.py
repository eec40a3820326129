"""People on screen: everything a look may name is drawn, dyed in that person's colours, and walks."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, Final, get_args

import numpy as np
import pygame
import pytest

from agents import looks
from agents.looks import Appearance
from agents.persona import load_personas
from sim.view.art import DIRS, FRAMES, read_palette
from sim.view.sprites import KEY_RAMPS, LAYERS, Pixels, SpriteError, SpriteLibrary, load_sprites

ASSETS: Final = Path(__file__).resolve().parents[2] / "assets"
DOWN, LEFT, RIGHT, UP = range(4)
PLAIN: Final = {
    "body": "adult",
    "hair": "short",
    "hair_color": "brown",
    "skin": "tan",
    "clothes": "shirt",
    "cloth_color": "blue",
    "trim_color": "red",
}
LAYER_NAMES: Final = {
    "body": get_args(looks.Body),
    "clothes": get_args(looks.Clothes),
    "hair": get_args(looks.Hair),
    "beard": get_args(looks.Beard),
    "hat": get_args(looks.Hat),
    "tool": get_args(looks.Tool),
}
COLOUR_NAMES: Final = {
    "skin": get_args(looks.Skin),
    "hair_color": get_args(looks.HairColor),
    "cloth_color": get_args(looks.Cloth),
    "trim_color": get_args(looks.Cloth),
}
EVERY_NAME: Final = [
    (key, name) for key, names in (LAYER_NAMES | COLOUR_NAMES).items() for name in names if name != "none"
]


@pytest.fixture(scope="module")
def library() -> SpriteLibrary:
    """The town's own sprites."""
    return load_sprites(ASSETS)


def look(**changes: Any) -> Appearance:
    """A plain look with some of it changed."""
    return Appearance.model_validate(PLAIN | changes)


def face(pixels: Pixels, heading: int) -> Pixels:
    """The four frames of one heading."""
    return pixels[heading * FRAMES : (heading + 1) * FRAMES]


def key_colours() -> set[tuple[int, ...]]:
    """The colours that stand for somebody's own."""
    palette = read_palette(ASSETS / "art" / "palette.txt")
    return {palette[char] for char in "".join(KEY_RAMPS)}


def colours_of(pixels: Pixels) -> set[tuple[int, ...]]:
    """Every colour in a picture."""
    return {tuple(int(part) for part in colour) for colour in np.unique(pixels.reshape(-1, 4), axis=0)}


def test_every_layer_draws_exactly_the_names_a_look_may_use() -> None:
    """The index and the lists of looks are the same."""
    index = json.loads((ASSETS / "sheets" / "people.json").read_text(encoding="utf-8"))
    assert {layer: set(names) for layer, names in index.items()} == {
        layer: set(names) - {"none"} for layer, names in LAYER_NAMES.items()
    }
    assert set(index) == set(LAYERS)


def test_every_colour_has_shades_that_are_no_key_colours(library: SpriteLibrary) -> None:
    """All colours can be worn, and none is mistaken for a key."""
    names = {"skin": looks.Skin, "hair": looks.HairColor, "cloth": looks.Cloth}
    assert {kind: set(ramps) for kind, ramps in library.ramps.items()} == {
        kind: set(get_args(literal)) for kind, literal in names.items()
    }
    shades = [shade for ramps in library.ramps.values() for ramp in ramps.values() for shade in ramp.tolist()]
    assert not key_colours() & {tuple(shade) for shade in shades}


def test_shades_rise_from_dark_to_light(library: SpriteLibrary) -> None:
    """Light falls on the same side of everybody."""
    for kind, ramps in library.ramps.items():
        for name, ramp in ramps.items():
            dark, mid, light = ramp[:, :3].astype(int).sum(axis=1)
            assert dark < mid < light, (kind, name)


@pytest.mark.parametrize(("key", "name"), EVERY_NAME)
def test_every_name_composes_without_a_key_colour_left(library: SpriteLibrary, key: str, name: str) -> None:
    """Whatever a persona says can be drawn, in its own colours only."""
    pixels = library.person(look(**{key: name})).pixels
    assert (pixels[..., 3] > 0).any(axis=(1, 2)).all(), "a frame is empty"
    assert not key_colours() & colours_of(pixels)


@pytest.mark.parametrize("layer", LAYERS)
def test_each_name_of_a_layer_looks_different(library: SpriteLibrary, layer: str) -> None:
    """No two names show the same."""
    names = LAYER_NAMES[layer]
    assert len({library.person(look(**{layer: name})).pixels.tobytes() for name in names}) == len(names)


@pytest.mark.parametrize("body", get_args(looks.Body))
@pytest.mark.parametrize("clothes", get_args(looks.Clothes))
def test_right_is_left_in_the_mirror(library: SpriteLibrary, body: str, clothes: str) -> None:
    """Every body in all clothes."""
    pixels = library.person(look(body=body, clothes=clothes, tool="basket", hat="cap")).pixels
    assert np.array_equal(face(pixels, RIGHT), face(pixels, LEFT)[:, :, ::-1])


@pytest.mark.parametrize("body", get_args(looks.Body))
def test_feet_stand_on_the_last_row(library: SpriteLibrary, body: str) -> None:
    """Everybody stands on the same ground."""
    drawn = library.person(look(body=body)).pixels[..., 3] > 0
    assert drawn[:, -1].any(axis=1).all()


def test_personas_are_told_apart_from_every_side(library: SpriteLibrary) -> None:
    """Twenty-five people, twenty-five pictures."""
    sheets = [library.person(persona.appearance).pixels for persona in load_personas(ASSETS / "personas")]
    assert len(sheets) == 25
    for heading in range(len(DIRS)):
        assert len({face(pixels, heading)[0].tobytes() for pixels in sheets}) == 25, DIRS[heading]


@pytest.mark.parametrize("clothes", get_args(looks.Clothes))
@pytest.mark.parametrize("heading", [DOWN, LEFT, RIGHT, UP])
def test_people_walk(library: SpriteLibrary, clothes: str, heading: int) -> None:
    """A step shows in all clothes, from all sides."""
    stands, left_foot, _, right_foot = face(library.person(look(clothes=clothes)).pixels, heading)
    assert not np.array_equal(stands, left_foot)
    assert not np.array_equal(stands, right_foot)
    assert not np.array_equal(left_foot, right_foot)


def test_a_hat_hides_the_crown_and_flowers_do_not(library: SpriteLibrary) -> None:
    """No bun grows through a helmet."""
    white = {tuple(shade) for shade in library.ramps["hair"]["white"].tolist()}
    for hat, seen in (("helmet", False), ("flowers", True)):
        top = library.person(look(hair="bun", hair_color="white", hat=hat)).pixels[:, :4]
        assert bool(white & colours_of(top)) is seen, hat


def test_what_is_on_the_back_is_seen_whole_only_from_behind(library: SpriteLibrary) -> None:
    """A lute is not held in front."""
    plain, lute = library.person(look()).pixels, library.person(look(tool="lute")).pixels
    changed = (plain != lute).any(axis=-1).sum(axis=(1, 2))
    assert changed[UP * FRAMES] > changed[DOWN * FRAMES] > 0


def test_a_look_is_composed_once_and_a_frame_scaled_once(library: SpriteLibrary) -> None:
    """The frame loop only looks up."""
    sheet = library.person(look())
    assert library.person(look()) is sheet
    assert sheet.frame(DOWN, 0, 3) is sheet.frame(DOWN, 0, 3)


def test_a_frame_is_the_drawn_pixels_made_larger(library: SpriteLibrary) -> None:
    """Nearest neighbour, no smoothing."""
    sheet = library.person(look(hat="beret"))
    surface = sheet.frame(UP, 2, 3)
    assert surface.get_size() == (48, 72)
    for x, y in ((0, 0), (8, 1), (7, 10), (8, 23)):
        for corner in ((x * 3, y * 3), (x * 3 + 2, y * 3 + 2)):
            assert tuple(surface.get_at(corner)) == tuple(sheet.pixels[UP * FRAMES + 2, y, x].tolist())


def test_frames_suit_the_display_once_there_is_one(library: SpriteLibrary) -> None:
    """Blitting needs no conversion."""
    pygame.display.init()
    try:
        pygame.display.set_mode((32, 32))
        surface = library.person(look(hair="bob")).frame(LEFT, 1, 5)
        assert surface.get_masks() == pygame.Surface((1, 1)).convert_alpha().get_masks()
    finally:
        pygame.display.quit()


# --- what is wrong is said plainly -----------------------------------------------------------------------


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The files of the people, to be broken."""
    (tmp_path / "art").mkdir()
    for name in ("palette.txt", "ramps.toml"):
        shutil.copy(ASSETS / "art" / name, tmp_path / "art" / name)
    shutil.copytree(ASSETS / "sheets", tmp_path / "sheets")
    return tmp_path


def test_a_name_that_is_not_drawn_is_told_with_the_nearest(copied: Path) -> None:
    """File, layer, name and hint in one line."""
    index = copied / "sheets" / "people.json"
    index.write_text(index.read_text(encoding="utf-8").replace('"beret"', '"berets"'), encoding="utf-8")
    with pytest.raises(SpriteError, match=r"people\.json: hat: 'beret' is not drawn; .* 'berets'"):
        load_sprites(copied).person(look(hat="beret"))


def test_a_colour_without_shades_is_told_with_the_nearest(copied: Path) -> None:
    """File, section, name and hint in one line."""
    ramps = copied / "art" / "ramps.toml"
    ramps.write_text(ramps.read_text(encoding="utf-8").replace("lavender", "lavendel"), encoding="utf-8")
    with pytest.raises(SpriteError, match=r"ramps\.toml: \[cloth\]: 'lavender' has no shades; .* 'lavendel'"):
        load_sprites(copied).person(look(cloth_color="lavender"))


@pytest.mark.parametrize(
    "shades", ['["#112233", "#445566"]', '["#11", "#22", "#33"]', "7", '"teal"', "[1, 2, 3]"]
)
def test_shades_that_are_not_three_colours_are_told(copied: Path, shades: str) -> None:
    """The key with the mistake is named."""
    ramps = copied / "art" / "ramps.toml"
    ramps.write_text(f"[skin]\n[hair]\n[cloth]\nteal = {shades}\n", encoding="utf-8")
    with pytest.raises(SpriteError, match=r"\[cloth\] teal: expected three colours"):
        load_sprites(copied)


def test_files_that_are_missing_or_of_the_wrong_size_are_told(copied: Path) -> None:
    """Each compiled file is checked when read."""
    hats = copied / "sheets" / "people_hat.png"
    shutil.copy(copied / "sheets" / "people_tool.png", hats)
    with pytest.raises(SpriteError, match=r"people_hat\.png: expected 256x240 pixels"):
        load_sprites(copied)
    hats.unlink()
    with pytest.raises(SpriteError, match=r"people_hat\.png: expected a picture"):
        load_sprites(copied)
    (copied / "sheets" / "people.json").write_text('{"hats": []}', encoding="utf-8")
    with pytest.raises(SpriteError, match=r"people\.json: layer 'body' is missing"):
        load_sprites(copied)
    (copied / "sheets" / "people.json").unlink()
    with pytest.raises(SpriteError, match=r"people\.json: expected the index"):
        load_sprites(copied)


def test_a_palette_without_a_key_colour_is_told(copied: Path) -> None:
    """Without its key a ramp could not be worn."""
    palette = copied / "art" / "palette.txt"
    lines = palette.read_text(encoding="utf-8").splitlines()
    palette.write_text("\n".join(line for line in lines if not line.startswith("7 ")), encoding="utf-8")
    with pytest.raises(SpriteError, match=r"palette\.txt: expected lines for the key colours 7"):
        load_sprites(copied)


def test_a_section_of_ramps_that_is_missing_is_told(copied: Path) -> None:
    """All three sections are needed."""
    (copied / "art" / "ramps.toml").write_text("[skins]\n", encoding="utf-8")
    with pytest.raises(SpriteError, match=r"ramps\.toml: expected a section \[skin\]"):
        load_sprites(copied)
