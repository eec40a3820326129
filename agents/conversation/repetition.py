"""Temporary."""

from llm.types import Fingerprint


def fingerprint(text: str) -> Fingerprint:
    """Trigrams."""
    plain = " ".join("".join(c if c.isalnum() else " " for c in text.casefold()).split())
    return frozenset(plain[i : i + 3] for i in range(max(1, len(plain) - 2)))
