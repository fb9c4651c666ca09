//! Quadratic programs.

use linewright_kernel::controller::qp::{QpSolution as Solution, QuadraticProgram};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::error::design_error;

/// What `solve_qp` found.
///
/// `x`, `multipliers` (one per row of `a`: positive at the upper bound, negative at the lower), `cost`,
/// `iterations`, `solved` (false: stopped early, or `infeasible`), and the residuals: `primal_residual`, the
/// largest distance beyond a bound; `dual_residual`, the largest component of `p*x + q + a'*multipliers`.
#[pyclass(frozen, get_all, module = "linewright")]
struct QpSolution {
    x: Py<PyTuple>,
    multipliers: Py<PyTuple>,
    cost: f64,
    iterations: usize,
    solved: bool,
    infeasible: bool,
    primal_residual: f64,
    dual_residual: f64,
}

#[pymethods]
impl QpSolution {
    fn __repr__(&self) -> String {
        let word = |yes: bool| if yes { "True" } else { "False" };
        format!(
            "QpSolution(x={}, cost={:?}, iterations={}, solved={}, infeasible={})",
            self.x,
            self.cost,
            self.iterations,
            word(self.solved),
            word(self.infeasible)
        )
    }
}

/// Minimum of `1/2 x'Px + q'x` subject to `lo <= A*x <= hi`, by the active set of the predictive
/// controllers.
///
/// `p` symmetric and positive definite; a bound of infinity is none, `lo = hi` an equation. Meant for up to
/// a few hundred rows. It never raises for want of a solution: look at `solved`.
///
/// >>> import linewright as lw
/// >>> s = lw.solve_qp(p=[[2, 0], [0, 2]], q=[-2, -5], a=[[1, 1]], lo=[0], hi=[2])
/// >>> [round(x, 9) for x in s.x], s.solved
/// ([0.25, 1.75], True)
#[pyfunction]
#[pyo3(signature = (p, q, a, lo, hi, *, max_iterations = 1000))]
fn solve_qp(
    py: Python<'_>,
    p: Vec<Vec<f64>>,
    q: Vec<f64>,
    a: Vec<Vec<f64>>,
    lo: Vec<f64>,
    hi: Vec<f64>,
    max_iterations: usize,
) -> PyResult<QpSolution> {
    let solved = py.detach(|| QuadraticProgram::new(&p, &a, max_iterations)?.solve(&q, &lo, &hi));
    let Solution {
        x,
        multipliers,
        cost,
        iterations,
        solved,
        infeasible,
        primal_residual,
        dual_residual,
    } = solved.map_err(|e| design_error(py, "solve_qp", e))?;
    Ok(QpSolution {
        x: PyTuple::new(py, x)?.unbind(),
        multipliers: PyTuple::new(py, multipliers)?.unbind(),
        cost,
        iterations,
        solved,
        infeasible,
        primal_residual,
        dual_residual,
    })
}

/// Adds the function and its class to the module.
pub fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<QpSolution>()?;
    module.add_function(wrap_pyfunction!(solve_qp, module)?)
}
