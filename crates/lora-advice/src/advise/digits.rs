//! Numbers as a reader wants them.

use crate::transfer;

/// A size, or a computed α, in at most six digits.
pub fn shown(size: f64) -> String {
    let rounded = format!("{size:.5e}").parse::<f64>();
    transfer::shown(rounded.unwrap_or(size))
}

/// A count with its noun.
pub fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_digits_at_most() {
        for (size, text) in
            [(16.0, "16"), (5.656854249492381, "5.65685"), (128256.0, "128256"), (0.125, "0.125")]
        {
            assert_eq!(shown(size), text);
        }
        assert_eq!([counted(1, "layer"), counted(0, "layer")], ["1 layer", "0 layers"]);
        assert_eq!([shown(1e-300), shown(1.2345678e300)], ["1e-300", "1.23457e300"]);
    }
}
