"""Value: what detection and control are worth, measured against what is possible.

`evaluate(seeds)` runs open loop, playbook and closed loop on the same plants and puts them side by
side: time to detect against its bound, spread against the minimum variance, metres out of
tolerance, cost per good cell with confidence intervals.
"""

from linewright.value.bounds import DisturbanceMix, minimum_sd_pct
from linewright.value.cost import (
    DEFAULT_CHAIN,
    CellCost,
    Overheads,
    Step,
    cost_per_good_cell,
    sensitivity_eur,
    with_scrap,
)
from linewright.value.detection import Detection, DetectionScore, Fault, score
from linewright.value.evaluation import Evaluation, evaluate
from linewright.value.plant import Plant, read_plant
from linewright.value.shift import Shift

__all__ = [
    "DEFAULT_CHAIN",
    "CellCost",
    "Detection",
    "DetectionScore",
    "DisturbanceMix",
    "Evaluation",
    "Fault",
    "Overheads",
    "Plant",
    "Shift",
    "Step",
    "cost_per_good_cell",
    "evaluate",
    "minimum_sd_pct",
    "read_plant",
    "score",
    "sensitivity_eur",
    "with_scrap",
]
