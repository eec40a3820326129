"""From the runs of each arm to the numbers that are told: medians over rounds, and how far the rounds lie apart."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any, Final

from sim.app.options import program_version
from sim.bench.arm import Arm, ArmRun
from sim.bench.fake_server import CHUNKS, CHUNKS_PER_S
from sim.bench.frame_numbers import frame_numbers
from sim.frame_statistics import BUDGET_NS

SCHEMA: Final = 1
_EXPLAINED_AT_MOST: Final = 100  # long frames of one arm
_MEASURED_WITH: Final = ("aiohttp", "httpx", "httpx-aiohttp", "numpy", "openai", "pydantic", "requests")
_CPU_INFO: Final = Path("/proc/cpuinfo")


def spread(values: Sequence[float]) -> dict[str, float]:
    """Of one number over the rounds."""
    return {"median": _rounded(median(values)), "min": _rounded(min(values)), "max": _rounded(max(values))}


def arm_report(arm: Arm, runs: Sequence[ArmRun]) -> dict[str, Any]:
    """All that is told of one arm."""
    rounds = [frame_numbers(run.frames) | run.numbers for run in runs]
    frames = [frame for run in runs for frame in run.frames]
    return {
        "name": arm.name,
        "is_own": arm.is_own,
        "npcs": arm.npcs,
        "streams": arm.streams,
        "rate": arm.rate,
        "rounds": len(runs),
        "rounds_p99_ms": [one["work_ms"]["p99"] for one in rounds],
        **_spreads(rounds),
        "pooled": frame_numbers(frames),  # all rounds' frames together: what a high percentile needs
        "pooled_ours": frame_numbers([frame for frame in frames if not frame.is_machines]),
        "over_budget_frames": long_frames(runs)[:_EXPLAINED_AT_MOST],
    }


def long_frames(runs: Sequence[ArmRun]) -> list[dict[str, Any]]:
    """Why each frame over the budget was."""
    return [
        {"round": number, **frame.explained()}
        for number, run in enumerate(runs, start=1)
        for frame in run.frames
        if frame.over_budget
    ]


def bench_report(
    seconds: float,
    on: Mapping[str, Any],
    arms: Iterable[Mapping[str, Any]],
    limits: Iterable[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """The JSON file."""
    return {
        "schema": SCHEMA,
        "version": program_version(),
        "command": "bench frame",
        "seconds": seconds,
        "budget_ms": BUDGET_NS / 1e6,
        "stream": {"chunks_per_s": CHUNKS_PER_S, "chunks_per_line": CHUNKS},
        "machine": dict(on),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in _MEASURED_WITH},
        "arms": list(arms),
        "limits": list(limits),
    }


def machine() -> dict[str, Any]:
    """What it is measured on, and how busy that is before; nothing that tells whose it is."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {
        "platform": platform.platform(terse=True),
        "architecture": platform.machine(),
        "processor": _processor(),
        "cpu_count": os.cpu_count(),
        "load_average_1min": load,
    }


def _processor() -> str:
    """Its name as sold, where the system tells it."""
    lines = _CPU_INFO.read_text(encoding="utf-8").splitlines() if _CPU_INFO.is_file() else ()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


def _spreads(rounds: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The same tree of names, with a spread at each leaf."""
    return {
        name: _spreads([one[name] for one in rounds])
        if isinstance(value, Mapping)
        else spread([one[name] for one in rounds])
        for name, value in rounds[0].items()
    }


def _rounded(value: float) -> float:
    return round(value, 3)
