"""Runs, and the folders that they leave."""

from __future__ import annotations

import csv
import json
import os
import shutil
import tempfile
import weakref
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Union

from ._program import HeadwayError, call

try:
    import pandas
except ImportError:
    pandas = None  # type: ignore[assignment]

PathLike = Union[str, "os.PathLike[str]"]


class Result:
    """What a run came to. `summary` and `requests` are read when they are first asked for."""

    def __init__(self, folder: Path, keep: bool) -> None:
        #: The run's folder; a temporary one goes with this object.
        self.folder = folder
        self._summary: Optional[Dict[str, Any]] = None
        self._requests: Any = None
        if not keep:
            weakref.finalize(self, shutil.rmtree, str(folder), ignore_errors=True)

    @property
    def summary(self) -> Dict[str, Any]:
        """The figures of summary.json, by their keys."""
        if self._summary is None:
            with open(self.folder / "summary.json", encoding="utf-8") as file:
                self._summary = json.load(file)
        return self._summary

    @property
    def requests(self) -> "Union[pandas.DataFrame, List[Dict[str, str]]]":
        """A row for each request: a DataFrame, or a list of dicts of texts without pandas."""
        if self._requests is None:
            path = self.folder / "requests.csv"
            if pandas is not None:
                self._requests = pandas.read_csv(path)
            else:
                with open(path, newline="", encoding="utf-8") as file:
                    self._requests = list(csv.DictReader(file))
        return self._requests

    @property
    def digest(self) -> str:
        """Names the run: equal digests mean equal requests, step for step."""
        return self.summary["digest"]

    def __repr__(self) -> str:
        return f"Result(digest={self.digest!r}, completed={self.summary.get('completed')})"


def run(
    config: Union[PathLike, Mapping[str, Any], None] = None,
    *,
    changes: Optional[Mapping[str, Any]] = None,
    trace: Optional[PathLike] = None,
    serve: Optional[str] = None,
    bench: Optional[str] = None,
    slo: Union[str, Mapping[str, float], None] = None,
    limit: Optional[int] = None,
    seed: Optional[int] = None,
    out: Optional[PathLike] = None,
    timeout: Optional[float] = None,
) -> Result:
    """Replays a trace, as `headway run` does.

    config: a configuration's path, or its sections as a mapping ({"engine": {"block_size": 32}}).
    changes: keys by their dotted names ({"engine.block_size": 32}), over the configuration's.
    serve, bench: a server's and a benchmark's command line.
    slo: {"ttft_p99_ms": 500, "goodput": 0.99}, or the same as text.
    out: the run's folder; None: a temporary one, which goes with the result.
    timeout: seconds after which the run is given up; None: never.

    Raises HeadwayError, with the program's own words, for what is not right.
    """
    words: List[str] = ["run"]
    if isinstance(config, Mapping):
        words += _settings(_flat(config))
    if serve is not None:
        words.append(f"--serve={serve}")
    if bench is not None:
        words.append(f"--bench={bench}")
    if changes:
        words += _settings(changes)
    if trace is not None:
        words.append(f"--trace={os.fspath(trace)}")
    if slo is not None:
        text = slo if isinstance(slo, str) else ",".join(f"{k}={v}" for k, v in slo.items())
        words.append(f"--slo={text}")
    if limit is not None:
        words.append(f"--limit={limit}")
    if seed is not None:
        words.append(f"--seed={seed}")
    folder = Path(out) if out is not None else Path(tempfile.mkdtemp(prefix="headway-"))
    try:
        words += ["--quiet", f"--out={folder}"]
        if config is not None and not isinstance(config, Mapping):
            words += ["--", os.fspath(config)]
        call(words, timeout)
    except HeadwayError:
        if out is None:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    return Result(folder, keep=out is not None)


def load(folder: PathLike) -> Result:
    """A run that `headway run --out FOLDER` left."""
    path = Path(folder)
    if not (path / "summary.json").is_file():
        raise HeadwayError(f"{path} is no run's folder: it has no summary.json", 2)
    return Result(path, keep=True)


def _flat(sections: Mapping[str, Any], prefix: str = "") -> Dict[str, Any]:
    keys: Dict[str, Any] = {}
    for name, value in sections.items():
        # A mapping is a section, but where a key's own value is one.
        if isinstance(value, Mapping) and prefix + name not in _OBJECTS:
            keys.update(_flat(value, f"{prefix}{name}."))
        else:
            keys[prefix + name] = value
    return keys


#: Keys whose values are objects.
_OBJECTS = {"slo.ttft_ms", "slo.tpot_ms", "slo.e2e_ms", "slo.itl_ms", "slo.classes"}


def _settings(keys: Mapping[str, Any]) -> List[str]:
    return [f"--set={key}={_text(value)}" for key, value in keys.items()]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=os.fspath)
