"""Detectors on recordings of real and published processes; `bench/real_streams.py` judges them."""

from __future__ import annotations

import os
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from bench import real_streams  # noqa: E402

DATA = Path(os.environ.get("LINEWRIGHT_DATA", ROOT.parent / "shared" / "data"))


def needs(name: str) -> pytest.MarkDecorator:
    folder = DATA / name
    return pytest.mark.skipif(not folder.is_dir(), reason=f"no recording at {folder}")


@pytest.fixture(scope="module")
def eastman() -> dict[str, real_streams.Watch]:
    return real_streams.tennessee_eastman(DATA)


@needs("tennessee_eastman")
def test_outputs_and_actions_together_keep_their_promise(
    eastman: dict[str, real_streams.Watch],
) -> None:
    both = eastman["both"]
    for fault, verdict in both.verdicts.items():
        print(f"fault {fault}: missed {100 * verdict.missed:.1f} %, after {verdict.delay_samples}")
    print(f"false alarms {100 * both.false_alarms:.2f} %")
    assert both.false_alarms <= 0.025
    assert both.verdicts[4].missed <= 0.10
    assert both.verdicts[7].missed <= 0.01
    for fault in (1, 2, 6):
        assert both.verdicts[fault].missed <= 0.03


@needs("tennessee_eastman")
def test_a_controller_hides_a_fault_from_its_output_and_shows_it_in_its_action(
    eastman: dict[str, real_streams.Watch],
) -> None:
    assert eastman["outputs"].verdicts[4].missed >= 0.9
    assert eastman["actions"].verdicts[4].missed <= 0.01
    assert eastman["outputs"].verdicts[7].missed >= 0.4
    assert eastman["actions"].verdicts[7].missed <= 0.01


@needs("tennessee_eastman")
def test_the_action_that_fights_the_fault_is_named(eastman: dict[str, real_streams.Watch]) -> None:
    # Reactor cooling water flow; flow of feed A and C. Columns count from 0, actions from 41.
    assert eastman["both"].verdicts[4].cause == 41 + 9
    assert eastman["both"].verdicts[7].cause == 41 + 3


@needs("tennessee_eastman")
def test_the_promise_does_not_hang_on_the_choice_of_settings() -> None:
    false_alarms, four, seven = real_streams.spread_over_settings(DATA)
    assert max(false_alarms) <= 0.025
    assert max(four) <= 0.10
    assert max(seven) <= 0.01


@needs("tennessee_eastman")
def test_limits_by_formula_from_the_training_set_do_not_hold() -> None:
    watch = real_streams.tennessee_eastman(DATA, ("both",), blocks=0)["both"]
    assert watch.false_alarms > 0.1


@needs("board_thickness")
def test_one_chart_for_all_positions_finds_a_small_shift_sooner_than_six() -> None:
    found = real_streams.boards(DATA)
    one_for_all, six = found["MEWMA, weight 0.1"], found["six CUSUM, k 0.5"]
    assert one_for_all.one_position < 0.8 * six.one_position
    # The spread of later boards is not that of the first thousand: fixed limits alarm too often.
    assert one_for_all.boards_per_alarm < 0.5 * real_streams.BUDGET_BOARDS


@needs("weld_profile")
def test_brightness_fools_itself_on_weld_profiles() -> None:
    found = real_streams.weld(DATA)
    grey, level = found["mean grey"], found["median grey"]
    # It tells the images apart better once the defect is out of sight: it never looked at it.
    assert grey.without_defect > grey.whole + 0.2
    # A quarter of exposure takes most of what the median seemed to know.
    assert level.whole > 0.8
    assert level.other_exposure < level.whole - 0.15
    # What does not depend on exposure keeps its number, and still sees the sets, not the defect.
    rough = found["roughness over spread"]
    assert abs(rough.other_exposure - rough.whole) < 0.05
    assert rough.without_defect > 0.75


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body), kind) + body + struct.pack(">I", zlib.crc32(kind + body))


def predicted(kind: int, a: int, b: int, c: int) -> int:
    """What a filter of the PNG standard takes off a byte."""
    p = a + b - c
    nearest = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
    return (0, a, b, (a + b) // 2, nearest)[kind]


@pytest.mark.parametrize("kind", range(5))
def test_a_grey_image_is_read_whatever_its_filter(kind: int, tmp_path: Path) -> None:
    image = np.random.default_rng(2).integers(0, 256, (7, 9))
    padded = np.pad(image, ((1, 0), (1, 0)))
    rows = b"".join(
        bytes([kind])
        + bytes(
            int(
                padded[y, x]
                - predicted(
                    kind, *map(int, (padded[y, x - 1], padded[y - 1, x], padded[y - 1, x - 1]))
                )
            )
            & 0xFF
            for x in range(1, 10)
        )
        for y in range(1, 8)
    )
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 9, 7, 8, 0, 0, 0, 0))
    path = tmp_path / "grey.png"
    signature = b"\x89PNG\r\n\x1a\n"
    path.write_bytes(signature + head + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
    assert (real_streams.read_grey(path) == image).all()


def test_another_image_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.png"
    path.write_bytes(b"GIF89a")
    with pytest.raises(ValueError, match="no PNG"):
        real_streams.read_grey(path)
