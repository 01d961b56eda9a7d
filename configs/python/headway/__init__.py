"""Headway from Python: start a simulation, read what it came to.

    import headway
    result = headway.run(trace="chat.jsonl.gz", changes={"cluster.replicas": 4})
    print(result.summary["p99_ttft_ms"], result.digest)
    result.requests            # a pandas DataFrame; a list of dicts without pandas

It starts the program `headway` and reads the files that it writes; all options of the
command line are the program's own (`headway run --help`, `headway config`).
"""

from ._program import HeadwayError, find_program, version
from ._run import Result, load, run

__all__ = ["HeadwayError", "Result", "find_program", "load", "run", "version"]
