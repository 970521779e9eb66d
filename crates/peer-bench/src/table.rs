//! The table, as markdown and as CSV.

use std::fmt::Write;

use lora_stats::Spread;
use width_sweep::error::CommandError;

use crate::case::TimedCase;
use crate::contestant::Contestant;

/// One contestant on one case.
#[derive(Clone, Debug)]
pub struct Row {
    /// The case.
    pub case: TimedCase,
    /// The contestant.
    pub who: Contestant,
    /// Milliseconds per step and learning rate.
    pub ms: Spread,
    /// Ratio of its time to ours, round by round.
    pub ratio: Spread,
    /// Share of the processors that other programs took during its turns.
    pub others: Spread,
    /// The share of the tolerance that its losses use.
    pub share_of_tolerance: f64,
    /// Number of its turns.
    pub rounds: usize,
}

/// The rows below a header.
pub fn markdown(rows: &[Row]) -> String {
    let mut text = String::from(
        "| n | N | r | trained by | ms per LR-step | times ours | others |\n\
         |---|---|---|---|---|---|---|\n",
    );
    for row in rows {
        let Row { case, who, ms, ratio, others, .. } = row;
        let TimedCase { width, points, rank, .. } = case;
        let (ms, ratio, others) = (shown(*ms), shown(*ratio), 100.0 * others.median);
        let _ = writeln!(
            text,
            "| {width} | {points} | {rank} | {} | {ms} | {ratio} | {others:.0}% |",
            who.label
        );
    }
    text
}

/// The median with the range, where there is one.
pub fn shown(spread: Spread) -> String {
    let Spread { median, least, most } = spread;
    if least == most {
        return number(median);
    }
    format!("{} [{}, {}]", number(median), number(least), number(most))
}

/// A number with three digits and no exponent.
pub fn number(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return value.to_string();
    }
    let places = (2 - value.abs().log10().floor() as i32).max(0);
    format!("{value:.*}", places as usize)
}

const HEADER: [&str; 18] = [
    "width",
    "rank",
    "points",
    "learning_rates",
    "steps",
    "contestant",
    "label",
    "rounds",
    "ms_per_lr_step",
    "ms_least",
    "ms_most",
    "times_ours",
    "times_ours_least",
    "times_ours_most",
    "others",
    "others_least",
    "others_most",
    "share_of_tolerance",
];

/// Every row with all digits, as CSV.
pub fn csv(rows: &[Row]) -> Result<Vec<u8>, CommandError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(HEADER).map_err(CommandError::failed)?;
    for row in rows {
        writer.write_record(fields(row)).map_err(CommandError::failed)?;
    }
    writer.into_inner().map_err(CommandError::failed)
}

fn fields(row: &Row) -> Vec<String> {
    let TimedCase { width, rank, points, learning_rates, steps } = row.case;
    let mut fields: Vec<String> =
        [width, rank, points, learning_rates, steps].map(|size| size.to_string()).to_vec();
    fields.extend([row.who.key.into(), row.who.label.into(), row.rounds.to_string()]);
    for Spread { median, least, most } in [row.ms, row.ratio, row.others] {
        fields.extend([median, least, most].map(|value| value.to_string()));
    }
    fields.push(row.share_of_tolerance.to_string());
    fields
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contestant::{OTHERS, OURS};
    use crate::ratio::paired;

    fn row(who: Contestant, times: &[f64]) -> Row {
        let case = TimedCase { width: 512, rank: 4, points: 1000, learning_rates: 16, steps: 20 };
        let ratio = paired(times, &[0.5, 1.0, 0.25]).expect("times");
        let [ms, others] = [times, &[0.0]].map(|values| Spread::of(values).expect("values"));
        Row { case, who, ms, ratio, others, share_of_tolerance: 0.01, rounds: times.len() }
    }

    #[test]
    fn a_row_shows_median_and_range_and_the_paired_ratio() {
        let text = markdown(&[row(OURS, &[0.5, 1.0, 0.25]), row(OTHERS[0], &[1.0, 3.0, 1.0])]);
        let rows: Vec<&str> = text.lines().skip(2).collect();
        assert_eq!(rows[0], "| 512 | 1000 | 4 | lora-limits | 0.500 [0.250, 1.00] | 1.00 | 0% |");
        assert!(rows[1].ends_with("| 1.00 [1.00, 3.00] | 3.00 [2.00, 4.00] | 0% |"), "{text}");
    }

    #[test]
    fn numbers_have_three_digits() {
        for (value, text) in [(0.01234, "0.0123"), (12.345, "12.3"), (1234.5, "1234"), (0.0, "0")] {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn a_row_of_the_file_has_a_field_for_each_key() {
        assert_eq!(fields(&row(OURS, &[1.0])).len(), HEADER.len());
    }
}
