//! Text that a language model writes, token by token, and how likely it finds given tokens.
//!
//! Keys and values of earlier tokens are kept, so that a new token costs one row of every product. The tokens
//! are those of whole passes over the growing text, except where rounding decides between two of them.

mod attention;
mod cache;
mod forward;

use rayon::prelude::*;

use cache::Cache;
use forward::{Part, Reader};

use crate::error::TransformerError;
use crate::net::Head;
use crate::pass::Pass;
use crate::vector::{exp_all, largest};

/// Sequences that are written at the same time: so many rows fill the products, and their caches stay small.
pub const TOGETHER: usize = 32;

/// How long a text may become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most tokens that are written, PyTorch's `max_new_tokens`.
    pub new_tokens: usize,
    /// Tokens that end a text; they are not part of it.
    pub stop: Vec<u32>,
}

/// What a model writes behind each prompt: at every place the likeliest token, of equals the first. A text
/// also ends where the model has no more places, and where an output is not a number.
///
/// # Errors
/// [`TransformerError::Sequence`] for a prompt that has no token, more tokens than the model has places, or
/// a token beyond the vocabulary, and for a model that predicts no next token.
pub fn greedy(
    pass: &Pass,
    prompts: &[Vec<u32>],
    limits: &Limits,
) -> Result<Vec<Vec<u32>>, TransformerError> {
    Ok(greedy_until(pass, prompts, limits, &|| false)?.unwrap_or_default())
}

/// As [`greedy`], asking before every token whether to stop; none if it was told to.
///
/// # Errors
/// As [`greedy`].
pub fn greedy_until(
    pass: &Pass,
    prompts: &[Vec<u32>],
    limits: &Limits,
    stopped: &dyn Fn() -> bool,
) -> Result<Option<Vec<Vec<u32>>>, TransformerError> {
    check(pass, prompts)?;
    let mut all = Vec::new();
    for prompts in prompts.chunks(TOGETHER) {
        match Writing::new(pass, prompts, limits).end(stopped) {
            Some(texts) => all.extend(texts),
            None => return Ok(None),
        }
    }
    Ok(Some(all))
}

/// Logarithms of the probabilities of `choices` as the token behind each prompt
/// \[prompts, choices\]: what multiple-choice questions are answered by.
///
/// # Errors
/// As [`greedy`], and for a choice beyond the vocabulary.
pub fn log_probabilities(
    pass: &Pass,
    prompts: &[Vec<u32>],
    choices: &[u32],
) -> Result<Vec<Vec<f64>>, TransformerError> {
    check(pass, prompts)?;
    let vocabulary = pass.net.config.vocabulary;
    if let Some(choice) = choices.iter().find(|&&choice| choice as usize >= vocabulary) {
        let why = format!("choice {choice} is beyond the vocabulary of {vocabulary}");
        return Err(TransformerError::Sequence { index: 0, why });
    }
    let longest = prompts.iter().map(Vec::len).max().unwrap_or(0);
    let reader = Reader::new(pass, longest);
    let of_prompt = |prompt: &Vec<u32>| {
        let mut cache = Cache::new(pass.net, prompt.len());
        let mut logits = reader.logits(&mut [Part { ids: prompt, cache: &mut cache }]);
        let chosen: Vec<f64> = choices.iter().map(|&id| f64::from(logits[id as usize])).collect();
        let shift = largest(&logits);
        let log_sum = f64::from(exp_all(&mut logits, shift)).ln() + f64::from(shift);
        chosen.into_iter().map(|logit| logit - log_sum).collect()
    };
    Ok(prompts.par_iter().map(of_prompt).collect())
}

fn check(pass: &Pass, prompts: &[Vec<u32>]) -> Result<(), TransformerError> {
    let fault = |(index, why)| TransformerError::Sequence { index, why };
    if !matches!(pass.net.head, Head::NextToken(_)) {
        return Err(fault((0, "the model has no head for the next token".to_owned())));
    }
    let faults = prompts.iter().enumerate();
    let mut faults =
        faults.filter_map(|(index, prompt)| Some((index, pass.net.ids_fault(prompt)?)));
    faults.next().map_or(Ok(()), |found| Err(fault(found)))
}

/// A sequence that is being written.
struct Text {
    /// The tokens that the cache lacks: the prompt, later the last token.
    next: Vec<u32>,
    cache: Cache,
    written: Vec<u32>,
    /// Tokens that it may still get.
    left: usize,
}

/// Sequences that are being written at the same time.
struct Writing<'a> {
    reader: Reader<'a>,
    texts: Vec<Text>,
    stop: &'a [u32],
}

impl<'a> Writing<'a> {
    fn new(pass: &'a Pass<'a>, prompts: &[Vec<u32>], limits: &'a Limits) -> Self {
        let places = pass.net.config.max_positions;
        let text = |prompt: &Vec<u32>| {
            // The last token needs no place, since nothing is read behind it.
            let left = limits.new_tokens.min(places - prompt.len() + 1);
            let most = prompt.len() + left.saturating_sub(1);
            let cache = Cache::new(pass.net, most);
            Text { next: prompt.clone(), cache, written: Vec::new(), left }
        };
        let texts: Vec<Text> = prompts.iter().map(text).collect();
        let longest = texts.iter().map(|text| text.next.len() + text.left).max().unwrap_or(0);
        Self { reader: Reader::new(pass, longest), texts, stop: &limits.stop }
    }

    /// Writes until every text has ended; none if it is stopped before.
    fn end(mut self, stopped: &dyn Fn() -> bool) -> Option<Vec<Vec<u32>>> {
        if stopped() {
            return None;
        }
        // A prompt alone has rows enough to fill the products.
        let (reader, stop) = (&self.reader, self.stop);
        self.texts.par_iter_mut().for_each(|text| step(reader, &mut [text], stop));
        loop {
            let mut open: Vec<&mut Text> =
                self.texts.iter_mut().filter(|text| text.left > 0).collect();
            if open.is_empty() {
                return Some(self.texts.into_iter().map(|text| text.written).collect());
            }
            if stopped() {
                return None;
            }
            open.par_chunks_mut(ROWS).for_each(|texts| step(reader, texts, stop));
        }
    }
}

/// Sequences whose single new rows are multiplied together. Fixed, so that bytes do not depend on threads.
const ROWS: usize = TOGETHER / 2;

/// One more token for each of some texts.
fn step(reader: &Reader, texts: &mut [&mut Text], stop: &[u32]) {
    let open = |text: &&mut &mut Text| text.left > 0;
    let mut texts: Vec<&mut &mut Text> = texts.iter_mut().filter(open).collect();
    let parts = texts.iter_mut().map(|text| {
        let Text { next, cache, .. } = &mut ***text;
        Part { ids: next, cache }
    });
    let logits = reader.logits(&mut parts.collect::<Vec<_>>());
    let vocabulary = logits.len() / texts.len().max(1);
    for (text, logits) in texts.iter_mut().zip(logits.chunks_exact(vocabulary.max(1))) {
        text.take(likeliest(logits).filter(|token| !stop.contains(token)));
    }
}

impl Text {
    /// Takes the next token, or ends.
    fn take(&mut self, token: Option<u32>) {
        match token {
            Some(token) => {
                self.next = vec![token];
                self.written.push(token);
                self.left -= 1;
            }
            None => self.left = 0,
        }
    }
}

/// The place of the largest logit, of equals the first; none if one is not a number.
fn likeliest(logits: &[f32]) -> Option<u32> {
    if logits.iter().any(|logit| logit.is_nan()) {
        return None;
    }
    let most = largest(logits);
    logits.iter().position(|&logit| logit == most).map(|place| place as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likeliest_token_is_the_first_of_equals_and_none_beside_a_nan() {
        assert_eq!(likeliest(&[0.0, 2.0, 1.0, 2.0]), Some(1));
        assert_eq!(likeliest(&[f32::NEG_INFINITY; 3]), Some(0));
        assert_eq!(likeliest(&[0.0, f32::NAN, 1.0]), None);
    }
}
