"""Measured: responses of five designs, and a wave taken out through a change of speed."""

from __future__ import annotations

import math
from pathlib import Path

import linewright as lw
import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np

mpl.rcParams["svg.hashsalt"] = "linewright"
PERIOD_S = 0.01
DESIGNS = {
    "Butterworth": lw.Butterworth(cutoff_hz=5.0, order=4, period_s=PERIOD_S),
    "Chebyshev1, 0.5 dB": lw.Chebyshev1(cutoff_hz=5.0, order=4, ripple_db=0.5, period_s=PERIOD_S),
    "Chebyshev2, 40 dB": lw.Chebyshev2(cutoff_hz=12.0, order=4, stop_db=40.0, period_s=PERIOD_S),
    "Elliptic, 0.5 and 40 dB": lw.Elliptic(
        cutoff_hz=5.0, order=4, ripple_db=0.5, stop_db=40.0, period_s=PERIOD_S
    ),
    "Bessel": lw.Bessel(cutoff_hz=5.0, order=4, norm="magnitude", period_s=PERIOD_S),
}


def main() -> None:
    """Run the filters and draw."""
    figure, (gain, step, web) = plt.subplots(3, 1, figsize=(7.0, 9.0), layout="constrained")
    impulse = np.zeros(4097)
    impulse[1] = 1.0
    edge = np.repeat([0.0, 1.0], [10, 90])
    hz = np.fft.rfftfreq(4096, PERIOD_S)
    for name, kernel in DESIGNS.items():
        response = np.abs(np.fft.rfft(kernel.process(impulse)[1:]))
        gain.plot(hz, 20.0 * np.log10(np.maximum(response, 1e-6)), label=name)
        kernel.reset()
        step.plot((np.arange(100) - 10) * PERIOD_S, kernel.process(edge))
    gain.set(xlim=(0.5, 50.0), xscale="log", ylim=(-80.0, 5.0))
    gain.set(xlabel="frequency, Hz", ylabel="gain, dB", title="Order 4, cutoff 5 Hz, 100 samples/s")
    gain.legend(fontsize=8)
    step.set(xlabel="time after a step, s", ylabel="output", title="The same filters on a step")

    speed = np.concatenate([np.full(6_000, 0.5), np.linspace(0.5, 2.0, 3_000), np.full(3_000, 2.0)])
    position_m = np.cumsum(speed) * PERIOD_S
    wave = np.sin(2.0 * math.pi * position_m / 1.5)
    in_time = lw.Notch(frequency_hz=0.5 / 1.5, bandwidth_hz=0.03, period_s=PERIOD_S)
    along = lw.SynchronousNotch(wavelength_m=1.5, bandwidth_per_m=0.06, period_s=PERIOD_S)
    time_s = np.arange(len(speed)) * PERIOD_S
    web.plot(time_s, in_time.process(wave), lw=0.6, label="Notch (in time)")
    web.plot(time_s, along.process(wave, position_m)[0], lw=0.9, label="SynchronousNotch")
    web.axvspan(60.0, 90.0, color="0.9", label="0.5 to 2 m/s")
    web.set(xlabel="time, s", ylabel="left of a wave of 1", title="A roll's wave of 1.5 m")
    web.legend(fontsize=8, loc="upper left")
    out = Path(__file__).with_suffix(".svg")
    figure.savefig(out, metadata={"Date": None})


if __name__ == "__main__":
    main()
