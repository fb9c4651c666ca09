//! The times of stages and chains, the worst cycle, and the budgets they are held against.
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

mod timing_support;

use timing_support::*;

fn budgets(flow_us: f64, chain_us: f64) -> Value {
    json!({
        "window_s": 10.0,
        "loops": {"coater.flow": {
            "release_us": 100.0, "read_us": 100.0, "execute_us": flow_us, "write_us": 100.0,
        }},
        "chains": {"flow to pump": {
            "channel": "coater.mass_flow", "actuator": "coater.pump_flow", "budget_us": chain_us,
        }},
    })
}

#[test]
fn every_stage_and_chain_has_its_times() {
    let mut rig = Rig::with("stages", |config| config["budgets"] = budgets(200.0, 700.0));
    rig.run(1000, 60_000, 300_000);
    let of = rig.loop_status(0);
    let p50 = |name: &str| of[name]["p50_ns"].as_u64().unwrap();
    let near = |name: &str, ns: u64| (ns..=ns + ns / 16).contains(&p50(name));
    for (stage, ns) in [
        ("lateness", 60_000),
        ("read", 100_000),
        ("execute", 100_000),
        ("write", 100_000),
        ("execution", 300_000),
        ("response", 360_000),
    ] {
        assert!(near(stage, ns), "{stage}: {}", of[stage]);
    }
    let chains = rig.status()["chains"].clone();
    let age = chains[0]["age"]["p50_ns"].as_u64().unwrap();
    assert!((360_000..=383_000).contains(&age), "{chains}");
    assert!(chains[0]["age"]["p99_99_ns"].is_u64());
}

#[test]
fn the_frame_of_the_worst_cycle_is_kept_with_the_names_of_its_slots() {
    let mut rig = Rig::closed("worst");
    assert_eq!(rig.loop_status(0)["worst"], json!(null), "every response took 0 ns so far");
    rig.plant.set(1, 8.25, linewright_runtime::driver::Quality::Uncertain);
    rig.run(1, 200_000, 30_000);
    let tick = rig.tick - 1;
    rig.plant.set(1, 7.0, linewright_runtime::driver::Quality::Good);
    rig.run(100, 100_000, 3_000);
    let worst = rig.loop_status(0)["worst"].clone();
    assert_eq!((&worst["tick"], &worst["wake_ns"]), (&json!(tick), &json!(200_000)));
    assert_eq!((&worst["read_ns"], &worst["write_ns"]), (&json!(210_000), &json!(230_000)));
    let slots = worst["slots"].as_array().unwrap();
    let flow = slots.iter().find(|s| s["name"] == "input coater.mass_flow").unwrap();
    assert_eq!((&flow["value"], &flow["unit"]), (&json!(8.25), &json!("kg/min")));
    assert_eq!(flow["quality"], "uncertain", "the frame as it was, not as it is");
}

#[test]
fn a_budget_that_is_exceeded_is_an_alarm_once_and_a_row_when_it_is_kept_again() {
    let mut rig = Rig::with("budgets", |config| config["budgets"] = budgets(100.0, 450.0));
    let mut window = |work_ns: u64, wake_ns: u64| {
        rig.run(2000, wake_ns, work_ns);
        rig.clerk.mind_budgets();
        let status = rig.clerk.status_json();
        let of = status["budgets"].as_array().unwrap().iter();
        of.filter(|b| b["over"] == true)
            .map(|b| b["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert!(window(240_000, 0).is_empty());
    assert_eq!(
        window(330_000, 0),
        ["coater.flow read", "coater.flow execute", "coater.flow write"]
    );
    assert_eq!(window(330_000, 0).len(), 3, "still");
    assert_eq!(window(240_000, 230_000), ["coater.flow release", "flow to pump"]);
    assert!(window(240_000, 0).is_empty());
    rig.clerk.commit();
    let rows = rows(&rig.ledger, Filter::default()).unwrap().map(Result::unwrap);
    let told: Vec<_> = rows.filter(|row| row.body_json.contains("\"budget\"")).collect();
    let count = |kind: &str| told.iter().filter(|row| row.kind == kind).count();
    assert_eq!((count("alarm"), count("mode")), (5, 5), "each once, each way");
}

#[test]
fn one_slow_cycle_in_two_thousand_is_not_over_a_budget() {
    let mut rig = Rig::with("one-slow", |config| config["budgets"] = budgets(100.0, 450.0));
    rig.run(1999, 0, 240_000);
    rig.run(1, 0, 450_000);
    rig.clerk.mind_budgets();
    let budgets = rig.clerk.status_json()["budgets"].clone();
    assert!(budgets.as_array().unwrap().iter().all(|b| b["over"] == false), "{budgets}");
}

#[test]
fn stages_that_add_up_to_more_than_the_deadline_are_refused() {
    let refused = |budgets: Value| {
        let folder = Folder::new("sums");
        let mut config = line(&folder);
        config["budgets"] = budgets;
        let config = CoreConfig::from_json(&config.to_string()).unwrap();
        let host = Host::with_clock(Box::new(linewright_runtime::clock::Manual::new(1000)));
        build_on(&config, Box::new(plant().driver()), host).err().map(|e| e.to_string())
    };
    assert_eq!(refused(budgets(200.0, 500.0)), None, "500 us of 500");
    let text = refused(budgets(200.5, 600.0)).unwrap();
    assert!(text.contains("add up to at most the deadline, 500 us, got 500.5 us"), "{text}");
    let text = refused(budgets(100.0, 399.0)).unwrap();
    assert!(text.contains("budgets.chains.flow to pump.budget_us: expected 400 or more"), "{text}");
    let text = refused(budgets(0.0, 600.0)).unwrap();
    assert!(text.contains("budgets.loops.coater.flow.execute_us: expected above 0"), "{text}");
    let mut odd = budgets(100.0, 600.0);
    odd["chains"]["flow to pump"]["actuator"] = json!("coater.bolt");
    odd["loops"]["coater.flou"] = odd["loops"]["coater.flow"].clone();
    let text = refused(odd).unwrap();
    assert!(text.contains("an actuator that a loop drives, got coater.bolt"), "{text}");
    assert!(text.contains("expected one of coater.flow, coater.slow, got coater.flou"), "{text}");
}
