"""`python -m headway ...` is `headway ...`: the process becomes the program."""

import os
import sys

from ._program import HeadwayError, find_program


def main() -> None:
    try:
        program = find_program()
    except HeadwayError as error:
        sys.exit(f"headway: {error}")
    os.execv(program, [program, *sys.argv[1:]])


if __name__ == "__main__":
    main()
