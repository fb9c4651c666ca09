"""`python -m linewright.plugin STATION RUN_DIR`: the process of one station."""

import signal
import sys
from pathlib import Path

from linewright.bus._parent import die_with_parent, no_new_privileges


def main() -> int:
    """Serve until stopped; 78 when the station cannot be made, 77 when a sandbox that is required
    is not to be had, 69 when the bus does not have the station."""
    if len(sys.argv) != 3:
        print("usage: python -m linewright.plugin STATION RUN_DIR", file=sys.stderr)
        return 2
    die_with_parent()
    no_new_privileges()
    from linewright.bus._sandbox import ConfinementError  # noqa: PLC0415
    from linewright.plugin import Host, PluginError, SettingError  # noqa: PLC0415

    name, run_dir = sys.argv[1], Path(sys.argv[2])
    try:
        host = Host(name, run_dir)
    except ConfinementError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 77
    except (PluginError, SettingError, OSError, ValueError) as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 78

    def stop(*_: object) -> None:
        host.stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        host.run()
    except PluginError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 69
    return 0


if __name__ == "__main__":
    sys.exit(main())
