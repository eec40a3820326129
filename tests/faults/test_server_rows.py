"""Rows 1 to 46: what a server or the way to it may do wrong, and what is seen of that."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import pytest
import trustme

from agents.blocklist import Blocklist
from agents.publish import LineRules, PublishGate
from llm.protocol import Gate
from llm.types import Outcome, Request, Tier, TierState, Why
from tests.faults.scripts import END, GLYPHS, SCRIPTS, TEXT, WELL, delta, for_ever, stream, turns
from tests.faults.stand import (
    CLOCKS,
    FALLBACK,
    RESPONSE_S,
    Heard,
    free_port,
    ready,
    stand_before,
)
from tests.support.model_server import Exchange, ModelServer, answering

pytestmark = pytest.mark.slow

Seen = Callable[[Heard], None]


def falls_back(heard: Heard) -> None:
    """The template line, and no bubble stays blank."""
    assert (heard.tier, heard.text, heard.outcome) == (Tier.TEMPLATE, FALLBACK, Outcome.COMPLETE)


def is_whole(heard: Heard) -> None:
    """All that the server said."""
    assert (heard.tier, heard.text, heard.outcome) == (Tier.LOCAL, TEXT, Outcome.COMPLETE)


def is_cut(heard: Heard) -> None:
    """The words so far stay, the sentence is closed, and it is marked."""
    assert (heard.tier, heard.outcome) == (Tier.LOCAL, Outcome.TRUNCATED)
    assert heard.text.startswith(("Good morrow, neighbour.", "Word 0, Word 1"))
    assert heard.text.endswith((".", "…"))


def has_glyphs(heard: Heard) -> None:
    """Correct, and no mark in place of any."""
    assert heard.tier is Tier.LOCAL
    for glyph in ("☕", "京都", "naïve"):
        assert glyph in heard.text
        assert glyph in GLYPHS
    assert "\ufffd" not in heard.text


def goes_on(heard: Heard) -> None:
    """What could be read was read."""
    assert (heard.tier, heard.outcome) == (Tier.LOCAL, Outcome.COMPLETE)
    assert heard.text.startswith("Good")
    assert heard.text.endswith("morrow.")


def is_bounded(heard: Heard) -> None:
    """Somebody speaks, and not for ever."""
    assert heard.tier is Tier.LOCAL
    assert heard.outcome in (Outcome.COMPLETE, Outcome.TRUNCATED)
    assert len(heard.text) < 600
    assert heard.text.endswith((".", "!", "?", "…"))


ROWS: Final[tuple[tuple[int, str, Seen], ...]] = (
    (8, "half-open", falls_back),
    (9, "slow-but-in-time", is_whole),
    (9, "too-slow", falls_back),
    (9, "too-slow-after-head", falls_back),
    (10, "pings", falls_back),
    (11, "trickle", is_cut),
    (12, "stall", is_cut),
    (13, "reset", is_cut),
    (14, "cut-chunk", is_cut),
    (15, "cut-close", is_cut),
    (16, "bytes", has_glyphs),
    (17, "bad-utf8", goes_on),
    (19, "no-last-blank", is_whole),
    (20, "comments", is_whole),
    (21, "no-done", is_whole),
    (22, "one-bad-chunk", goes_on),
    (22, "bad-chunks", falls_back),
    (23, "wrong-shape", is_whole),
    (24, "error-inside", falls_back),
    (25, "html", falls_back),
    (26, "huge-line", falls_back),
    (27, "burst", is_bounded),
    (28, "one-packet", is_whole),
    (29, "overflow", falls_back),
    (29, "overflow-500", falls_back),
    (31, "no-model", falls_back),
    (32, "timeout-408", falls_back),
    (32, "conflict-409", falls_back),
    (33, "too-large-413", falls_back),
    (34, "rest-1s", falls_back),
    (34, "rest-ms", falls_back),
    (35, "broken-500", falls_back),
    (36, "gateway-502", falls_back),
    (39, "empty", falls_back),
    (39, "only-thinking", falls_back),
    (40, "refusal", falls_back),
    (40, "filtered", falls_back),
    (41, "endless", is_bounded),
)


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        pytest.param(name, seen, marks=pytest.mark.fault(row), id=f"{row:02}-{name}")
        for row, name, seen in ROWS
    ],
)
def test_what_a_server_does_wrong(name: str, seen: Seen) -> None:
    """Its cell of the table; and it is used again when it is well."""
    with ModelServer(SCRIPTS[name]) as server, stand_before(f"{server.root}/v1", server) as stand:
        ready(stand)
        seen(stand.speak())
        server.script = WELL
        stand.come_back()
        is_whole(stand.speak())


RETRIED: Final = (
    (29, "overflow"),
    (32, "timeout-408"),
    (32, "conflict-409"),
    (33, "too-large-413"),
    (35, "broken-500"),
)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.fault(row), id=f"{row:02}-{name}") for row, name in RETRIED]
)
def test_once_is_worth_one_more_try(name: str) -> None:
    """Asked again, shorter where it was too long; nobody notices."""
    with (
        ModelServer(turns([SCRIPTS[name], WELL])) as server,
        stand_before(f"{server.root}/v1", server) as stand,
    ):
        ready(stand)
        is_whole(stand.speak())
        assert server.requests == 2


@pytest.mark.fault(1)
def test_nobody_listens() -> None:
    """Falls back under a second, the badge says down, and who comes is used."""
    port = free_port()
    with stand_before(f"http://127.0.0.1:{port}/v1") as stand:
        stand.until(lambda: stand.badge() is TierState.DOWN)
        line = stand.speak()
        falls_back(line)
        assert line.whole_s < 1.0
        assert any(str(port) in notice for notice in stand.notices)
        with ModelServer(WELL, port):
            stand.come_back()


@pytest.mark.fault(2)
def test_a_name_with_two_addresses_costs_nothing() -> None:
    """`localhost` is asked by the number on which servers listen."""
    with (
        ModelServer(WELL) as server,
        stand_before(f"http://localhost:{server.port}/v1", server) as stand,
    ):
        ready(stand)
        line = stand.speak()
        is_whole(line)
        assert line.first_s < CLOCKS["local"]


@pytest.mark.fault(3)
def test_a_name_that_nobody_has() -> None:
    """It is named, once, and not asked for again with each line."""
    with stand_before("http://no-such-host.invalid:8080/v1") as stand:
        stand.until(lambda: stand.badge() is TierState.DOWN)
        for line in stand.speak_all(5):
            falls_back(line)
        assert sum("no-such-host.invalid" in notice for notice in stand.notices) == 1


@pytest.mark.fault(4)
def test_a_name_server_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for it: neither a line nor the end."""
    over = threading.Event()

    def hang(*_args: object, **_more: object) -> list[object]:
        over.wait(20)
        raise socket.gaierror(socket.EAI_AGAIN, "timed out")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    try:
        with stand_before("http://slow-names.invalid:8080/v1") as stand:
            falls_back(stand.speak())
            began_s = time.monotonic()
            stand.bridge.close()
            assert time.monotonic() - began_s < 2.0
            over.set()
    finally:
        over.set()


@pytest.mark.fault(5)
def test_a_proxy_is_not_asked_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the environment says."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    with ModelServer(WELL) as server, stand_before(f"{server.root}/v1", server) as stand:
        ready(stand)
        is_whole(stand.speak())


@contextmanager
def tls_server(certificate: trustme.LeafCert) -> Iterator[int]:
    """A server that speaks TLS with this certificate, and nothing after it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_shake_hands, args=(listener, context))
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def _shake_hands(listener: socket.socket, context: ssl.SSLContext) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        try:
            context.wrap_socket(connection, server_side=True).close()
        except OSError:
            connection.close()


@pytest.mark.fault(6)
@pytest.mark.parametrize("name", ["127.0.0.1", "other.example"])
def test_a_certificate_that_nobody_vouches_for(name: str) -> None:
    """One clear line; it is not trusted all the same."""
    with (
        tls_server(trustme.CA().issue_cert(name)) as port,
        stand_before(f"https://127.0.0.1:{port}/v1") as stand,
    ):
        stand.until(lambda: stand.badge() is TierState.DOWN)
        falls_back(stand.speak())
        assert len(stand.notices) == 1


@pytest.mark.fault(6)
def test_plain_words_where_tls_is_expected() -> None:
    """One clear line."""
    with ModelServer(WELL) as server, stand_before(f"https://127.0.0.1:{server.port}/v1") as stand:
        stand.until(lambda: stand.badge() is TierState.DOWN)
        falls_back(stand.speak())


@pytest.mark.fault(7)
def test_a_server_that_accepts_nobody() -> None:
    """The connect clock ends it."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        crowd = [_knock(listener.getsockname()[1]) for _ in range(4)]
        with stand_before(f"http://127.0.0.1:{listener.getsockname()[1]}/v1") as stand:
            falls_back(stand.speak())
            stand.until(lambda: stand.badge() is TierState.DOWN)
            falls_back(stand.speak())
        for one in crowd:
            one.close()


def _knock(port: int) -> socket.socket:
    one = socket.socket()
    one.setblocking(False)
    one.connect_ex(("127.0.0.1", port))
    return one


@pytest.mark.fault(30)
@pytest.mark.parametrize("name", ["bad-key", "forbidden"])
def test_a_key_that_is_not_accepted(name: str) -> None:
    """Said once, without it; not tried again until the settings change."""
    with ModelServer(SCRIPTS[name]) as server, stand_before(f"{server.root}/v1", server) as stand:
        ready(stand)
        falls_back(stand.speak())
        stand.until(lambda: stand.badge() is TierState.DOWN)
        for line in stand.speak_all(4):
            falls_back(line)
        assert server.requests == 1
        server.script = WELL
        stand.bridge.reconfigure()
        stand.come_back()


@pytest.mark.fault(34)
def test_a_server_that_wants_rest_gets_it() -> None:
    """Nothing is asked of it meanwhile, and others speak."""
    with ModelServer(SCRIPTS["rest-1s"]) as server, stand_before(f"{server.root}/v1", server) as stand:
        ready(stand)
        falls_back(stand.speak())
        asked, rests_s = server.requests, time.monotonic() + 0.8
        server.script = WELL
        while time.monotonic() < rests_s:
            falls_back(stand.speak())
        assert server.requests == asked
        stand.come_back()


@pytest.mark.fault(35)
def test_a_server_that_is_always_broken_is_left_alone() -> None:
    """The breaker opens after five failures, and then a line costs nothing."""
    with ModelServer(SCRIPTS["broken-500"]) as server, stand_before(f"{server.root}/v1", server) as stand:
        ready(stand)
        while stand.bridge.performance.report()["breaker_opens"] == 0:
            falls_back(stand.speak())
            assert server.requests <= 8
        asked = server.requests
        for line in stand.speak_all(5):
            falls_back(line)
            assert line.first_s < RESPONSE_S
        assert server.requests <= asked + 1
        server.script = WELL
        stand.come_back()


@pytest.mark.fault(37)
def test_a_server_that_loads_its_model_is_waited_for() -> None:
    """Its badge says so; that is no failure."""
    with ModelServer(_loading) as server, stand_before(f"{server.root}/v1", server) as stand:
        stand.until(lambda: stand.badge() is TierState.STARTING and stand.bridge.status().detail != "")
        falls_back(stand.speak())
        assert stand.bridge.performance.report()["breaker_opens"] == 0
        server.script = WELL
        stand.come_back()


def _loading(exchange: Exchange) -> None:
    exchange.document({"error": {"message": "Loading model", "type": "unavailable_error", "code": 503}}, 503)


@pytest.mark.fault(42)
def test_words_that_come_after_somebody_has_left_are_nobodys() -> None:
    """Nothing of an old line appears in the next one of the same person, and the server sees us go."""
    left = threading.Event()

    def tell_on(exchange: Exchange) -> None:
        exchange.head()
        exchange.send(delta("Old "))
        if exchange.wait_closed():
            left.set()

    script = turns([answering(tell_on), stream(*map(delta, ("New ", "words.")), END)])
    with ModelServer(script) as server, stand_before(f"{server.root}/v1", server) as stand:
        ready(stand)
        old = stand.ask(npc=5)
        stand.until(lambda: "Old" in stand.of(old).text)
        new = stand.speak(npc=5)
        assert left.wait(1.0)
        assert new.text == "New words."
        assert stand.of(old).why is Why.SUPERSEDED


@pytest.mark.fault(43)
def test_many_begin_and_are_cancelled() -> None:
    """The pool leaks no place: the next question is answered."""
    endless = for_ever(lambda _: delta("hm "), 0.05)
    with (
        ModelServer(endless) as server,
        stand_before(f"{server.root}/v1", local={"max_concurrency": 40}) as stand,
    ):
        ready(stand)
        for turn in range(60):
            for npc in range(25):
                stand.ask(npc=npc)
            stand.wait(0.01 * (turn % 4))
        server.script = WELL
        stand.come_back()


@pytest.mark.fault(44)
def test_a_server_that_is_restarted() -> None:
    """What was said stays said; the next line is local again."""
    server = ModelServer(for_ever(lambda number: delta(f"Word {number}, "), 0.02))
    with server, stand_before(f"{server.root}/v1") as stand:
        ready(stand)
        number = stand.ask()
        stand.until(lambda: "Word 0, Word 1" in stand.of(number).text)
        server.kill()
        stand.until(lambda: stand.of(number).end is not None)
        is_cut(stand.of(number))
        falls_back(stand.speak())
        with ModelServer(WELL, server.port):
            stand.come_back()


@pytest.mark.fault(46)
def test_a_banned_word_passes_nowhere() -> None:
    """Of no tier: the one gate is behind all of them."""
    rules = LineRules(blocklist=Blocklist(frozenset({"turnip"})))

    def gate(request: Request) -> Gate:
        return PublishGate(request.prompt.speaker, request.prompt.listeners, rules)

    script = stream(*map(delta, ("You are a ", "tur", "nip, ", "you.")), END)
    with ModelServer(script) as server, stand_before(f"{server.root}/v1", server, gate=gate) as stand:
        ready(stand)
        for asked_of in (script, SCRIPTS["broken-500"]):
            server.script = asked_of
            line = stand.of(stand.ask(fallback="A turnip, you say?"))
            stand.wait(CLOCKS["local"] + RESPONSE_S)
            assert line.end is not None
            assert "turnip" not in line.text
            assert "tur" not in line.text
