//! A trajectory as bytes: every f64 with its bits, so that what is kept gives the same files.
//!
//! All in eight bytes, least significant first: number of losses, losses, peak of Z_B, least
//! gradients of A and of B, step of divergence or −1, number of records, then of each record the step
//! and [`Record::MEASUREMENTS`] in their order.
//!
//! A trajectory with measurements of its own goes on with their number, and for each its name (a
//! length in bytes, then UTF-8, padded with zeros to a multiple of eight), the number of its values,
//! and for each value the step and the value. One without ends after the records, as every trajectory
//! of earlier versions does.

use lora_sim::Trajectory;
use lora_types::{ExtraMeasurement, Record};

/// Bytes of a number.
const WORD: usize = 8;

/// The bytes of a trajectory.
pub fn encode(trajectory: &Trajectory) -> Vec<u8> {
    // Every field by name, so that one that is added cannot be forgotten here.
    let Trajectory {
        losses,
        peak_zb,
        least_gradient_a,
        least_gradient_b,
        records,
        diverged_at,
        extra,
    } = trajectory;
    let mut words = vec![losses.len() as u64];
    words.extend(losses.iter().map(|loss| loss.to_bits()));
    words.extend([peak_zb, least_gradient_a, least_gradient_b].map(|x| x.to_bits()));
    words.push(diverged_at.map_or(u64::MAX, |step| step as u64));
    words.push(records.len() as u64);
    for record in records {
        words.push(record.step as u64);
        let values = Record::MEASUREMENTS.iter().map(|measurement| (measurement.get)(record));
        words.extend(values.map(f64::to_bits));
    }
    if !extra.is_empty() {
        words.push(extra.len() as u64);
        extra.iter().for_each(|measurement| push_extra(&mut words, measurement));
    }
    words.into_iter().flat_map(u64::to_le_bytes).collect()
}

fn push_extra(words: &mut Vec<u64>, ExtraMeasurement { name, values }: &ExtraMeasurement) {
    words.push(name.len() as u64);
    for part in name.as_bytes().chunks(WORD) {
        let mut padded = [0; WORD];
        padded[..part.len()].copy_from_slice(part);
        words.push(u64::from_le_bytes(padded));
    }
    words.push(values.len() as u64);
    words.extend(values.iter().flat_map(|&(step, value)| [step as u64, value.to_bits()]));
}

/// The trajectory of bytes; none if they are not those of one.
pub fn decode(bytes: &[u8]) -> Option<Trajectory> {
    let (words, rest) = bytes.as_chunks::<WORD>();
    let mut words = words.iter().map(|&word| u64::from_le_bytes(word));
    let losses = (0..count(words.next()?, bytes)?)
        .map(|_| words.next().map(f64::from_bits))
        .collect::<Option<Vec<f64>>>()?;
    let [peak_zb, least_gradient_a, least_gradient_b] = numbers(&mut words)?;
    let diverged_at = match words.next()? {
        u64::MAX => None,
        step => Some(usize::try_from(step).ok()?),
    };
    let records = (0..count(words.next()?, bytes)?)
        .map(|_| record(&mut words))
        .collect::<Option<Vec<Record>>>()?;
    let extra = match words.next() {
        None => Vec::new(),
        // A trajectory without extra measurements ends before.
        Some(0) => return None,
        Some(number) => (0..count(number, bytes)?)
            .map(|_| extra(&mut words, bytes))
            .collect::<Option<Vec<ExtraMeasurement>>>()?,
    };
    let whole = rest.is_empty() && words.next().is_none() && !losses.is_empty();
    whole.then_some(Trajectory {
        losses,
        peak_zb,
        least_gradient_a,
        least_gradient_b,
        records,
        diverged_at,
        extra,
    })
}

/// A number of things, of which no more than bytes can follow.
fn count(word: u64, bytes: &[u8]) -> Option<usize> {
    usize::try_from(word).ok().filter(|&count| count <= bytes.len() / WORD)
}

fn numbers<const N: usize>(words: &mut impl Iterator<Item = u64>) -> Option<[f64; N]> {
    let mut all = [0.0; N];
    for number in &mut all {
        *number = f64::from_bits(words.next()?);
    }
    Some(all)
}

fn record(words: &mut impl Iterator<Item = u64>) -> Option<Record> {
    let mut record = Record { step: usize::try_from(words.next()?).ok()?, ..Record::default() };
    for measurement in Record::MEASUREMENTS {
        (measurement.set)(&mut record, f64::from_bits(words.next()?));
    }
    Some(record)
}

fn extra(words: &mut impl Iterator<Item = u64>, bytes: &[u8]) -> Option<ExtraMeasurement> {
    let length = usize::try_from(words.next()?).ok().filter(|&length| length <= bytes.len())?;
    let parts = (0..length.div_ceil(WORD)).map(|_| words.next().map(u64::to_le_bytes));
    let mut name = parts.collect::<Option<Vec<[u8; WORD]>>>()?.concat();
    let padding = name.split_off(length);
    if padding.iter().any(|&byte| byte != 0) {
        return None;
    }
    let value = |words: &mut dyn Iterator<Item = u64>| {
        Some((usize::try_from(words.next()?).ok()?, f64::from_bits(words.next()?)))
    };
    let values = (0..count(words.next()?, bytes)?).map(|_| value(words));
    Some(ExtraMeasurement {
        values: values.collect::<Option<_>>()?,
        name: String::from_utf8(name).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trajectory() -> Trajectory {
        let record = |step| Record {
            step,
            train_loss: 0.1,
            test_loss: f64::NAN,
            za_rms: -0.0,
            za_norm: 1.0,
            zb_rms: 2.0,
            zb_norm: 3.0,
            delta1: 4.0,
            delta2: 5.0,
            delta3: 6.0,
            a_move: 7.0,
            b_move: f64::MIN_POSITIVE / 2.0,
        };
        Trajectory {
            losses: vec![1.0 / 3.0, -0.0, f64::INFINITY],
            peak_zb: f64::INFINITY,
            least_gradient_a: f64::INFINITY,
            least_gradient_b: 1e-300,
            records: vec![record(0), record(2)],
            diverged_at: Some(2),
            extra: Vec::new(),
        }
    }

    fn with_extra() -> Trajectory {
        let measurement = |name: &str, values| ExtraMeasurement { name: name.to_owned(), values };
        let norms = vec![(0, 1.0), (2, f64::NAN)];
        let extra = vec![measurement("layers.0.q.δ", norms), measurement("", Vec::new())];
        Trajectory { extra, ..trajectory() }
    }

    #[test]
    fn every_bit_comes_back() {
        let bytes = encode(&trajectory());
        let back = decode(&bytes).expect("a trajectory");
        // Bytes, since a NaN is not equal to itself.
        assert_eq!(encode(&back), bytes);
        assert_eq!(format!("{back:?}"), format!("{:?}", trajectory()));
        let ran = Trajectory { diverged_at: None, ..trajectory() };
        assert_eq!(decode(&encode(&ran)).expect("a trajectory").diverged_at, None);
    }

    /// Also what an earlier version stored: it had no extra measurements.
    #[test]
    fn extra_measurements_follow_what_was_always_stored() {
        let (plain, extra) = (encode(&trajectory()), encode(&with_extra()));
        assert!(extra.starts_with(&plain));
        assert_eq!(decode(&plain).expect("a trajectory").extra, []);
        let back = decode(&extra).expect("a trajectory");
        assert_eq!(format!("{back:?}"), format!("{:?}", with_extra()));
        assert_eq!(encode(&back), extra);
        let none = [&plain[..], &[0; 8]].concat();
        assert_eq!(decode(&none), None, "two spellings of one trajectory");
    }

    #[test]
    fn what_is_cut_or_too_long_is_no_trajectory() {
        let plain = encode(&trajectory());
        let bytes = encode(&with_extra());
        for length in (0..bytes.len()).filter(|&length| length != plain.len()) {
            assert_eq!(decode(&bytes[..length]), None, "{length}");
        }
        let longer = [&bytes[..], &[0; 8]].concat();
        assert_eq!(decode(&longer), None);
        assert_eq!(decode(&[0xff; 64]), None);
    }
}
