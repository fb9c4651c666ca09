//! The material flow and its queueing laws.

use linewright_twin::Fault;
use linewright_twin::flow::laws::{self, Reliability};
use linewright_twin::flow::{FlowConfig, FlowTwin, Holds, Move, News, Order, Refusal, Rule};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde::Deserialize;

use crate::error::ConfigError;
use crate::json::to_python;
use crate::value::Value;

/// Share of arrivals lost when all servers are busy (Erlang B): `B(k) = a*B(k-1)/(k + a*B(k-1))`.
#[pyfunction]
fn erlang_b(load_erlang: f64, servers: u32) -> f64 {
    laws::erlang_b(load_erlang, servers)
}

/// Share of arrivals that wait (Erlang C): `C = B/(1 - (a/c)*(1 - B))`; 1 when the load is not below the servers.
#[pyfunction]
fn erlang_c(load_erlang: f64, servers: u32) -> f64 {
    laws::erlang_c(load_erlang, servers)
}

/// Mean wait (Erlang C) in the unit of `service`: `C*service/(c - a)`; infinite when the load is not below the servers.
#[pyfunction]
fn erlang_c_wait(load_erlang: f64, servers: u32, service: f64) -> f64 {
    laws::erlang_c_wait(load_erlang, servers, service)
}

/// Parts per cycle of two machines with a buffer between them (Buzacott 1967, Gershwin 1994); machine 1, then 2.
#[pyfunction]
fn two_machine_line(fail_1: f64, repair_1: f64, fail_2: f64, repair_2: f64, places: u32) -> f64 {
    let first = Reliability { fail: fail_1, repair: repair_1 };
    let second = Reliability { fail: fail_2, repair: repair_2 };
    laws::two_machine_line(first, second, places)
}

/// What happened: time in s, what, vehicle, order, tray, slot.
type NewsRow = (f64, &'static str, Option<usize>, Option<u64>, Option<u32>, Option<usize>);
/// A vehicle: task, order, move, slot, loaded, charge, m along the aisle, m beside it.
type VehicleRow =
    (&'static str, Option<u64>, Option<&'static str>, Option<usize>, bool, f64, f64, f64);

/// The material flow from welding to end-of-line test, event by event; a running plant from the start.
///
/// `config` is a dict of what differs from the default line (unknown names are refused), `faults` are dicts
/// as a line's. Under the rule "oldest" vehicles are sent by the plain rule (oldest demand, nearest vehicle),
/// under "told" by `order`.
#[pyclass(module = "linewright.twin", name = "FlowTwin")]
struct PyFlowTwin(FlowTwin);

#[pymethods]
impl PyFlowTwin {
    #[new]
    #[pyo3(signature = (config=None, *, faults=None, seed=0, rule="oldest"))]
    fn new(
        config: Option<&Bound<'_, PyDict>>,
        faults: Option<&Bound<'_, PyAny>>,
        seed: u64,
        rule: &str,
    ) -> PyResult<Self> {
        let refuse = |e: &dyn std::fmt::Display| ConfigError::new_err(format!("flow: {e}"));
        let pairs = match config.map(|c| Value::from_python(c.as_any())).transpose()? {
            Some(Value::Dict(pairs)) => pairs,
            _ => Vec::new(),
        };
        let config: FlowConfig = Value::build(pairs).map_err(|e| refuse(&e))?;
        let faults: Vec<Fault> = match faults.map(Value::from_python).transpose()? {
            Some(list) => Vec::deserialize(list).map_err(|e| refuse(&e))?,
            None => Vec::new(),
        };
        let rule = match rule {
            "oldest" => Rule::Oldest,
            "told" => Rule::Told,
            other => {
                let text = format!("rule must be \"oldest\" or \"told\", was {other:?}");
                return Err(PyValueError::new_err(text));
            }
        };
        FlowTwin::new(&config, &faults, seed, rule).map(Self).map_err(|e| refuse(&e))
    }

    /// Lets time pass until `until_s`. The GIL is released.
    #[pyo3(signature = (until_s, /))]
    fn advance(&mut self, py: Python<'_>, until_s: f64) {
        py.detach(|| self.0.advance(until_s));
    }

    /// Lets time pass until there are news, or until `until_s`.
    #[pyo3(signature = (until_s, /))]
    fn advance_to_news(&mut self, until_s: f64) {
        self.0.advance_to_news(until_s);
    }

    /// Time now, s.
    #[getter]
    fn now_s(&self) -> f64 {
        self.0.now_s()
    }

    /// Sends a vehicle: `move` is store, feed, clear, test or return. Why it is not taken, or None.
    #[pyo3(signature = (vehicle, id, r#move, slot=None, /))]
    fn order(
        &mut self,
        vehicle: usize,
        id: u64,
        r#move: &str,
        slot: Option<usize>,
    ) -> PyResult<Option<String>> {
        let Some(what) = Move::named(r#move) else {
            return Err(PyValueError::new_err(format!("there is no move {:?}", r#move)));
        };
        Ok(reason(self.0.order(vehicle, Order { id, what, slot })))
    }

    /// Takes an order back from a vehicle that has not begun to load. Why not, or None.
    #[pyo3(signature = (vehicle, /))]
    fn cancel(&mut self, vehicle: usize) -> Option<String> {
        reason(self.0.cancel(vehicle))
    }

    /// Gives a vehicle on its way to the rack another slot. Why not, or None.
    #[pyo3(signature = (vehicle, slot, /))]
    fn redirect(&mut self, vehicle: usize, slot: usize) -> Option<String> {
        reason(self.0.redirect(vehicle, slot))
    }

    /// Sends an idle vehicle to charge. Why not, or None.
    #[pyo3(signature = (vehicle, /))]
    fn charge(&mut self, vehicle: usize) -> Option<String> {
        reason(self.0.send_to_charge(vehicle))
    }

    /// What happened since the last call: time in s, what, vehicle, order, tray, slot.
    fn news(&mut self) -> Vec<NewsRow> {
        let row = |n: News| (n.time_s, n.what.name(), n.vehicle, n.order, n.tray, n.slot);
        self.0.take_news().into_iter().map(row).collect()
    }

    /// Trays where they wait, and places.
    fn stock<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let stock = serde_json::to_value(self.0.stock())
            .map_err(|e| PyValueError::new_err(e.to_string()))?;
        to_python(py, &stock)
    }

    /// Vehicles: task, order, move, slot, loaded, charge, m along the aisle, m beside it; None while out.
    fn vehicles(&self) -> Vec<Option<VehicleRow>> {
        let row = |vehicle| {
            self.0.vehicle(vehicle).map(|v| {
                let order = v.order;
                let (id, what) = (order.map(|o| o.id), order.map(|o| o.what.name()));
                let slot = order.and_then(|o| o.slot);
                (v.task.name(), id, what, slot, v.loaded, v.charge, v.at_m.0, v.at_m.1)
            })
        };
        (0..self.0.vehicles()).map(row).collect()
    }

    /// Slots: free, forming, formed or leaving; out; when formed (expected, or since), s.
    fn slots(&self) -> Vec<(&'static str, bool, Option<f64>)> {
        let row = |view: linewright_twin::flow::SlotView| {
            let holds = match view.holds {
                Holds::Nothing => "free",
                Holds::Forming => "forming",
                Holds::Formed => "formed",
                Holds::Leaving => "leaving",
            };
            (holds, view.out, view.expected_s)
        };
        (0..self.0.slots()).filter_map(|slot| self.0.slot(slot)).map(row).collect()
    }

    /// When the next trays in wetting are due, s.
    #[pyo3(signature = (count, /))]
    fn next_wetted_s(&self, count: usize) -> Vec<f64> {
        self.0.next_wetted_s(count).collect()
    }

    /// When the next trays in ageing are due, s.
    #[pyo3(signature = (count, /))]
    fn next_aged_s(&self, count: usize) -> Vec<f64> {
        self.0.next_aged_s(count).collect()
    }

    /// Where filling, wetting, ageing, testing and chargers are, m along the aisle and m beside it.
    fn places_m(&self) -> [(f64, f64); 5] {
        self.0.places_m()
    }

    /// Where each slot's tower is, m along the aisle and m beside it.
    fn slots_m(&self) -> Vec<(f64, f64)> {
        (0..self.0.slots()).map(|slot| self.0.slot_m(slot)).collect()
    }

    /// What really happened, as a dict; for evaluation only: no dispatch may see it.
    fn truth<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let truth = serde_json::to_value(self.0.truth())
            .map_err(|e| PyValueError::new_err(e.to_string()))?;
        to_python(py, &truth)
    }
}

fn reason(done: Result<(), Refusal>) -> Option<String> {
    done.err().map(|refusal| refusal.to_string())
}

/// Adds the flow to the module.
pub fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(erlang_b, module)?)?;
    module.add_function(wrap_pyfunction!(erlang_c, module)?)?;
    module.add_function(wrap_pyfunction!(erlang_c_wait, module)?)?;
    module.add_function(wrap_pyfunction!(two_machine_line, module)?)?;
    module.add_class::<PyFlowTwin>()
}
