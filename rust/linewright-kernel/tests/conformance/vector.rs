//! The promises of a vector kernel.

use linewright_kernel::{RunningVector, VectorDesign, VectorKernel};
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::allocations;
use crate::examples::PERIOD_S;
use crate::signals::{Sample, bad_sample, for_all, signal};

/// What the suite needs to know of a vector config.
pub trait VectorExample: VectorDesign + Serialize + DeserializeOwned {
    /// Good configs, the edges of the range among them.
    fn examples() -> Vec<Self>;
    /// Configs that `design` refuses, each with the parameter it must name; every number at least once.
    fn nonsense() -> Vec<(Self, &'static str)>;
}

type Work<C> = RunningVector<<C as VectorDesign>::Kernel>;

fn start<C: VectorExample>(config: &C) -> Work<C> {
    RunningVector::new::<C>(config.design(PERIOD_S).expect("an example is a good config"))
}

fn takes_missing<C: VectorDesign>() -> bool {
    <C::Kernel as VectorKernel>::TAKES_MISSING
}

fn bits(numbers: &[f64]) -> Vec<u64> {
    numbers.iter().map(|x| x.to_bits()).collect()
}

fn saved<C: VectorDesign>(running: &Work<C>) -> Vec<u8> {
    let mut out = vec![0; running.state_len()];
    assert!(running.save(&mut out));
    out
}

fn run<C: VectorExample>(running: &mut Work<C>, samples: &[Sample]) -> Vec<Vec<u64>> {
    samples.iter().map(|s| bits(running.update(s))).collect()
}

pub fn ports<C: VectorExample>() {
    for config in C::examples() {
        let kernel = config.design(PERIOD_S).unwrap();
        let running = start(&config);
        let inputs: usize = (0..C::INPUTS.len()).map(|port| kernel.input_width(port)).sum();
        assert_eq!(running.inputs(), inputs);
        assert!(inputs > 0 && !running.last().is_empty());
    }
    for ports in [C::INPUTS, C::OUTPUTS] {
        for (i, port) in ports.iter().enumerate() {
            let letter = matches!(port.unit.as_bytes(), [b'1' | b'*' | b'a'..=b'f']);
            assert!(letter, "{}: unit {}", port.name, port.unit);
            assert!(ports[..i].iter().all(|other| other.name != port.name), "{}", port.name);
        }
    }
}

pub fn refuses_nonsense<C: VectorExample>() {
    for config in C::examples() {
        for period_s in [0.0, -0.1, f64::NAN, f64::INFINITY] {
            let refused = config.design(period_s).err().map(|e| e.parameter);
            assert_eq!(refused, Some("period_s"));
        }
        let fields = serde_json::to_value(&config).unwrap();
        for (name, value) in fields.as_object().unwrap() {
            let refused = || C::nonsense().iter().any(|(_, parameter)| parameter == name);
            let closed = value.is_boolean() || value.is_string();
            assert!(closed || refused(), "no nonsense is tried for {name}");
            assert!(!value.is_object(), "{value} is no plain argument");
        }
        let back: C = serde_json::from_value(fields.clone()).unwrap();
        assert_eq!(serde_json::to_value(&back).unwrap(), fields);
    }
    for (config, parameter) in C::nonsense() {
        let refused = config.design(PERIOD_S).err();
        assert_eq!(refused.map(|e| e.parameter), Some(parameter), "{refused:?}");
    }
}

pub fn finite<C: VectorExample>() {
    for config in C::examples() {
        for_all(signal(start(&config).inputs()), |samples| {
            let mut running = start(&config);
            for sample in &samples {
                let out = running.update(sample);
                assert!(out.iter().all(|y| y.is_finite()), "{out:?} after {sample:?}");
            }
            for sample in &samples {
                assert!(running.update(sample).iter().all(|y| y.is_finite()));
            }
        });
    }
}

pub fn holds<C: VectorExample>() {
    for config in C::examples() {
        let inputs = start(&config).inputs();
        let strategy = (signal(inputs), signal(inputs), bad_sample(inputs));
        for_all(strategy, |(before, after, bad)| {
            let mut running = start(&config);
            let empty = saved::<C>(&running);
            if !takes_missing::<C>() {
                assert!(running.update(&bad).iter().all(|y| y.is_nan()));
                assert_eq!(saved::<C>(&running), empty);
            }
            let last = run::<C>(&mut running, &before).pop().unwrap();
            let state = saved::<C>(&running);
            let mut undisturbed = running.clone();
            let wrong_length = vec![0.0; inputs + 1];
            assert_eq!(bits(running.update(&wrong_length)), last);
            if takes_missing::<C>() {
                assert!(running.update(&bad).iter().all(|y| y.is_finite()));
                return;
            }
            for _ in 0..3 {
                assert_eq!(bits(running.update(&bad)), last);
                assert_eq!(saved::<C>(&running), state);
            }
            assert_eq!(run::<C>(&mut running, &after), run::<C>(&mut undisturbed, &after));
        });
    }
}

pub fn reset_is_new<C: VectorExample>() {
    for config in C::examples() {
        let inputs = start(&config).inputs();
        for_all((signal(inputs), signal(inputs)), |(before, after)| {
            let (mut used, mut new) = (start(&config), start(&config));
            run::<C>(&mut used, &before);
            used.reset();
            assert_eq!(saved::<C>(&used), saved::<C>(&new));
            assert_eq!(run::<C>(&mut used, &after), run::<C>(&mut new, &after));
        });
    }
}

pub fn restore_goes_on<C: VectorExample>() {
    for config in C::examples() {
        let inputs = start(&config).inputs();
        for_all((signal(inputs), signal(inputs)), |(before, after)| {
            let (mut first, mut second) = (start(&config), start(&config));
            let last = run::<C>(&mut first, &before).pop().unwrap();
            run::<C>(&mut second, &after);
            assert!(second.restore(&saved::<C>(&first)));
            assert_eq!(bits(second.last()), last);
            assert_eq!(run::<C>(&mut second, &after), run::<C>(&mut first, &after));
        });
        let mut running = start(&config);
        let short = saved::<C>(&running);
        assert!(!running.restore(&short[1..]));
        assert!(!running.save(&mut vec![0; short.len() - 1]));
    }
}

/// Any bytes of the right length may come back from a disk: no panic, whatever they say.
pub fn survives_any_state<C: VectorExample>() {
    for config in C::examples() {
        let inputs = start(&config).inputs();
        let len = start(&config).state_len();
        let bytes = prop_oneof![
            prop::collection::vec(any::<u8>(), len),
            prop::collection::vec(prop::sample::select(vec![0_u8, 0x7f, 0xff]), len),
        ];
        for_all((bytes, signal(inputs)), |(state, samples)| {
            let mut running = start(&config);
            assert!(running.restore(&state));
            run::<C>(&mut running, &samples);
        });
    }
}

pub fn retune_keeps<C: VectorExample>() {
    for config in C::examples() {
        for_all(signal(start(&config).inputs()), |samples| {
            let mut running = start(&config);
            run::<C>(&mut running, &samples);
            let mut same = running.clone();
            assert!(same.retune::<C>(config.design(PERIOD_S).unwrap()));
            assert_eq!(run::<C>(&mut same, &samples), run::<C>(&mut running.clone(), &samples));
            for other in C::examples() {
                let mut tuned = running.clone();
                let state = saved::<C>(&tuned);
                if tuned.retune::<C>(other.design(PERIOD_S).unwrap()) {
                    assert_eq!(saved::<C>(&tuned), state);
                    let out = tuned.update(samples.first().unwrap());
                    assert!(out.iter().all(|y| y.is_finite()));
                }
            }
        });
    }
}

pub fn allocates_nothing<C: VectorExample>() {
    for config in C::examples() {
        for_all(signal(start(&config).inputs()), |samples| {
            let mut running = start(&config);
            let mut space = vec![0; running.state_len()];
            let count = allocations::during(|| {
                for sample in &samples {
                    running.update(sample);
                }
                let kept = running.save(&mut space) && running.restore(&space);
                running.reset();
                assert!(kept);
            });
            assert_eq!(count, 0);
        });
    }
}
