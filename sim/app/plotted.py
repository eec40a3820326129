"""How a run did, drawn: memory, frames, handles and talk over time. `run --plots DIR` takes this along."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from sim.app.companion import Nobody, RunParts
from sim.app.settings import Settings
from sim.app.vitals import Sample, Vitals
from sim.plots import draw_series

VITALS: Final = "vitals.png"
LOOK_S: Final = 1.0  # between two samples
_PANELS: Final = {
    "memory, MB": {"resident": "rss_mb"},
    "frames, the slowest of a thousand so far, ms of processor time": {"work": "work_p999_ms"},
    "what is open": {
        name.replace("_", " "): name for name in ("descriptors", "threads", "tasks", "open_lines")
    },
    "talk, shares of lines": {"templates": "template_share", "said before": "repetition"},
}


def draw_vitals(samples: Sequence[Sample], folder: Path) -> None:
    """One picture. Raises PlotError."""
    panels = {
        title: {label: [getattr(one, name) for one in samples] for label, name in curves.items()}
        for title, curves in _PANELS.items()
    }
    draw_series([one.hours for one in samples], panels, folder / VITALS)


class Plotted(Nobody):
    """`Companion` that takes a sample a second, and draws them when the run ends, however it ends."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self._settings = settings
        self._folder = folder
        self._looked_s = 0.0

    def attach(self, parts: RunParts, closing: ExitStack) -> None:
        """Look on from now on."""
        vitals = Vitals(parts, self._settings)

        def look_now_and_then() -> None:
            now_s = time.monotonic()
            if now_s - self._looked_s >= LOOK_S:
                self._looked_s = now_s
                vitals.look()

        def draw() -> None:
            vitals.look()
            draw_vitals(vitals.samples, self._folder)

        parts.loop.in_slack.append(look_now_and_then)
        closing.callback(draw)
