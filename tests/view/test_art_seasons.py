"""The seasons: rules paint and replace tiles, and a rule that names what there is not is refused by file and line."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from sim.calendar import SEASONS
from sim.view.art import ASSETS, compile_art, read_palette, read_tiles
from sim.view.art_grids import ArtError, Grid
from sim.view.art_seasons import Rule, in_season, read_seasons

ART: Final = ASSETS / "art"
TILES: Final = [
    ("nature", Grid("tree", {}, ("nn", "n."), Path("nature.txt"), 1)),
    ("nature", Grid("stump", {}, ("dd", "dd"), Path("nature.txt"), 5)),
    ("crops", Grid("wheat", {}, ("$$", "$$"), Path("crops.txt"), 1)),
]


def rows(rules: list[Rule]) -> dict[str, tuple[str, ...]]:
    """What is drawn after the rules, by name."""
    return {grid.name: grid.rows for _, grid in in_season(TILES, rules)}


def test_rules_hold_one_after_the_other() -> None:
    """The second paints what the first has made."""
    first, second = Rule(("nature/*",), None, {"n": "o"}), Rule(("nature/tree",), None, {"o": "r"})
    assert rows([first, second])["tree"] == ("rr", "r.")
    assert rows([second, first])["tree"] == ("oo", "o.")
    assert rows([first])["wheat"] == ("$$", "$$")


def test_a_tile_becomes_another_or_nothing() -> None:
    """Painted after it has become it; what stands in the list stays where it is, for ids are places in it."""
    changed = rows([Rule(("crops/*",), "stump", {"d": "a"}), Rule(("nature/tree",), "none")])
    assert changed == {"tree": ("..", ".."), "stump": ("dd", "dd"), "wheat": ("aa", "aa")}


def test_every_season_of_the_bundled_art_has_its_look() -> None:
    """Four sheets of one size; only winter has snow."""
    sheets = compile_art(ART).sheets
    four = [sheets[f"sheets/tiles_{season}.png"] for season in SEASONS]
    assert {sheet.shape for sheet in four} == {sheets["sheets/tiles.png"].shape}
    snow = read_palette(ART / "palette.txt")["Λ"]
    assert [bool((sheet == snow).all(axis=2).any()) for sheet in four] == [False, False, False, True]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[spring]]\ntiles = ["crops/whaet"]\n', ":2: expected something known, not 'crops/whaet'"),
        ('[[sprig]]\ntiles = ["crops/*"]\n', ":1: expected something known, not 'sprig'"),
        ('[[spring]]\ntiles = ["crops/*"]\nbecomes = "tre"\n', ":3: .* not 'tre'.*'tree'"),
        ('[[spring]]\ntiles = ["crops/*"]\ncolours = { gold = "golt" }\n', ":3: .* not 'golt'.*'gold'"),
        ('[[spring]]\ntiles = ["crops/*"]\nturns = "tree"\n', ":3: .* not 'turns'"),
        ("[[spring\n", ":1: expected TOML"),
    ],
)
def test_a_rule_that_names_what_there_is_not_is_told_by_file_and_line(
    tmp_path: Path, text: str, said: str
) -> None:
    """With the nearest that there is."""
    (tmp_path / "palette.txt").write_text("$ gold #d8a136\nn leaf #4f8d4c\n", encoding="utf-8")
    path = tmp_path / "seasons.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ArtError, match=said):
        read_seasons(path, tmp_path / "palette.txt", TILES)


def test_the_bundled_rules_name_every_season() -> None:
    """None was forgotten."""
    tiles = read_tiles(ART / "tiles", read_palette(ART / "palette.txt"))
    assert all(read_seasons(ART / "seasons.toml", ART / "palette.txt", tiles).values())
