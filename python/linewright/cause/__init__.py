"""Why: from detections to their most likely causes, with onset, evidence and shared lots.

A station states in its `causes` how each thing that can go wrong shows: which detections it makes,
how surely and how long after. `rank` weighs every stated cause against the detections around one
of them; `shared_lots` asks which lot, tool or lane the affected units have in common.

>>> slip = Cause(name="pump_slip", says="pump loses volume", action="check the stator",
...              signs=(Sign("coater.pump_slip", 0.98, lag_s=(0.0, 30.0)),))
>>> seen = [Finding(event="coater.pump_slip", at_s=120.0, onset_s=118.5)]
>>> [(r.cause.name, round(r.probability, 2)) for r in rank(seen[0], seen, [slip])]
[('pump_slip', 1.0)]
"""

from linewright.cause._ledger import findings
from linewright.cause._lots import Share, shared_lots
from linewright.cause._rank import Finding, Ranked, rank
from linewright.cause._table import Cause, Sign, merged

__all__ = [
    "Cause",
    "Finding",
    "Ranked",
    "Share",
    "Sign",
    "findings",
    "merged",
    "rank",
    "shared_lots",
]
