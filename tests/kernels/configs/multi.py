"""Charts over many variables, and the tray."""

from __future__ import annotations

ROOT_HALF = 0.5**0.5

VECTOR_CONFIGS: dict[str, dict[str, object]] = {
    "Hotelling": {
        "mean": [0.1, 0.2, 0.0],
        "covariance": [[1.5, 0.6, 0.1], [0.6, 1.2, 0.0], [0.1, 0.0, 2.0]],
        "limit": 11.0,
    },
    "Mewma": {
        "mean": [0.1, 0.2],
        "covariance": [[1.5, 0.6], [0.6, 1.2]],
        "weight": 0.2,
        "limit": 9.65,
    },
    "PcaChart": {
        "mean": [0.1, 0.2],
        "scale": [1.1, 1.2],
        "loadings": [[ROOT_HALF, 0.0], [ROOT_HALF, 0.0], [0.0, 0.6], [0.0, -0.8]],
        "variances": [1.3, 0.9],
        "lags": 1,
        "t2_limit": 9.0,
        "q_limit": 6.0,
    },
    "ScanProfile": {"boxes": 5, "visits": 2, "skip": 1.0, "edge": 1},
    "TrayMedian": {"channels": 5, "least_spread": 0.05, "least_present": 3},
}
