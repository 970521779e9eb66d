//! Least squares in exact rationals, by the normal equations.

use num_bigint::BigInt;
use num_rational::BigRational;

use super::Set;

/// Everything certified, from data without any rounding.
pub struct Exact {
    pub coefficients: Vec<BigRational>,
    /// Squares of the standard errors.
    pub variances: Vec<BigRational>,
    pub residual_variance: BigRational,
    pub r_squared: BigRational,
}

impl Exact {
    /// Of a set's decimals.
    pub fn of(set: &Set) -> Self {
        let (y, x) = set.read(decimal);
        let rows: Vec<Vec<BigRational>> =
            x.iter().map(|x| set.row(x, whole(1), |a, b| a * b)).collect();
        Self::solve(&rows, &y, set.has_intercept())
    }

    /// Of a set's 64-bit floats, with the columns of X as rounded.
    pub fn of_floats(set: &Set) -> Self {
        let (y, columns) = set.floats();
        let exact = |value: f64| BigRational::from_float(value).unwrap();
        let rows: Vec<Vec<BigRational>> =
            (0..y.len()).map(|i| columns.iter().map(|column| exact(column[i])).collect()).collect();
        Self::solve(&rows, &y.into_iter().map(exact).collect::<Vec<_>>(), set.has_intercept())
    }

    fn solve(rows: &[Vec<BigRational>], y: &[BigRational], has_intercept: bool) -> Self {
        let columns = rows[0].len();
        let dot = |a: usize, b: usize| rows.iter().map(|row| &row[a] * &row[b]).sum();
        let gram = (0..columns).map(|a| (0..columns).map(|b| dot(a, b)).collect()).collect();
        let inverse = inverse(gram);
        let right: Vec<BigRational> =
            (0..columns).map(|k| rows.iter().zip(y).map(|(row, y)| &row[k] * y).sum()).collect();
        let times = |row: &[BigRational], c: &[BigRational]| -> BigRational {
            row.iter().zip(c).map(|(a, b)| a * b).sum()
        };
        let coefficients: Vec<BigRational> = inverse.iter().map(|row| times(row, &right)).collect();
        let square = |value: BigRational| &value * &value;
        let squares: BigRational =
            rows.iter().zip(y).map(|(row, y)| square(y - times(row, &coefficients))).sum();
        let mean = y.iter().sum::<BigRational>() / whole(y.len());
        let centre = if has_intercept { mean } else { whole(0) };
        let total: BigRational = y.iter().map(|y| square(y - &centre)).sum();
        let residual_variance = &squares / whole(y.len() - columns);
        Self {
            variances: (0..columns).map(|k| &inverse[k][k] * &residual_variance).collect(),
            coefficients,
            residual_variance,
            r_squared: whole(1) - squares / total,
        }
    }
}

/// The inverse by Gauss–Jordan elimination; XᵀX is positive definite, so no pivot is zero.
fn inverse(mut left: Vec<Vec<BigRational>>) -> Vec<Vec<BigRational>> {
    let size = left.len();
    for (k, row) in left.iter_mut().enumerate() {
        row.extend((0..size).map(|j| whole(usize::from(j == k))));
    }
    for k in 0..size {
        let pivot = left[k][k].clone();
        left[k].iter_mut().for_each(|value| *value /= &pivot);
        let row = left[k].clone();
        for (_, other) in left.iter_mut().enumerate().filter(|(i, _)| *i != k) {
            let factor = other[k].clone();
            other.iter_mut().zip(&row).skip(k).for_each(|(value, at)| *value -= &factor * at);
        }
    }
    left.into_iter().map(|mut row| row.split_off(size)).collect()
}

fn whole(value: usize) -> BigRational {
    BigRational::from_integer(BigInt::from(value))
}

/// A decimal such as -6.860120914.
fn decimal(word: &str) -> BigRational {
    let places = word.find('.').map_or(0, |point| word.len() - point - 1);
    let digits: BigInt = word.replace('.', "").parse().unwrap();
    BigRational::new(digits, BigInt::from(10).pow(places as u32))
}

/// The nearest float, by way of 80 decimals.
pub fn float(value: &BigRational) -> f64 {
    let scaled = (value * BigRational::from_integer(BigInt::from(10).pow(80))).to_integer();
    format!("{scaled}e-80").parse().unwrap()
}
