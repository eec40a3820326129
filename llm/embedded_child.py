"""The embedded model server's process: `python -m llm.embedded_child`, started and owned by the program.

One JSON line on standard input says what to serve; one JSON line on standard output says where it listens. Then
it blocks reading its standard input and is gone at the end of it: so it dies with its parent, however that dies.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Mapping
from typing import Any, Final

_STDIN: Final = 0
_STDOUT: Final = 1
_NICENESS: Final = 10  # frames come first
_CTX_PER_SLOT: Final = 1024  # tokens: one townsperson's prefix and a talk
_ERRORS_ONLY: Final = 1


def main() -> None:
    """Serve until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole terminal; the parent decides
    config = json.loads(_read_line())
    threading.Thread(target=_exit_at_end_of_input, daemon=True).start()
    if sys.platform != "win32":  # there the parent sets the priority at the start
        os.nice(_NICENESS)
    try:
        server = start_server(config)
    except Exception as error:  # noqa: BLE001  # the process's outer wall: the parent is told, in one line
        tell({"error": f"{type(error).__name__}: {error}"[:200]})
        os._exit(1)
    tell({"address": server.listening_address})
    threading.Event().wait()


def start_server(config: Mapping[str, Any]) -> Any:
    """A llama.cpp server on a free port of the loopback, which answers only to our key."""
    import xllamacpp  # costly, and wanted in this process only

    slots, threads = config["slots"], config["threads"]
    params = xllamacpp.CommonParams()
    params.model.path = config["model_path"]
    params.n_parallel = slots
    params.n_ctx = slots * _CTX_PER_SLOT
    params.n_batch, params.n_ubatch = 256, 64  # small: one prompt's reading stalls every stream
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.n_threads_http = 4
    params.cache_ram_mib = 0  # the host-memory prompt cache grows without bound
    params.n_ctx_checkpoints = 0
    params.fit_params = False
    params.hostnames, params.port, params.api_keys = ["127.0.0.1"], 0, [config["key"]]
    params.cors_origins, params.cors_origins_explicit = "http://127.0.0.1", True
    params.cors_credentials = params.ui = params.endpoint_slots = False
    params.verbosity = _ERRORS_ONLY
    return xllamacpp.Server(params)


def tell(message: Mapping[str, object]) -> None:
    """One write, on a line of its own, whatever the server's log has left there."""
    os.write(_STDOUT, b"\n" + json.dumps(message).encode() + b"\n")


def _read_line() -> bytes:
    """Up to the line end and not a byte further: what follows is the watching thread's."""
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(_STDIN, 1)
        if not byte:
            os._exit(0)
        line += byte
    return line


def _exit_at_end_of_input() -> None:
    while os.read(_STDIN, 4096):
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
