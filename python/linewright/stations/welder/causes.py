"""What can go wrong at the welder, and how the station's detectors show it."""

from __future__ import annotations

from dataclasses import replace

from linewright.cause import Cause, Sign

FIXTURES = 16
"""As many as a station may have."""

CAUSES = (
    *(
        Cause(
            name=f"clamp_wear_{f}",
            says=f"the clamps of weld fixture {f} have lost force: its stacks gape",
            action="the clamp force goes up; service the fixture while it is held",
            per_shift=0.2,
            signs=(
                Sign(f"welder.gap_{f}", 0.9, lag_s=(0.0, 7200.0)),
                Sign(f"welder.held_{f}", 0.9, lag_s=(0.0, 10_800.0)),
            ),
        )
        for f in range(FIXTURES)
    ),
    *(
        Cause(
            name=f"focus_{f}",
            says=f"weld fixture {f} lies out of the focus",
            action="the focus is moved; check the fixture's height",
            per_shift=0.1,
            signs=(
                Sign(f"welder.focus_{f}", 0.9, lag_s=(0.0, 7200.0)),
                Sign(f"welder.held_{f}", 0.5, lag_s=(0.0, 10_800.0)),
            ),
        )
        for f in range(FIXTURES)
    ),
    Cause(
        name="lens_soiling",
        says="the protective glass of the welder is soiled: all fixtures lose light",
        action="clean or change the protective glass",
        per_shift=0.3,
        # Seen once some tenths of a percent are lost, an hour or two after it began.
        signs=(Sign("welder.light_lost", 0.95, lag_s=(0.0, 14_400.0)),),
    ),
    Cause(
        name="laser_power",
        says="more light comes back than from good welds",
        action="check the laser's power and the foil's surface",
        per_shift=0.05,
        signs=(Sign("welder.light_gained", 0.95, lag_s=(0.0, 3600.0)),),
    ),
    Cause(
        name="blow_outs",
        says="melt is blown out of too many welds",
        action="check foil and tab for dirt and moisture",
        per_shift=0.2,
        signs=(Sign("welder.blow_outs", 0.95, lag_s=(0.0, 1800.0)),),
    ),
)

CAMERA_CAUSES = (
    *(
        replace(cause, signs=(*cause.signs, Sign(f"welder.sunk_{at}", 0.9, lag_s=(0.0, 7200.0))))
        for at, cause in enumerate(CAUSES[:FIXTURES])
    ),
    *CAUSES[FIXTURES:],
    Cause(
        name="camera",
        says="the camera above the welder gives no picture, or the same again and again",
        action="check camera, light and the program that writes its pictures",
        per_shift=0.1,
        signs=(Sign("welder.camera_lost", 0.98, lag_s=(0.0, 60.0)),),
    ),
)
"""The same where there is a camera: narrow seams show worn clamps as well."""
