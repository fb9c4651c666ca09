"""The recipe gate on the bus."""

from linewright.stations.recipe_gate.plugin import RecipeGate
from linewright.stations.recipe_gate.settings import Settings

__all__ = ["RecipeGate", "Settings"]
