"""Runs, and the folders that they leave."""

from __future__ import annotations

import csv
import json
import operator
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
    slo: Union[str, Mapping[str, Any], None] = None,
    limit: Optional[int] = None,
    seed: Optional[int] = None,
    out: Optional[PathLike] = None,
    timeout: Optional[float] = None,
) -> Result:
    """Replays a trace, as `headway run` does.

    config: a configuration's path, or its sections as a mapping ({"engine": {"block_size": 32}}).
    serve, bench: a server's and a benchmark's command line, over the configuration's keys.
    changes: keys by their dotted names ({"engine.block_size": 32}), over all of these.
    slo: {"ttft_p99_ms": 500, "goodput": 0.99}, the same as text, or {"ttft_ms": {"p99": 500}}.
    out: the run's folder; None: a temporary one, which goes with the result.
    timeout: seconds after which the run is given up; None: never.

    Raises HeadwayError, with the program's own words, for what is not right.
    """
    words: List[str] = ["run"]
    if serve is not None:
        words.append(f"--serve={serve}")
    if bench is not None:
        words.append(f"--bench={bench}")
    if changes:
        words += [f"--set={key}={_text(key, value)}" for key, value in changes.items()]
    if trace is not None:
        words.append(f"--trace={os.fspath(trace)}")
    if slo is not None:
        words.append(f"--slo={slo if isinstance(slo, str) else _promise(slo)}")
    if limit is not None:
        words.append(f"--limit={limit}")
    if seed is not None:
        words.append(f"--seed={seed}")
    if isinstance(config, Mapping):
        text = _json("the configuration", _rooted(config))
    folder = Path(out) if out is not None else Path(tempfile.mkdtemp(prefix="headway-"))
    try:
        words += ["--quiet", f"--out={folder}"]
        if isinstance(config, Mapping):
            _call_with(text, words, timeout)
        else:
            call(words + (["--", os.fspath(config)] if config is not None else []), timeout)
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


def _call_with(config: str, words: List[str], timeout: Optional[float]) -> None:
    """Calls the program with a configuration's text in a file, as for a file of the caller's."""
    with tempfile.TemporaryDirectory(prefix="headway-") as folder:
        file = os.path.join(folder, "config.json5")
        with open(file, "w", encoding="utf-8") as stream:
            stream.write(config)
        try:
            call([*words, "--", file], timeout)
        except HeadwayError as error:
            # The file is gone when the message is read.
            raise HeadwayError(str(error).replace(file, "config"), error.status) from None


#: Keys whose values are paths, or may be. A file's paths begin at its folder; those of a mapping
#: begin at the working folder.
_PATHS = {"trace.file", "step_time.file", "step_time.profile", "engine.host.profile", "model.name"}


def _rooted(sections: Mapping[str, Any], prefix: str = "") -> Dict[str, Any]:
    """The same sections with paths that begin at the root."""
    rooted: Dict[str, Any] = {}
    for name, value in sections.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping):
            value = _rooted(value, key + ".")
        elif key in _PATHS and isinstance(value, (str, os.PathLike)):
            path = os.fspath(value)
            # "vllm" and "llama-3.1-8b" are names; "-" is standard input.
            is_path = (
                key.endswith(".file")
                or path.endswith(".json")
                or os.path.exists(os.path.join(path, "config.json"))
            )
            if is_path and path not in ("", "-"):
                value = os.path.abspath(path)
        rooted[name] = value
    return rooted


def _promise(slo: Mapping[str, Any]) -> str:
    """The words of --slo: {"ttft_p99_ms": 500}, or {"ttft_ms": {"p99": 500}} as a file has it."""
    words: List[str] = []
    for name, limit in slo.items():
        if isinstance(limit, Mapping):
            base = name.removesuffix("_ms")
            words += [f"{base}_{rank}_ms={_text(name, value)}" for rank, value in limit.items()]
        else:
            words.append(f"{name}={_text(name, limit)}")
    return ",".join(words)


def _text(key: str, value: Any) -> str:
    return value if isinstance(value, str) else _json(key, value)


def _json(key: str, value: Any) -> str:
    try:
        return json.dumps(value, default=_plain)
    except (TypeError, ValueError) as error:
        raise HeadwayError(f"{key}: {error}") from None


def _plain(value: Any) -> Any:
    """A path, or a number or an array of another library, as Python's own."""
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    if hasattr(value, "__index__"):
        return operator.index(value)
    if hasattr(value, "__float__"):
        return float(value)
    raise TypeError(f"a {type(value).__name__} is no number, text, list or mapping")
