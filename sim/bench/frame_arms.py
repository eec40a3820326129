"""Which arms `bench frame` compares, as data, and what is held against a limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import median
from typing import Any, Final

from sim.bench.arm import CLIENTS, EMBEDDED, Arm
from sim.bench.changes import CHANGES
from sim.bench.client_numbers import Verdict
from sim.frame_statistics import BUDGET_NS

NPCS, STREAMS = 200, 100
ALONE: Final = Arm(NPCS, 0)
TALK: Final = Arm(NPCS, STREAMS)
FAULTS: Final = Arm(NPCS, STREAMS, faulty=40)
MANY: Final = Arm(NPCS, 300)
THOUSAND: Final = Arm(NPCS, 1000, rate=10.0)
MODEL: Final = Arm(NPCS, 0, EMBEDDED)  # of two hundred people somebody always waits for it
_OF_MODEL: Final = "two threads for the embedded model"
PARTS: Final[Mapping[str, tuple[Arm, ...]]] = {
    "alternatives": (ALONE, *(Arm(NPCS, STREAMS, client) for client in CLIENTS)),
    "scaling": (
        Arm(NPCS, 8),
        Arm(NPCS, 8, "openai SDK"),
        MANY,
        Arm(NPCS, 300, "openai SDK"),
        Arm(25, STREAMS),
        Arm(1000, STREAMS),
    ),
    "window": (Arm(NPCS, 0, window=True), Arm(NPCS, STREAMS, window=True)),
    "thousand": (THOUSAND,),
    "faults": (ALONE, TALK, FAULTS),
    "embedded": (MODEL,),
    "tuning": (
        TALK,
        MODEL,
        *(replace(MODEL if change == _OF_MODEL else TALK, change=change) for change in CHANGES),
    ),
}
_BY_NAME_ONLY: Final = ("tuning",)  # parts that are run when they are asked for
CONTROL_MOVES: Final = 0.05  # of its median work: more, and the machine is not what it was
_TALK_OVER_ALONE: Final = 1.15
_FAULTS_OVER_TALK: Final = 1.15
_LONG_FRAMES: Final = 1e-4
_BUDGET_MS: Final = BUDGET_NS / 1e6
_INTERVAL_MS, _LATE_MS = 19.0, 3.0
_OURS: Final = ("main", "background", "gc")  # causes of a long frame


def arms_of(parts: Sequence[str]) -> tuple[Arm, ...]:
    """Those of the parts, each once; if none is named, of all but the tuning."""
    wanted = parts or [part for part in PARTS if part not in _BY_NAME_ONLY]
    return tuple(dict.fromkeys(arm for part in wanted for arm in PARTS[part]))


def control_moved(p50_ms: Sequence[float]) -> float:
    """By what share the town alone became slower or faster from the first half of the rounds to the second."""
    half = len(p50_ms) // 2
    if not half:
        return 0.0
    first, second = median(p50_ms[:half]), median(p50_ms[-half:])
    return abs(second - first) / first if first else 0.0


def verdicts_of(reports: Mapping[Arm, Mapping[str, Any]]) -> list[Verdict]:
    """All that can be said of the arms that were run."""
    verdicts: list[Verdict] = []
    if TALK in reports:
        verdicts += _kept(reports[TALK], "100 streams")
        verdicts += _ratio(reports, TALK, ALONE, "work p99, 100 streams / town alone", _TALK_OVER_ALONE)
        pooled = reports[TALK]["pooled"]
        verdicts.append(
            Verdict("interval p99, 100 streams", pooled["interval_ms"]["p99"], _INTERVAL_MS, "ms")
        )
        verdicts.append(
            Verdict("wake-up lateness p99, 100 streams", pooled["late_ms"]["p99"], _LATE_MS, "ms")
        )
    verdicts += _ratio(reports, FAULTS, TALK, "work p99, faults / quiet", _FAULTS_OVER_TALK)
    if MANY in reports:
        missed = reports[MANY]["pooled"]["missed_deadlines_ours"]
        verdicts.append(Verdict("deadlines missed by our own threads, 300 streams", missed, 0))
    for arm, name in ((THOUSAND, "1,000 streams of 10 chunks/s"), (MODEL, "embedded model at work")):
        if arm in reports:
            work = reports[arm]["pooled_ours"]["work_ms"]["p999"]
            verdicts.append(Verdict(f"work p99.9, {name}", work, _BUDGET_MS, "ms"))
    return verdicts


def _kept(report: Mapping[str, Any], name: str) -> list[Verdict]:
    by, frames = report["pooled"]["over_budget_by"], report["pooled"]["frames"]
    ours = sum(by[cause] for cause in _OURS)
    share = ours / frames if frames else 0.0
    return [Verdict(f"frames over 16 ms by ourselves, {name}", share, _LONG_FRAMES)]


def _ratio(
    reports: Mapping[Arm, Mapping[str, Any]], over: Arm, under: Arm, name: str, limit: float
) -> list[Verdict]:
    """The median of the rounds' own ratios."""
    if over not in reports or under not in reports:
        return []
    pairs = zip(reports[over]["rounds_p99_ms"], reports[under]["rounds_p99_ms"], strict=False)
    return [Verdict(name, median(one / other if other else 0.0 for one, other in pairs), limit)]
