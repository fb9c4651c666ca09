"""For tests of lines and stations: the catalogue of named, seeded faults.

>>> scenario("F02").says
'batch hard switch: another solids fraction at once'
>>> [fault["kind"] for fault in scenario("F02").faults(seed=1)]
['solids_switch']
"""

from linewright.testing._catalogue import CATALOGUE, Scenario, day_faults, scenario

__all__ = ["CATALOGUE", "Scenario", "day_faults", "scenario"]
