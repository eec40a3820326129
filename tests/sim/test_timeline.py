"""The last half minute as a trace."""

from __future__ import annotations

import gc
import json
from functools import partial
from pathlib import Path
from typing import Any

from sim.app.trace_file import save_trace
from sim.loop import Loop
from sim.timeline import Timeline
from sim.view_protocol import SaveTrace
from tests.support.model_clock import ManualClock
from tests.support.running import running
from tests.support.voices import Answer, PlannedModels


def ran(frames: int, timeline: Timeline | None = None) -> Loop:
    """The small town with its frames noted; a model that always answers."""
    loop = running(models=PlannedModels(lambda _: Answer("I was at the mill this morning.")))
    loop.timeline = timeline or Timeline()
    loop.now_ns = loop.timeline.now_ns
    for _ in range(frames):
        loop.frame_of_one_tick()
    return loop


def events_of(loop: Loop, kind: str) -> list[dict[str, Any]]:
    """Those of one kind."""
    assert loop.timeline is not None
    return [event for event in loop.timeline.trace()["traceEvents"] if event["ph"] == kind]


def test_every_part_of_every_frame_is_noted() -> None:
    """In order, none before its frame began, none with less than no time."""
    loop = ran(60)
    spans = events_of(loop, "X")
    for name in ("drain", "tick", "draw", "look on", "present", "slack"):
        assert sum(span["name"] == name for span in spans) == 60
    assert all(span["dur"] >= 0 for span in spans)
    starts = [span["ts"] for span in spans if span["tid"] == 1]
    assert starts == sorted(starts)


def test_a_long_frame_is_told_with_what_it_did() -> None:
    """Its own parts and no other frame's; short ones are not told."""
    clock = ManualClock()
    loop = ran(0, Timeline(clock))
    loop.cpu_ns = clock
    loop.in_slack.append(lambda: clock.advance(0.001))
    for _ in range(3):
        loop.frame_of_one_tick()
    assert loop.statistics.report()["long"] == []
    loop.after_frame.append(lambda: clock.advance(0.04))
    loop.frame_of_one_tick()
    loop.after_frame.clear()
    loop.frame_of_one_tick()
    (told,) = loop.statistics.report()["long"]
    assert told["tick"] == 4
    assert told["work_ms"] == told["cpu_ms"] == 40
    assert told["parts_ms"] == {"drain": 0, "tick": 0, "draw": 0, "look on": 40}


def test_lines_are_seen_from_the_question_to_the_end() -> None:
    """With their first word in between, each under the name of who speaks."""
    loop = ran(900)
    begun = {event["id"]: event["name"] for event in events_of(loop, "b")}
    first = {event["id"] for event in events_of(loop, "n")}
    ended = {event["id"]: event["args"]["what"] for event in events_of(loop, "e")}
    assert begun
    assert ended
    assert set(ended) <= first <= set(begun)
    assert set(ended.values()) <= {"complete", "interrupted"}
    assert {"Mira", "Tomas"} & set(begun.values()) or len(set(begun.values())) > 1


def test_what_is_older_than_half_a_minute_is_forgotten() -> None:
    """By the clock that it was given."""
    now = [0]
    timeline = Timeline(lambda: now[0])
    ran(10, timeline)
    before = len(timeline.trace()["traceEvents"])
    now[0] = 31_000_000_000
    assert before > 60
    assert {event["ph"] for event in timeline.trace()["traceEvents"]} == {"M"}


def test_collections_are_noted_while_they_are_watched() -> None:
    """And not afterwards."""
    timeline = Timeline()
    stop = timeline.watch_collections()
    gc.collect()
    stop()
    found = [event for event in timeline.trace()["traceEvents"] if event["name"] == "generation 2"]
    gc.collect()
    assert len(found) == 1
    assert len([event for event in timeline.trace()["traceEvents"] if event["name"] == "generation 2"]) == 1


def test_it_is_written_as_json_that_a_viewer_opens(tmp_path: Path) -> None:
    """Whoever presses the key has it a moment later."""
    loop, path = ran(5), tmp_path / "frames.json"
    assert loop.timeline is not None
    loop.save_trace = partial(save_trace, loop.timeline)
    loop.obey(SaveTrace(path))
    for _ in range(200):
        if path.exists() and path.read_text().endswith("}"):
            break
        loop.frame_of_one_tick()
    trace = json.loads(path.read_text())
    assert trace["displayTimeUnit"] == "ms"
    assert {"ph", "name", "pid", "tid", "ts"} <= set(trace["traceEvents"][0])
