//! How digests are spelt in files.

/// Bytes as lowercase hex digits, two for each.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_two_lowercase_digits() {
        assert_eq!(hex(&[0x00, 0x0a, 0xff, 0x10]), "000aff10");
        assert_eq!(hex(&[]), "");
    }
}
