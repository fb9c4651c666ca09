//! Keyword arguments checked against the fields of a config.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::value::Value;

/// Reads keyword arguments in the order of `fields`, `period_s` last; refuses unknown names.
///
/// # Errors
/// `TypeError` that names the argument and the nearest field.
pub fn read(
    name: &str,
    fields: &[&str],
    given: Option<&Bound<'_, PyDict>>,
) -> PyResult<Vec<(String, Value)>> {
    let mut pairs = Vec::new();
    for (key, value) in given.into_iter().flatten() {
        let key: String = key.extract()?;
        if key != "period_s" && !fields.contains(&key.as_str()) {
            let hint = nearest(&key, &[fields, &["period_s"]].concat())
                .map(|f| format!("; did you mean '{f}'?"));
            let hint = hint.unwrap_or_default();
            return Err(PyTypeError::new_err(format!("{name}: unknown parameter '{key}'{hint}")));
        }
        let why = |e: PyErr| PyTypeError::new_err(format!("{name}: {key}: {e}"));
        let value = Value::from_python(&value).map_err(why)?;
        pairs.push((key, value));
    }
    let place = |key: &str| fields.iter().position(|f| *f == key).unwrap_or(fields.len());
    pairs.sort_by_key(|(key, _)| place(key));
    Ok(pairs)
}

/// The name closest to `name` by edit distance, when any is close.
pub fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let scored = known.iter().map(|f| (distance(name, f), *f));
    scored.min().filter(|(d, f)| *d <= f.len().max(name.len()).div_ceil(2)).map(|(_, f)| f)
}

/// Levenshtein distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (above + 1).min(row[j] + 1).min(diagonal + usize::from(x != *y));
            diagonal = above;
        }
    }
    row[b.len()]
}
