"""Of the filters that are designed as second-order sections."""

CONFIGS: dict[str, dict[str, object]] = {
    "Chebyshev1": {"cutoff_hz": 1.3, "order": 5, "ripple_db": 0.5},
    "Chebyshev2": {"cutoff_hz": 1.3, "order": 6, "stop_db": 50.0, "band": "highpass"},
    "Elliptic": {
        "cutoff_hz": 1.3,
        "order": 4,
        "ripple_db": 0.5,
        "stop_db": 60.0,
        "band": "bandstop",
        "second_cutoff_hz": 2.0,
    },
    "Bessel": {"cutoff_hz": 0.7, "order": 4, "norm": "magnitude"},
    "Notch": {"frequency_hz": 0.8, "bandwidth_hz": 0.2, "harmonics": 3},
    "Peak": {"frequency_hz": 0.8, "bandwidth_hz": 0.2},
    "Sos": {"sections": [[0.2, 0.3, 0.1, 1.0, -0.8, 0.3], [1.0, 0.0, 0.0, 2.0, -1.0, 0.0]]},
}
