"""No fault without its test, and no test of a fault that nobody wrote down."""

from __future__ import annotations

from tests.faults.table import PAGE, ROWS, marked


def test_every_row_has_a_test_or_a_reason() -> None:
    """One or the other."""
    tests = marked()
    assert {row.number for row in ROWS} >= set(tests)
    bare = [row.number for row in ROWS if bool(tests.get(row.number)) == bool(row.not_here)]
    assert bare == []


def test_the_page_tells_of_every_test() -> None:
    """It is made by `make faults`; a test that was added since is not in it."""
    page = PAGE.read_text(encoding="utf-8")
    missing = [
        name for names in marked().values() for name in names if name.removeprefix("tests/") not in page
    ]
    assert missing == []
