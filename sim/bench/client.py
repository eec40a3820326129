"""`run_world.py bench client`: what a streamed word costs from socket to main thread, beside the OpenAI SDK.

Clients take turns within each round, there and back, and are compared round by round, so that a machine that grows
slower or faster meets both alike. The server is a process of its own, and its cost is nobody's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sim.app.exit_status import USAGE
from sim.app.report import check_writable
from sim.bench.cancels import CANCELS, cancel_verdicts, measure_cancels
from sim.bench.client_cpu import Bench, cpu_steps, cpu_verdicts, measure_cpu
from sim.bench.client_numbers import Verdict
from sim.bench.client_runs import Span
from sim.bench.client_tables import show
from sim.bench.command import can_measure, finish, report_of
from sim.bench.delays import RATES, delay_verdicts, measure_delays
from sim.bench.frame_load import STREAMS, frame_steps, frame_verdicts, measure_frames
from sim.bench.growth import LENGTHS, Lengths, growth_verdicts, measure_growth
from sim.bench.numbers import machine
from sim.bench.progress import shown
from sim.bench.server_process import FakeServer
from sim.bench.submits import SUBMITS, measure_submits, submit_verdicts

LEVELS: Final = (8, 100, 300)
SPAN: Final = Span(6.0)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure, how often and for how long."""

    rounds: int = 3
    span: Span = SPAN  # of each run
    parts: Sequence[str] = ()  # none: all
    levels: Sequence[int] = LEVELS
    growth: Lengths = LENGTHS
    frame_streams: int = STREAMS
    delay_rates: Sequence[float] = RATES
    submits: int = SUBMITS
    cancels: int = CANCELS


@dataclass(frozen=True, slots=True)
class _Part:
    """One measurement: its runs as the bar counts them, itself, and its limits."""

    steps: Callable[[Plan], int]
    measure: Callable[[Bench, Plan], dict[str, Any]]
    verdicts: Callable[[Mapping[str, Any]], list[Verdict]]


def _submit(bench: Bench, plan: Plan) -> dict[str, Any]:
    bench.shown.step("asking")
    return measure_submits(bench.server, bench.shown.beat, plan.submits)


def _cancel(bench: Bench, plan: Plan) -> dict[str, Any]:
    bench.shown.step(f"giving up {plan.cancels} lines")
    return measure_cancels(bench.server, bench.shown.beat, plan.cancels)


_PARTS: Final[Mapping[str, _Part]] = {
    "cpu": _Part(
        lambda plan: cpu_steps(plan.levels, plan.rounds),
        lambda bench, plan: measure_cpu(bench, plan.levels),
        cpu_verdicts,
    ),
    "growth": _Part(
        lambda plan: 5 * plan.rounds,
        lambda bench, plan: measure_growth(bench, plan.growth),
        growth_verdicts,
    ),
    "frames": _Part(
        lambda plan: frame_steps(plan.rounds),
        lambda bench, plan: measure_frames(bench, plan.frame_streams),
        frame_verdicts,
    ),
    "submit": _Part(lambda _plan: 1, _submit, submit_verdicts),
    "delay": _Part(
        lambda plan: len(plan.delay_rates) * plan.rounds,
        lambda bench, plan: measure_delays(bench, plan.delay_rates),
        delay_verdicts,
    ),
    "cancels": _Part(lambda _plan: 1, _cancel, cancel_verdicts),
}
PARTS: Final = tuple(_PARTS)


def bench_client(rounds: int, seconds: float, report: Path | None, parts: Sequence[str] = ()) -> int:
    """Measure, show, write; 0 if all is within its limit, 3 if not, 2 for nothing to measure. Raises OutputError."""
    if not can_measure("client", rounds, seconds, parts, _PARTS):
        return USAGE
    check_writable(report)
    plan = Plan(rounds, Span(seconds), parts)
    numbers, verdicts = measure(plan)
    show(numbers["parts"], verdicts)
    return finish(report, numbers, verdicts)


def measure(plan: Plan) -> tuple[dict[str, Any], list[Verdict]]:
    """All parts; the report, and what is held against a limit."""
    on = machine()
    wanted = {name: _PARTS[name] for name in plan.parts or _PARTS}
    told: dict[str, dict[str, Any]] = {}
    verdicts: list[Verdict] = []
    with FakeServer() as server, shown(sum(part.steps(plan) for part in wanted.values())) as bar:
        bench = Bench(server.door, plan.rounds, plan.span, bar)
        for name, part in wanted.items():
            told[name] = part.measure(bench, plan)
            verdicts += part.verdicts(told[name])
    head = {"rounds": plan.rounds, "seconds": plan.span.seconds}
    return report_of("bench client", on, head, told, verdicts), verdicts
