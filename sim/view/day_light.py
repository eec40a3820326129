"""The colour of the hour.

Pixels only: whether it is night for the townspeople is the calendar's business.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

from sim.calendar import MINUTES_A_DAY

Rgb = tuple[int, int, int]
WHITE: Final = (255, 255, 255)

# (minute of the day, what white becomes); between two entries the colour moves evenly
_HOURS: Final[tuple[tuple[int, Rgb], ...]] = (
    (0, (92, 104, 168)),
    (4 * 60, (92, 104, 168)),
    (5 * 60 + 30, (168, 150, 190)),
    (6 * 60 + 30, (255, 214, 184)),
    (8 * 60, WHITE),
    (17 * 60, WHITE),
    (18 * 60 + 30, (255, 222, 178)),
    (19 * 60 + 45, (246, 172, 150)),
    (21 * 60, (140, 128, 186)),
    (22 * 60 + 30, (92, 104, 168)),
    (MINUTES_A_DAY, (92, 104, 168)),
)
_MINUTES: Final = [minute for minute, _ in _HOURS]


def tint_at(minute: int) -> Rgb:
    """The colour that the town is multiplied by."""
    after = min(bisect_right(_MINUTES, minute), len(_HOURS) - 1)
    (start, first), (end, second) = _HOURS[after - 1], _HOURS[after]
    share = (minute - start) / (end - start)
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def through(light: Rgb, sky: Rgb) -> Rgb:
    """What is left of the light under a sky."""
    red, green, blue = (one * other // 255 for one, other in zip(light, sky, strict=True))
    return red, green, blue
