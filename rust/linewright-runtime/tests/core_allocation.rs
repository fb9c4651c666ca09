//! The executive's tick allocates nothing: counted over a million ticks in closed loop.
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

mod core_support;
mod counting;

use core_support::{config, plant};
use linewright_runtime::config::CoreConfig;
use linewright_runtime::core::build;
use linewright_runtime::driver::Quality;
use linewright_runtime::order::Action;
use linewright_runtime::record::Mode;
use serde_json::json;

#[test]
fn a_million_ticks_allocate_nothing() {
    let mut config = config();
    config["actuators"]["coater.pump_flow"]["resolution"] = json!(0.0); // a record every cycle
    let config = CoreConfig::from_json(&config.to_string()).unwrap();
    let plant = plant();
    let (mut executive, mut clerk) = build(&config, Box::new(plant.driver())).unwrap();
    clerk.order(Action::Mode(Mode::Closed));
    clerk.order(Action::Arm);
    clerk.order(Action::Lease { actuator: 0, station: 1, token: 1 });
    let mut spent = 0;
    for tick in 0..1_000_000u64 {
        let flow = if tick % 1000 < 900 { 7.0 } else { 10.0 }; // an event now and then
        plant.set(0, tick as f64 * 0.01, Quality::Good);
        plant.set(1, flow, if tick % 777 == 0 { Quality::Bad } else { Quality::Good });
        if tick % 60 == 30 {
            clerk.order(Action::Renew { actuator: 0, station: 1, token: 1 });
        }
        let before = counting::calls();
        executive.tick(tick, None, 0);
        spent += counting::calls() - before;
        if tick % 500 == 0 {
            clerk.pump();
            drop(clerk.take_frames());
        }
    }
    assert_eq!(spent, 0);
    assert!(plant.writes(0) > 300_000, "it did act: {}", plant.writes(0));
}
