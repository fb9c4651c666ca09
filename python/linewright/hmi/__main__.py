"""`python -m linewright.hmi RUN_DIR`: the page of a line, as the supervisor starts it."""

import argparse
import sys
from pathlib import Path

from linewright.bus._parent import die_with_parent


def main() -> int:
    """Serve the page of a run directory at loopback; its exit code."""
    parser = argparse.ArgumentParser(prog="python -m linewright.hmi")
    parser.add_argument("run_dir", type=Path)
    parser.add_argument("--port", type=int)
    parser.add_argument("--users", type=Path)
    asked = parser.parse_args()
    die_with_parent()
    from linewright.hmi._server import complain, serve, tell  # noqa: PLC0415
    from linewright.hmi._where import HmiError, find  # noqa: PLC0415

    try:
        serve(
            find(asked.run_dir),
            port=asked.port,
            users=asked.users,
            said=lambda address: tell(asked.run_dir, address),
        )
    except HmiError as error:
        return complain(error)
    return 0


if __name__ == "__main__":
    sys.exit(main())
