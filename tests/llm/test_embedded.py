"""The embedded server's process: started, noticed when it dies, and gone when we are."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from llm import models
from llm.backends.embedded_process import ChildConfig, EmbeddedProcess
from llm.errors import NoModel, Unreachable
from llm.prompt_forms import PromptForm
from llm.types import Delta, End, Limits, Turn
from tests.support.model_backends import (
    CHILD,
    child_command,
    closed_after,
    embedded,
    embedded_at,
    listen,
    within,
)
from tests.support.model_requests import ask, until
from tests.support.model_server import Exchange, ModelServer, say

pytestmark = pytest.mark.slow  # real processes
ROOT = Path(__file__).resolve().parents[2]
CONFIG = ChildConfig(Path("no-such.gguf"), slots=4, threads=1)


def told_by_the_system(pid: int, what: str) -> str:
    """One of the files that tell of a process."""
    return Path(f"/proc/{pid}/{what}").read_text()


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that is dead and not yet reaped does not."""
    try:
        stat = told_by_the_system(pid, "stat")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def test_a_child_is_started_found_ready_and_ended_by_the_end_of_its_input() -> None:
    """It tells its address past whatever its log has said, and stops within a second."""

    async def run() -> None:
        process = EmbeddedProcess(CONFIG, child_command("http://127.0.0.1:9"))
        assert process.pid == 0
        assert await process.start() == "http://127.0.0.1:9"
        assert is_alive(process.pid)
        begun = time.monotonic()
        await process.stop()
        assert time.monotonic() - begun < 1.0
        assert not is_alive(process.pid)
        await process.stop()
        process.kill()

    within(10, run)


@pytest.mark.fault(60)
def test_a_child_that_will_not_go_is_made_to() -> None:
    """Deaf to its input's end and to a signal, it is killed within a second."""

    async def run() -> None:
        process = EmbeddedProcess(CONFIG, child_command("http://127.0.0.1:9", "deaf"))
        await process.start()
        begun = time.monotonic()
        await process.stop()
        assert time.monotonic() - begun < 1.2
        until(lambda: not is_alive(process.pid))

    within(10, run)


@pytest.mark.fault(60)
@pytest.mark.parametrize(
    ("command", "said"),
    [
        (child_command("http://127.0.0.1:9", "cannot"), "no such model"),
        ([sys.executable, "-c", "pass"], "it just ended"),
        (["/no/such/program"], "cannot be started"),
    ],
    ids=["says why", "says nothing", "cannot start"],
)
def test_a_child_that_cannot_serve_says_why(command: list[str], said: str) -> None:
    """In one line, and without being waited for."""

    async def run() -> None:
        process = EmbeddedProcess(CONFIG, command)
        with pytest.raises(NoModel, match=said):
            await process.start()
        await process.stop()

    within(10, run)


def test_the_key_stands_in_no_process_list() -> None:
    """It goes to the child through a pipe, and is another each time."""

    async def run() -> None:
        first, second = (EmbeddedProcess(CONFIG, child_command("http://127.0.0.1:9")) for _ in range(2))
        assert first.key != second.key
        await first.start()
        assert first.key not in told_by_the_system(first.pid, "cmdline")
        assert first.key not in told_by_the_system(first.pid, "environ")
        await first.stop()

    within(10, run)


def test_a_question_goes_to_the_slot_of_its_npc() -> None:
    """So that a persona's prefix stays in one cache; with a limit, stops and the model's own sampling."""
    seen: list[Exchange] = []

    def script(exchange: Exchange) -> None:
        if exchange.method == "POST":
            seen.append(exchange)
        say("Hm.")(exchange)

    async def run() -> None:
        with ModelServer(script) as server:
            async with closed_after(embedded_at(server.root)) as backend:
                await backend.start()
                await listen(backend, ask(1, npc=6))
                await backend.warm(ask(2, npc=7))

    within(10, run)
    said, warmed = (exchange.body for exchange in seen)
    assert (said["id_slot"], said["n_predict"], said["stop"]) == (2, 40, ['"', "\n"])
    assert (said["cache_prompt"], said["stream"], said["temperature"]) == (True, True, 0.7)
    assert (warmed["id_slot"], warmed["n_predict"]) == (3, 0)
    assert seen[0].headers["authorization"].startswith("Bearer ")


def test_before_it_runs_nobody_is_there() -> None:
    """An error of ours, not an attribute that is missing."""

    async def run() -> None:
        async with closed_after(embedded(CONFIG.model_path)) as backend:
            assert backend.pid == 0
            await backend.ended()
            with pytest.raises(Unreachable):
                await backend.check()

    within(10, run)


def test_its_end_is_noticed() -> None:
    """And it can be started again."""

    async def run() -> None:
        async with closed_after(embedded_at("http://127.0.0.1:9")) as backend:
            await backend.start()
            first = backend.pid
            os.kill(first, signal.SIGKILL)
            async with asyncio.timeout(5):
                await backend.ended()
            await backend.start()
            assert backend.pid != first

    within(10, run)


PARENT = """
import asyncio, sys
from pathlib import Path
from llm.backends.embedded_process import COMMAND, ChildConfig, EmbeddedProcess

async def main():
    process = EmbeddedProcess(ChildConfig(Path(sys.argv[1]), 4, 1), sys.argv[2:] or COMMAND)
    await process.start()
    print(process.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""  # the command's default is the real child


def orphan(*arguments: str) -> int:
    """The pid of a child whose parent was just killed without a word."""
    command = [sys.executable, "-c", PARENT, *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert is_alive(pid)
        parent.kill()
    return pid


@pytest.mark.fault(61)
def test_a_killed_parent_leaves_no_child() -> None:
    """However the program dies, the server dies with it."""
    pid = orphan("no-such.gguf", sys.executable, str(CHILD), "http://127.0.0.1:9", "well")
    until(lambda: not is_alive(pid), 2.0)


@pytest.mark.fault(61)
@pytest.mark.model
def test_a_killed_parent_leaves_no_real_child(model_file: Path) -> None:
    """The real server too."""
    pid = orphan(str(model_file))
    until(lambda: not is_alive(pid), 2.0)


@pytest.mark.model
def test_the_real_child_is_polite_and_small(model_file: Path) -> None:
    """It yields to the frame, and with a prefix for each of four people it is far below a gigabyte."""

    async def run() -> None:
        async with closed_after(embedded(model_file)) as backend:
            await backend.start()
            for number in range(6):
                await listen(backend, ask(number, npc=number))
            assert os.getpriority(os.PRIO_PROCESS, backend.pid) >= 10
            status = told_by_the_system(backend.pid, "status")
            resident_kb = int(status.partition("VmRSS:")[2].split()[0])
            assert resident_kb < 600_000

    within(60, run)


@pytest.mark.model
@pytest.mark.parametrize("form", list(PromptForm))
def test_a_prefix_read_ahead_is_in_the_cache(model_file: Path, form: PromptForm) -> None:
    """A warm-up costs no word, and the line after it reads next to nothing; it says something in either form."""

    async def run() -> None:
        async with closed_after(embedded(model_file, form=form)) as backend:
            await backend.start()
            await backend.warm(ask(1))
            events = await listen(backend, ask(2))
            assert "".join(event.text for event in events if isinstance(event, Delta)).strip()
            end = events[-1]
            assert isinstance(end, End)
            assert end.usage.tokens_in is not None
            assert (end.usage.cached_tokens_in or 0) >= end.usage.tokens_in - 4

    within(60, run)


@pytest.mark.model
@pytest.mark.parametrize("form", list(PromptForm))
def test_no_prompt_is_over_its_budget_by_the_servers_own_count(model_file: Path, form: PromptForm) -> None:
    """Whatever stands in it: English, other scripts, marks; the least of it is left out until it fits."""
    texts = (
        "I was at the mill, and the miller was not.",
        "1234 5678 !?!?",
        "你好世界 你好",
        "Gàidhlig ìosal 🦆🦆",
    )

    async def run() -> None:
        async with closed_after(embedded(model_file, form=form)) as backend:
            await backend.start()
            for number, text in enumerate(texts):
                said = tuple(Turn("Tomas", f"{text} {line}") for line in range(60))
                request = ask(number)
                long = replace(
                    request, prompt=replace(request.prompt, history=said, now="\n".join([text] * 9))
                )
                limited = replace(long, limits=Limits(prompt_tokens=200))
                end = (await listen(backend, limited))[-1]
                assert isinstance(end, End)
                assert 100 < (end.usage.tokens_in or 0) <= 200

    within(60, run)


def test_a_file_of_ones_own_is_asked_as_its_size_lets_expect(tmp_path: Path) -> None:
    """A large model chats, a small one continues a play."""
    small, large = tmp_path / "small.gguf", tmp_path / "large.gguf"
    small.write_bytes(b"GGUF")
    with large.open("wb") as file:
        file.truncate(900_000_000)  # holes: it takes no room
    assert models.of_file(small).prompt_form is PromptForm.SCRIPT
    assert models.of_file(large).prompt_form is PromptForm.CHAT
    assert models.of_file(large).prompt_budget > models.of_file(small).prompt_budget
    assert models.of_file(tmp_path / "none.gguf").prompt_form is PromptForm.SCRIPT
