"""The cloud tier end to end: real sockets, the official SDK, and what is spent on disk."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from pydantic import SecretStr

from llm import cloud_tier
from llm.errors import NoModel
from llm.settings import CLOUD_MODEL
from llm.spend_file import STATE_DIR_VARIABLE
from llm.types import Priority, RouteReason, Tier, TierState
from tests.support.model_cloud import CAP_USD, COST_USD, HARD, KEY, SPOTLIGHT, costing, scene
from tests.support.model_requests import until
from tests.support.model_server import Exchange, page, say

pytestmark = pytest.mark.slow  # real sockets, and the SDK takes a second to import


@pytest.fixture(autouse=True)
def _own_purse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has a file of its own, which is written and read often."""
    monkeypatch.setenv(STATE_DIR_VARIABLE, str(tmp_path))
    monkeypatch.setattr(cloud_tier, "_SAVE_EVERY_S", 0.02)


def test_the_spotlight_is_spoken_by_the_cloud_and_paid_for() -> None:
    """Line by line: the cost stands in the line's own figures and in the report; background talk costs nothing."""
    with scene(say("Cloud ", "word.")) as it:
        start, end = it.spoken()
        assert (start.backend, start.model, start.route_reason) == (
            "openai",
            CLOUD_MODEL,
            RouteReason.SPOTLIGHT,
        )
        assert (end.text, end.stats.usage.tokens_out) == ("Cloud word.", 3)
        assert end.stats.cost_usd == pytest.approx(COST_USD)
        assert it.route(Priority.VISIBLE) == (Tier.LOCAL, RouteReason.LOCAL_READY)
        assert it.route(*HARD) == (Tier.CLOUD, RouteReason.COMPLEX)
        until(lambda: it.bridge.performance.cost_usd == pytest.approx(2 * COST_USD))
        assert it.bridge.performance.tiers[Tier.CLOUD].cost_usd == pytest.approx(2 * COST_USD)
        assert (it.cloud.requests, it.local.requests) == (2, 1)


@pytest.mark.parametrize("key", [None, "", "  "])
def test_without_a_key_nothing_ever_connects_to_the_cloud(key: str | None) -> None:
    """Whatever is asked, and however it is asked."""
    with scene(say("Cloud word."), key=key, cloud=TierState.OFF) as it:
        assert it.route() == it.route(*HARD) == (Tier.LOCAL, RouteReason.NO_KEY)
        it.bridge.check().result(5)
        it.bridge.reconfigure()
        with pytest.raises(NoModel):
            it.bridge.test_line(Tier.CLOUD).result(5)
        assert it.route()[0] is Tier.LOCAL
        assert "OPENAI_API_KEY" in it.bridge.status_of(Tier.CLOUD).detail
        assert (it.cloud.connections, it.cloud.requests) == (0, 0)


def test_with_hybrid_off_nothing_connects_either() -> None:
    """A key alone sends nothing."""
    with scene(say("Cloud word."), hybrid=False) as it:
        assert it.route() == it.route(*HARD) == (Tier.LOCAL, RouteReason.HYBRID_OFF)
        assert it.cloud.connections == 0


def test_a_budget_that_is_spent_closes_the_cloud_also_for_the_next_run() -> None:
    """What was spent is on disk; a program that begins anew goes on counting there."""
    budget = {"usd_per_hour": CAP_USD}
    with scene(costing(CAP_USD), budget=budget) as it:
        assert it.route() == SPOTLIGHT
        assert it.route()[1] is RouteReason.BUDGET_SPENT
        until(lambda: it.used_usd >= CAP_USD)
        assert it.route() == it.route(*HARD) == (Tier.LOCAL, RouteReason.BUDGET_SPENT)
        assert it.cloud.requests == 1
    with scene(costing(CAP_USD), budget=budget) as it:
        assert it.route() == it.route(*HARD) == (Tier.LOCAL, RouteReason.BUDGET_SPENT)
        assert it.used_usd == pytest.approx(CAP_USD)
        assert it.cloud.connections == 0


def test_a_budget_that_is_low_is_for_the_spotlight_only() -> None:
    """From 80 % on."""
    with scene(costing(0.85 * CAP_USD), budget={"usd_per_hour": CAP_USD}) as it:
        assert it.route(*HARD) == (Tier.CLOUD, RouteReason.COMPLEX)
        until(lambda: it.used_usd > 0 and it.bridge.published.view.ladder == "low")
        assert it.route(*HARD) == (Tier.LOCAL, RouteReason.BUDGET_LOW)
        assert it.route() == SPOTLIGHT
        assert it.cloud.requests == 2


@pytest.mark.parametrize("cap", ["usd_per_hour", "usd_per_day"])
def test_a_cap_of_nothing_sends_nothing(cap: str) -> None:
    """A key with a cap of 0 is as good as none."""
    with scene(say("Cloud word."), budget={cap: 0}) as it:
        assert it.route() == it.route() == it.route(*HARD) == (Tier.LOCAL, RouteReason.BUDGET_SPENT)
        assert it.cloud.connections == 0


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (401, f'{{"error": {{"code": "invalid_api_key", "message": "Incorrect API key provided: {KEY}"}}}}'),
        (403, f'{{"error": "{KEY} is not allowed here"}}'),
        (404, '{"error": {"code": "model_not_found", "message": "The model does not exist"}}'),
    ],
    ids=["bad key", "no leave", "no such model"],
)
def test_what_only_the_user_can_mend_is_tried_once_and_said_once(status: int, text: str) -> None:
    """The cloud is closed until there is another key; the notice has none in it."""
    refusing = page(status, "application/json", text)

    def script(exchange: Exchange) -> None:
        (refusing if KEY in exchange.headers["authorization"] else say("Cloud word."))(exchange)

    with scene(script) as it:
        assert it.route()[0] is Tier.LOCAL
        until(lambda: it.bridge.status_of(Tier.CLOUD).state is TierState.DOWN)
        it.bridge.reconfigure()  # with the key it had
        assert [it.route() for _ in range(6)] == [(Tier.LOCAL, RouteReason.CLOUD_DOWN)] * 6
        assert it.cloud.requests == 1
        assert it.bridge.performance.retries == 0
        assert len([line for line in it.notices if line.startswith("no cloud")]) == 1
        assert not any(KEY in line or "\n" in line for line in it.notices)
        it.bridge.settings.cloud.api_key = SecretStr("sk-another")
        it.bridge.reconfigure()
        until(lambda: it.bridge.status_of(Tier.CLOUD).state is TierState.READY)
        assert it.route() == SPOTLIGHT
        assert it.used_usd <= 2 * COST_USD  # who was refused owes nothing


def test_another_model_in_the_settings_opens_the_cloud_again() -> None:
    """With the same key: what the user has mended is tried again."""

    def script(exchange: Exchange) -> None:
        known = exchange.body.get("model", CLOUD_MODEL) == CLOUD_MODEL
        (say("Cloud word.") if known else page(404, "application/json", '{"error": "model not found"}'))(
            exchange
        )

    with scene(script, model="gpt-6-astra") as it:
        it.spoken()
        until(lambda: it.bridge.status_of(Tier.CLOUD).state is TierState.DOWN)
        it.bridge.settings.cloud.model = CLOUD_MODEL
        it.bridge.reconfigure()
        until(lambda: it.bridge.status_of(Tier.CLOUD).state is TierState.READY)
        assert it.route() == SPOTLIGHT


def test_a_key_that_cannot_be_sent_closes_the_cloud_and_nothing_else() -> None:
    """A slip of the pen in the settings must not take the other tiers along."""
    with scene(say("Cloud word."), key="sk-…4711", cloud=TierState.DOWN) as it:
        assert it.route() == (Tier.LOCAL, RouteReason.CLOUD_DOWN)
        assert len([line for line in it.notices if line.startswith("no cloud")]) == 1
        assert it.cloud.connections == 0


def test_a_model_without_a_price_is_not_asked() -> None:
    """It is said once which settings are missing; once they are there, it is used and paid for."""
    with scene(say("Cloud word."), model="tiny", cloud=TierState.DOWN) as it:
        assert it.route() == (Tier.LOCAL, RouteReason.CLOUD_DOWN)
        (notice,) = (line for line in it.notices if line.startswith("no cloud"))
        assert "llm.budget.price.input" in notice
        assert ".output" in notice
        assert it.cloud.connections == 0
        it.bridge.settings.budget.price.input = 1.0
        it.bridge.settings.budget.price.output = 2.0
        it.bridge.reconfigure()
        until(lambda: it.bridge.status_of(Tier.CLOUD).state is TierState.READY)
        _, end = it.spoken()
        assert end.stats.cost_usd == pytest.approx(12e-6 + 3 * 2e-6)


def test_two_programs_at_once_have_one_budget() -> None:
    """What one has spent is spent for the other."""
    with contextlib.ExitStack() as both:
        mine, theirs = (
            both.enter_context(scene(costing(CAP_USD), budget={"usd_per_hour": CAP_USD})) for _ in range(2)
        )
        assert mine.route() == SPOTLIGHT
        until(lambda: theirs.used_usd == pytest.approx(CAP_USD))
        assert theirs.route() == (Tier.LOCAL, RouteReason.BUDGET_SPENT)
        assert theirs.cloud.connections == 0
