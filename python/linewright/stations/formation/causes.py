"""What can go wrong in formation, and how the station's detectors show it."""

from __future__ import annotations

from linewright.cause import Cause, Sign

CAUSES = (
    Cause(
        name="soft_short",
        says="a particle shorts a cell",
        action="take the cell out; look for lots the shorted cells share",
        per_shift=4.0,
        # What is small or closes late shows in the rest, an hour later.
        signs=(
            Sign("formation.short", 0.5, lag_s=(0.0, 7200.0)),
            Sign("formation.hard_short", 0.5, lag_s=(0.0, 7200.0)),
        ),
    ),
    Cause(
        name="contact_resistance",
        says="a channel's contact resists; its cell is sound",
        action="clean the contacts of the channel; do not sort out the cell",
        per_shift=0.4,
        signs=(Sign("formation.contact", 0.99, lag_s=(0.0, 60.0)),),
    ),
    Cause(
        name="poor_wetting",
        says="a lot was wetted poorly: it resists at low charge and loses efficiency",
        action="hold the lot; check filling and wetting",
        per_shift=0.05,
        # Told when the programme of eight hours is over.
        signs=(Sign("formation.poor_wetting", 0.95, lag_s=(0.0, 43_200.0)),),
    ),
    Cause(
        name="off_programme",
        says="a tray does not get the current of the programme",
        action="check the channel's power stage and the recipe of the slot",
        per_shift=0.1,
        signs=(Sign("formation.off_programme", 0.95, lag_s=(0.0, 600.0)),),
    ),
)
