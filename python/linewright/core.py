"""`python -m linewright.core CONFIG`: the core process. One Rust function runs it; Python is idle
until it returns."""

import signal
import sys

from linewright.bus._parent import die_with_parent


def main() -> int:
    """Run the core of a configuration; its exit code."""
    if len(sys.argv) != 2:
        print("usage: python -m linewright.core CONFIG", file=sys.stderr)
        return 2
    die_with_parent(signal.SIGTERM)  # it closes its ledger and lets the plant go
    from linewright import _core  # noqa: PLC0415

    return int(_core.run_core(sys.argv[1]))


if __name__ == "__main__":
    sys.exit(main())
