"""Front ends: what makes a few numbers of a wide block.

A loop reads channels; a burst of 10,000 samples or the voltages of a whole formation line are
blocks. A front end reduces them, in a plan (`Graph.front_end`) as alone:

>>> from linewright.front_ends import BlockStatistics
>>> BlockStatistics().update([0.5, -0.5, 0.5, -0.5])[2:]
(-0.5, 0.5, 0.0)
"""

from linewright._core import BlockStatistics, WeldBurst, learn_welds

__all__ = ["BlockStatistics", "WeldBurst", "learn_welds"]
