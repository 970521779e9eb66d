//! What the final test has found: the best runs, measured on data that no search sees.
//!
//! The table is made when the first result comes, so that a database without any is what it was before there
//! were final tests, and programs from before them read one with some.
//!
//! A result with a share of written or chosen answers has bytes that programs from before these shares do not know.
//! Such a program refuses a database with such a result as damaged, whenever it reads the final results: `status`,
//! `export`, and a sweep that ends. Results without these shares have the bytes that they always had.

use std::iter;

use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};

use super::database::Database;
use super::fault;
use super::key::{Hash, hash};
use crate::error::StoreError;

/// `run` is the key of a run, `data` the digest of the final data, `result` as in [`FinalResult::encode`],
/// `digest` the SHA-256 of all three.
const TABLE: &str = "
CREATE TABLE IF NOT EXISTS finals (
    run BLOB NOT NULL REFERENCES runs (key),
    data TEXT NOT NULL,
    result BLOB NOT NULL,
    digest BLOB NOT NULL,
    PRIMARY KEY (run, data)
) STRICT;
";

/// Its name and its columns.
pub(super) const FINALS: (&str, &str) = ("finals", "run, data, result, digest");

/// Stands for an exact share that there is not.
const NONE: u64 = u64::MAX;

/// Behind the answers: that the share of right written answers follows, or that of right choices. No answer has
/// these bytes, and a result without such a share has the bytes that it had before there were any.
const GENERATED: u8 = 2;
const CHOSEN: u8 = 3;

/// Bytes of a number.
const WORD: usize = 8;

/// What was measured of a run on the final data.
#[derive(Clone, Debug, PartialEq)]
pub struct FinalResult {
    /// Mean cross-entropy of the predictions, in nats.
    pub loss: f64,
    /// Share of right predictions.
    pub accuracy: f64,
    /// Of prompts with answers, the share whose whole answer was predicted right.
    pub exact: Option<f64>,
    /// Of prompts behind which the model wrote, the share where the number that it stated was right.
    pub generated_exact: Option<f64>,
    /// Of multiple-choice questions, the share whose right letter was the likeliest of the four.
    pub choice_accuracy: Option<f64>,
    /// Sequences: sentences, prompts with answers, questions, or stretches of a text.
    pub sequences: u64,
    /// Predictions: as many as sentences, or the tokens that were to be predicted.
    pub predictions: u64,
    /// Whether each sentence, each whole answer or each letter was predicted right, or each number that was
    /// written is. Those that were measured alone, in the order of the files; empty for a text.
    pub right: Vec<bool>,
}

/// A result with what it belongs to.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredFinal {
    /// The key of the run.
    pub run: Hash,
    /// The digest of the final data.
    pub data: String,
    /// What was measured.
    pub result: FinalResult,
}

impl StoredFinal {
    fn digest(&self, result: &[u8]) -> Hash {
        hash(&[&self.run, self.data.as_bytes(), result])
    }
}

impl FinalResult {
    /// All in eight bytes, least significant first: loss, accuracy, exact share or all bits set, sequences,
    /// predictions; then a byte for each answer, 1 where it was right; then each share of generated or chosen
    /// answers that there is, behind its mark.
    pub(super) fn encode(&self) -> Vec<u8> {
        let Self { loss, accuracy, exact, sequences, predictions, right, .. } = self;
        let shares = [(GENERATED, self.generated_exact), (CHOSEN, self.choice_accuracy)];
        let share = |(mark, share): (u8, Option<f64>)| {
            share.map(|share| iter::once(mark).chain(share.to_bits().to_le_bytes()))
        };
        let exact = exact.map_or(NONE, f64::to_bits);
        let words = [loss.to_bits(), accuracy.to_bits(), exact, *sequences, *predictions];
        let answers = right.iter().map(|&right| u8::from(right));
        let words = words.into_iter().flat_map(u64::to_le_bytes).chain(answers);
        words.chain(shares.into_iter().filter_map(share).flatten()).collect()
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (words, rest) = bytes.split_at_checked(5 * WORD)?;
        let (words, _) = words.as_chunks::<WORD>();
        let end = rest.iter().position(|&answer| answer >= GENERATED).unwrap_or(rest.len());
        let (answers, rest) = rest.split_at(end);
        let (generated_exact, rest) = marked(rest, GENERATED)?;
        let (choice_accuracy, rest) = marked(rest, CHOSEN)?;
        if !rest.is_empty() {
            return None;
        }
        let word = |place: usize| words.get(place).map(|&word| u64::from_le_bytes(word));
        let right = answers.iter().map(|&answer| match answer {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        });
        Some(Self {
            loss: f64::from_bits(word(0)?),
            accuracy: f64::from_bits(word(1)?),
            exact: word(2).filter(|&exact| exact != NONE).map(f64::from_bits),
            generated_exact,
            choice_accuracy,
            sequences: word(3)?,
            predictions: word(4)?,
            right: right.collect::<Option<Vec<bool>>>()?,
        })
    }
}

/// The share behind a mark, if the bytes begin with it, and the bytes that follow; none where it is cut off.
fn marked(bytes: &[u8], mark: u8) -> Option<(Option<f64>, &[u8])> {
    let Some(rest) = bytes.strip_prefix(&[mark]) else { return Some((None, bytes)) };
    let (share, rest) = rest.split_first_chunk::<WORD>()?;
    Some((Some(f64::from_bits(u64::from_le_bytes(*share))), rest))
}

impl Database {
    /// Keeps results, all of them or nothing. One that is there stays as it is.
    ///
    /// # Errors
    ///
    /// As [`Database::put`].
    pub fn put_finals(&self, finals: &[StoredFinal]) -> Result<(), StoreError> {
        self.check_place()?;
        if finals.is_empty() {
            return Ok(());
        }
        let put = || {
            let immediate = TransactionBehavior::Immediate;
            let transaction = Transaction::new_unchecked(self.connection(), immediate)?;
            make(&transaction)?;
            let sql = "INSERT OR IGNORE INTO finals (run, data, result, digest)
                       VALUES (?1, ?2, ?3, ?4)";
            for of in finals {
                let result = of.result.encode();
                let digest = of.digest(&result);
                transaction.execute(sql, params![of.run, of.data, result, digest])?;
            }
            transaction.commit()
        };
        self.checked(put())
    }

    /// Every result that is kept, by run and data.
    ///
    /// # Errors
    ///
    /// [`StoreError::Damaged`] if a result does not have the digest that was written, or
    /// [`StoreError::Database`] where SQLite fails.
    pub fn finals(&self) -> Result<Vec<StoredFinal>, StoreError> {
        let rows = || {
            if !is_there(self.connection())? {
                return Ok(Some(Vec::new()));
            }
            let sql = "SELECT run, data, result, digest FROM finals ORDER BY run, data";
            let mut select = self.connection().prepare(sql)?;
            select.query_map([], read)?.collect::<rusqlite::Result<Option<Vec<StoredFinal>>>>()
        };
        self.checked(rows())?.ok_or_else(|| {
            let why = "a final result in it does not have the digest that was written";
            fault::damaged(self.path(), why)
        })
    }
}

/// Makes the table where there is none.
pub(super) fn make(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(TABLE)
}

/// Whether there is the table.
pub(super) fn is_there(connection: &Connection) -> rusqlite::Result<bool> {
    let sql = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'finals'";
    Ok(connection.query_row(sql, [], |_| Ok(())).optional()?.is_some())
}

/// None where the digest is not that of the row.
fn read(row: &Row) -> rusqlite::Result<Option<StoredFinal>> {
    let (run, data): (Hash, String) = (row.get(0)?, row.get(1)?);
    let (bytes, digest): (Vec<u8>, Hash) = (row.get(2)?, row.get(3)?);
    let Some(result) = FinalResult::decode(&bytes) else { return Ok(None) };
    let read = StoredFinal { run, data, result };
    Ok((read.digest(&bytes) == digest).then_some(read))
}

#[cfg(test)]
mod tests {
    use lora_experiment::cells::Cell;
    use lora_experiment::experiment::Experiment;
    use lora_experiment::request::Request;
    use lora_sim::Trajectory;
    use lora_sim::spec::{Init, Run};

    use super::*;
    use crate::manifest::Manifest;
    use crate::stored::{Numerics, Session, StoredRuns, TrainedBatch, refuse_conflicts};

    fn result(loss: f64) -> FinalResult {
        let right = vec![true, false, true];
        FinalResult {
            loss,
            accuracy: 2.0 / 3.0,
            exact: None,
            generated_exact: None,
            choice_accuracy: None,
            sequences: 3,
            predictions: 3,
            right,
        }
    }

    fn of(run: Hash, loss: f64) -> StoredFinal {
        StoredFinal { run, data: "abc".to_owned(), result: result(loss) }
    }

    /// A database with two runs, and their keys in order.
    fn stored() -> (Database, [Hash; 2]) {
        let database = Database::in_memory().expect("a database");
        let experiment = Experiment::default();
        let request = Request::Experiment(Box::new(experiment.clone()));
        let studies = request.studies("paper").expect("a grid");
        let numerics = Numerics { network: "test-1".to_owned(), ..Numerics::default() };
        let manifest = Manifest::new("paper", false, &experiment, "test".to_owned(), 0.0);
        let session =
            Session::begin(&manifest.expect("a manifest"), &request, "test-1").expect("a session");
        database.begin(&session).expect("it begins");
        let runs = StoredRuns::new(&database, &studies, numerics).expect("nothing else is in it");
        let cell = Cell { study: 0, width: 128, rank: 4, seed: 0 };
        let [a, b] = [Init::A, Init::B].map(|init| Run { init, lr: 0.01, adapter_seed: 0 });
        let trajectory = Trajectory { losses: vec![1.0], ..Trajectory::empty() };
        let batch = TrainedBatch {
            cell,
            lr_ratio: 1.0,
            runs: vec![(a, trajectory.clone()), (b, trajectory)],
            seconds: 0.0,
        };
        runs.put(&session, &[batch]).expect("it is stored");
        let mut keys = [a, b].map(|run| runs.key(cell, 1.0, &run).expect("a key"));
        keys.sort_unstable();
        (database, keys)
    }

    #[test]
    fn a_result_is_read_with_every_bit() {
        let text = FinalResult { exact: Some(0.25), right: Vec::new(), ..result(f64::NAN) };
        let generated = FinalResult { generated_exact: Some(1.0 / 3.0), ..result(1.0) };
        let chosen = FinalResult { choice_accuracy: Some(2.0 / 3.0), ..result(1.0) };
        let both = FinalResult { choice_accuracy: Some(0.5), ..generated.clone() };
        for written in [result(0.1 + 0.2), text, generated.clone(), chosen.clone(), both] {
            let read = FinalResult::decode(&written.encode()).expect("a result");
            assert_eq!(read.encode(), written.encode());
            assert_eq!((&read.right, read.exact), (&written.right, written.exact));
            let shares = |of: &FinalResult| (of.generated_exact, of.choice_accuracy);
            assert_eq!(shares(&read), shares(&written));
        }
        let bytes = result(1.0).encode();
        assert_eq!(bytes.len(), 5 * WORD + 3, "as before there were such shares");
        assert_eq!(FinalResult::decode(&bytes[..39]), None);
        for more in [&[2][..], &[3], &[4], &[4; 9], &[0, 2, 0]] {
            let damaged = [&bytes[..], more].concat();
            assert_eq!(FinalResult::decode(&damaged), None, "{more:?}");
        }
        for written in [generated.encode(), chosen.encode()] {
            assert_eq!(FinalResult::decode(&written[..written.len() - 1]), None);
            assert_eq!(FinalResult::decode(&[&written[..], &[0]].concat()), None);
        }
    }

    #[test]
    fn a_database_has_results_when_there_are_some_and_the_first_stays() {
        let (database, [first, second]) = stored();
        assert!(!is_there(database.connection()).expect("it can be asked"));
        assert_eq!(database.finals().expect("none"), []);
        database.put_finals(&[]).expect("nothing is kept");
        assert!(!is_there(database.connection()).expect("it can be asked"));
        database.put_finals(&[of(second, 1.0), of(first, 2.0)]).expect("it is kept");
        database.put_finals(&[of(first, 3.0)]).expect("it is there");
        assert_eq!(database.finals().expect("two"), [of(first, 2.0), of(second, 1.0)]);
        assert!(database.put_finals(&[of([7; 32], 1.0)]).is_err(), "no such run is stored");
    }

    #[test]
    fn a_spoilt_result_is_found() {
        let (database, [first, _]) = stored();
        database.put_finals(&[of(first, 1.0)]).expect("it is kept");
        let spoil = "UPDATE finals SET data = 'abd'";
        database.connection().execute(spoil, []).expect("it is changed");
        assert!(matches!(database.finals(), Err(StoreError::Damaged { .. })));
    }

    #[test]
    fn merged_databases_have_the_results_of_all_and_different_ones_are_refused() {
        let [(one, [first, second]), (other, _), (all, _)] = [stored(), stored(), stored()];
        one.put_finals(&[of(first, 1.0)]).expect("it is kept");
        refuse_conflicts(&[&one, &other]).expect("one has none");
        other.put_finals(&[of(first, 1.0), of(second, 2.0)]).expect("it is kept");
        refuse_conflicts(&[&one, &other]).expect("the same");
        let session = all.last_session().expect("a database").expect("a session");
        let session = Session { id: [9; 32], ..session };
        all.take_over(&[&one, &other], &session).expect("it is copied");
        assert_eq!(all.finals().expect("two"), [of(first, 1.0), of(second, 2.0)]);
        let (different, _) = stored();
        different.put_finals(&[of(first, 1.5)]).expect("it is kept");
        assert!(refuse_conflicts(&[&one, &different]).is_err());
    }
}
