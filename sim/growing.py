"""A recording while it grows. A page that cannot be written is kept, and tried again with the next."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from sim.journal import Page
from sim.packing import SaveError
from sim.recording import RecordingFile

_MOST_PAGES: Final = 600  # that wait for a disk that takes none


@dataclass(slots=True)
class Growing:
    """A recording that pages are added to. For the thread that writes."""

    file: RecordingFile | None = None
    _unwritten: list[Page] = field(default_factory=list)

    def begin(self, file: RecordingFile) -> None:
        """From now on into this one; what an older one still lacks is in its state."""
        self.close()
        self.file = file
        self._unwritten.clear()

    def append(self, page: Page) -> None:
        """A page, with those before it that could not be written. Raises SaveError."""
        if self.file is None:
            return
        if len(self._unwritten) >= _MOST_PAGES:
            self.close()
            raise SaveError("the disk has taken nothing for ten minutes: no more is recorded")
        self._unwritten.append(page)
        self.file.append(self._unwritten)
        self._unwritten.clear()

    def close(self) -> None:
        """No more of it."""
        if self.file is not None:
            self.file.close()
        self.file = None
