"""Where an unattended camera looks: at a talk for as long as it is worth it, then at another. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.snapshot import Talk

_LEAST_S: Final = 8.0  # of one shot
_MOST_S: Final = 40.0
_AWAY_S: Final = 90.0  # until a talk that was shown is as good as a new one
_A_LINE: Final = 1.0  # of worth
_A_HEAD: Final = 3.0
_A_MAP_PIXEL: Final = -0.004  # of the way there
Point = tuple[float, float]


class Director:
    """Chooses one talk after another; the middle of those who talk is what is looked at."""

    def __init__(self) -> None:
        self._shot = -1  # the talk that is shown
        self._since_s = 0.0
        self._lines = 0  # it had when the shot began
        self._shown_at_s: dict[int, float] = {}

    def look(
        self, talks: Sequence[Talk], positions: NDArray[np.float64], now: Point, now_s: float
    ) -> Point | None:
        """The point to look at, from positions (n, 2) in map pixels and where the camera looks now; None: stay."""
        by_id = {talk.id: talk for talk in talks if len(talk.participants) > 1}
        if self._is_over(by_id.get(self._shot), now_s):
            self._cut_to(by_id, positions, now, now_s)
        talk = by_id.get(self._shot)
        return None if talk is None else _middle(talk, positions)

    def _is_over(self, talk: Talk | None, now_s: float) -> bool:
        lasted_s = now_s - self._since_s
        return talk is None or lasted_s > _MOST_S or (lasted_s > _LEAST_S and talk.lines == self._lines)

    def _cut_to(
        self, talks: dict[int, Talk], positions: NDArray[np.float64], now: Point, now_s: float
    ) -> None:
        worth = {number: self._worth(talk, positions, now, now_s) for number, talk in talks.items()}
        best = max(worth, key=lambda number: (worth[number], number), default=-1)
        if best >= 0:
            self._shot, self._since_s, self._lines = best, now_s, talks[best].lines
            self._shown_at_s = {one: at_s for one, at_s in self._shown_at_s.items() if one in talks}
            self._shown_at_s[best] = now_s

    def _worth(self, talk: Talk, positions: NDArray[np.float64], now: Point, now_s: float) -> float:
        """Many people, lines that are said, not far, and not what was just seen."""
        x, y = _middle(talk, positions)
        way = abs(x - now[0]) + abs(y - now[1])
        worth = _A_HEAD * len(talk.participants) + _A_LINE * min(talk.lines, 6) + _A_MAP_PIXEL * way
        seen_s = now_s - self._shown_at_s.get(talk.id, -_AWAY_S)
        return worth * min(1.0, seen_s / _AWAY_S) if worth > 0 else worth


def _middle(talk: Talk, positions: NDArray[np.float64]) -> Point:
    x, y = positions[list(talk.participants)].mean(axis=0).tolist()
    return x, y
