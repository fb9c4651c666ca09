use super::*;
use crate::fault::FaultKind;

fn fault(kind: FaultKind, size: f64, at_s: f64, duration_s: f64) -> Fault {
    Fault { kind, size, at_s, duration_s, ramp_s: None }
}

fn run(config: &FlowConfig, faults: &[Fault], seed: u64, hours: f64) -> FlowTwin {
    let mut flow = FlowTwin::new(config, faults, seed, Rule::Oldest).unwrap();
    flow.advance(3600.0 * hours);
    flow
}

#[test]
fn the_default_line_makes_what_it_was_laid_out_for() {
    for seed in [1, 2, 3] {
        let flow = run(&FlowConfig::default(), &[], seed, 24.0);
        let truth = flow.truth();
        let engaged: f64 = truth.moves.iter().map(|m| m.engaged_s).sum();
        let delivered: u32 = truth.moves.iter().map(|m| m.delivered).sum();
        let cycle_min = engaged / f64::from(delivered) / 60.0;
        let cells_per_min = truth.good_cells as f64 / 1440.0;
        assert!((3.5..4.6).contains(&cycle_min), "cycle {cycle_min} min");
        assert!((22.5..24.5).contains(&cells_per_min), "{cells_per_min} good cells/min");
    }
}

#[test]
fn same_seed_same_bits_whatever_the_steps() {
    let faults = [
        fault(FaultKind::SlotOutage, 30.0, 3600.0, 7200.0),
        fault(FaultKind::VehicleLoss, 2.0, 5000.0, 3600.0),
        fault(FaultKind::ArrivalBunching, 12.0, 9000.0, 0.0),
    ];
    let once = run(&FlowConfig::default(), &faults, 9, 6.0);
    let mut steps = FlowTwin::new(&FlowConfig::default(), &faults, 9, Rule::Oldest).unwrap();
    for i in 1..=2160 {
        steps.advance(10.0 * f64::from(i));
    }
    assert_eq!(once.truth().trays, steps.truth().trays);
    assert_eq!(once.truth().good_cells, steps.truth().good_cells);
    let other = run(&FlowConfig::default(), &faults, 10, 6.0);
    assert_ne!(once.truth().trays, other.truth().trays);
}

#[test]
fn no_tray_is_lost_or_made() {
    let faults = [
        fault(FaultKind::SlotOutage, 100.0, 3600.0, 7200.0),
        fault(FaultKind::VehicleLoss, 8.0, 5000.0, 3600.0),
        fault(FaultKind::ArrivalBunching, 40.0, 9000.0, 0.0),
    ];
    let trays = |flow: &FlowTwin| {
        let riding = flow.fleet.vehicles.iter().filter(|v| v.tray.is_some()).count();
        let testing = flow.testers.machines.iter().filter(|m| m.0 != Doing::Idle).count();
        let in_rack = flow.rack.slots.iter().filter(|s| s.tray.is_some()).count();
        // a tray that a vehicle is just taking out of its slot is counted with the slot
        let leaving = flow.rack.slots.iter().filter(|s| s.holds == Holds::Leaving).count();
        flow.assembly.outlet.len()
            + flow.assembly.empties
            + flow.wetting.len()
            + flow.wetted.len()
            + in_rack
            - leaving
            + flow.ageing.len()
            + flow.aged.len()
            + flow.infeed.len()
            + testing
            + flow.empties
            + riding
    };
    for seed in [1, 2] {
        let mut flow = FlowTwin::new(&FlowConfig::default(), &faults, seed, Rule::Oldest).unwrap();
        let at_start = trays(&flow);
        for hour in 1..=12 {
            flow.advance(3600.0 * f64::from(hour));
            assert_eq!(trays(&flow), at_start, "seed {seed}, hour {hour}");
        }
    }
}

#[test]
fn a_slot_that_is_out_keeps_its_tray_and_the_progress_of_it() {
    let outage = [fault(FaultKind::SlotOutage, 469.0, 3600.0, 7200.0)];
    let (with, without) =
        (run(&FlowConfig::default(), &outage, 4, 2.9), run(&FlowConfig::default(), &[], 4, 2.9));
    let formed = |flow: &FlowTwin| {
        flow.truth().trays.iter().filter(|t| t.end_s.is_some_and(|end| end > 3600.0)).count()
    };
    assert_eq!(formed(&with), 0);
    assert!(formed(&without) > 60);
    let late = run(&FlowConfig::default(), &outage, 4, 12.0);
    for (a, b) in late.truth().trays.iter().zip(&without.truth().trays) {
        if let (Some(a), Some(b)) = (a.end_s, b.end_s)
            && b > 3600.0
            && a.is_finite()
        {
            assert!((a - b - 7200.0).abs() < 1e-6, "{a} {b}");
        }
    }
}

#[test]
fn lost_vehicles_come_back_and_their_loads_arrive() {
    let loss = [fault(FaultKind::VehicleLoss, 20.0, 1800.0, 1800.0)];
    let flow = run(&FlowConfig::default(), &loss, 3, 4.0);
    assert!(flow.truth().fill_blocked.any_s > 600.0);
    assert_eq!(flow.truth().vehicles_lost.longest_s, 1800.0);
    assert!(flow.truth().trays_started > 150);
}

#[test]
fn a_bunch_comes_at_once_and_a_gap_follows() {
    let bunch = [fault(FaultKind::ArrivalBunching, 12.0, 3600.0, 0.0)];
    let flow = run(&FlowConfig::default(), &bunch, 3, 2.0);
    let within = |lo: f64, hi: f64| {
        flow.truth().trays.iter().filter(|t| t.due_s > lo && t.due_s <= hi).count()
    };
    assert_eq!(within(3600.0, 3900.0), 12);
    assert_eq!(within(3900.0, 4400.0), 0);
}

#[test]
fn a_planned_change_leaves_a_gap_and_another_formation_time() {
    let step = RecipeStep { at_s: 3600.0, gap_s: 7200.0, cells_per_min: 20.0, formation_h: 6.0 };
    let config = FlowConfig { change: Some(step), ..FlowConfig::default() };
    let flow = run(&config, &[], 3, 8.0);
    let took = |from: f64, to: f64| {
        let of: Vec<f64> = flow
            .truth()
            .trays
            .iter()
            .filter(|t| t.start_s > from && t.start_s < to)
            .filter_map(|t| t.end_s.map(|end| (end - t.start_s) / 3600.0))
            .collect();
        (of.len(), of.iter().sum::<f64>() / of.len() as f64)
    };
    let filled = run(&FlowConfig::default(), &[], 3, 8.0).truth().trays_filled;
    assert!(flow.truth().trays_filled + 80 < filled);
    let (count, hours) = took(10_900.0, 7200.0 + 2400.0 * 3.0);
    assert!(count == 0 || (hours - 6.0).abs() < 0.3);
    let longer = run(&config, &[], 3, 12.0);
    let mean: Vec<f64> = longer
        .truth()
        .trays
        .iter()
        .filter(|t| t.start_s > 10_900.0)
        .filter_map(|t| t.end_s.map(|end| (end - t.start_s) / 3600.0))
        .collect();
    assert!(mean.len() > 30);
    assert!((mean.iter().sum::<f64>() / mean.len() as f64 - 6.0).abs() < 0.1);
}

#[test]
fn an_order_is_obeyed_told_and_refused_in_its_turn() {
    let mut flow = FlowTwin::new(&FlowConfig::default(), &[], 5, Rule::Told).unwrap();
    flow.advance_to_news(3600.0);
    let order = Order { id: 41, what: Move::Feed, slot: Some(10_000) };
    assert_eq!(flow.order(0, order), Err(Refusal::NoSlot));
    let free = (0..flow.slots()).find(|&s| flow.slot(s).unwrap().holds == Holds::Nothing).unwrap();
    let order = Order { slot: Some(free), ..order };
    assert_eq!(flow.order(0, order), Ok(()));
    assert_eq!(flow.order(0, order), Err(Refusal::Engaged));
    assert_eq!(flow.order(1, order), Err(Refusal::SlotTaken));
    assert_eq!(flow.order(99, order), Err(Refusal::NoVehicle));
    assert_eq!(flow.cancel(1), Err(Refusal::TooLate));
    let mut seen = Vec::new();
    while flow.now_s() < 3600.0 && !seen.contains(&What::Delivered) {
        flow.advance_to_news(3600.0);
        seen.extend(flow.take_news().iter().filter(|n| n.order == Some(41)).map(|n| n.what));
    }
    assert_eq!(seen, [What::Picked, What::Delivered]);
    assert_eq!(flow.slot(free).unwrap().holds, Holds::Forming);
}

#[test]
fn a_slot_is_reserved_for_the_next_tray_while_another_vehicle_clears_it() {
    let mut flow = FlowTwin::new(&FlowConfig::default(), &[], 5, Rule::Told).unwrap();
    let formed = loop {
        flow.advance_to_news(3600.0);
        if let Some(news) = flow.take_news().iter().find(|n| n.what == What::Formed) {
            break news.slot;
        }
    };
    let clear = Order { id: 1, what: Move::Clear, slot: formed };
    let feed = Order { id: 2, what: Move::Feed, slot: formed };
    assert_eq!(flow.order(0, clear), Ok(()));
    assert_eq!(flow.order(1, clear), Err(Refusal::SlotTaken));
    assert_eq!(flow.order(1, feed), Ok(()));
    assert_eq!(flow.order(2, feed), Err(Refusal::SlotTaken));
    let (mut picked_s, mut fed_s) = (f64::NAN, f64::NAN);
    while fed_s.is_nan() && flow.now_s() < 7200.0 {
        flow.advance_to_news(7200.0);
        for news in flow.take_news() {
            match (news.order, news.what) {
                (Some(1), What::Picked) => picked_s = news.time_s,
                (Some(2), What::Delivered) => fed_s = news.time_s,
                _ => {}
            }
        }
    }
    assert!(fed_s >= picked_s + FlowConfig::default().fleet.handling_s);
    assert_eq!(flow.slot(formed.unwrap()).unwrap().holds, Holds::Forming);
}

#[test]
fn a_flow_that_cannot_be_is_refused_by_name() {
    let mut config = FlowConfig::default();
    config.rack.slots = 10.5;
    let error = FlowTwin::new(&config, &[], 1, Rule::Oldest).err().unwrap();
    assert_eq!(error.to_string(), "flow.rack.slots must be a whole number, was 10.5");
    config.rack.slots = 469.0;
    config.fleet.charge_below = 0.85;
    let error = FlowTwin::new(&config, &[], 1, Rule::Oldest).err().unwrap();
    assert!(error.to_string().starts_with("flow.fleet.charge_below must be below"));
}
