"""Plots of kernels and charts, with the `plot` extra (`pip install 'linewright[plot]'`).

Each function draws what the kernel itself does with a signal, on the axes given or on new ones, and
gives the axes back. The numbers alone: `step_response`, `frequency_response`.

>>> import linewright as lw
>>> from linewright.plots import step_response
>>> time_s, y = step_response(lw.Ewma(time_constant_s=1.0, period_s=0.1), seconds=3.0)
>>> round(float(y[10]), 3)  # ten samples of 1, a time constant's worth
0.632
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "control_chart",
    "frequency_response",
    "plot_frequency_response",
    "plot_step_response",
    "recipe_histograms",
    "step_response",
]

Array = npt.NDArray[np.float64]


def step_response(kernel: Any, *, seconds: float, port: int = 0) -> tuple[Array, Array]:
    """Time (s) and output for a step from 0 to 1 at time 0, at rest at 0 the sample before.

    Takes a kernel with one input, and of its outputs the one of number `port`. Works on a fresh
    copy: the kernel given keeps its state.
    """
    period_s = _period_s(kernel)
    count = max(1, round(seconds / period_s))
    x = np.concatenate([np.zeros(1), np.ones(count)])
    time_s: Array = period_s * (np.arange(count + 1, dtype=np.float64) - 1.0)
    return time_s, _response(kernel, x, port)


def frequency_response(
    kernel: Any, *, port: int = 0, points: int = 512, seconds: float | None = None
) -> tuple[Array, npt.NDArray[np.complex128]]:
    """Frequency (Hz) and complex response of a linear kernel with one input.

    The Fourier sum of its answer to one sample of 1 among zeros, over `seconds` (by default until
    it has died away, at most 2^20 samples): what does not die away, or is not linear, has no
    frequency response. Raises `ValueError` when the answer has not died away.
    """
    period_s = _period_s(kernel)
    answer = _impulse_response(kernel, period_s, port, seconds)
    frequency_hz = np.linspace(0.0, 0.5 / period_s, points)
    turns = np.exp(-2j * np.pi * frequency_hz * period_s)
    # Horner's rule: one pass over the answer for all frequencies.
    response = np.zeros(points, dtype=np.complex128)
    for value in answer[::-1]:
        response = response * turns + value
    return frequency_hz, response


def plot_step_response(
    kernel: Any, *, seconds: float, port: int = 0, ax: Axes | None = None
) -> Axes:
    """The step response on `ax`."""
    time_s, y = step_response(kernel, seconds=seconds, port=port)
    ax = _axes(ax)
    ax.step(time_s, y, where="post", label=_label(kernel))
    ax.set(xlabel="time, s", ylabel="output for a step of 1")
    ax.grid(visible=True, alpha=0.3)
    return ax


def plot_frequency_response(
    kernel: Any, *, port: int = 0, floor_db: float = -100.0, ax: Axes | None = None
) -> Axes:
    """Gain in decibel against frequency on `ax`, cut off at `floor_db`."""
    frequency_hz, response = frequency_response(kernel, port=port)
    gain_db = 20.0 * np.log10(np.maximum(np.abs(response), 10.0 ** (floor_db / 20.0)))
    ax = _axes(ax)
    ax.plot(frequency_hz, gain_db, label=_label(kernel))
    ax.set(xlabel="frequency, Hz", ylabel="gain, dB")
    ax.grid(visible=True, alpha=0.3)
    return ax


def control_chart(chart: Any, x: npt.ArrayLike, *, ax: Axes | None = None) -> Axes:
    """The statistics of a chart over the readings `x`, its limits, and where it alarms.

    Every output but `alarm` is a line; the limits are the chart's threshold on either side. Works
    on a fresh copy: the chart given keeps its state.
    """
    names = [name for name, _ in chart.OUTPUTS]
    if "alarm" not in names:
        raise ValueError(f"{chart.NAME} gives no alarm: its outputs are {', '.join(names)}")
    fresh = type(chart)(**chart.config)
    columns = dict(zip(names, fresh.process(np.asarray(x, dtype=np.float64)), strict=True))
    ax = _axes(ax)
    count = np.arange(len(columns["alarm"]))
    alarms = np.flatnonzero(columns.pop("alarm"))
    for name, values in columns.items():
        ax.plot(count, values, linewidth=1.0, label=name)
        ax.plot(alarms, values[alarms], "o", color="tab:red", markersize=4.0)
    limit = _limit(chart)
    if limit is not None:
        ax.axhline(limit, color="tab:gray", linestyle="--", label="limit")
        if any(values.min() < 0.0 for values in columns.values()):
            ax.axhline(-limit, color="tab:gray", linestyle="--")
    ax.set(xlabel="sample", title=f"{chart.NAME}: {len(alarms)} alarms")
    ax.legend(loc="upper left")
    return ax


def recipe_histograms(verdict: Any, draws: Array) -> Any:
    """The draws behind a `recipes.Verdict`, one histogram a quality, with its band of tolerance:
    green what is in it, red what is not. Gives the figure."""
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ImportError as missing:
        raise ImportError("plots need matplotlib: pip install 'linewright[plot]'") from missing
    figure = Figure(figsize=(14.0, 3.2), layout="constrained")
    figure.suptitle(f"{verdict.recipe.name}: {verdict.word}, {verdict.draws} draws")
    for i, (chance, ax) in enumerate(
        zip(verdict.chances, figure.subplots(1, len(verdict.chances)), strict=True)
    ):
        values = draws[:, i]
        values = values[np.isfinite(values)]
        counts, edges = np.histogram(values, bins=60)
        middle = 0.5 * (edges[1:] + edges[:-1])
        lo = -np.inf if chance.lo is None else chance.lo
        hi = np.inf if chance.hi is None else chance.hi
        colours = np.where((middle >= lo) & (middle <= hi), "tab:green", "tab:red")
        ax.bar(middle, counts, width=np.diff(edges), color=colours)
        for bound in (chance.lo, chance.hi):
            if bound is not None:
                ax.axvline(bound, color="black", linestyle="--")
        unit = "" if chance.unit == "1" else f", {chance.unit}"
        ax.set(xlabel=f"{chance.name}{unit}", title=f"{100.0 * chance.probability:.1f} %")
        ax.set_yticks([])
    return figure


def _limit(chart: Any) -> float | None:
    from linewright._charts import THRESHOLDS  # noqa: PLC0415

    field = THRESHOLDS.get(chart.NAME)
    return None if field is None else float(chart.config[field])


def _axes(ax: Axes | None) -> Axes:
    if ax is not None:
        return ax
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ImportError as missing:
        raise ImportError("plots need matplotlib: pip install 'linewright[plot]'") from missing
    axes: Axes = Figure(figsize=(7.0, 3.5), layout="constrained").subplots()
    return axes


def _label(kernel: Any) -> str:
    given = (f"{k}={v}" for k, v in kernel.config.items() if k != "period_s")
    return f"{kernel.NAME} {', '.join(given)}"


def _period_s(kernel: Any) -> float:
    if len(kernel.INPUTS) != 1:
        raise ValueError(f"{kernel.NAME} has {len(kernel.INPUTS)} inputs, a response needs one")
    return float(kernel.config["period_s"])


def _response(kernel: Any, x: Array, port: int) -> Array:
    out = type(kernel)(**kernel.config).process(x)
    y: Array = out[port] if isinstance(out, tuple) else out
    return y


def _impulse_response(kernel: Any, period_s: float, port: int, seconds: float | None) -> Array:
    count = 1024 if seconds is None else max(2, round(seconds / period_s))
    while True:
        # A zero first: many kernels take their first sample as the state of rest.
        x = np.zeros(count + 1)
        x[1] = 1.0
        y = _response(kernel, x, port)[1:]
        tail = np.abs(y[-max(1, count // 20) :]).max()
        if seconds is not None or tail <= 1e-12 * np.abs(y).max():
            return y
        if count >= 1 << 20:
            raise ValueError(f"{kernel.NAME}: its answer has not died away after {count} samples")
        count *= 4
