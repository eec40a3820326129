"""Pictures of a run: needs, moods and ties over the days, and any numbers over time. Drawn by matplotlib, where it is installed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sim.soak import DayFacts

_SIZE: Final = (10.0, 14.0)  # inches
_UNITS: Final = (("hours", 1.0), ("minutes", 60.0), ("seconds", 3600.0))
_LEAST_UNITS: Final = 3.0
_HEADROOM: Final = 1.1  # over the greatest value
NEEDS_MATPLOTLIB: Final = 'plots need matplotlib: pip install "matplotlib>=3.9" (the extra `bench` has it)'


class PlotError(Exception):
    """No picture can be drawn. One line that says what to do."""


def prepare_folder(folder: Path) -> None:
    """Make it if it is not there; what is wrong is said now, not after an hour. Raises PlotError."""
    _figure_class()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PlotError(f"{folder}: expected a folder for plots: {error.strerror}") from error


def draw_life(days: Sequence[DayFacts], needs: Sequence[str], path: Path) -> None:
    """One picture of five panels. Raises PlotError where matplotlib is missing or the file cannot be written."""
    figure = _figure_class()(figsize=_SIZE, layout="constrained")
    panels: Any = figure.subplots(5, 1, sharex=True)
    numbers = [day.day for day in days]
    _needs(panels[0], numbers, days, needs)
    _lines(
        panels[1],
        numbers,
        {"valence": [d.valence for d in days], "arousal": [d.arousal for d in days]},
        "mood",
    )
    _ties(panels[2], numbers, days)
    _lines(panels[3], numbers, {"rows": [day.memory_rows for day in days]}, "memories")
    _lines(panels[4], numbers, {"MB": [day.rss_mb for day in days]}, "process memory")
    panels[4].set_xlabel("calendar day")
    _save(figure, path)


def draw_series(
    hours: Sequence[float], panels: Mapping[str, Mapping[str, Sequence[float]]], path: Path
) -> None:
    """A panel for each title, a line in it for each name, over the world's time. Raises PlotError as above."""
    unit, an_hour = _unit(hours[-1] if hours else 0.0)
    figure = _figure_class()(figsize=(_SIZE[0], 2.4 * len(panels)), layout="constrained")
    every: Any = figure.subplots(len(panels), 1, sharex=True, squeeze=False)
    for axes, (title, curves) in zip(every[:, 0], panels.items(), strict=True):
        _lines(axes, [one * an_hour for one in hours], curves, title)
        axes.set_ylim(
            0, _HEADROOM * max((max(values, default=0) for values in curves.values()), default=0) or 1
        )
    every[-1, 0].set_xlabel(f"{unit} of the world")
    _save(figure, path)


def _unit(hours: float) -> tuple[str, float]:
    """What so long a run is told in, and how many of them are an hour."""
    return next(((name, an_hour) for name, an_hour in _UNITS if hours * an_hour >= _LEAST_UNITS), _UNITS[-1])


def _figure_class() -> type[Figure]:
    try:
        from matplotlib.figure import Figure  # two seconds of imports, for those who want a picture
    except ImportError as error:
        raise PlotError(NEEDS_MATPLOTLIB) from error
    return Figure


def _save(figure: Figure, path: Path) -> None:
    try:
        figure.savefig(path)
    except OSError as error:
        raise PlotError(f"{path}: cannot be written: {error.strerror}") from error


def _needs(axes: Axes, numbers: list[int], days: Sequence[DayFacts], needs: Sequence[str]) -> None:
    for index, need in enumerate(needs):
        axes.plot(numbers, [day.needs[index] for day in days], label=need)
    axes.set_ylim(0, 1)
    axes.set_title("needs, mean share that is met")
    axes.legend(ncols=5, fontsize="x-small")


def _ties(axes: Axes, numbers: list[int], days: Sequence[DayFacts]) -> None:
    low, middle, high = zip(*(day.tie_strength for day in days), strict=True)
    axes.fill_between(numbers, low, high, alpha=0.3, label="10th to 90th percentile")
    axes.plot(numbers, middle, label="median")
    axes.set_ylim(0, 1000)
    axes.set_title("ties, strongest kind of each")
    axes.legend(fontsize="x-small")


def _lines(axes: Axes, numbers: Sequence[float], curves: Mapping[str, Sequence[float]], title: str) -> None:
    for name, values in curves.items():
        axes.plot(numbers, values, label=name)
    axes.set_title(title)
    axes.legend(fontsize="x-small")
