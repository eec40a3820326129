"""`make fuzz`: each target for so many seconds with what a coverage-guided fuzzer finds; what breaks one is kept in a file.

python -m tests.fuzz.run SECONDS [TARGET ...]
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.fuzz.seeds import SEEDS

FOLDER: Final = Path("build/fuzz")


def fuzz(name: str, seconds: int) -> None:
    """In this process, which atheris does not give back."""
    import atheris  # of the extra `fuzz`: it is there where somebody fuzzes

    with atheris.instrument_imports(include=["agents", "llm", "sim"]):
        from tests.fuzz.targets import TARGETS
    corpus = FOLDER / name
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(SEEDS[name]):
        (corpus / f"seed-{number}").write_bytes(seed)
    options = [f"-max_total_time={seconds}", "-max_len=4096", "-timeout=10", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *options, f"-artifact_prefix={corpus}-", str(corpus)], TARGETS[name])
    atheris.Fuzz()


def main(arguments: Sequence[str]) -> int:
    """All of them, one after another; 1 if any broke."""
    seconds, names = int(arguments[0]), arguments[1:]
    if len(names) == 1:
        fuzz(names[0], seconds)
        return 0
    broken = [
        name
        for name in names or SEEDS
        if subprocess.run(
            [sys.executable, "-m", "tests.fuzz.run", str(seconds), name], check=False
        ).returncode
    ]
    sys.stdout.write(f"broken: {', '.join(broken) or 'none'}\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
