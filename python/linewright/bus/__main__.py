"""`python -m linewright.bus RUN_DIR`: the bus process."""

import os
import sys
from pathlib import Path

from linewright.bus._parent import die_with_parent
from linewright.bus._process import BusError, serve


def main() -> int:
    """Serve until stopped; 69 when the bus cannot start."""
    if len(sys.argv) != 2:
        print("usage: python -m linewright.bus RUN_DIR", file=sys.stderr)
        return 2
    die_with_parent()
    os.umask(0o077)
    try:
        serve(Path(sys.argv[1]))
    except (BusError, OSError, ValueError) as error:
        print(f"bus: {error}", file=sys.stderr)
        return 69
    return 0


if __name__ == "__main__":
    sys.exit(main())
