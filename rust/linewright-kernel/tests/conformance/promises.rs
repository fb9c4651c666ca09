//! The promises, each for any kernel.

use linewright_kernel::{Design, Kernel, Ports, Running};
use proptest::prelude::*;

use crate::allocations;
use crate::examples::{Example, PERIOD_S};
use crate::signals::{Sample, bad_sample, for_all, signal};

type In<C> = <<C as Design>::Kernel as Kernel>::Input;
type Out<C> = <<C as Design>::Kernel as Kernel>::Output;
type Work<C> = Running<<C as Design>::Kernel, Box<[f64]>>;

fn start<C: Example>(config: &C) -> Work<C> {
    let kernel = config.design(PERIOD_S).expect("an example is a good config");
    Running::new(kernel, vec![0.0; kernel.memory_len()].into_boxed_slice())
}

fn input<C: Design>(sample: &Sample) -> In<C> {
    Ports::gather(|i| sample[i])
}

fn bits<P: Ports>(ports: P) -> Vec<u64> {
    (0..P::LEN).map(|i| ports.get(i).to_bits()).collect()
}

fn saved<C: Design>(running: &Work<C>) -> Vec<u8> {
    let mut out = vec![0; running.state_len()];
    assert!(running.save(&mut out));
    out
}

fn run<C: Example>(running: &mut Work<C>, samples: &[Sample]) -> Vec<Vec<u64>> {
    samples.iter().map(|s| bits(running.update(input::<C>(s)))).collect()
}

fn ins<C: Design>() -> usize {
    <In<C>>::LEN
}

pub fn ports<C: Example>() {
    assert_eq!(C::INPUTS.len(), ins::<C>());
    assert_eq!(C::OUTPUTS.len(), <Out<C>>::LEN);
    for ports in [C::INPUTS, C::OUTPUTS] {
        for (i, port) in ports.iter().enumerate() {
            let letter = matches!(port.unit.as_bytes(), [b'1' | b'a'..=b'z']);
            assert!(letter, "{}: unit {}", port.name, port.unit);
            assert!(ports[..i].iter().all(|other| other.name != port.name), "{}", port.name);
        }
    }
}

pub fn refuses_nonsense<C: Example>() {
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
        }
    }
    for (config, parameter) in C::nonsense() {
        let refused = config.design(PERIOD_S).err();
        assert_eq!(refused.map(|e| e.parameter), Some(parameter), "{refused:?}");
    }
}

pub fn is_written_as_keywords<C: Example>() {
    for config in C::examples() {
        let mut fields = serde_json::to_value(&config).unwrap();
        for value in fields.as_object().unwrap().values() {
            assert!(!value.is_object(), "{value} is no plain argument");
        }
        let back: C = serde_json::from_value(fields.clone()).unwrap();
        assert_eq!(serde_json::to_value(&back).unwrap(), fields);
        fields.as_object_mut().unwrap().insert("typing_error".into(), 1.0.into());
        assert!(serde_json::from_value::<C>(fields).is_err());
    }
}

pub fn silent_start<C: Example>() {
    for config in C::examples() {
        for_all(bad_sample(ins::<C>()), |sample| {
            let mut running = start(&config);
            let empty = saved::<C>(&running);
            let out = running.update(input::<C>(&sample));
            assert!((0..<Out<C>>::LEN).all(|i| out.get(i).is_nan()));
            assert_eq!(saved::<C>(&running), empty);
        });
    }
}

pub fn finite<C: Example>() {
    for config in C::examples() {
        for_all(signal(ins::<C>()), |samples| {
            let mut running = start(&config);
            for sample in &samples {
                let out = running.update(input::<C>(sample));
                assert!(out.is_finite(), "{:?} after {sample:?}", bits(out));
            }
        });
    }
}

pub fn holds<C: Example>() {
    for config in C::examples() {
        let strategy = (signal(ins::<C>()), signal(ins::<C>()), bad_sample(ins::<C>()));
        for_all(strategy, |(before, after, bad)| {
            let mut running = start(&config);
            let last = run::<C>(&mut running, &before).pop().unwrap();
            let state = saved::<C>(&running);
            let mut undisturbed = running.clone();
            for _ in 0..3 {
                assert_eq!(bits(running.update(input::<C>(&bad))), last);
                assert_eq!(saved::<C>(&running), state);
            }
            assert_eq!(run::<C>(&mut running, &after), run::<C>(&mut undisturbed, &after));
        });
    }
}

pub fn block_equals_samples<C: Example>() {
    for config in C::examples() {
        let strategy = (signal(ins::<C>()), bad_sample(ins::<C>()), any::<prop::sample::Index>());
        for_all(strategy, |(mut samples, bad, at)| {
            let at = at.index(samples.len());
            samples.insert(at, bad);
            let n = samples.len();
            let columns: Vec<Vec<f64>> =
                (0..ins::<C>()).map(|i| samples.iter().map(|s| s[i]).collect()).collect();
            let inputs: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
            let mut out = vec![vec![0.0; n]; <Out<C>>::LEN];
            let mut outputs: Vec<&mut [f64]> = out.iter_mut().map(Vec::as_mut_slice).collect();

            let (mut block, mut single) = (start(&config), start(&config));
            assert_eq!(block.process(&inputs, &mut outputs), n);
            for (t, expected) in run::<C>(&mut single, &samples).into_iter().enumerate() {
                let got: Vec<u64> = out.iter().map(|o| o[t].to_bits()).collect();
                assert_eq!(got, expected, "sample {t}");
            }
            assert_eq!(saved::<C>(&block), saved::<C>(&single));
        });
        let mut none: [&mut [f64]; 0] = [];
        assert_eq!(start(&config).process(&[], &mut none), 0);
    }
}

pub fn reset_is_new<C: Example>() {
    for config in C::examples() {
        for_all((signal(ins::<C>()), signal(ins::<C>())), |(before, after)| {
            let (mut used, mut new) = (start(&config), start(&config));
            run::<C>(&mut used, &before);
            used.reset();
            assert_eq!(saved::<C>(&used), saved::<C>(&new));
            assert_eq!(run::<C>(&mut used, &after), run::<C>(&mut new, &after));
        });
    }
}

pub fn restore_goes_on<C: Example>() {
    for config in C::examples() {
        for_all((signal(ins::<C>()), signal(ins::<C>())), |(before, after)| {
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
pub fn survives_any_state<C: Example>() {
    for config in C::examples() {
        let len = start(&config).state_len();
        let bytes = prop_oneof![
            prop::collection::vec(any::<u8>(), len),
            prop::collection::vec(prop::sample::select(vec![0_u8, 0x7f, 0xff]), len),
        ];
        for_all((bytes, signal(ins::<C>())), |(state, samples)| {
            let mut running = start(&config);
            assert!(running.restore(&state));
            run::<C>(&mut running, &samples);
        });
    }
}

pub fn retune_keeps<C: Example>() {
    for config in C::examples() {
        for other in C::examples() {
            for_all((signal(ins::<C>()), signal(ins::<C>())), |(before, after)| {
                let mut running = start(&config);
                run::<C>(&mut running, &before);
                let state = saved::<C>(&running);

                let mut same = running.clone();
                assert!(same.retune(config.design(PERIOD_S).unwrap()));
                assert_eq!(run::<C>(&mut same, &after), run::<C>(&mut running.clone(), &after));

                let kernel = other.design(PERIOD_S).unwrap();
                let fits = kernel.memory_len() == running.kernel().memory_len();
                assert_eq!(running.retune(kernel), fits);
                assert_eq!(saved::<C>(&running), state);
                for sample in &after {
                    assert!(running.update(input::<C>(sample)).is_finite());
                }
            });
        }
    }
}

pub fn allocates_nothing<C: Example>() {
    for config in C::examples() {
        for_all(signal(ins::<C>()), |samples| {
            let mut running = start(&config);
            let mut space = vec![0; running.state_len()];
            let columns: Vec<Vec<f64>> =
                (0..ins::<C>()).map(|i| samples.iter().map(|s| s[i]).collect()).collect();
            let inputs: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
            let mut out = vec![vec![0.0; samples.len()]; <Out<C>>::LEN];
            let mut outputs: Vec<&mut [f64]> = out.iter_mut().map(Vec::as_mut_slice).collect();
            let count = allocations::during(|| {
                for sample in &samples {
                    running.update(input::<C>(sample));
                }
                running.process(&inputs, &mut outputs);
                let kept = running.save(&mut space) && running.restore(&space);
                running.reset();
                assert!(kept);
            });
            assert_eq!(count, 0);
        });
    }
}
