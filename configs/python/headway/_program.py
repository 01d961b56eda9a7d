"""Where the program is, and how it is called."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Optional, Sequence


class HeadwayError(Exception):
    """The program refused its input, or could not be started.

    `status` is its exit status: 2 for bad input; None where it did not start.
    """

    def __init__(self, message: str, status: Optional[int] = None) -> None:
        super().__init__(message)
        self.status = status


def find_program() -> str:
    """The path of the program: `$HEADWAY`, that of this package, or that on the path."""
    named = os.environ.get("HEADWAY")
    if named:
        if not os.access(named, os.X_OK) or os.path.isdir(named):
            raise HeadwayError(f"HEADWAY names {named}, which is no program")
        return named
    own = Path(__file__).parent / "bin" / "headway"
    if os.access(own, os.X_OK):
        return str(own)
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        found = shutil.which("headway", path=folder) if folder else None
        # The script of this package would call itself.
        if found and not _is_script(found):
            return found
    raise HeadwayError("the program headway was not found: set HEADWAY to its path")


def _is_script(path: str) -> bool:
    with open(path, "rb") as file:
        return file.read(2) == b"#!"


def call(words: Sequence[str], timeout: Optional[float] = None) -> str:
    """Runs the program and returns what it printed; raises HeadwayError with its own words."""
    try:
        done = subprocess.run(
            [find_program(), *words], capture_output=True, text=True, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise HeadwayError(f"headway {words[0]} took more than {timeout} s") from error
    except OSError as error:
        raise HeadwayError(f"headway cannot be started: {error}") from error
    if done.returncode != 0:
        lines = done.stderr.strip() or done.stdout.strip() or f"exit status {done.returncode}"
        raise HeadwayError(lines.removeprefix("headway: "), done.returncode)
    return done.stdout


def version() -> str:
    """What `headway --version` prints."""
    return call(["--version"]).strip()
