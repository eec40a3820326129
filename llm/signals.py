"""Signals: who wants to know connects a function; it is called on the game thread, during the frame's drain."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Generic, ParamSpec

log = logging.getLogger(__name__)

P = ParamSpec("P")


class Signal(Generic[P]):
    """One kind of news."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._connected: tuple[
            Callable[P, object], ...
        ] = ()  # replaced whole: a function may disconnect itself

    def __repr__(self) -> str:
        return f"<Signal {self.name}, {len(self._connected)} connected>"

    def connect(self, function: Callable[P, object]) -> None:
        """Call it from now on; connected twice, it is called once."""
        if function not in self._connected:
            self._connected = (*self._connected, function)

    def disconnect(self, function: Callable[P, object]) -> None:
        """Call it no more; one that is not connected is no error."""
        self._connected = tuple(other for other in self._connected if other != function)

    def emit(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Tell everybody, in the order in which they connected; one that fails is logged and spoils nothing."""
        for function in self._connected:
            try:
                function(*args, **kwargs)
            except Exception:  # somebody else's code must not cost a frame
                log.exception("signal.listener_failed", extra={"signal": self.name})
