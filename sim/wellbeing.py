"""How everybody is: needs, health and mood, in columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.columns import FULL, Columns


@dataclass(slots=True)
class Wellbeing(Columns):
    """Needs and health from 0 to FULL, which is met and well; valence and arousal from -1000 to 1000."""

    needs: NDArray[np.int32]  # (n, 20), in the order of the needs' file
    band: NDArray[np.int8]  # (n, 20): 0 met, 1 low, 2 critical
    physical: NDArray[np.int32]  # (n,): health
    mental: NDArray[np.int32]  # (n,): health
    valence: NDArray[np.int16]  # (n,): from misery to delight
    arousal: NDArray[np.int16]  # (n,): from sleep to alarm
    calm_valence: NDArray[np.int16]  # (n,): where temper lets it come to rest
    calm_arousal: NDArray[np.int16]  # (n,)
    emotion: NDArray[np.int8]  # (n,): index into the emotions' file


def well(count: int, needs: int) -> Wellbeing:
    """So many people who want for nothing."""
    return Wellbeing(
        needs=np.full((count, needs), FULL, dtype=np.int32),
        band=np.zeros((count, needs), dtype=np.int8),
        physical=np.full(count, FULL, dtype=np.int32),
        mental=np.full(count, FULL, dtype=np.int32),
        valence=np.zeros(count, dtype=np.int16),
        arousal=np.zeros(count, dtype=np.int16),
        calm_valence=np.zeros(count, dtype=np.int16),
        calm_arousal=np.zeros(count, dtype=np.int16),
        emotion=np.zeros(count, dtype=np.int8),
    )
