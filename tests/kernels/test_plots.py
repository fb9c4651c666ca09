"""Responses are those of scipy; plots show what the kernel did and leave it alone."""

from __future__ import annotations

import doctest

import linewright as lw
import numpy as np
import pytest
from configs import CONFIGS
from linewright import plots
from matplotlib.figure import Figure
from scipy import signal


def test_the_frequency_response_is_that_of_scipy() -> None:
    kernel = lw.Butterworth(cutoff_hz=8.0, order=5, period_s=0.01)
    frequency_hz, response = plots.frequency_response(kernel, points=200)
    sos = signal.butter(5, 8.0, fs=100.0, output="sos")
    _, expected = signal.freqz_sos(sos, worN=frequency_hz, fs=100.0)
    assert np.abs(response - expected).max() < 1e-9
    assert kernel.last != kernel.last, "the kernel given was not run"


def test_the_step_response_is_that_of_scipy() -> None:
    kernel = lw.Butterworth(cutoff_hz=8.0, order=3, period_s=0.01)
    time_s, y = plots.step_response(kernel, seconds=0.5)
    sos = signal.butter(3, 8.0, fs=100.0, output="sos")
    expected = signal.sosfilt(sos, np.concatenate([[0.0], np.ones(50)]))
    assert np.abs(y - expected).max() < 1e-12
    assert time_s[1] == pytest.approx(0.0)
    assert time_s[-1] == pytest.approx(0.5 - 0.01)


def test_what_does_not_die_away_has_no_frequency_response() -> None:
    slow = lw.Ewma(time_constant_s=1e9, period_s=1.0)
    with pytest.raises(ValueError, match="Ewma: its answer has not died away"):
        plots.frequency_response(slow)
    with pytest.raises(ValueError, match="Pid has 5 inputs"):
        plots.step_response(lw.Pid(**CONFIGS["Pid"], period_s=0.1), seconds=1.0)


def test_a_control_chart_marks_each_alarm_and_its_limits() -> None:
    x = np.random.default_rng(3).normal(size=200)
    x[120:] += 2.0
    chart = lw.Cusum(mean=0.0, sigma=1.0, k=0.5, h=5.0, restart=True, period_s=1.0)
    ax = plots.control_chart(chart, x)
    alarms = np.flatnonzero(type(chart)(**chart.config).process(x)[2])
    assert len(alarms) > 0
    marked = [line for line in ax.lines if line.get_marker() == "o"]
    assert all(np.array_equal(line.get_xdata(), alarms) for line in marked)
    assert [5.0, 5.0] in [list(line.get_ydata()) for line in ax.lines]
    assert f"{len(alarms)} alarms" in ax.get_title()
    assert np.isnan(chart.last).all(), "the chart given was not run"
    with pytest.raises(ValueError, match="Ewma gives no alarm"):
        plots.control_chart(lw.Ewma(time_constant_s=1.0, period_s=1.0), x)


def test_plots_go_on_given_axes() -> None:
    axes = Figure().subplots(1, 2)
    kernel = lw.Ewma(time_constant_s=1.0, period_s=0.1)
    assert plots.plot_step_response(kernel, seconds=5.0, ax=axes[0]) is axes[0]
    assert plots.plot_frequency_response(kernel, ax=axes[1]) is axes[1]
    assert "Ewma time_constant_s=1.0" in axes[0].get_legend_handles_labels()[1]


def test_the_example_runs() -> None:
    result = doctest.testmod(plots)
    assert result.attempted > 0
    assert result.failed == 0
