"""Each measured run in a process of its own, so that nothing which one client leaves behind is counted as the next one's.

It is needed: the OpenAI SDK under more than it can bear goes on for half a minute after its last line was given up.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, wait
from multiprocessing import get_context
from typing import Final, ParamSpec, TypeVar

_BEAT_S: Final = 0.5
_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")


def apart(
    beat: Callable[[], None], work: Callable[_Given, _Result], *args: _Given.args, **named: _Given.kwargs
) -> _Result:
    """What `work` gives when a fresh interpreter does it; what it raises is raised here. `beat` is called meanwhile."""
    with ProcessPoolExecutor(1, get_context("spawn")) as child:
        done = child.submit(work, *args, **named)
        while not done.done():
            wait((done,), _BEAT_S)
            beat()
    return done.result()
