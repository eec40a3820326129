"""What `bench frame --plots DIR` leaves: every frame as CSV, and pictures of how long they were.

The CSV has the columns of MangoHud's log, which its viewers read (flightlessmango/MangoHud, src/logging.cpp): three
lines of head, then a frame a line; what we do not measure is 0.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sim.app.options import OutputError
from sim.bench.arm import OURS, Arm, ArmRun
from sim.frame_statistics import BUDGET_NS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Runs = Mapping[Arm, Sequence[ArmRun]]
_SYSTEM: Final = ("os", "cpu", "gpu", "ram", "kernel", "driver", "cpuscheduler")
_COLUMNS: Final = (
    "fps", "frametime", "cpu_load", "gpu_load", "cpu_temp", "gpu_temp", "gpu_core_clock", "gpu_mem_clock",
    "gpu_vram_used", "gpu_power", "ram_used", "swap_used", "process_rss", "elapsed",
)  # fmt: skip
_BUDGET_MS: Final = BUDGET_NS / 1e6
_SIZE: Final = (9.0, 5.0)  # inches


def write_files(runs: Runs, numbers: Mapping[str, Any], folder: Path) -> None:
    """All of it. Raises OutputError."""
    try:
        for arm, of in runs.items():
            (folder / f"frames-{_slug(arm)}.csv").write_text(_csv(of, numbers["machine"]), encoding="utf-8")
        _draw(folder / "frame-times.png", lambda axes: _distribution(axes, runs))
        _draw(folder / "frame-timeline.png", lambda axes: _timeline(axes, runs))
        _draw(folder / "frame-scaling.png", lambda axes: _scaling(axes, numbers["arms"]))
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written: {error.strerror}") from error


def _slug(arm: Arm) -> str:
    name = "-".join("".join(letter if letter.isalnum() else " " for letter in arm.name).lower().split())
    return f"{name}-{arm.npcs}-{arm.streams}"


def _csv(runs: Sequence[ArmRun], machine: Mapping[str, Any]) -> str:
    head = (platform.system(), str(machine["processor"]), "", "", platform.release(), "", "")
    lines = [",".join(_SYSTEM), ",".join(value.replace(",", " ") for value in head), ",".join(_COLUMNS)]
    elapsed_ns = 0
    for run in runs:
        for frame in run.frames:
            elapsed_ns += frame.interval
            interval_ms = frame.interval / 1e6
            load = round(100 * frame.cpu / frame.interval) if frame.interval else 0
            fps = 1000 / interval_ms if interval_ms else 0.0
            lines.append(f"{fps:.3f},{interval_ms:.4f},{load},0,0,0,0,0,0,0,0,0,0,{elapsed_ns}")
    return "\n".join([*lines, ""])


def _draw(path: Path, draw: Any) -> None:
    from matplotlib.figure import Figure  # two seconds of imports, for those who want a picture

    figure = Figure(figsize=_SIZE, layout="constrained")
    draw(figure.subplots())
    figure.savefig(path, dpi=110)


def _work_ms(runs: Sequence[ArmRun]) -> Any:
    return np.array([frame.work / 1e6 for run in runs for frame in run.frames])


def _label(arm: Arm) -> str:
    return f"{arm.name}, {arm.npcs} people, {arm.streams} streams"


def _distribution(axes: Axes, runs: Runs) -> None:
    """How many frames took longer than that: both axes by powers of ten, for the end is what matters."""
    for arm, of in runs.items():
        work = np.sort(_work_ms(of))
        if work.size:
            longer = 1 - np.arange(work.size) / work.size
            axes.plot(work, longer, label=_label(arm), linewidth=2 if arm.client == OURS else 1)
    axes.axvline(_BUDGET_MS, color="black", linestyle="--", linewidth=1)
    axes.set(
        xscale="log", yscale="log", xlabel="work of a frame, ms", ylabel="share of frames that took longer"
    )
    axes.legend(fontsize="x-small")


def _timeline(axes: Axes, runs: Runs) -> None:
    """The first round of each."""
    for arm, of in runs.items():
        work = _work_ms(of[:1])
        axes.plot(np.arange(work.size) / 60, work, label=_label(arm), linewidth=0.7)
    axes.axhline(_BUDGET_MS, color="black", linestyle="--", linewidth=1)
    axes.set(yscale="log", xlabel="s", ylabel="work of a frame, ms")
    axes.legend(fontsize="x-small")


def _scaling(axes: Axes, arms: Sequence[Mapping[str, Any]]) -> None:
    """How the tail grows with the streams, for whoever was run with more than one number of them."""
    plain = [arm for arm in arms if arm["npcs"] == 200 and not {",", "embedded"} & {*arm["name"].split()}]
    for name in dict.fromkeys(arm["name"] for arm in plain):
        points = sorted(
            (arm["streams"], arm["pooled"]["work_ms"]["p99"]) for arm in plain if arm["name"] == name
        )
        if len(points) > 1:
            axes.plot(*zip(*points, strict=True), marker="o", label=f"{name}, p99")
    axes.axhline(_BUDGET_MS, color="black", linestyle="--", linewidth=1)
    axes.set(xscale="symlog", yscale="log", xlabel="streams", ylabel="work of a frame, ms")
    if len(axes.lines) > 1:
        axes.legend(fontsize="small")
