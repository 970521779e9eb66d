//! Whether a model can take a sequence.
//!
//! A pass reads its tables by token and by place and trusts both, as it trusts every target. So data is
//! checked once, before the first batch is made of it, and no step pays for that.

use crate::base::Base;
use crate::batch::{Batch, Sequence, Target};
use crate::error::TransformerError;
use crate::net::{Head, Net};

impl Base {
    /// As [`Net::check`].
    ///
    /// # Errors
    /// As [`Net::check`].
    pub fn check(&self, sequences: &[Sequence]) -> Result<(), TransformerError> {
        self.net.check(sequences)
    }

    /// A batch of sequences that have been checked.
    ///
    /// # Errors
    /// As [`Net::check`].
    pub fn batch<'s>(&self, sequences: &'s [Sequence]) -> Result<Batch<'s>, TransformerError> {
        self.check(sequences)?;
        Ok(Batch::new(sequences))
    }
}

impl Net {
    /// Checks that a model of these parts can take sequences, and that its head predicts what they ask for.
    ///
    /// Whoever reads data calls this once for all of it. [`Batch::new`] and all that follows take only
    /// sequences that pass, and panic on others.
    ///
    /// # Errors
    /// [`TransformerError::Sequence`] for the first sequence that has no token, more tokens than the model
    /// has places, a token or a target beyond the vocabulary, a class beyond the head's, targets that are
    /// not one for each token, or a target that another head predicts.
    pub fn check(&self, sequences: &[Sequence]) -> Result<(), TransformerError> {
        for (index, sequence) in sequences.iter().enumerate() {
            self.fault(sequence)
                .map_or(Ok(()), |why| Err(TransformerError::Sequence { index, why }))?;
        }
        Ok(())
    }

    /// What is wrong with a sequence; none if nothing is.
    fn fault(&self, sequence: &Sequence) -> Option<String> {
        self.ids_fault(&sequence.ids).or_else(|| self.target_fault(sequence))
    }

    /// What is wrong with the tokens of a sequence; none if nothing is.
    pub(crate) fn ids_fault(&self, ids: &[u32]) -> Option<String> {
        let (length, most) = (ids.len(), self.config.max_positions);
        if length == 0 {
            return Some("it has no token".to_owned());
        }
        if length > most {
            return Some(format!("it has {length} tokens, and the model takes {most} at most"));
        }
        beyond("token", ids.iter().map(|&id| Some(id)), self.config.vocabulary)
    }

    fn target_fault(&self, sequence: &Sequence) -> Option<String> {
        match (&sequence.target, &self.head) {
            (Target::None, _) => None,
            (Target::Next(next), Head::NextToken(head)) => {
                let (found, wanted) = (next.len(), sequence.ids.len());
                if found != wanted {
                    return Some(format!("it has {found} targets for {wanted} tokens"));
                }
                beyond("target", next.iter().copied(), head.outputs)
            }
            (Target::Label(label), Head::Classifier { output, .. }) => {
                let classes = output.outputs;
                let outside = *label as usize >= classes;
                outside.then(|| format!("its class is {label}, and the head has {classes}, from 0"))
            }
            (Target::Next(_), _) => {
                Some("it asks for the next tokens, and the model has no head for them".to_owned())
            }
            (Target::Label(_), _) => {
                Some("it asks for a class, and the model has no head for classes".to_owned())
            }
        }
    }
}

/// The first number that is not below `count`, in words.
fn beyond(what: &str, numbers: impl Iterator<Item = Option<u32>>, count: usize) -> Option<String> {
    let outside = |number: &Option<u32>| number.is_some_and(|number| number as usize >= count);
    let (place, number) = numbers.enumerate().find(|(_, number)| outside(number))?;
    let number = number?;
    Some(format!("{what} {number} at place {place} is beyond the vocabulary of {count}"))
}
