//! The linear-regression data of the NIST Statistical Reference Datasets
//! (<https://www.itl.nist.gov/div898/strd/lls/lls.shtml>) with their certified values, which NIST
//! computed with 500 digits. `exact` proves that the two agree as they stand here.

#![allow(dead_code, reason = "each test file uses a part")]

pub mod exact;
pub mod polynomials;

pub use polynomials::{filip, pontius, wampler};

/// What the columns of X are.
#[derive(Clone, Copy)]
pub enum Model {
    /// 1, x, …, x^degree.
    Polynomial(i32),
    /// x alone.
    ThroughOrigin,
    /// 1 and each of the predictors.
    Predictors,
}

pub struct Set {
    pub name: &'static str,
    pub model: Model,
    /// One point a line, y first; decimals, so that they can be read exactly.
    pub data: &'static str,
    /// Coefficients with their standard errors.
    pub coefficients: &'static [(f64, f64)],
    pub residual_sd: f64,
    pub r_squared: f64,
}

impl Set {
    /// The data, read with `read`: y and the predictors.
    pub fn read<T>(&self, read: impl Fn(&str) -> T) -> (Vec<T>, Vec<Vec<T>>) {
        let rows = self.data.lines().map(str::split_whitespace).filter_map(|mut words| {
            let y = read(words.next()?);
            Some((y, words.map(&read).collect()))
        });
        rows.unzip()
    }

    /// y and the columns of X in 64-bit floats.
    pub fn floats(&self) -> (Vec<f64>, Vec<Vec<f64>>) {
        let (y, x) = self.read(|word| word.parse::<f64>().unwrap());
        let rows: Vec<Vec<f64>> = x.iter().map(|x| self.row(x, 1.0, |a, b| a * b)).collect();
        let columns = (0..rows[0].len()).map(|k| rows.iter().map(|row| row[k]).collect());
        (y, columns.collect())
    }

    /// The row of X that belongs to predictors x.
    pub fn row<T: Clone>(&self, x: &[T], one: T, times: impl Fn(&T, &T) -> T) -> Vec<T> {
        match self.model {
            Model::ThroughOrigin => x.to_vec(),
            Model::Predictors => [one].iter().chain(x).cloned().collect(),
            Model::Polynomial(degree) => {
                std::iter::successors(Some(one), |power| Some(times(power, &x[0])))
                    .take(degree as usize + 1)
                    .collect()
            }
        }
    }

    pub fn has_intercept(&self) -> bool {
        !matches!(self.model, Model::ThroughOrigin)
    }
}

/// All eleven sets.
pub fn all() -> Vec<Set> {
    let mut sets =
        vec![norris(), pontius(), no_intercept_1(), no_intercept_2(), filip(), longley()];
    sets.extend((1..=5).map(wampler));
    sets
}

pub fn norris() -> Set {
    Set {
        name: "Norris",
        model: Model::Polynomial(1),
        data: "0.1 0.2\n338.8 337.4\n118.1 118.2\n888.0 884.6\n9.2 10.1\n228.1 226.5\n668.5 666.3
            998.5 996.3\n449.1 448.6\n778.9 777.0\n559.2 558.2\n0.3 0.4\n0.1 0.6\n778.1 775.5
            668.8 666.9\n339.3 338.0\n448.9 447.5\n10.8 11.6\n557.7 556.0\n228.3 228.1\n998.0 995.8
            888.8 887.6\n119.6 120.2\n0.3 0.3\n0.6 0.3\n557.6 556.8\n339.3 339.1\n888.0 887.2
            998.5 999.0\n778.9 779.0\n10.2 11.1\n117.6 118.3\n228.9 229.2\n668.4 669.1\n449.2 448.9
            0.2 0.5",
        coefficients: &[
            (-0.262_323_073_774_029, 0.232_818_234_301_152),
            (1.002_116_818_020_45, 0.429_796_848_199_937e-3),
        ],
        residual_sd: 0.884_796_396_144_373,
        r_squared: 0.999_993_745_883_712,
    }
}

pub fn no_intercept_1() -> Set {
    Set {
        name: "NoInt1",
        model: Model::ThroughOrigin,
        data: "130 60\n131 61\n132 62\n133 63\n134 64\n135 65\n136 66\n137 67
            138 68\n139 69\n140 70",
        coefficients: &[(2.074_380_165_289_26, 0.165_289_256_198_347e-1)],
        residual_sd: 3.567_530_340_063_38,
        r_squared: 0.999_365_492_298_663,
    }
}

pub fn no_intercept_2() -> Set {
    Set {
        name: "NoInt2",
        model: Model::ThroughOrigin,
        data: "3 4\n4 5\n4 6",
        coefficients: &[(0.727_272_727_272_727, 0.420_827_318_078_432e-1)],
        residual_sd: 0.369_274_472_937_998,
        r_squared: 0.993_348_115_299_335,
    }
}

pub fn longley() -> Set {
    Set {
        name: "Longley",
        model: Model::Predictors,
        data: "60323 83.0 234289 2356 1590 107608 1947
            61122 88.5 259426 2325 1456 108632 1948
            60171 88.2 258054 3682 1616 109773 1949
            61187 89.5 284599 3351 1650 110929 1950
            63221 96.2 328975 2099 3099 112075 1951
            63639 98.1 346999 1932 3594 113270 1952
            64989 99.0 365385 1870 3547 115094 1953
            63761 100.0 363112 3578 3350 116219 1954
            66019 101.2 397469 2904 3048 117388 1955
            67857 104.6 419180 2822 2857 118734 1956
            68169 108.4 442769 2936 2798 120445 1957
            66513 110.8 444546 4681 2637 121950 1958
            68655 112.6 482704 3813 2552 123366 1959
            69564 114.2 502601 3931 2514 125368 1960
            69331 115.7 518173 4806 2572 127852 1961
            70551 116.9 554894 4007 2827 130081 1962",
        coefficients: &[
            (-3_482_258.634_595_82, 890_420.383_607_373),
            (15.061_872_271_373_3, 84.914_925_774_766_9),
            (-0.358_191_792_925_910e-1, 0.334_910_077_722_432e-1),
            (-2.020_229_803_816_83, 0.488_399_681_651_699),
            (-1.033_226_867_173_59, 0.214_274_163_161_675),
            (-0.511_041_056_535_807e-1, 0.226_073_200_069_370),
            (1_829.151_464_613_55, 455.478_499_142_212),
        ],
        residual_sd: 304.854_073_561_965,
        r_squared: 0.995_479_004_577_296,
    }
}
