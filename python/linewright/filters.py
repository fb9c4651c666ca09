"""Filters: what makes a signal quieter, or leaves out what is no signal.

>>> import numpy as np
>>> from linewright.filters import Median
>>> Median(window=3, period_s=0.1).process(np.array([1.0, 2.0, 90.0, 3.0, 4.0]))
array([1. , 1.5, 2. , 3. , 4. ])
"""

from linewright._core import (
    Bessel,
    Butterworth,
    Chebyshev1,
    Chebyshev2,
    Complementary,
    Decimator,
    Derivative,
    Elliptic,
    Ewma,
    Fir,
    FirWindow,
    Hampel,
    Median,
    MovingAverage,
    Notch,
    OnDuration,
    Peak,
    RateConverter,
    RepetitiveFilter,
    SampleHold,
    SavitzkyGolay,
    Sos,
    SynchronousNotch,
    UnitConversion,
)

__all__ = [
    "Bessel",
    "Butterworth",
    "Chebyshev1",
    "Chebyshev2",
    "Complementary",
    "Decimator",
    "Derivative",
    "Elliptic",
    "Ewma",
    "Fir",
    "FirWindow",
    "Hampel",
    "Median",
    "MovingAverage",
    "Notch",
    "OnDuration",
    "Peak",
    "RateConverter",
    "RepetitiveFilter",
    "SampleHold",
    "SavitzkyGolay",
    "Sos",
    "SynchronousNotch",
    "UnitConversion",
]
