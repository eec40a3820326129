"""The tiles' pictures, as each season has them: a sheet is read and cut when its season is first looked at."""

from __future__ import annotations

import pygame

from sim.town import Town


class TileSheets:
    """Every tile of a town in every season, by its id."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self._cut: dict[str, list[pygame.Surface]] = {}

    def of(self, season: str) -> list[pygame.Surface]:
        """The tiles by id; as drawn, where a map's own sheet has none for the season."""
        tiles = self._cut.get(season)
        if tiles is None:
            image = self._town.tileset_image
            seasonal = image.with_name(f"{image.stem}_{season}{image.suffix}")
            sheet = pygame.image.load(str(seasonal if seasonal.exists() else image)).convert_alpha()
            tiles = self._cut[season] = _tiles(sheet, self._town.tile_px, self._town.tile_columns)
        return tiles


def _tiles(sheet: pygame.Surface, side: int, columns: int) -> list[pygame.Surface]:
    return [
        sheet.subsurface((column * side, row * side, side, side))
        for row in range(sheet.get_height() // side)
        for column in range(columns)
    ]
