//! Which rows of a coordinate check have the same learning rate, as the width goes.

use std::collections::BTreeMap;

use lora_theory::{Rational, approximate};

use crate::columns::Columns;
use crate::error::JudgeError;
use crate::measurement::Reader;
use crate::names::Role;
use crate::table::{Row, Table};

/// Learning rates that differ by less than this share are one: six digits, as trackers write them, are right to
/// 5 · 10⁻⁶.
const ROUNDING: f64 = 1e-5;

/// The learning rates of the rows.
#[derive(Debug, Default)]
pub(crate) struct Rates {
    /// What sets a row apart besides its other settings, by its place in the table; nothing if no row is.
    pub(crate) labels: BTreeMap<usize, (String, String)>,
    /// γ in η = Θ(n^γ) of rows that are fitted together; none if that is not known.
    pub(crate) gamma: Option<Rational>,
    pub(crate) note: Option<String>,
}

impl Rates {
    /// With a stated γ, rows of one c in η = c n^γ belong together. Without it, rows of one η do, if some width has
    /// several; then, and if there is one η in all, γ is 0.
    pub(crate) fn of(
        table: &Table,
        columns: &Columns,
        reader: &Reader,
        rows: &[(usize, &Row)],
        gamma: Option<Rational>,
    ) -> Result<Self, JudgeError> {
        let Some(column) = columns.get(Role::Lr) else {
            return Ok(Self { gamma, ..Self::default() });
        };
        let power = gamma.map_or(0.0, approximate);
        let mut found: Vec<(usize, usize, f64)> = Vec::new();
        for &(at, row) in rows {
            let Some(lr) = table.number(row, column)? else { continue };
            let width = reader.width(row)?;
            found.push((at, width, lr * (width as f64).powf(-power)));
        }
        let values = one_each(found.iter().map(|&(.., value)| value).collect());
        let apart = match gamma {
            Some(_) => values.len() > 1,
            None => several_at_a_width(&found),
        };
        let stated = gamma;
        let gamma = gamma.or((apart || values.len() == 1).then(|| Rational::from_integer(0)));
        if !apart {
            return Ok(Self { gamma, ..Self::default() });
        }
        let lr = &table.columns[column];
        let name = match stated {
            Some(gamma) if power != 0.0 => format!("{lr} n^{}", -gamma),
            _ => lr.clone(),
        };
        let label = |(at, _, value): (usize, usize, f64)| {
            let of = values.iter().rev().find(|&&least| least <= value).copied().unwrap_or(value);
            (at, (name.clone(), rounded(of)))
        };
        let labels: BTreeMap<_, _> = found.into_iter().map(label).collect();
        let note = if power == 0.0 {
            "every learning rate is checked separately".to_owned()
        } else {
            format!("every value of {name} is checked separately; there are {}", values.len())
        };
        Ok(Self { labels, gamma, note: Some(note) })
    }
}

/// The least of each group of values that are equal up to rounding, ascending.
fn one_each(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let mut found: Vec<f64> = Vec::new();
    for value in values {
        if found.last().is_none_or(|least| value - least > ROUNDING * least.abs()) {
            found.push(value);
        }
    }
    found
}

fn several_at_a_width(found: &[(usize, usize, f64)]) -> bool {
    let mut of_width: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    for &(_, width, value) in found {
        of_width.entry(width).or_default().push(value);
    }
    of_width.into_values().any(|values| one_each(values).len() > 1)
}

/// With five digits, and no more than it has.
fn rounded(value: f64) -> String {
    format!("{value:.4e}").parse::<f64>().unwrap_or(value).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_six_digits_tell_apart_is_apart() {
        assert_eq!(one_each(vec![0.1, 0.100_000_5, 0.2, 0.1]), [0.1, 0.2]);
        assert_eq!(one_each(vec![0.1, 0.100_1]).len(), 2);
        assert_eq!(rounded(0.100_000_7), "0.1");
        assert_eq!(rounded(2.0), "2");
    }
}
