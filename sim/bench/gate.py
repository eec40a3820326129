"""`run_world.py bench gate`: the frame's contract in under a minute, with limits so wide that only a real loss misses them."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from sim.app.report import check_writable
from sim.bench.arm import Arm
from sim.bench.client_numbers import Verdict
from sim.bench.command import finish
from sim.bench.frame import Plan, measure
from sim.bench.frame_arms import ALONE, NPCS, STREAMS, TALK
from sim.bench.tables import show

_SDK: Final = Arm(NPCS, STREAMS, "openai SDK")
_PLAN: Final = Plan(rounds=2, seconds=3.0, arms=(ALONE, TALK, _SDK), most_extra=0)
_TALK_OVER_ALONE: Final = 2.5  # of the tail; measured 0.9 to 1.1
_TALK_OVER_SDK: Final = 0.9  # likewise; measured 0.1 to 0.4
_LONG_FRAMES: Final = 0.01
_ATTEMPTS: Final = 2  # a machine that is taken away for a moment is no loss of ours
_KEPT_UP: Final = 0.9


def bench_gate(report: Path | None) -> int:
    """Measure, show, write; 0 if all is within its limit, 3 if not. Raises OutputError."""
    check_writable(report)
    for attempt in range(_ATTEMPTS):
        _, numbers, _ = measure(_PLAN)
        verdicts = gate_verdicts({arm["name"]: arm for arm in numbers["arms"]})
        if all(verdict.holds for verdict in verdicts):
            break
        print("missed: measured once more" if attempt + 1 < _ATTEMPTS else "missed again", file=sys.stderr)
    numbers |= {"command": "bench gate", "limits": [verdict.as_json() for verdict in verdicts]}
    show(numbers["arms"], verdicts)
    return finish(report, numbers, verdicts)


def gate_verdicts(arms: Mapping[str, Mapping[str, Any]]) -> list[Verdict]:
    """Ratios of one run, and shares: nothing that a slower machine would change."""
    talk, alone, sdk = arms[TALK.name], arms[ALONE.name], arms[_SDK.name]
    by = talk["pooled"]["over_budget_by"]
    ours = sum(by.values()) - by["machine"]
    return [
        Verdict("work p99, 100 streams / town alone", _ratio(talk, alone), _TALK_OVER_ALONE),
        Verdict("work p99, 100 streams, ours / openai SDK", _ratio(talk, sdk), _TALK_OVER_SDK),
        Verdict("frames over 16 ms by ourselves", ours / max(1, talk["pooled"]["frames"]), _LONG_FRAMES),
        Verdict("chunks that came in, of those sent", talk["kept_up"]["median"], _KEPT_UP, at_least=True),
    ]


def _ratio(over: Mapping[str, Any], under: Mapping[str, Any]) -> float:
    """Without the frames that the machine took: a run is too short for a percentile that forgives them."""
    below: float = under["pooled_ours"]["work_ms"]["p99"]
    return over["pooled_ours"]["work_ms"]["p99"] / below if below else 0.0
