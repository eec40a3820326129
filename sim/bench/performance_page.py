"""`python -m sim.bench.performance_page FOLDER`: docs/performance.md and the table in README, from reports and by no hand.

FOLDER holds `contract.json`, `frame.json` and `tuning.json`, as `make performance` leaves them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any, Final

_ROOT: Final = Path(__file__).parents[2]
_PAGE: Final = _ROOT / "docs" / "performance.md"
_README: Final = _ROOT / "README.md"
_BEGIN: Final = "<!-- made by `make performance` -->"
_END: Final = "<!-- end of what is made -->"
_Numbers = Mapping[str, Any]
_LINK: Final = "[docs/performance.md](docs/performance.md)"
_REPORTS: Final = ("contract", "frame", "tuning")


def main(arguments: Sequence[str]) -> int:
    """Write both; 0, or 2 and one line for a folder that has not all reports."""
    folder = Path(arguments[0]) if arguments else Path()
    try:
        reports = {
            name: json.loads((folder / f"{name}.json").read_text(encoding="utf-8")) for name in _REPORTS
        }
    except (OSError, ValueError) as error:
        print(f"performance page: {folder}: expected {', '.join(_REPORTS)} as JSON: {error}", file=sys.stderr)
        return 2
    when = datetime.fromtimestamp((folder / "frame.json").stat().st_mtime, UTC).date().isoformat()
    _PAGE.write_text(page(reports, when), encoding="utf-8")
    readme = _README.read_text(encoding="utf-8")
    _README.write_text(with_block(readme, readme_block(reports, when)), encoding="utf-8")
    return 0


def page(reports: Mapping[str, _Numbers], when: str) -> str:
    """All of docs/performance.md."""
    contract, frame, tuning = (reports[name] for name in _REPORTS)
    return (
        "\n\n".join(
            [
                "# Performance",
                f"Made by `make performance` on {when}; nothing in here was written by hand. {_machine(frame)}",
                (
                    "A frame's *work* is polling, draining what models said, the ticks that are owed, and drawing; *interval* is "
                    "from one frame's start to the next one's; *late* is how long after its deadline the pacer woke. A long frame is "
                    "laid to whoever spent it: the main thread, the background thread beside it, the collector, or the machine, which "
                    "ran somebody else. All arms live in the same town, take turns there and back, and have a process each."
                ),
                "## The contract",
                (
                    f"{_length(contract)}: `bench frame faults --rounds "
                    f"{contract['rounds']} --seconds {contract['seconds']:g}`."
                ),
                _limits([*contract["limits"], *frame["limits"]]),
                _work(contract["arms"]),
                "## Beside what people would use instead",
                f"{_length(frame)}: `bench frame --rounds {frame['rounds']} --seconds "
                f"{frame['seconds']:g}`." + _noisy(frame),
                _work(frame["arms"]),
                _pace(frame["arms"]),
                _traffic(frame["arms"]),
                "![How many frames took how long](performance/frame-times.png)",
                "![The first round, frame by frame](performance/frame-timeline.png)",
                *_scaling(frame["arms"]),
                "## What was tuned, each undone by itself",
                (
                    f"{_length(tuning)}: `bench frame tuning --rounds {tuning['rounds']} "
                    f"--seconds {tuning['seconds']:g}`. The ratio is of the work's p99, round by round, to the arm as it is."
                ),
                _tuning(tuning["arms"]),
            ]
        )
        + "\n"
    )


def readme_block(reports: Mapping[str, _Numbers], when: str) -> str:
    """The few rows that README has."""
    contract, frame = reports["contract"], reports["frame"]
    rows = [
        (arm["name"], str(arm["npcs"]), str(arm["streams"]), *_work_cells(arm))
        for arm in frame["arms"]
        if arm["npcs"] == 200 and arm["streams"] in (0, 100) and "drawn" not in arm["name"]
    ]
    seconds = f"{contract['rounds']} times {contract['seconds']:g} s"
    own = next(arm for arm in contract["arms"] if arm["streams"] == 100 and "faults" not in arm["name"])
    by = own["pooled"]["over_budget_by"]
    return "\n".join(
        [
            _BEGIN,
            f"{_machine(frame)} {when}, {_length(frame)} an arm; all of it in {_LINK}, made by `make performance`.",
            "",
            _table(("", "people", "streams", *_WORK_HEAD), rows),
            "",
            (
                f"Over {seconds} with 100 streams of 30 chunks a second, {own['pooled']['frames']:,} frames: "
                f"{sum(by.values()) - by['machine']} over 16 ms by our own work, {by['machine']} while the machine ran "
                "somebody else."
            ),
            _END,
        ]
    )


def with_block(text: str, block: str) -> str:
    """The page with what is made in it exchanged. Raises ValueError if the marks are not there."""
    before, _, rest = text.partition(_BEGIN)
    _, mark, after = rest.partition(_END)
    if not mark:
        raise ValueError(f"README.md: expected {_BEGIN} and {_END}")
    return f"{before}{block}{after}"


def _machine(report: _Numbers) -> str:
    on = report["machine"]
    return (
        f"{on['cpu_count']} shared cores of {on['processor'] or on['architecture']}, {on['platform'].partition('-')[0]}, Python "
        f"{report['python']}, no GPU."
    )


def _scaling(arms: Sequence[_Numbers]) -> list[str]:
    """Only where an arm was run with more than one number of streams."""
    grown = {arm["streams"] for arm in arms if arm["name"] == "ours" and arm["npcs"] == 200}
    return ["![The tail as streams grow](performance/frame-scaling.png)"] if len(grown) > 1 else []


def _length(report: _Numbers) -> str:
    rounds = report["rounds"]
    return f"{rounds} round{'s' if rounds > 1 else ''} of {report['seconds']:g} s"


def _noisy(report: _Numbers) -> str:
    return (
        " **Noisy**: the town alone moved by more than a twentieth meanwhile." if report.get("noisy") else ""
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _limits(limits: Sequence[_Numbers]) -> str:
    seen: dict[str, _Numbers] = {}
    for limit in limits:
        seen.setdefault(limit["name"], limit)  # the longer run's
    rows = [
        (
            name,
            f"{limit['value']:g} {limit['unit']}".strip(),
            f"{'at least' if limit['at_least'] else 'at most'} {limit['limit']:g} {limit['unit']}".strip(),
            "kept" if limit["holds"] else "**missed**",
        )
        for name, limit in seen.items()
    ]
    return _table(("promise", "measured", "limit", ""), rows)


_WORK_HEAD: Final = ("p50", "p99 (rounds)", "p99.9", "longest", "over 16 ms: ours + machine's")


def _work_cells(arm: _Numbers) -> tuple[str, ...]:
    work, pooled = arm["work_ms"], arm["pooled"]
    by = pooled["over_budget_by"]
    ours = sum(by.values()) - by["machine"]
    return (
        f"{work['p50']['median']:.2f}",
        f"**{work['p99']['median']:.1f}** ({work['p99']['min']:.1f} to {work['p99']['max']:.1f})",
        f"{pooled['work_ms']['p999']:.1f}",
        f"{pooled['work_ms']['max']:.0f}",
        f"{ours} + {by['machine']} of {pooled['frames']:,}",
    )


def _work(arms: Sequence[_Numbers]) -> str:
    rows = [(arm["name"], str(arm["npcs"]), str(arm["streams"]), *_work_cells(arm)) for arm in arms]
    return "Work of a frame, ms:\n\n" + _table(("", "people", "streams", *_WORK_HEAD), rows)


def _pace(arms: Sequence[_Numbers]) -> str:
    head = (
        "", "people", "streams", "interval p99", "longest", "1000 / p99", "1000 / mean of slowest 1 %", "ticks/s",
        "stutters", "deadlines missed (by us)", "late p99", "s over 16 ms",
    )  # fmt: skip
    rows = [
        (
            arm["name"],
            str(arm["npcs"]),
            str(arm["streams"]),
            f"{arm['interval_ms']['p99']['median']:.1f}",
            f"{arm['pooled']['interval_ms']['max']:.0f}",
            f"{arm['low_1pct_by_p99_fps']['median']:.1f}",
            f"{arm['low_1pct_by_mean_fps']['median']:.1f}",
            f"{arm['ticks_per_s']['median']:.1f}",
            str(arm["pooled"]["stutters"]),
            f"{arm['pooled']['missed_deadlines']} ({arm['pooled']['missed_deadlines_ours']})",
            f"{arm['late_ms']['p99']['median']:.2f}",
            f"{arm['pooled']['s_over_budget']:.2f}",
        )
        for arm in arms
    ]
    return "Pace, ms and frames a second:\n\n" + _table(head, rows)


def _traffic(arms: Sequence[_Numbers]) -> str:
    head = ("", "people", "streams", "chunks/s", "of those sent", "main thread", "background", "server")
    rows = [
        (
            arm["name"],
            str(arm["npcs"]),
            str(arm["streams"]),
            f"{arm['chunks_delivered_per_s']['median']:,.0f}",
            f"{arm['kept_up']['median']:.0%}",
            *(f"{arm[f'{who}_cpu_share']['median']:.0%}" for who in ("main", "background", "server")),
        )
        for arm in arms
        if arm["streams"]
    ]
    return "Chunks that came in, and processor time as a share of one core:\n\n" + _table(head, rows)


def _tuning(arms: Sequence[_Numbers]) -> str:
    plain = {arm["name"]: arm for arm in arms if arm["name"] in ("ours", "embedded model")}
    rows = []
    for arm in arms:
        base = plain["embedded model" if not arm["streams"] else "ours"]
        pairs = zip(arm["rounds_p99_ms"], base["rounds_p99_ms"], strict=False)
        ratios = sorted(one / other for one, other in pairs if other)
        spread = f"{median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})" if ratios else ""
        rows.append(
            (
                f"*{arm['name']}, as it is*" if arm is base else arm["name"],
                f"{arm['work_ms']['p50']['median']:.2f}",
                f"{arm['work_ms']['p99']['median']:.1f}",
                "" if arm is base else spread,
                f"{arm['interval_ms']['p99']['median']:.1f}",
                f"{arm['late_ms']['p99']['median']:.2f}",
                f"{arm['kept_up']['median']:.0%}" if arm["streams"] else "",
            )
        )
    head = ("", "work p50", "p99", "ratio of p99", "interval p99", "late p99", "chunks that came in")
    return _table(head, rows)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
