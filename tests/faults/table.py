"""What may go wrong, and what is then seen: a row each, numbered as tests are marked (`@pytest.mark.fault(12)`).

`python -m tests.faults.table results.xml...` writes docs/faults.md from these rows, the marks, and the results, of which
later files have the last word.
"""

from __future__ import annotations

import ast
import sys
import xml.etree.ElementTree as ET
from collections import ChainMap, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "faults.md"


@dataclass(frozen=True, slots=True)
class Row:
    """One fault."""

    number: int
    fault: str
    seen: str
    not_here: str = ""  # why it cannot be made on a machine like the one that tests run on


ROWS: Final = (
    Row(1, "connect refused", 'falls back under 1 s; badge "local down"; auto-return'),
    Row(2, "`localhost` resolves to IPv6 first, server on IPv4 only", "works, no 1-2 s delay each call"),
    Row(3, "DNS failure", "falls back; message names the host, no retry storm"),
    Row(
        4,
        "DNS hangs",
        "falls back at connect deadline; quit still under 2 s (executor thread must not block exit)",
    ),
    Row(5, "proxy variables in the environment", "loopback traffic ignores them"),
    Row(
        6,
        "TLS: unknown CA, wrong host, expired, plain HTTP on TLS port",
        "falls back; clear one-line reason; never turns verification off",
    ),
    Row(7, "accept queue full / slow accept", "falls back at connect deadline"),
    Row(8, "half-open TCP (peer silent)", '"thinking" mark, then fall back at first-content deadline'),
    Row(
        9,
        "slow first byte",
        "thinking mark moves at 60 FPS; text appears if under the tier's first-content clock, else falls back",
    ),
    Row(10, "pings only, no content", "as 9 although bytes keep coming"),
    Row(11, "trickle (1 byte per s)", "total deadline ends it with an ending sentence or ellipsis"),
    Row(12, "stall mid-stream", "words so far stay, sentence is closed, marked truncated"),
    Row(13, "RST mid-stream", "as 12, at once"),
    Row(14, "truncated chunked body", "as 12; outcome `truncated`, not success"),
    Row(
        15,
        "close-delimited truncation (no length)",
        "as 14: no `[DONE]` and no finish_reason means truncated",
    ),
    Row(16, "UTF-8 split across chunks and packets", "correct glyphs, no replacement marks"),
    Row(17, "invalid UTF-8", "replacement mark, stream goes on"),
    Row(18, "LF, CR, CRLF, mixed, BOM, `data:` without space, multi-line data", "same text"),
    Row(19, "last blank line missing", "last word is still shown (lenient) and flagged"),
    Row(20, "comments, unknown fields, `retry:`, `id:`", "ignored"),
    Row(21, "missing `[DONE]` but finish_reason seen", "complete"),
    Row(
        22,
        "malformed JSON chunk",
        "that chunk skipped, a second one ends the stream as failed (before the first word: falls back); no crash",
    ),
    Row(23, "wrong shape (choices empty, null delta, list content, index 1)", "skipped"),
    Row(24, "error object inside a 200 stream", "falls back; reason classified"),
    Row(25, "200 with HTML (captive portal, proxy page)", "falls back; no tags in the bubble"),
    Row(
        26,
        "huge line (10 MB)",
        "truncated at 64 KiB cap; memory flat; no frame over budget (one JSON parse holds the GIL)",
    ),
    Row(
        27,
        "10k tiny chunks in a burst",
        "text arrives within 2 frames of drain budget per step; CPU per chunk flat with length",
    ),
    Row(28, "100 events in one packet / one event in 100 packets", "same text"),
    Row(
        29,
        "400 context overflow (and its 500 and 200-empty twins)",
        "prompt trimmed once and retried, else falls back; world goes on",
    ),
    Row(30, "401 / 403 bad key", "tier off until config changes; one notice without the key; no retries"),
    Row(31, "404 model not loaded", "one load request or next model, else falls back; hint in HUD"),
    Row(32, "408 / 409", "one budgeted retry"),
    Row(33, "413", "as the context overflow row"),
    Row(34, "429 Retry-After seconds / HTTP date / ms header", "tier rests that long, others speak"),
    Row(35, "500 once / 500 always", "retry once / breaker opens after 5, falls back"),
    Row(36, "502/504 with HTML body", "falls back, body not shown, log line capped"),
    Row(37, "503 loading model", 'badge "loading", polled each 2 s, not counted as breaker failure'),
    Row(
        38,
        "stale keep-alive (server closed idle connection)",
        "no visible failure: one free retry before any byte",
    ),
    Row(39, "empty completion (0 deltas, or reasoning only)", "falls back, outcome `empty`"),
    Row(40, "refusal / content_filter finish", "in-character neutral line"),
    Row(
        41,
        "endless repetition / no EOS",
        "cut at cap or n-gram loop test; sentence closed; request cancelled",
    ),
    Row(42, "chunk after cancel", "nothing appears in an old or re-used bubble (generation id)"),
    Row(43, "10k start-cancel cycles", "next request works; pool empty"),
    Row(44, "server restart mid-run", "stream ends as 13, next utterance local again within a probe"),
    Row(
        45,
        "all tiers flap in random order",
        "nobody silent beyond the line's silence deadline; no oscillation (badge changes <= 6 per min)",
    ),
    Row(46, "fallback chain + bad output", "the same filter runs on every tier's text, templates too"),
    Row(
        47,
        "web (when there is one) or child port taken",
        "picks another / clear message, game still starts",
        "the child binds port 0: the system gives it one that is free, so none can be taken; and there is no web page",
    ),
    Row(48, "wall clock jumps +-1 day, DST", "no burst, no freeze; timers use monotonic"),
    Row(49, "suspend/resume (monotonic gap 1 h)", "world resumes, at most 5 catch-up steps, no LLM stampede"),
    Row(
        50,
        "main-thread stall 2 s (spiral of death)",
        "time slows and says so; recovers within 1 s; queue bounded",
    ),
    Row(51, "disk full on save", "old save intact, notice, retry later, play goes on"),
    Row(52, "kill -9 mid-save", "next start loads the newest whole save"),
    Row(
        53,
        "corrupted, truncated, older, newer save",
        "previous generation loads; file kept aside; reason shown",
    ),
    Row(
        54,
        "hostile save (path `..`, symlink, 1 GB number, deep nesting, pickle)",
        "refused; nothing written outside the folder",
    ),
    Row(
        55,
        "corrupted / unknown-key / wrong-type config",
        "exit 2 naming file, line and key; a broken reload while running keeps the old values",
    ),
    Row(
        56,
        "event queue overflow (slow main thread)",
        "newest text coalesced per bubble; no memory growth; drop counter",
    ),
    Row(57, "viewer flood (1000 msg/s)", "frame time unchanged; a fair sample is answered; cost cap holds"),
    Row(
        58,
        "asyncio thread dies (exception, `SystemExit`, loop stopped)",
        "template speech at once; thread restarted; twice in 5 s = stay on templates",
    ),
    Row(59, "asyncio thread blocked 3 s by a sync call", "bubbles keep animating; watchdog logs the stack"),
    Row(
        60,
        "child llama-server crashes / never becomes ready / wedges",
        "falls back; restart with backoff; gives up after limit",
    ),
    Row(61, "child outlives parent; zombie", "none after exit, even on kill -9"),
    Row(
        62,
        "SIGTERM / SIGINT mid-conversation, twice",
        "exits under 2 s, save complete, exit code right; second signal exits now",
    ),
    Row(63, "out of memory (`MemoryError`, OOM kill of the child)", "falls back; save still possible"),
    Row(64, "file descriptors exhausted", "falls back, recovers after release"),
    Row(65, "memory growth over 24 h", "flat: slope <= 1 MB/h after warm-up"),
)


def marked() -> dict[int, list[str]]:
    """The tests of each row, as files and functions."""
    found: dict[int, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        name = path.relative_to(ROOT).as_posix()
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for row in _marks_of(node, tree):
                    if f"{name}::{node.name}" not in found[row]:
                        found[row].append(f"{name}::{node.name}")
    return dict(found)


def _marks_of(node: ast.FunctionDef, tree: ast.Module) -> Iterator[int]:
    """Of its own decorators; and of the rows of data that it is made many of."""
    for decorator in node.decorator_list:
        text = ast.unparse(decorator)
        if text.startswith("pytest.mark.fault("):
            yield int(text.removeprefix("pytest.mark.fault(").rstrip(")"))
        if "pytest.mark.fault(row)" in text:
            yield from _rows_of(text, tree)


def _rows_of(decorator: str, tree: ast.Module) -> Iterator[int]:
    named = (node for node in tree.body if isinstance(node, ast.AnnAssign) and node.value is not None)
    for node in named:
        if f"in {ast.unparse(node.target)}" in decorator:
            assert isinstance(node.value, ast.Tuple)
            yield from (ast.literal_eval(ast.unparse(one))[0] for one in _firsts(node.value))


def _firsts(rows: ast.Tuple) -> Iterator[ast.Tuple]:
    """Each row, with nothing but its number."""
    for one in rows.elts:
        assert isinstance(one, ast.Tuple)
        yield ast.Tuple([one.elts[0]], ast.Load())


def page(results: Mapping[str, str], when: str) -> str:
    """The table for people."""
    tests = marked()
    lines = [
        "# Faults",
        "",
        f"What may go wrong and what is then seen. Made by `make faults`, last on {when}; nothing in here was written by hand.",
        "Every row of a server (1 to 46) is also held to what is common to all: no frame waits, every line ends in time,",
        "nothing but speech is shown, the better tier is back within a probe, nothing is left behind, and attempts are bounded.",
        "",
        "| # | fault | what is seen | tests | last result |",
        "|---|---|---|---|---|",
    ]
    for row in ROWS:
        names = tests.get(row.number, [])
        told = "<br>".join(f"`{name.removeprefix('tests/')}`" for name in names) or row.not_here
        lines.append(f"| {row.number} | {row.fault} | {row.seen} | {told} | {_result(names, results)} |")
    return "\n".join([*lines, ""])


def _result(names: Sequence[str], results: Mapping[str, str]) -> str:
    found = {results.get(name, "not run") for name in names}
    if not names:
        return "-"
    return next((told for told in ("failed", "not run", "skipped") if told in found), "passed")


def results_of(path: Path) -> dict[str, str]:
    """From pytest's XML: of a test that was run many times, the worst."""
    found: dict[str, str] = {}
    for case in ET.parse(path).getroot().iter("testcase"):  # noqa: S314 - our own
        name = f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name', '').partition('[')[0]}"
        kinds = {child.tag for child in case}
        told = "failed" if kinds & {"failure", "error"} else "skipped" if "skipped" in kinds else "passed"
        before = found.get(name)
        found[name] = told if before in (None, "passed") else before
    return found


if __name__ == "__main__":
    seen = dict(ChainMap(*(results_of(Path(name)) for name in reversed(sys.argv[1:]))))
    PAGE.write_text(page(seen, f"{datetime.now(UTC):%Y-%m-%d}"), encoding="utf-8")
