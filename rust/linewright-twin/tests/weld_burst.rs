//! The weld burst kernel on welds of the twin: limits learnt on good welds of one seed, judged on another.
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

use linewright_kernel::front::{WELD_FEATURES, WeldBurst, WeldBurstFrontEnd};
use linewright_kernel::{FrontEnd, FrontEndDesign};
use linewright_twin::weld::{Conditions, Happening, Shot, WeldClass, WeldConfig};

const REFERENCE: u64 = 11;
const HELD_OUT: u64 = 12;

fn weld(
    config: &WeldConfig,
    conditions: &Conditions,
    seed: u64,
    slot: u64,
) -> (WeldClass, [Vec<f64>; 3]) {
    let mut shot = Shot::new(config, conditions, 1.0, seed, slot);
    let mut signals = [(); 3].map(|()| vec![0.0; shot.samples()]);
    let [plasma, reflection, thermal] = &mut signals;
    shot.run(config.power_w, [plasma, reflection, thermal]);
    (WeldClass::of(conditions, &shot.joint()), signals)
}

fn learnt(config: &WeldConfig, welds: u64) -> WeldBurstFrontEnd {
    let mut plain = WeldBurst::unlearned(10_000).design().unwrap();
    let mut good: Vec<[f64; WELD_FEATURES]> = Vec::new();
    for slot in 0..welds {
        let conditions = Conditions::draw(config, REFERENCE, slot, 1.0, 0.0);
        let (class, [p, r, t]) = weld(config, &conditions, REFERENCE, slot);
        if class == WeldClass::Good {
            good.push(plain.features([&p, &r, &t]).unwrap());
        }
    }
    WeldBurst::learn(10_000, &good, 0.01).unwrap().design().unwrap()
}

/// Share of held-out welds of one class that are refused, and that get their own class.
fn recall(front: &mut WeldBurstFrontEnd, config: &WeldConfig, wanted: WeldClass) -> (f64, f64) {
    let (mut n, mut refused, mut named) = (0.0, 0.0, 0.0);
    for slot in 0..6000 {
        let conditions = Conditions::draw(config, HELD_OUT, slot, 1.0, 0.0);
        if wanted != WeldClass::Good && conditions.happening == Happening::Nothing {
            continue;
        }
        let (class, [p, r, t]) = weld(config, &conditions, HELD_OUT, slot);
        if class != wanted {
            continue;
        }
        let mut out = [f64::NAN; WELD_FEATURES + 3];
        front.step(&[Some(&p), Some(&r), Some(&t)], &mut out);
        n += 1.0;
        refused += f64::from(u8::from(out[0] > 0.0));
        named += f64::from(u8::from(out[0] == f64::from(wanted as u8)));
        assert!((0.0..=1.0).contains(&out[1]));
    }
    println!(
        "{:>16}: {n:>5} welds, refused {:.3}, named {:.3}",
        wanted.name(),
        refused / n,
        named / n
    );
    (refused / n, named / n)
}

/// Many defects, so that every class has some hundred welds.
fn rich() -> WeldConfig {
    WeldConfig {
        gap_share: 0.06,
        false_friend_share: 0.06,
        over_penetration_share: 0.06,
        blow_out_share: 0.06,
        contamination_share: 0.06,
        ..WeldConfig::default()
    }
}

#[test]
fn defects_are_found_at_one_false_reject_in_a_hundred() {
    let mut front = learnt(&WeldConfig::default(), 4000);
    let (false_rejects, _) = recall(&mut front, &WeldConfig::default(), WeldClass::Good);
    assert!(false_rejects < 0.02, "{false_rejects}");
    for (class, least) in [
        (WeldClass::Gap, [0.95, 0.9]),
        (WeldClass::FalseFriend, [0.6, 0.4]),
        (WeldClass::OverPenetration, [0.95, 0.8]),
        (WeldClass::BlowOut, [0.95, 0.9]),
        (WeldClass::Shallow, [0.8, 0.6]),
    ] {
        let (refused, named) = recall(&mut front, &rich(), class);
        assert!(refused > least[0] && named > least[1], "{}: {refused} {named}", class.name());
    }
}
