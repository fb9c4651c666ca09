//! A loop that does not keep its deadline, by a clock that makes its cycles late.
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

mod timing_support;

use timing_support::*;

#[test]
fn a_late_wake_with_quick_execution_is_late() {
    let mut rig = Rig::closed("wake");
    rig.run(1, MS * 6 / 10, 1000);
    let of = rig.loop_status(0);
    assert_eq!((&of["late"], &of["rung"]), (&json!(1), &json!("in_time")));
    let mut rig = Rig::closed("work");
    rig.run(1, 0, MS * 6 / 10);
    assert_eq!(rig.loop_status(0)["late"], 1, "and so is a timely one that takes long");
    let mut rig = Rig::closed("in-time");
    rig.run(1000, MS * 3 / 10, MS * 2 / 10);
    let of = rig.loop_status(0);
    assert_eq!((&of["late"], &of["rung"]), (&json!(0), &json!("in_time")), "to the ns in time");
    assert!(of["margin"].as_f64().unwrap().abs() < 0.07, "p99.9 is at the deadline: {of}");
}

#[test]
fn the_start_is_neither_judged_nor_in_the_histograms() {
    let folder = Folder::new("startup");
    let config = CoreConfig::from_json(&line(&folder).to_string()).unwrap();
    let trouble = Arc::new(Trouble::default());
    trouble.wake_ns.store(MS * 9 / 10, Ordering::Relaxed);
    let clock =
        Scripted { base_hz: BASE_HZ, trouble: Arc::clone(&trouble), scheduled_ns: 0, asked: 0 };
    let (mut executive, mut clerk) =
        build_on(&config, Box::new(plant().driver()), Host::with_clock(Box::new(clock))).unwrap();
    let mut until = |tick: u64, from: u64| {
        (from..tick).for_each(|t| executive.tick(t, Some(tick_ns(t, BASE_HZ)), 0));
        clerk.pump();
        clerk.status_json()["loops"][0].clone()
    };
    let of = until(3, 0);
    assert_eq!((&of["startup_left"], &of["late"]), (&json!(2), &json!(0)));
    assert_eq!((&of["response"]["count"], &of["margin"]), (&json!(0), &json!(null)));
    let of = until(6, 3);
    assert_eq!(
        (&of["startup_left"], &of["late"], &of["cycles"]),
        (&json!(0), &json!(1), &json!(6))
    );
    assert_eq!(of["response"]["count"], 1);
}

#[test]
fn shed_drops_telemetry_then_slower_loops_and_counts_both() {
    let mut rig = Rig::closed("shed");
    rig.run(3, MS, 0);
    assert_eq!(rig.status()["shed_telemetry"], 0);
    let mut rig = Rig::closed("shed");
    rig.run(4, MS, 0);
    assert_eq!(rig.clerk.status_json()["loops"][0]["rung"], "shed");
    let slow = rig.clerk.status_json()["loops"][1]["cycles"].as_u64().unwrap();
    rig.run(20, 0, 0); // in time again, but not for long enough to forget
    let status = rig.clerk.status_json();
    assert!(status["shed_telemetry"].as_u64().unwrap() >= 6, "{}", status["shed_telemetry"]);
    assert_eq!(status["loops"][1]["shed"], 0, "dropping the telemetry was enough");
    assert_eq!(status["loops"][1]["cycles"], slow + 2);
    let mut rig = Rig::closed("shed");
    rig.run(7, MS, 0);
    rig.run(3, 0, 0);
    let of = rig.loop_status(1);
    assert_eq!(of["shed"], 1, "it was not enough: {of}");
    assert_eq!(of["missed"], 0, "what is left out on purpose is not missed");
    rig.run(300, 0, 0);
    let before = rig.loop_status(1)["cycles"].as_u64().unwrap();
    rig.run(99, 0, 0);
    let after = rig.loop_status(1);
    assert_eq!((after["cycles"].as_u64().unwrap() - before, &after["shed"]), (10, &json!(1)));
}

#[test]
fn a_held_loop_writes_nothing_knows_it_and_comes_back_without_a_jump() {
    let mut rig = Rig::closed("hold");
    rig.set(7.5);
    rig.run(100, 0, 0);
    let before = rig.plant.position(0);
    assert!(before > 5.0 && before < 5.2, "0.5 L/min a second: {before}");
    rig.run(8, MS, 0);
    assert_eq!(rig.rung(), "hold");
    let held = rig.plant.position(0);
    rig.run(300, MS, 0);
    assert_eq!(rig.rung(), "safe", "more than fifty in a row");
    let mut rig = Rig::closed("hold");
    rig.set(7.5);
    rig.run(100, 0, 0);
    rig.run(8, MS, 0);
    let writes = rig.plant.writes(0);
    rig.run(9, 0, 0);
    assert_eq!((rig.plant.position(0), rig.plant.writes(0)), (held, writes));
    let actuator = rig.actuator();
    assert_eq!((&actuator["held"], &actuator["state"]), (&json!(true), &json!("closed")));
    let mut last = rig.plant.position(0);
    for _ in 0..400 {
        rig.run(1, 0, 0);
        let now = rig.plant.position(0);
        assert!((now - last).abs() <= 2.0 * 0.5 / BASE_HZ as f64 + 1e-12, "{last} to {now}");
        last = now;
    }
    assert!(last > held + 0.1, "it goes on where it stood");
    let of = rig.loop_status(0);
    assert_eq!((&of["rung"], &of["held"]), (&json!("in_time"), &json!(10)));
    let moves = rig.moves();
    let seen: Vec<_> = moves.iter().map(|(k, f, t)| (k.as_str(), f.as_str(), t.as_str())).collect();
    assert_eq!(
        seen,
        [
            ("alarm", "in_time", "warn"),
            ("alarm", "warn", "shed"),
            ("alarm", "shed", "hold"),
            ("mode", "hold", "shed"),
            ("mode", "shed", "warn"),
            ("mode", "warn", "in_time"),
        ]
    );
}

#[test]
fn safe_is_the_fallback_latched_until_somebody_resets_and_arms() {
    let mut rig = Rig::closed("safe");
    rig.run(50, MS, 0);
    rig.run(1, 0, 0);
    let actuator = rig.actuator();
    assert_eq!(
        (&actuator["state"], &actuator["tripped"]),
        (&json!("fallback"), &json!("overrun_burst"))
    );
    rig.run(3000, 0, 0);
    assert_eq!((rig.rung().as_str(), rig.plant.position(0)), ("safe", 4.0));
    rig.arm();
    rig.run(10, 0, 0);
    assert_eq!(rig.actuator()["state"], "fallback", "an arm alone clears no trip");
    rig.clerk.order(Action::Reset);
    rig.run(1, 0, 0);
    assert_eq!((rig.rung().as_str(), &rig.actuator()["state"]), ("in_time", &json!("fallback")));
    rig.arm();
    rig.run(2, 0, 0);
    assert_eq!(rig.actuator()["state"], "closed");
}

#[test]
fn what_was_left_out_counts_to_the_cycle_and_one_tick_runs() {
    let mut rig = Rig::closed("pause");
    let (cycles, writes) = (rig.loop_status(0)["cycles"].as_u64().unwrap(), rig.plant.writes(0));
    rig.step(30);
    let of = rig.clerk.status_json()["loops"][0].clone();
    assert_eq!((&of["missed"], &of["missed_in_a_row"]), (&json!(30), &json!(30)));
    assert_eq!(of["cycles"], cycles + 1, "one cycle, not the backlog");
    assert_eq!((&of["rung"], &of["late_in_window"]), (&json!("hold"), &json!(30)));
    assert_eq!(rig.plant.writes(0), writes, "held in the very tick it wakes in");
    assert_eq!(rig.clerk.status_json()["loops"][1]["missed"], 3);
}

#[test]
fn what_a_tick_had_read_before_it_stood_still_is_not_acted_on() {
    let mut rig = Rig::closed("stale");
    rig.set(7.5);
    rig.run(20, 0, 0);
    let writes = rig.plant.writes(0);
    rig.run(1, 0, 5 * MS); // 3.3 ms from its start to its outputs
    assert_eq!(rig.plant.writes(0), writes);
    let status = rig.status();
    assert_eq!((&status["stale_outputs"], &status["loops"][0]["late"]), (&json!(1), &json!(1)));
    rig.run(1, 0, 2 * MS);
    assert_eq!(rig.plant.writes(0), writes + 2, "late, but within the age an input may have");
}

/// A host that was refused something.
fn degraded(accept: bool) -> (Value, bool) {
    let folder = Folder::new("degraded");
    let mut config = line(&folder);
    config["live"] = json!({"accept_degraded_rt": accept});
    let config = CoreConfig::from_json(&config.to_string()).unwrap();
    let host = Host {
        real_time: json!({"rt": "degraded", "missing": ["lock_memory"]}),
        missing: vec!["lock_memory"],
        ..Host::with_clock(Box::new(linewright_runtime::clock::Manual::new(1000)))
    };
    let plant = plant();
    let (mut executive, mut clerk) = build_on(&config, Box::new(plant.driver()), host).unwrap();
    clerk.order(Action::Mode(Mode::Closed));
    clerk.order(Action::Arm);
    clerk.order(Action::Lease { actuator: 0, station: 1, token: 1 });
    (0..10).for_each(|tick| executive.tick(tick, None, 0));
    clerk.pump();
    clerk.commit();
    let rows = rows(folder.file("ledger.db"), Filter::default()).unwrap().map(Result::unwrap);
    let start: Value = serde_json::from_str(&rows.into_iter().next().unwrap().body_json).unwrap();
    assert_eq!(start["real_time"]["missing"], json!(["lock_memory"]));
    (clerk.status_json(), plant.writes(0) > 0)
}

#[test]
fn without_real_time_closed_loop_needs_its_acceptance() {
    let (status, wrote) = degraded(false);
    assert!(!wrote);
    assert_eq!(status["permit"], "advisory");
    let why = "real time is degraded (lock_memory), and that is not accepted";
    assert_eq!(status["permit_withheld"], why);
    let (status, wrote) = degraded(true);
    assert!(wrote);
    assert_eq!((&status["permit"], &status["permit_withheld"]), (&json!("closed"), &json!(null)));
}

#[test]
fn without_a_declared_hold_a_pause_holds_nothing() {
    let mut rig = Rig::with("usual", |config| config["loops"] = json!({}));
    rig.run(1000, 0, 0);
    rig.step(100_000 - 2000);
    let writes = rig.plant.writes(0);
    rig.run(10, 0, 0);
    assert_eq!(rig.plant.writes(0), writes + 10);
    assert_eq!(rig.rung(), "shed");
}

#[test]
fn a_table_for_no_loop_and_a_deadline_beyond_the_period_are_refused() {
    let folder = Folder::new("refused");
    let mut config = line(&folder);
    config["loops"]["coater.flou"] = json!({});
    config["loops"]["coater.flow"]["deadline_us"] = json!(1001);
    let config = CoreConfig::from_json(&config.to_string()).unwrap();
    let clock = linewright_runtime::clock::Manual::new(1000);
    let Err(error) =
        build_on(&config, Box::new(plant().driver()), Host::with_clock(Box::new(clock)))
    else {
        unreachable!("it must not start")
    };
    let text = error.to_string();
    assert_eq!(error.exit_code(), 78);
    assert!(
        text.contains("loops.coater.flow.deadline_us: expected 1 to 1000, the period"),
        "{text}"
    );
    assert!(
        text.contains("loops.coater.flou.: expected one of coater.flow, coater.slow"),
        "{text}"
    );
}
