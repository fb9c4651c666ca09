"""The surface score on real weld profiles: fitted on one part of the good ones, judged on the rest.

`python -m bench.weld_profile FOLDER` prints the tables of `docs/vision.md`; FOLDER (default: the
variable LINEWRIGHT_DATA) holds `weld_profile`. Which part a weld belongs to was settled by a hash
of its name before any score was seen: see `is_held_back`.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from linewright.stations.welder.vision import Scale, SurfaceModel, read
from linewright.stations.welder.vision_metrics import Interval, area_under_curve, bootstrap_area
from linewright.stations.welder.vision_surface import surface_of
from numpy.typing import NDArray

from bench.real_streams import NUMBERS, read_grey

Array = NDArray[np.float64]

# The size of a pixel is not published: lengths are in pixels.
SCALE = Scale(mm_per_px=1.0, seam_along="rows", lowest_is_no_reading=True)


def is_held_back(weld: str) -> bool:
    """Half of all names, by the first byte of their SHA-256."""
    return hashlib.sha256(weld.encode()).digest()[0] % 2 == 1


@dataclass(frozen=True)
class Profile:
    """One image; `weld` is the name of the weld it is a part of."""

    weld: str
    grey: Array
    marked: NDArray[np.bool_] | None = None
    """Pixels marked as defective."""

    @property
    def without_defect(self) -> Array:
        """The image with the marked pixels and 8 about them taken out: nothing is left to find."""
        if self.marked is None:
            return self.grey
        wide = cv2.dilate(self.marked.astype(np.uint8), np.ones((17, 17), np.uint8))
        return np.where(wide > 0, np.nan, self.grey)


@dataclass(frozen=True)
class Part:
    """A part of the data."""

    good: list[Profile]
    bad: list[Profile]


def load(folder: Path) -> tuple[Part, Part]:
    """The part to fit and design on, and the part held back. Copies of an image count once."""
    home = folder / "weld_profile"
    parts = Part([], []), Part([], [])
    seen: set[bytes] = set()
    for kind in ("good", "defective"):
        for path in sorted((home / kind).glob("*.png")):
            grey = read_grey(path)
            if (content := grey.tobytes()) in seen:
                continue
            seen.add(content)
            weld = path.stem.split("_row")[0]
            part = parts[is_held_back(weld)]
            if kind == "good":
                part.good.append(Profile(weld, grey))
            else:
                mask = _resized(read_grey(home / "mask" / path.name), grey.shape) > 127.0
                part.bad.append(Profile(weld, grey, mask))
    return parts


def _resized(mask: Array, shape: tuple[int, ...]) -> Array:
    """To the size of the image, nearest neighbour."""
    rows = np.arange(shape[0]) * mask.shape[0] // shape[0]
    columns = np.arange(shape[1]) * mask.shape[1] // shape[1]
    return mask[np.ix_(rows, columns)]


def fit(part: Part) -> SurfaceModel:
    """The model, from good images alone."""
    kin = [one.weld for one in part.good]
    return SurfaceModel.fit([one.grey for one in part.good], scale=SCALE, kin=kin)


Score = Callable[[Array], float]


def area(part: Part, score: Score, change: Callable[[Profile], Array], seed: int) -> Interval:
    """Good against defective, each weld one piece of evidence."""

    def by_weld(profiles: Iterable[Profile]) -> list[list[float]]:
        welds: dict[str, list[float]] = {}
        for one in profiles:
            welds.setdefault(one.weld, []).append(score(change(one)))
        return list(welds.values())

    return bootstrap_area(by_weld(part.good), by_weld(part.bad), seed=seed)


def exposed(seed: int, *, rounded: bool) -> Callable[[Profile], Array]:
    """Each image under a gain and an offset of its own, within 8 bits; `rounded` to them or not.

    Gains and offsets are multiples of 1/256: exact until they are rounded.
    """
    rng = np.random.default_rng(seed)

    def change(one: Profile) -> Array:
        gain = np.round(256.0 * rng.uniform(0.4, 1.0)) / 256.0
        offset = np.round(256.0 * rng.uniform(0.0, 255.0 * (1.0 - gain))) / 256.0
        grey = gain * one.grey + offset
        return np.round(grey) if rounded else grey

    return change


def plain(one: Profile) -> Array:
    return one.grey


def without_defect(one: Profile) -> Array:
    return one.without_defect


CHANGES: dict[str, Callable[[int], Callable[[Profile], Array]]] = {
    "as it is": lambda _: plain,
    "defect left out": lambda _: without_defect,
    "gain and offset": lambda seed: exposed(seed, rounded=False),
    "gain and offset, 8 bit": lambda seed: exposed(seed, rounded=True),
}


def scores(design: Part, model: SurfaceModel) -> dict[str, Score]:
    """The surface score and the numbers of grey it is compared with, each pointing to "defective".

    Which way a number of grey points was learnt on the part to design on.
    """

    def surface(grey: Array) -> float:
        return model.score(read(grey, SCALE))

    found: dict[str, Score] = {"surface score": surface}
    for name, number in NUMBERS.items():
        found[name] = _pointed(number, design)
    return found


def _pointed(number: Callable[[Array, NDArray[np.bool_]], float], design: Part) -> Score:
    def raw(grey: Array) -> float:
        # What is lowest has no reading, as for the surface score.
        return number(np.nan_to_num(grey), np.isfinite(grey) & (grey > np.nanmin(grey)))

    good, bad = ([raw(one.grey) for one in side] for side in (design.good, design.bad))
    sign = 1.0 if area_under_curve(good, bad) >= 0.5 else -1.0
    return lambda grey: sign * raw(grey)


def pointing(part: Part, model: SurfaceModel) -> list[float]:
    """Does the score look where the defect is? Marked against other pixels of one image, each.

    The area under the curve of the largest deviation at a pixel, inside of each defective image.
    """
    areas = []
    for one in part.bad:
        image = read(one.grey, SCALE)
        inner = surface_of(image, rim_px=model.rim_px).inner
        map_ = model.deviation_map(image)
        marked = one.marked.T[inner]
        if marked.any() and not marked.all():
            areas.append(area_under_curve(map_[inner][~marked], map_[inner][marked]))
    return areas


def planted(one: Profile, *, depth: float, sigma_px: float, seed: int) -> Array:
    """The same image with a round pit: `depth` over the range of its heights, Gaussian.

    The place is drawn among the pixels that count. Rounded to 8 bits, and never below the lowest
    reading.
    """
    image = read(one.grey, SCALE)
    inner = np.argwhere(surface_of(image, rim_px=2.0 * sigma_px).inner.T)
    row, column = inner[np.random.default_rng(seed).integers(len(inner))]
    known = one.grey > one.grey.min()
    lo, hi = np.quantile(one.grey[known], (0.02, 0.98))
    rows, columns = np.indices(one.grey.shape)
    away = (rows - row) ** 2 + (columns - column) ** 2
    pit = depth * (hi - lo) * np.exp(-0.5 * away / sigma_px**2)
    dug = np.round(np.maximum(one.grey - pit, one.grey[known].min()))
    return np.where(known, dug, one.grey)


def planted_area(
    part: Part, model: SurfaceModel, *, depth: float, sigma_px: float, seed: int
) -> float:
    """Good images against the same images with a pit: here nothing differs but the pit."""
    good, bad = [], []
    for i, one in enumerate(part.good):
        good.append(model.score(read(one.grey, SCALE)))
        dug = planted(one, depth=depth, sigma_px=sigma_px, seed=seed + i)
        bad.append(model.score(read(dug, SCALE)))
    return area_under_curve(good, bad)


DEPTHS, SIGMAS_PX = (0.1, 0.2, 0.4), (2.0, 4.0, 8.0)


def main() -> int:
    """Prints all tables."""
    given = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("LINEWRIGHT_DATA")
    if given is None or not (Path(given) / "weld_profile").is_dir():
        print("name the folder of the recordings, or set LINEWRIGHT_DATA", file=sys.stderr)
        return 2
    design, held = load(Path(given))
    model = fit(design)
    for name, part in (("design", design), ("held back", held)):
        welds = [len({one.weld for one in side}) for side in (part.good, part.bad)]
        print(
            f"{name}: {len(part.good)} good images of {welds[0]} welds, "
            f"{len(part.bad)} defective of {welds[1]}"
        )
    print("\narea under the curve on the part held back, 95 % interval over welds\n")
    print("| number of the image | " + " | ".join(CHANGES) + " |")
    print("|---|" + "---|" * len(CHANGES))
    for name, score in scores(design, model).items():
        cells = [str(area(held, score, make(1), 1)) for make in CHANGES.values()]
        print(f"| {name} | " + " | ".join(cells) + " |")
    found = pointing(held, model)
    print(
        f"\nmarked against other pixels within one image: median {np.median(found):.2f}, "
        f"{min(found):.2f} to {max(found):.2f}, {len(found)} images"
    )
    rng = np.random.default_rng(1)
    means = [np.mean(rng.choice(found, len(found))) for _ in range(4000)]
    lo, hi = np.quantile(means, (0.025, 0.975))
    print(f"their mean {np.mean(found):.2f}, 95 % interval over images {lo:.2f} to {hi:.2f}")
    print("\ngood images held back against themselves with a pit: area under the curve\n")
    print("| depth over range | " + " | ".join(f"sigma {s:g} px" for s in SIGMAS_PX) + " |")
    print("|---|" + "---|" * len(SIGMAS_PX))
    for depth in DEPTHS:
        areas = [planted_area(held, model, depth=depth, sigma_px=s, seed=1) for s in SIGMAS_PX]
        print(f"| {depth:.0%} | " + " | ".join(f"{a:.2f}" for a in areas) + " |")
    print()
    try:
        model.limit_for(0.01)
    except ValueError as reason:
        print(f"limit for 1 % false rejects: {reason}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
