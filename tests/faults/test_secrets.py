"""No key in anything that a run leaves behind, however badly it goes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.faults.scripts import refused
from tests.support.model_server import Exchange, ModelServer, answering
from tests.support.program import ROOT

_CLOUD, _LOCAL, _MODERATION = "sk-canary-cloud-51aa", "canary-local-62bb", "canary-moderation-73cc"
_SECRETS: Final = (_CLOUD, _LOCAL, _MODERATION)


def _echo(exchange: Exchange) -> None:
    """An error page that repeats the key, as some services do."""
    told = exchange.headers.get("authorization", "")
    refused(401, {"message": f"Incorrect API key provided: {told}", "code": "invalid_api_key"})(exchange)


@pytest.mark.slow
@pytest.mark.fault(30)
def test_no_key_is_in_anything_that_a_failing_run_leaves(tmp_path: Path) -> None:
    """Report, transcript, trace, recording, cassette, save, log and what it prints; at the most talkative level."""
    with ModelServer(answering(_echo)) as server:
        url = f"{server.root}/v1"
        settings = {
            "llm.local.base_url": url,
            "llm.local.api_key": _LOCAL,
            "llm.cloud.base_url": url,
            "llm.embedded.enabled": "false",
            "publish.mode": "sentence",
            "publish.moderation": f"{server.root}/v1/moderations",
            "publish.moderation_key": _MODERATION,
            "world.saves": str(tmp_path / "saves"),
        }
        words = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
        files = {
            f"--{name}": str(tmp_path / name)
            for name in ("report", "transcript", "trace", "record", "record-cassette")
        }
        words += [word for pair in files.items() for word in pair]
        commands = (
            "@60 llm status",
            "@120 llm test",
            "@200 status",
            "@240 llm persona mira",
            "@260 world save kept",
        )
        words += [word for command in commands for word in ("--exec", command)]
        words += ["--seed", "7", "--save", "one", "--log-level", "debug"]
        run = subprocess.run(
            [sys.executable, "run_world.py", "--headless", "--seconds", "6", "--log-json", *words],
            cwd=ROOT,
            env={**os.environ, "OPENAI_API_KEY": _CLOUD, "TWITCHMAN_STATE_DIR": str(tmp_path / "state")},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=120,
            check=False,
        )
    assert run.returncode == 0, run.stderr[-500:]
    assert server.requests > 0
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.name for path in left} >= {"report", "transcript", "trace", "record", "record-cassette"}
    artefacts = {str(path): path.read_bytes() for path in left} | {"out": run.stdout, "err": run.stderr}
    found = [
        (name, secret) for name, data in artefacts.items() for secret in _SECRETS if secret.encode() in data
    ]
    assert found == []


def test_the_settings_that_are_printed_show_no_key(tmp_path: Path) -> None:
    """Masked, with where it came from."""
    run = subprocess.run(
        [sys.executable, "run_world.py", "--print-config", "--set", f"llm.local.api_key={_LOCAL}"],
        cwd=ROOT,
        env={**os.environ, "TWITCHMAN_LLM__CLOUD__API_KEY": _CLOUD, "TWITCHMAN_STATE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0
    assert not any(secret in run.stdout + run.stderr for secret in _SECRETS)
    assert "llm.local.api_key" in run.stdout
