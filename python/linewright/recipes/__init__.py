"""Recipes: their files, and the gate that judges one on the twin before it runs.

>>> from linewright import recipes
>>> made = recipes.RecipeFile.of("A", recipe={"areal_g_per_m2": 210.0})
>>> verdict = recipes.judge(made, draws=1000, seed=1)
>>> verdict.word, [reason.about for reason in verdict.reasons]
('block', ['residual', 'adhesion'])
"""

from linewright.recipes._calibration import (
    WINDOW_S,
    Calibration,
    Estimate,
    calibrate,
    line_of,
    read_calibration,
)
from linewright.recipes._certificate import certify, read_certificate, sound
from linewright.recipes._change import Plan, good_metres, plan_change, stage_sentences
from linewright.recipes._file import RecipeFile, read_recipe, recipe_of
from linewright.recipes._follow import FOLLOWED, ROLL, TOLD, Bound, Follower
from linewright.recipes._gate import (
    Chance,
    Line,
    Outside,
    Reason,
    Verdict,
    config_of,
    draws_of,
    judge,
)
from linewright.recipes._levers import Lever, levers
from linewright.recipes._moves import Stage
from linewright.recipes._order import Order, OrderError, order_of, read_order
from linewright.recipes._recipe import Recipe
from linewright.recipes._samples import NIP, Instruments
from linewright.recipes._track import Track, Walk
from linewright.recipes._words import document, sentences

__all__ = [
    "FOLLOWED",
    "NIP",
    "ROLL",
    "TOLD",
    "WINDOW_S",
    "Bound",
    "Calibration",
    "Chance",
    "Estimate",
    "Follower",
    "Instruments",
    "Lever",
    "Line",
    "Order",
    "OrderError",
    "Outside",
    "Plan",
    "Reason",
    "Recipe",
    "RecipeFile",
    "Stage",
    "Track",
    "Verdict",
    "Walk",
    "calibrate",
    "certify",
    "config_of",
    "document",
    "draws_of",
    "good_metres",
    "judge",
    "levers",
    "line_of",
    "order_of",
    "plan_change",
    "read_calibration",
    "read_certificate",
    "read_order",
    "read_recipe",
    "recipe_of",
    "sentences",
    "sound",
    "stage_sentences",
]
