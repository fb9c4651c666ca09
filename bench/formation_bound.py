"""What physics leaves of a short: `python -m bench.formation_bound [--seed N]`.

The best any detector could do that compares a cell with its tray: the likelihood ratio with the
covariance of sound cells known, `z(t) = sqrt(s'*inv(C)*s)` over the windows up to `t`, `s` what the
short does to the means of the windows (same cells and noise, with it and without), `C` the
covariance of sound cells from the median of their tray, the contact resistance unknown. Beside it
what would be left of the noise of the instrument alone, were all cells alike. Also with a longer
rest in the further charge. And how early the median voltages of a tray tell a poorly wetted lot:
the same with the covariance of the medians of sound trays. Prints the tables of docs/formation.md.
"""

from __future__ import annotations

import argparse

import numpy as np
from linewright._formation import from_tray
from linewright.stations.formation.learning import ENDS_S, windows
from linewright.twin import FormationTwin
from numpy.typing import NDArray

Array = NDArray[np.float64]
Ats = dict[tuple[float, float], tuple[int, ...]]
"""By size and time of closing: when the bound is told."""
TRAY = FormationTwin.TRAY
CLEAN = {"short_ppm": 0.0, "contact_pct": 0.0}
CONTACT_SD_MOHM = 10.0
NOISE_MV = 0.3
REST_FROM_S = 10_330
RESTED = (
    *(end for end in ENDS_S if end < REST_FROM_S),
    *(REST_FROM_S, REST_FROM_S + 10, REST_FROM_S + 30),
    *range(REST_FROM_S + 90, REST_FROM_S + 3600, 60),
)
"""Windows of a programme whose further charge is followed by an hour's rest from 10,330 s on."""
REST = {"charge_s": REST_FROM_S - 4330.0, "rest_s": 3600.0}


def rack_of(trays: int, seed: int, programme: dict[str, float]) -> FormationTwin:
    """Sound trays, all at their start."""
    rack = FormationTwin({"slots": trays, **CLEAN, **programme}, seed=seed)
    for slot in range(trays):
        rack.load(slot, 1000 + slot)
    return rack


class Bound:
    """Sound cells under one programme, and what a short does to some of them."""

    def __init__(self, ends_s: tuple[int, ...], programme: dict[str, float], seed: int) -> None:
        self.ends_s = ends_s
        self._programme, self._seed = programme, seed
        volts, amps = windows(rack_of(300, seed, programme), ends_s)
        residual_mv, _ = from_tray(volts)
        current_a = np.median(amps, axis=1)
        contact_mv = np.where(np.abs(current_a) > 0.2, current_a * CONTACT_SD_MOHM, 0.0)
        covariance = residual_mv @ residual_mv.T / residual_mv.shape[1]
        self._root = np.linalg.cholesky(covariance + np.outer(contact_mv, contact_mv))
        self._noise_mv = NOISE_MV / np.sqrt(np.diff(ends_s, prepend=0.0))
        self.sound_mv = residual_mv.std(axis=1)
        self._clean = windows(rack_of(20, seed, programme), ends_s)[0]

    def short(self, ohm: float, closes_s: float) -> tuple[Array, Array, Array]:
        """Shift of the mean cell, mV, the bound, and the bound by noise alone, over the windows."""
        rack = rack_of(20, self._seed, self._programme)
        lanes = np.arange(20) * TRAY + 9
        for channel in lanes:
            rack.put_defect(int(channel), short_ohm=ohm, closes_s=closes_s)
        volts = windows(rack, self.ends_s)[0]
        shift_mv = 1e3 * (volts - self._clean)[:, lanes].mean(axis=1)
        z = np.sqrt(np.cumsum(np.linalg.solve(self._root, shift_mv) ** 2))
        return shift_mv, z, np.sqrt(np.cumsum((shift_mv / self._noise_mv) ** 2))


def lot(seed: int, wetting_pct: float, ats_s: tuple[int, ...]) -> None:
    """Prints how far the median of one tray of a lot stands from those of sound trays."""
    until = int(np.searchsorted(ENDS_S, max(ats_s), side="right"))
    ends_s = ENDS_S[:until]

    def medians_mv(rack: FormationTwin, trays: int) -> Array:
        means_v: Array = windows(rack, ends_s)[0].reshape(until, trays, TRAY)
        medians: Array = 1e3 * np.median(means_v, axis=2)
        return medians

    sound_mv = medians_mv(rack_of(469, seed, {}), 469)
    poor = rack_of(100, seed + 3, {})
    for channel in range(100 * TRAY):
        poor.put_defect(channel, wetting_pct=wetting_pct)
    shift_mv = medians_mv(poor, 100).mean(axis=1) - sound_mv.mean(axis=1)
    root = np.linalg.cholesky(np.cov(sound_mv))
    z = np.sqrt(np.cumsum(np.linalg.solve(root, shift_mv) ** 2))
    for at_s in ats_s:
        at = int(np.searchsorted(ends_s, at_s, side="right")) - 1
        print(
            f"| {ends_s[at]} s | {shift_mv[at]:.1f} | {sound_mv[at].std():.1f} | {z[at]:.1f} |",
            flush=True,
        )


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=101)
    seed = parser.parse_args().seed
    print("| programme | short | at | shift mV | sound cells, sd mV | bound z | of noise alone |")
    print("|---|---|---|---|---|---|---|")
    early = [(ohm, 5000.0) for ohm in (10.0, 30.0, 100.0)]
    late = [(ohm, at_s) for at_s in (15_300.0, 18_000.0, 26_000.0) for ohm in (30.0, 100.0)]
    as_it_is: Ats = dict.fromkeys([(100.0, -1.0), (300.0, -1.0), *early], (5600, 7210, 10_800))
    as_it_is_late: Ats = dict.fromkeys(late, (16_330, 16_930, 20_050, 27_000))
    rested: Ats = dict.fromkeys(early, (10_330, 11_740, 12_160, 13_900))
    rows: tuple[tuple[str, tuple[int, ...], dict[str, float], Ats], ...] = (
        ("as it is", ENDS_S, {}, as_it_is | as_it_is_late),
        ("rest from 172 min on", RESTED, REST, rested),
    )
    for name, ends_s, programme, cases in rows:
        bound = Bound(ends_s, programme, seed)
        for (ohm, closes_s), at_times_s in cases.items():
            shift_mv, z, alone = bound.short(ohm, closes_s)
            for at_s in (at_s for at_s in at_times_s if at_s > closes_s):
                at = int(np.searchsorted(ends_s, at_s, side="right")) - 1
                when = "from the start" if closes_s < 0 else f"closes at {closes_s / 60:.0f} min"
                print(
                    f"| {name} | {ohm:g} ohm, {when} | {ends_s[at] / 60:.0f} min"
                    f" | {shift_mv[at]:.2f} | {bound.sound_mv[at]:.1f} | {z[at]:.1f}"
                    f" | {alone[at]:.0f} |",
                    flush=True,
                )
    print("\n| age of the tray | shift of the median mV | sound trays, sd mV | z of one tray |")
    print("|---|---|---|---|")
    lot(seed, 8.0, (60, 130, 310, 610, 1210))


if __name__ == "__main__":
    main()
