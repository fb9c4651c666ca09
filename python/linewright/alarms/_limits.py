"""The figures of alarm hygiene (EEMUA 191, ISA-18.2, IEC 62682)."""

from __future__ import annotations

WINDOW_S = 600.0
MOST_PER_WINDOW = 10
"""Alarms told in any 10 min, at most; more is a flood."""
FOR_HIGH = 2
"""Of these, kept free for alarms of high priority."""
CHATTER_COUNT, CHATTER_S = 3, 60.0
"""One alarm told so often within so long chatters."""
STALE_S = 86_400.0
MOST_STALE = 4
"""Fewer than five alarms may stand for longer than a day."""
MOST_AVERAGE = 1.0
"""Alarms in 10 min on average, per position."""
SHARES = {"low": 0.80, "medium": 0.15, "high": 0.05}
"""What alarms should be by priority, about."""
MOST_SHELVED_S = 8.0 * 3600.0
"""An alarm is shelved for a shift at most."""
OFF_DELAY_S = 60.0
"""What was told to have ended has gone back after so long without coming again."""
