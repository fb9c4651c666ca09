//! Of the filters.

use super::*;

impl Example for Ewma {
    fn examples() -> Vec<Self> {
        [2.0, 1e-9, 1e9].map(|time_constant_s| Self { time_constant_s }).into()
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! { time_constant_s: 0.0, -1.0, NAN, INF }
    }
}

/// Band, lower edge, upper edge, order.
const BANDS: [(Band, f64, Option<f64>, u32); 8] = [
    (Band::Lowpass, 1.0, None, 3),
    (Band::Lowpass, 1e-4, None, 8),
    (Band::Lowpass, 4.999, None, 8),
    (Band::Highpass, 1e-4, None, 8),
    (Band::Highpass, 0.3, None, 1),
    (Band::Bandpass, 0.01, Some(4.99), 8),
    (Band::Bandpass, 1.0, Some(1.0002), 7),
    (Band::Bandstop, 0.5, Some(1.5), 8),
];

/// Examples of a design with bands, and nonsense for the edges, the order and more.
macro_rules! banded {
    ($name:ident { $($field:ident: $good:expr),* } $($more:tt)*) => {
        impl Example for $name {
            fn examples() -> Vec<Self> {
                BANDS
                    .map(|(band, cutoff_hz, second_cutoff_hz, order)| Self {
                        cutoff_hz, order, band, second_cutoff_hz, $($field: $good,)*
                    })
                    .into()
            }
            fn nonsense() -> Vec<(Self, &'static str)> {
                let mut all: Vec<(Self, &'static str)> = refuse! {
                    cutoff_hz: 0.0, -1.0, 5.0, 9e-5, NAN, INF; order: 0, 9; second_cutoff_hz: Some(2.0);
                    $($more)*
                };
                for second_cutoff_hz in [None, Some(0.5), Some(1.0), Some(5.0), Some(NAN)] {
                    let config = but!(band = Band::Bandpass, second_cutoff_hz = second_cutoff_hz);
                    all.push((config, "second_cutoff_hz"));
                }
                all
            }
        }
    };
}

banded! { Butterworth {} }
banded! { Bessel { norm: BesselNorm::Phase } }
banded! { Chebyshev1 { ripple_db: 1.0 } ripple_db: 0.0, -1.0, 11.0, NAN, INF }
banded! { Chebyshev2 { stop_db: 60.0 } stop_db: 0.0, -40.0, 201.0, NAN, INF }
banded! {
    Elliptic { ripple_db: 0.5, stop_db: 80.0 }
    ripple_db: 0.0, -1.0, 11.0, NAN, INF; stop_db: 1.4, -40.0, 201.0, NAN, INF
}

impl Example for Notch {
    fn examples() -> Vec<Self> {
        [(0.5, 0.1, 8), (1e-4, 1e-5, 1), (4.99, 1.0, 1)]
            .map(|(frequency_hz, bandwidth_hz, harmonics)| Self {
                frequency_hz,
                bandwidth_hz,
                harmonics,
            })
            .into()
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! {
            frequency_hz: 0.0, -1.0, 5.0, 9e-5, NAN, INF;
            bandwidth_hz: 0.0, -1.0, 0.6, 9e-6, NAN, INF;
            harmonics: 0, 9, 10
        }
    }
}

impl Example for Peak {
    fn examples() -> Vec<Self> {
        [(1.0, 0.1), (1e-4, 1e-5), (4.99, 1.0)]
            .map(|(frequency_hz, bandwidth_hz)| Self { frequency_hz, bandwidth_hz })
            .into()
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! {
            frequency_hz: 0.0, -1.0, 5.0, 9e-5, NAN, INF; bandwidth_hz: 0.0, -1.0, 1.1, 9e-6, NAN, INF
        }
    }
}

/// Rows of an [`Sos`].
fn rows(rows: &[&[f64]]) -> Grid<48> {
    Grid::new(rows).unwrap()
}

impl Example for Sos {
    fn examples() -> Vec<Self> {
        let slow: &[f64] = &[1.0, -2.0, 1.0, 1.0, -1.999_999, 0.999_999_5];
        [
            rows(&[&[0.1, 0.2, 0.1, 1.0, -0.9, 0.3], &[1.0, 0.0, 0.0, 2.0, 1.0, 0.0]]),
            rows(&[&[0.0, 0.0, 0.0, -1.0, 0.0, 0.0]]),
            rows(&[slow; 8]),
        ]
        .map(|sections| Self { sections })
        .into()
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! {
            sections: Grid::default(), rows(&[&[1.0, 0.0, 0.0, 1.0, 0.0]]),
                rows(&[&[1.0, 0.0, 0.0, 0.0, 0.0, 0.0]]), rows(&[&[NAN, 0.0, 0.0, 1.0, 0.0, 0.0]]),
                rows(&[&[1.0, 0.0, 0.0, 1.0, INF, 0.0]]), rows(&[&[1.0, 0.0, 0.0, 1.0, -2.0, 1.0]]),
                rows(&[&[1.0, 0.0, 0.0, 1.0, 0.0, 1.1]]), rows(&[&[1.0, 0.0, 0.0, 1.0, 1.5, 0.4]]),
                rows(&[&[1e300, 0.0, 0.0, 1.0, 0.0, 0.0]]), rows(&[&[1.0, 0.0, 0.0, 1e-320, 0.0, 0.0]])
        }
    }
}

impl Example for Median {
    fn examples() -> Vec<Self> {
        [5, 1, 255].map(|window| Self { window }).into()
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! { window: 0, 4, 257 }
    }
}

impl Example for Hampel {
    fn examples() -> Vec<Self> {
        [(7, 3.0), (1, 3.0), (255, 0.1)]
            .map(|(window, threshold_sigma)| Self { window, threshold_sigma })
            .into()
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! { window: 0, 4, 257; threshold_sigma: 0.0, -3.0, NAN, INF }
    }
}

impl Example for SampleHold {
    fn examples() -> Vec<Self> {
        vec![Self {}]
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        vec![]
    }
}

impl Example for OnDuration {
    fn examples() -> Vec<Self> {
        vec![Self {}]
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        vec![]
    }
}

/// Taps of a [`Fir`].
fn taps(taps: &[f64]) -> List<255> {
    List::new(taps).unwrap()
}

impl Example for Fir {
    fn examples() -> Vec<Self> {
        [taps(&[0.25, 0.5, 0.25]), taps(&[1e100]), taps(&[-1.0; 255])]
            .map(|taps| Self { taps })
            .into()
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! { taps: List::default(), taps(&[1.0, NAN]), taps(&[INF]), taps(&[1e100, -1e99]) }
    }
}

impl Example for FirWindow {
    fn examples() -> Vec<Self> {
        [
            (Band::Lowpass, 1.0, None, 15, FirShape::Hamming),
            (Band::Highpass, 1e-4, None, 255, FirShape::Blackman),
            (Band::Bandpass, 1.0, Some(1.1), 3, FirShape::Kaiser),
            (Band::Bandstop, 1e-4, Some(4.99), 31, FirShape::Kaiser),
        ]
        .map(|(band, cutoff_hz, second_cutoff_hz, taps, window)| Self {
            cutoff_hz,
            taps,
            band,
            second_cutoff_hz,
            window,
            attenuation_db: 60.0,
        })
        .into()
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! {
            cutoff_hz: 0.0, -1.0, 5.0, NAN, INF;
            taps: 0, 1, 14, 257;
            second_cutoff_hz: Some(2.0);
            attenuation_db: 20.0, 201.0, -60.0, NAN, INF;
        }
    }
}

impl Example for MovingAverage {
    fn examples() -> Vec<Self> {
        [5, 1, 1000].map(|window| Self { window }).into()
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! { window: 0, 100_001 }
    }
}

impl Example for SavitzkyGolay {
    fn examples() -> Vec<Self> {
        [
            (7, 2, 0, Place::End),
            (255, 8, 8, Place::Centre),
            (3, 0, 0, Place::Centre),
            (9, 8, 1, Place::End),
        ]
        .map(|(window, degree, derivative, place)| Self { window, degree, derivative, place })
        .into()
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! { window: 0, 1, 8, 257; degree: 9, 7; derivative: 3 }
    }
}

impl Example for Derivative {
    fn examples() -> Vec<Self> {
        [1.0, 1e-8, 4.0].map(|cutoff_hz| Self { cutoff_hz }).into()
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! { cutoff_hz: 0.0, -1.0, 4.1, 9e-9, NAN, INF }
    }
}

impl Example for Decimator {
    fn examples() -> Vec<Self> {
        [(5, 0.05, 60.0), (2, 1e-4, 200.0), (1000, 10.0, 11.0)]
            .map(|(factor, ripple_db, stop_db)| Self { factor, ripple_db, stop_db })
            .into()
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! {
            factor: 0, 1, 1001; ripple_db: 0.0, -1.0, 11.0, NAN, INF; stop_db: 1.0, 201.0, NAN, INF
        }
    }
}

impl Example for SynchronousNotch {
    fn examples() -> Vec<Self> {
        [(1.5, 0.03, 3), (5.0, 0.1, 8), (1e-300, 1e-3, 1), (1e300, 5e-301, 1), (5e-324, 1e308, 8)]
            .map(|(wavelength_m, bandwidth_per_m, harmonics)| Self {
                wavelength_m,
                bandwidth_per_m,
                harmonics,
            })
            .into()
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! {
            wavelength_m: 0.0, -1.0, NAN, INF;
            bandwidth_per_m: 0.0, -1.0, 0.4, NAN, INF;
            harmonics: 0, 9;
        }
    }
}

impl Example for RepetitiveFilter {
    fn examples() -> Vec<Self> {
        [(3.0, 16, 5.0), (1e-300, 4, 1.0), (1e300, 256, 10_000.0)]
            .map(|(turn_m, bins, turns)| Self { turn_m, bins, turns })
            .into()
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! {
            turn_m: 0.0, -1.0, NAN, INF; bins: 0, 3, 257; turns: 0.0, 0.9, 10_001.0, NAN, INF
        }
    }
}

impl Example for Complementary {
    fn examples() -> Vec<Self> {
        [2.0, 1e-9, 1e9].map(|time_constant_s| Self { time_constant_s }).into()
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! { time_constant_s: 0.0, -1.0, NAN, INF }
    }
}

impl Example for RateConverter {
    fn examples() -> Vec<Self> {
        [(2.0, 5.0, Between::Linear), (0.0, 1e-9, Between::Hold), (1e300, 1e300, Between::Linear)]
            .map(|(delay_s, max_age_s, method)| Self { delay_s, max_age_s, method })
            .into()
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! { delay_s: -1.0, NAN, INF; max_age_s: 0.0, -1.0, NAN, INF }
    }
}

impl Example for UnitConversion {
    fn examples() -> Vec<Self> {
        [(2.5, -4.0), (-1e100, 1e300), (1e-300, 0.0)]
            .map(|(gain, offset)| Self { gain, offset })
            .into()
    }
    fn nonsense() -> Vec<(Self, &'static str)> {
        refuse! { gain: 0.0, 2e100, NAN, INF; offset: -2e300, NAN, INF }
    }
}
