"""`run_world.py bench world`: what a tick costs as the town grows, how fast it can live, and the same rules by Mesa.

Each run has a process of its own; Mesa and our columns take turns within each round, there and back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from statistics import fmean
from typing import Any, Final

from sim.app.exit_status import USAGE
from sim.app.report import check_writable
from sim.bench.apart import apart
from sim.bench.client_numbers import Verdict, percentiles, ratio, there_and_back
from sim.bench.command import can_measure, finish, report_of
from sim.bench.numbers import machine, spread
from sim.bench.progress import Shown, shown
from sim.bench.town_ticks import DAY_TICKS, LEAST_TICKS, WARM_UP_TICKS, Length, Town, run_fast, run_ticks
from sim.bench.walkers import MakeArm, Walkers, ended, ns_per_tick
from sim.bench.world_tables import show

SIZES: Final = (25, 1_000, 10_000, 100_000)
MOST_GROWTH: Final = 1.2  # of what one person costs, from the second size to the last
_GROWS_FROM: Final = 1_000
_P99_LIMIT_MS: Final = {10_000: 6.0}
_MEAN_LIMIT_MS: Final = {100_000: 60.0}
FAST_PEOPLE: Final = 25
LEAST_WORLD_SECONDS: Final = 200.0
LEAST_OVER_MESA: Final = 40.0
_NO_MESA: Final = "Mesa is not installed, so nothing is compared with it: pip install '.[bench]'"


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure, how often and for how long."""

    rounds: int = 1
    seconds: float = 6.0  # of each run
    parts: Sequence[str] = ()  # none: all
    sizes: Sequence[int] = SIZES
    least_ticks: int = LEAST_TICKS
    warm_up_ticks: int = WARM_UP_TICKS
    fast_ticks: int = DAY_TICKS
    compared: tuple[int, int] = (300, 6_000)  # people and ticks after which both must count the same
    timed_people: int = 10_000


@dataclass(frozen=True, slots=True)
class _Part:
    """One measurement: its runs as the bar counts them, itself, and its limits."""

    steps: Callable[[Plan], int]
    measure: Callable[[Plan, Shown], dict[str, Any]]
    verdicts: Callable[[Mapping[str, Any]], list[Verdict]]


def bench_world(rounds: int, seconds: float, report: Path | None, parts: Sequence[str] = ()) -> int:
    """Measure, show, write; 0 if all is within its limit, 3 if not, 2 for nothing to measure. Raises OutputError."""
    if not can_measure("world", rounds, seconds, parts, _PARTS):
        return USAGE
    check_writable(report)
    numbers, verdicts = measure(Plan(rounds, seconds, parts))
    show(numbers["parts"], verdicts)
    return finish(report, numbers, verdicts)


def measure(plan: Plan) -> tuple[dict[str, Any], list[Verdict]]:
    """All parts; the report, and what is held against a limit."""
    on = machine()
    wanted = {name: _PARTS[name] for name in plan.parts or _PARTS}
    told: dict[str, dict[str, Any]] = {}
    verdicts: list[Verdict] = []
    with shown(sum(part.steps(plan) for part in wanted.values())) as bar:
        for name, part in wanted.items():
            told[name] = part.measure(plan, bar)
            verdicts += part.verdicts(told[name])
    head = {"rounds": plan.rounds, "seconds": plan.seconds}
    return report_of("bench world", on, head, told, verdicts), verdicts


# -- ticks


def _measure_ticks(plan: Plan, bar: Shown) -> dict[str, Any]:
    length = Length(plan.seconds, plan.least_ticks, plan.warm_up_ticks)
    towns: dict[int, list[Town]] = {people: [] for people in plan.sizes}
    for number in range(1, plan.rounds + 1):
        for people in plan.sizes:
            bar.step(f"round {number}: {people:,} people")
            towns[people].append(apart(bar.beat, run_ticks, people, length))
    return {"towns": [_town_numbers(runs) for runs in towns.values()]}


def _town_numbers(runs: Sequence[Town]) -> dict[str, Any]:
    people = runs[0].people
    means = [fmean(run.ticks_ms) for run in runs]
    return {
        "people": people,
        "districts": runs[0].districts,
        "founded_s": spread([run.founded_s for run in runs]),
        "ticks": sum(len(run.ticks_ms) for run in runs),
        "mean_ms": spread(means),
        "tick_ms": percentiles(one for run in runs for one in run.ticks_ms),
        "us_per_person": spread([mean * 1000 / people for mean in means]),
    }


def _tick_verdicts(numbers: Mapping[str, Any]) -> list[Verdict]:
    towns = {of["people"]: of for of in numbers["towns"]}
    verdicts = [
        Verdict(f"a tick of {people:,} people, p99", towns[people]["tick_ms"]["p99"], limit, "ms")
        for people, limit in _P99_LIMIT_MS.items()
        if people in towns
    ]
    verdicts += [
        Verdict(f"a tick of {people:,} people, mean", towns[people]["mean_ms"]["median"], limit, "ms")
        for people, limit in _MEAN_LIMIT_MS.items()
        if people in towns
    ]
    largest = max(towns)
    if _GROWS_FROM in towns and largest > _GROWS_FROM:
        few, many = (towns[people]["us_per_person"]["median"] for people in (_GROWS_FROM, largest))
        name = f"what a person costs, {largest:,} people / {_GROWS_FROM:,}"
        verdicts.append(Verdict(name, ratio([many], [few]), MOST_GROWTH))
    return verdicts


# -- fast


def _measure_fast(plan: Plan, bar: Shown) -> dict[str, Any]:
    rates = []
    for number in range(1, plan.rounds + 1):
        bar.step(f"round {number}: {FAST_PEOPLE} people, fast")
        rates.append(apart(bar.beat, run_fast, FAST_PEOPLE, plan.seconds, plan.fast_ticks))
    return {"people": FAST_PEOPLE, "world_seconds_per_second": spread(rates)}


def _fast_verdicts(numbers: Mapping[str, Any]) -> list[Verdict]:
    rate = numbers["world_seconds_per_second"]["median"]
    return [Verdict("world seconds a second, fast", rate, LEAST_WORLD_SECONDS, at_least=True)]


# -- Mesa


def _measure_mesa(plan: Plan, bar: Shown) -> dict[str, Any]:
    if find_spec("mesa") is None:
        return {"missing": _NO_MESA}
    from sim.bench.mesa_arm import MesaWalkers  # two seconds of imports that only this part needs

    bar.step("do both count the same?")
    ours, theirs = (apart(bar.beat, ended, make, *plan.compared) for make in (Walkers, MesaWalkers))
    same = {"compared_people": plan.compared[0], "same": ours == theirs, "outcome": asdict(ours)}
    rounds = [_mesa_round(plan, bar, number, MesaWalkers) for number in range(1, plan.rounds + 1)]
    return {
        "mesa": version("mesa"),
        **same,
        "mesa_outcome": asdict(theirs),
        "people": plan.timed_people,
        "columns_ns": spread([fmean(ours) for ours, _ in rounds]),
        "mesa_ns": spread([fmean(theirs) for _, theirs in rounds]),
        "ratio": spread([ratio(theirs, ours) for ours, theirs in rounds]),
    }


def _mesa_round(plan: Plan, bar: Shown, number: int, mesa: MakeArm) -> tuple[list[float], list[float]]:
    """Nanoseconds a person and tick, of our columns and of Mesa, there and back."""
    costs: dict[bool, list[float]] = {False: [], True: []}
    for is_mesa in there_and_back(first=False, second=True):
        bar.step(f"round {number}: {'Mesa' if is_mesa else 'columns'}")
        make: MakeArm = mesa if is_mesa else Walkers
        costs[is_mesa].append(apart(bar.beat, ns_per_tick, make, plan.timed_people, plan.seconds))
    return costs[False], costs[True]


def _mesa_verdicts(numbers: Mapping[str, Any]) -> list[Verdict]:
    if "missing" in numbers:
        return []
    return [
        Verdict("columns and Mesa count the same", float(numbers["same"]), 1.0, at_least=True),
        Verdict("Mesa over columns", numbers["ratio"]["median"], LEAST_OVER_MESA, "times", at_least=True),
    ]


_PARTS: Final[Mapping[str, _Part]] = {
    "ticks": _Part(lambda plan: plan.rounds * len(plan.sizes), _measure_ticks, _tick_verdicts),
    "fast": _Part(lambda plan: plan.rounds, _measure_fast, _fast_verdicts),
    "mesa": _Part(lambda plan: 1 + 4 * plan.rounds, _measure_mesa, _mesa_verdicts),
}
PARTS: Final = tuple(_PARTS)
