"""`linewright cost`: what a good cell costs, step by step."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from linewright.cli._common import Json, new_app, read_plant_data, show

if TYPE_CHECKING:
    from linewright.value.plant import Plant

app = new_app()


@app.command()
def cost(
    plant: Annotated[
        str | None,
        typer.Argument(
            help="A plant: FILE.toml, FILE.csv or postgresql://...; the default line if left out."
        ),
    ] = None,
    view: Annotated[
        str, typer.Option("--view", help="View of the data base that has a row per step.")
    ] = "plant_steps",
    as_json: Json = False,
) -> None:
    """Cost of one good cell: by step, net, and what a point of scrap more costs at each."""
    data = read_plant_data(plant, view=view, as_json=as_json)
    told = _told(data)
    if as_json:
        show({"ok": True, **told})
    else:
        typer.echo(_table(told))


def _told(plant: Plant) -> dict[str, Any]:
    from linewright.value.cost import (  # noqa: PLC0415
        cost_per_good_cell,
        sensitivity_eur,
        units_needed,
    )

    total = cost_per_good_cell(plant.chain, plant.overheads)
    rise = sensitivity_eur(plant.chain)
    material, steps = 0.0, []
    for step, units in zip(plant.chain, units_needed(plant.chain), strict=True):
        material += step.material_eur
        lost = units * (1.0 - step.effective_yield)
        steps.append(
            {
                "name": step.name,
                "yield_before_rework": step.yield_fraction,
                "yield": step.effective_yield,
                "capacity_factor": step.capacity_factor,
                "units_per_good_cell": units,
                "material_eur": units * step.material_eur,
                "conversion_eur": units * step.conversion_eur,
                "rework_eur": units
                * (1.0 - step.yield_fraction)
                * step.rework_share
                * step.rework_eur,
                "credit_eur": lost * step.credit * material,
                "eur_per_point_of_scrap": rise.get(step.name),
            }
        )
    return {
        "plant": plant.name,
        "steps": steps,
        "hours_in_process": plant.overheads.hours_in_process,
        "net_eur": total.net_eur,
        **asdict(total),
    }


def _table(told: dict[str, Any]) -> str:
    lines = [
        f"{told['plant']}: EUR per good cell",
        "",
        f"  {'step':<12}{'yield':>8}{'units':>8}{'material':>10}{'conversion':>12}"
        f"{'rework':>9}{'credit':>9}{'per point of scrap':>20}",
    ]
    for step in told["steps"]:
        rise = step["eur_per_point_of_scrap"]
        lines.append(
            f"  {step['name']:<12}{step['yield']:>8.4f}{step['units_per_good_cell']:>8.4f}"
            f"{step['material_eur']:>10.3f}{step['conversion_eur']:>12.3f}"
            f"{step['rework_eur']:>9.4f}{-step['credit_eur']:>9.3f}"
            f"{'-' if rise is None else f'{rise:+.3f}':>20}"
        )
    lines += ["", f"  {'rolled yield':<36}{told['rolled_yield']:>10.4f}"]
    for key, says in (
        ("gross_eur", "material and conversion"),
        ("credit_eur", "credit for scrap"),
        ("rework_eur", "rework"),
        ("fixed_eur", "fixed cost"),
        ("holding_eur", f"holding, {told['hours_in_process']:.1f} h in process"),
        ("escapes_eur", "failures in the field"),
    ):
        value = -told[key] if key == "credit_eur" else told[key]
        if value or key in ("gross_eur", "credit_eur"):
            lines.append(f"  {says:<36}{value:>10.3f}")
    lines.append(f"  {'net':<36}{told['net_eur']:>10.3f}")
    return "\n".join(lines)
