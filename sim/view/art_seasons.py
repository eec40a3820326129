"""What the seasons make of the tiles: rules as data in, one sheet for each season out. Draws nothing itself."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

from agents.toml_files import nearest
from sim.calendar import SEASONS
from sim.view.art_grids import CLEAR, ArtError, Grid, written_lines

NOTHING: Final = "none"  # what a tile becomes that is not there in a season
_KEYS: Final = ("tiles", "becomes", "colours")
Tiles = Sequence[tuple[str, Grid]]  # class and grid, in the order of their ids


@dataclass(frozen=True, slots=True)
class Rule:
    """What happens to all tiles whose "class/name" fits one of the patterns."""

    tiles: tuple[str, ...]
    becomes: str | None = None
    colours: Mapping[str, str] = field(default_factory=dict)  # palette character -> palette character

    def fits(self, name: str) -> bool:
        """Whether a tile is meant."""
        return any(fnmatchcase(name, pattern) for pattern in self.tiles)


def read_seasons(path: Path, palette: Path, tiles: Tiles) -> dict[str, tuple[Rule, ...]]:
    """The rules of each season, in order; without a file the tiles are the same all year.

    Raises ArtError where a rule names what there is not.
    """
    if not path.exists():
        return {}
    text = path.read_text(encoding="utf-8")
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ArtError(path, 1, f"TOML: {error}") from error
    for season in table:
        if season not in SEASONS:
            raise _wrong(path, text, season, SEASONS)
    colours = {line.split()[1]: line.split()[0] for _, line in written_lines(palette)}
    return {
        season: tuple(_rule(path, text, rule, colours, tiles) for rule in table.get(season, []))
        for season in SEASONS
    }


def _rule(path: Path, text: str, rule: dict[str, Any], colours: Mapping[str, str], tiles: Tiles) -> Rule:
    for key in rule:
        if key not in _KEYS:
            raise _wrong(path, text, key, _KEYS)
    names = [grid.name for _, grid in tiles]
    becomes = rule.get("becomes")
    if becomes is not None and becomes not in {NOTHING, *names}:
        raise _wrong(path, text, becomes, names)
    for colour in [*rule.get("colours", {}), *rule.get("colours", {}).values()]:
        if colour not in colours:
            raise _wrong(path, text, colour, colours)
    for pattern in rule["tiles"]:
        if not any(fnmatchcase(f"{theme}/{grid.name}", pattern) for theme, grid in tiles):
            raise _wrong(path, text, pattern, [f"{theme}/{grid.name}" for theme, grid in tiles])
    painted = {colours[old]: colours[new] for old, new in rule.get("colours", {}).items()}
    return Rule(tuple(rule["tiles"]), becomes, painted)


def _wrong(path: Path, text: str, word: str, known: Sequence[str] | Mapping[str, Any]) -> ArtError:
    line = next((number for number, row in enumerate(text.splitlines(), start=1) if word in row), 1)
    return ArtError(path, line, f"something known, not {word!r}{nearest(word, list(known))}")


def in_season(tiles: Tiles, rules: Sequence[Rule]) -> list[tuple[str, Grid]]:
    """The same tiles, in the same order, as the rules have them."""
    drawn = {grid.name: grid for _, grid in tiles}
    return [(theme, _changed(f"{theme}/{grid.name}", grid, rules, drawn)) for theme, grid in tiles]


def _changed(name: str, grid: Grid, rules: Sequence[Rule], drawn: Mapping[str, Grid]) -> Grid:
    rows = grid.rows
    for rule in rules:
        if rule.fits(name):
            if rule.becomes == NOTHING:
                rows = tuple(CLEAR * len(row) for row in rows)
            elif rule.becomes is not None:
                rows = drawn[rule.becomes].rows
            painted = {ord(old): new for old, new in rule.colours.items()}
            rows = tuple(row.translate(painted) for row in rows)
    return Grid(grid.name, grid.properties, rows, grid.path, grid.line)
