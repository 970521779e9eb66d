//! A trajectory as bytes: every f64 with its bits, so that what is kept gives the same files.
//!
//! All in eight bytes, least significant first: number of losses, losses, peak of Z_B, least
//! gradients of A and of B, step of divergence or −1, number of records, records of twelve numbers
//! in the order of [`Record`].

use lora_sim::{Record, Trajectory};

/// Bytes of a number.
const WORD: usize = 8;

/// The bytes of a trajectory.
pub fn encode(trajectory: &Trajectory) -> Vec<u8> {
    // In full, so that a measurement that is added cannot be forgotten here.
    let Trajectory { losses, peak_zb, least_gradient_a, least_gradient_b, records, diverged_at } =
        trajectory;
    let mut words = vec![losses.len() as u64];
    words.extend(losses.iter().map(|loss| loss.to_bits()));
    words.extend([peak_zb, least_gradient_a, least_gradient_b].map(|x| x.to_bits()));
    words.push(diverged_at.map_or(u64::MAX, |step| step as u64));
    words.push(records.len() as u64);
    words.extend(records.iter().flat_map(record_words));
    words.into_iter().flat_map(u64::to_le_bytes).collect()
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
    let whole = rest.is_empty() && words.next().is_none() && !losses.is_empty();
    whole.then_some(Trajectory {
        losses,
        peak_zb,
        least_gradient_a,
        least_gradient_b,
        records,
        diverged_at,
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

fn record_words(record: &Record) -> [u64; 12] {
    let &Record {
        step,
        train_loss,
        test_loss,
        za_rms,
        za_norm,
        zb_rms,
        zb_norm,
        delta1,
        delta2,
        delta3,
        a_move,
        b_move,
    } = record;
    let numbers = [
        train_loss, test_loss, za_rms, za_norm, zb_rms, zb_norm, delta1, delta2, delta3, a_move,
        b_move,
    ];
    let mut words = [step as u64; 12];
    words[1..].copy_from_slice(&numbers.map(f64::to_bits));
    words
}

fn record(words: &mut impl Iterator<Item = u64>) -> Option<Record> {
    let step = usize::try_from(words.next()?).ok()?;
    let [
        train_loss,
        test_loss,
        za_rms,
        za_norm,
        zb_rms,
        zb_norm,
        delta1,
        delta2,
        delta3,
        a_move,
        b_move,
    ] = numbers(words)?;
    Some(Record {
        step,
        train_loss,
        test_loss,
        za_rms,
        za_norm,
        zb_rms,
        zb_norm,
        delta1,
        delta2,
        delta3,
        a_move,
        b_move,
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
        }
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

    #[test]
    fn what_is_cut_or_too_long_is_no_trajectory() {
        let bytes = encode(&trajectory());
        for length in 0..bytes.len() {
            assert_eq!(decode(&bytes[..length]), None, "{length}");
        }
        let longer = [&bytes[..], &[0; 8]].concat();
        assert_eq!(decode(&longer), None);
        assert_eq!(decode(&[0xff; 64]), None);
    }
}
