"""The electrode that is made, as the stations' settings hold it; see `linewright.recipes`."""

from linewright.recipes import Recipe

__all__ = ["Recipe"]
