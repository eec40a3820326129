"""What the operating system says of this process, and how long its garbage collections stopped it."""

from __future__ import annotations

import gc
import sys
import time
from typing import Any

import psutil

from llm.histogram import Histogram

_MEBIBYTE = 1 << 20


class ProcessFacts:
    """Memory at the start, at the end and at its peak as sampled; collections timed by the interpreter's own hook."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._gc_pauses = Histogram()
        self._gc_began_ns = 0
        self._rss_start = self._rss_peak = self._rss()

    def time_collections(self) -> None:
        """From now on: what loading cost is nobody's frame."""
        gc.callbacks.append(self._collected)

    def sample(self) -> None:
        """Look at the memory now; cheap enough for once a second."""
        self._rss_peak = max(self._rss_peak, self._rss())

    def report(self) -> dict[str, Any]:
        """As the report's `process` has it."""
        self.sample()
        end = self._rss()
        return {
            "rss_mb": {"start": _mb(self._rss_start), "end": _mb(end), "peak": _mb(self._rss_peak)},
            "threads": self._process.num_threads(),
            "fds": self._open_files(),
            "children": len(self._process.children(recursive=True)),
            "gc_pauses_ms": {
                "p99": round(self._gc_pauses.percentile_ms(99), 3),
                "max": round(self._gc_pauses.max_ms, 3),
            },
        }

    def close(self) -> None:
        """Time no more collections."""
        if self._collected in gc.callbacks:
            gc.callbacks.remove(self._collected)

    def _open_files(self) -> int:
        """Descriptors, or what Windows calls handles."""
        if sys.platform == "win32":
            return self._process.num_handles()
        return self._process.num_fds()

    def _rss(self) -> int:
        return int(self._process.memory_info().rss)

    def _collected(self, phase: str, _info: dict[str, int]) -> None:
        if phase == "start":
            self._gc_began_ns = time.perf_counter_ns()
        else:
            self._gc_pauses.record(time.perf_counter_ns() - self._gc_began_ns)


def _mb(size: int) -> float:
    return round(size / _MEBIBYTE, 1)
