//! Merges for vocabularies of SentencePiece, which have scores instead.

use std::collections::HashMap;

/// The longest token whose halves are tried. Vocabularies have tokens of up to some ten characters.
const LONGEST: usize = 256;

/// The pairs of tokens that merge into a token, best first. SentencePiece always makes the token with the
/// highest score, so a pair ranks by the token that it makes. `ordinary` says which tokens may be made.
pub(crate) fn merges<'a>(
    tokens: &[&'a str],
    scores: &[f64],
    ordinary: &[bool],
) -> Vec<[&'a str; 2]> {
    let ids: HashMap<&str, usize> =
        tokens.iter().enumerate().map(|(id, token)| (*token, id)).collect();
    let mut ranked = Vec::new();
    for ((&token, &score), _) in
        tokens.iter().zip(scores).zip(ordinary).filter(|(_, ordinary)| **ordinary)
    {
        if token.len() > LONGEST {
            continue;
        }
        let mut pairs: Vec<_> = token
            .char_indices()
            .skip(1)
            .map(|(at, _)| token.split_at(at))
            .filter_map(|(left, right)| Some(((ids.get(left)?, ids.get(right)?), [left, right])))
            .collect();
        pairs.sort();
        ranked.extend(pairs.into_iter().map(|(_, pair)| (score, pair)));
    }
    ranked.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    ranked.into_iter().map(|(_, pair)| pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_rank_by_the_token_that_they_make() {
        let tokens = ["a", "b", "ab", "aba", "ba", "<s>", "<", "s>"];
        let scores = [-9.0, -9.0, -2.0, -3.0, -1.0, 0.0, -9.0, -9.0];
        let ordinary = [true, true, true, true, true, false, true, true];
        let expected = [["b", "a"], ["a", "b"], ["a", "ba"], ["ab", "a"]];
        assert_eq!(merges(&tokens, &scores, &ordinary), expected);
    }
}
