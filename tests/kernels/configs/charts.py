"""Charts whose run length is known."""

from __future__ import annotations

CONFIGS: dict[str, dict[str, object]] = {
    "RunsRules": {
        "mean": 0.3,
        "sigma": 0.9,
        "set": "nelson",
        "rules": [1.0, 5.0, 6.0, 8.0],
        "restart": True,
    },
    "AdaptiveEwma": {"mean": 0.1, "sigma": 0.9, "weight": 0.1, "k": 3.0, "h": 0.7},
    "SpreadCusum": {
        "mean": 0.1,
        "sigma": 0.9,
        "rise": 1.5,
        "fall": 0.7,
        "h": 4.0,
        "restart": True,
    },
    "Glr": {"mean": 0.1, "sigma": 0.9, "h": 6.0, "restart": True},
    "PageHinkley": {"mean": 0.1, "sigma": 0.9, "k": 0.5, "h": 6.0, "restart": True},
    "ShiryaevRoberts": {"mean": 0.1, "sigma": 0.9, "delta": 1.0, "h": 5.0, "restart": True},
}
