//! Plans: refused with their problems, or they run.

use linewright_runtime::exec::{
    Executor, MailboxSlot, Profile, Quality, Reading, Sinks, Sources, Written,
};
use linewright_runtime::plan::{Plan, check_plan};
use linewright_runtime::unit::Unit;

use crate::line;

/// Takes what comes and looks at none of it.
struct Nowhere;

impl Sinks for Nowhere {
    fn output(&mut self, _: usize, _: f64, _: Quality) {}
    fn event(&mut self, _: usize, _: &[f64]) {}
    fn tap(&mut self, _: usize, _: f64, _: Quality) {}
    fn map_point(&mut self, _: usize, _: f64, _: f64, _: Quality) {}
    fn cycle(&mut self, _: usize, _: &[f64], _: &[u8], _: usize, _: u64) {}
}

/// Values of inputs, one after the other.
const VALUES: [f64; 8] = [0.0, 1.0, -1.0, 7.5, f64::NAN, 1e300, -f64::INFINITY, 1e-300];

pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(unit) = Unit::parse(text) {
        assert_eq!(
            Unit::parse(&unit.to_string()).ok().map(|u| u.to_string()),
            Some(unit.to_string())
        );
    }
    let problems = check_plan(text);
    if !problems.is_empty() {
        assert!(problems.iter().all(|problem| !problem.to_string().is_empty()));
        return;
    }
    let plan = Plan::from_json(text).expect("it has no problem");
    let again = Plan::from_json(plan.json()).expect("the text it was read from");
    assert_eq!(again.hash(), plan.hash());
    let mut executor = Executor::new(&plan).expect("it has no problem");
    let mut inputs = vec![Reading::default(); plan.channels().len()];
    let mailboxes = vec![MailboxSlot::default(); plan.mailboxes().len()];
    let profiles = vec![Profile::default(); plan.profiles().len()];
    let written = vec![Written::default(); plan.actuators().len()];
    let params = plan.start_values();
    for tick in 0..40_u64 {
        for (i, input) in inputs.iter_mut().enumerate() {
            let value = VALUES[(tick as usize + i) % VALUES.len()];
            *input = Reading { value, quality: Quality::Good, tick };
        }
        let sources = Sources {
            inputs: &inputs,
            mailboxes: &mailboxes,
            profiles: &profiles,
            params: &params,
            written: &written,
        };
        executor.run_due(tick, &sources, &mut Nowhere);
    }
    let mut state = vec![0; executor.state_len()];
    assert!(executor.save(&mut state) && executor.restore(&state));
}

pub fn examples() -> Vec<Vec<u8>> {
    let mut small = line::plan();
    small["loops"].as_array_mut().unwrap().truncate(1);
    let mut out = vec![line::plan().to_string().into(), small.to_string().into()];
    out.extend(["g/m2", "kg.m/s2", "L/min", "1/s", "um", "m^-2", "%"].map(|unit| unit.into()));
    out
}
