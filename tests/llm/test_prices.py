from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm.errors import ModelFileError
from llm.prices import Price, PriceList
from llm.settings import CLOUD_MODEL, PriceSettings
from llm.types import Usage

LIST = PriceList.load()
ASIS = PriceSettings()
PRICE = Price(input_usd=2.0, cached_input_usd=0.2, output_usd=10.0, cache_write_usd=2.5)

tokens = st.integers(0, 5_000)


def price_of(model: str, override: PriceSettings = ASIS) -> Price:
    """A price that must be known."""
    price = LIST.of(model, override)
    assert price is not None
    return price


def test_the_model_that_is_asked_by_default_has_a_price() -> None:
    """Without one, nothing could be sent."""
    price = price_of(CLOUD_MODEL)
    assert price is not None
    assert 0 < price.input_usd <= price.output_usd < 5


def test_the_list_says_when_it_was_read() -> None:
    """Prices change; a list without a day says nothing."""
    assert LIST.date >= dt.date(2026, 11, 1)


@pytest.mark.parametrize("name", LIST.prices)
def test_every_price_makes_sense(name: str) -> None:
    """What is remembered is never dearer than what is new, and to speak costs more than to listen."""
    price = LIST.prices[name]
    assert 0 < price.cached_input_usd <= price.input_usd < price.output_usd
    assert price.cache_write_usd == 0 or price.cache_write_usd == pytest.approx(1.25 * price.input_usd)
    assert price.reasoning_effort in {"", "none", "minimal", "low"}


@pytest.mark.parametrize(
    ("asked", "listed"),
    [
        ("gpt-5.4-nano-2026-03-17", "gpt-5.4-nano"),
        ("openai/gpt-5.4-nano", "gpt-5.4-nano"),
        ("openai/gpt-5-mini-2025-08-07", "gpt-5-mini"),
        ("gpt-5-2025-08-07", "gpt-5"),
        ("gpt-4o-2024-08-06", "gpt-4o"),
    ],
)
def test_a_dated_model_costs_what_its_name_costs(asked: str, listed: str) -> None:
    """The longest name that fits counts, with or without the vendor's before it."""
    assert price_of(asked) == LIST.prices[listed]


def test_an_entry_of_its_own_goes_before_the_name_without_the_date() -> None:
    """An old snapshot may cost twice what its successors do."""
    assert price_of("gpt-4o-2024-05-13").input_usd == 2 * price_of("gpt-4o").input_usd


@pytest.mark.parametrize(
    "unknown", ["gpt-5.4-pro", "gpt-5-4", "gpt-5.4-nano-", "gpt-5-", "openai/", "", "llama"]
)
def test_a_model_that_only_sounds_alike_has_no_price(unknown: str) -> None:
    """What is not certain is not guessed: a dearer model must not be sent questions at a cheap one's price."""
    assert LIST.of(unknown, ASIS) is None


def test_what_the_user_says_replaces_what_is_listed() -> None:
    """Field by field; and who says what reading costs means all of it."""
    assert price_of("gpt-4.1", PriceSettings(output=9)) == Price(2.0, 0.5, 9.0)
    assert price_of("gpt-4.1", PriceSettings(cached_input=0.1)) == Price(2.0, 0.1, 8.0)
    assert price_of("gpt-6-luna", PriceSettings(input=0)) == Price(0.0, 0.01, 0.50, "none")


def test_a_model_that_is_not_listed_can_be_priced() -> None:
    """Input and output must be given; what is cached then costs what the rest does, unless that is given too."""
    assert LIST.of("mine", PriceSettings(input=1)) is None
    assert LIST.of("mine", PriceSettings(output=1, cached_input=1)) is None
    assert price_of("mine", PriceSettings(input=1, output=2)) == Price(1, 1, 2)
    assert price_of("mine", PriceSettings(input=1, output=2, cached_input=0.5)) == Price(1, 0.5, 2)


def test_cached_tokens_are_part_of_the_tokens_that_went_in() -> None:
    """They are not paid for twice."""
    assert PRICE.cost_usd(Usage(1000, 100, 400), 9) == pytest.approx((600 * 2 + 400 * 0.2 + 100 * 10) / 1e6)


def test_a_prompt_long_enough_to_be_remembered_pays_for_it() -> None:
    """From 1,024 tokens on, what was not cached may have been written, which costs more."""
    assert PRICE.cost_usd(Usage(1023, 0), 9) == pytest.approx(1023 * 2 / 1e6)
    assert PRICE.cost_usd(Usage(2000, 0, 1500), 9) == pytest.approx((500 * 2.5 + 1500 * 0.2) / 1e6)


@pytest.mark.parametrize("usage", [Usage(), Usage(tokens_in=5), Usage(tokens_out=5, cached_tokens_in=5)])
def test_a_cost_that_is_not_known_is_the_estimate(usage: Usage) -> None:
    """Absence is not zero."""
    assert PRICE.cost_usd(usage, 0.25) == 0.25


@given(tokens, tokens, tokens, st.sampled_from([*LIST.prices.values(), PRICE]))
def test_no_answer_costs_more_than_the_most_it_can(
    went_in: int, came_out: int, cached: int, price: Price
) -> None:
    """However the server counts, even if it claims to have cached more than it read."""
    cost_usd = price.cost_usd(Usage(went_in, came_out, cached), 0.0)
    assert 0 <= cost_usd <= price.most_usd(went_in, came_out) + 1e-15


ENTRY = 'name = "a"\ninput = 1\ncached_input = 1\noutput = 1\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("date = [", "cannot be read"),
        ("[[model]]\n" + ENTRY, "date"),
        ('date = "2026-11-06"\n[[model]]\n' + ENTRY, "date"),
        ("date = 2026-11-06\n", "[[model]]"),
        ("date = 2026-11-06\nmodel = 3\n", "[[model]]"),
        ("date = 2026-11-06\nmodel = [3]\n", "model 1"),
        ('date = 2026-11-06\n[[model]]\nname = "a"\ninput = 1\noutput = 1\n', "cached_input"),
        ("date = 2026-11-06\n[[model]]\n" + ENTRY.replace("input = 1", "input = -1"), "'a'"),
        ("date = 2026-11-06\n[[model]]\n" + ENTRY.replace("output = 1", "output = inf"), "output"),
        ("date = 2026-11-06\n[[model]]\n" + ENTRY + "outptu = 1\n", "outptu"),
        ("date = 2026-11-06\n[[model]]\n" + ENTRY + "[[model]]\n" + ENTRY, "twice"),
    ],
)
def test_a_damaged_list_is_told_in_one_line(tmp_path: Path, text: str, told: str) -> None:
    """It names the file and what is wrong in it."""
    path = tmp_path / "prices.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ModelFileError) as error:
        PriceList.load(path)
    line = str(error.value)
    assert str(path) in line
    assert told in line
    assert "\n" not in line


def test_a_list_that_is_not_there_is_told(tmp_path: Path) -> None:
    """As any other that cannot be read."""
    with pytest.raises(ModelFileError, match="cannot be read"):
        PriceList.load(tmp_path / "prices.toml")
