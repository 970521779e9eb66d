//! The text that comes with the program, for models that are pretrained here.

use std::io::Read;
use std::sync::OnceLock;

use flate2::read::GzDecoder;

/// Where it is from, and its licence: `assets/README.md`.
const PACKED: &[u8] = include_bytes!("../assets/state-of-the-union.txt.gz");

/// 36 State of the Union addresses, of 1947 to 1980: 1.1 MB of English in ASCII, an address on each line.
///
/// It is unpacked at the first call.
pub fn bundled_text() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| {
        let mut text = String::new();
        // What is compiled in is the same everywhere, and a test unpacks it.
        let unpacked = GzDecoder::new(PACKED).read_to_string(&mut text);
        unpacked.map(|_| text).unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn the_text_is_the_one_that_its_readme_names() {
        let text = bundled_text();
        let digest: String =
            Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(include_str!("../assets/README.md").contains(&digest), "{digest}");
        assert!(text.is_ascii() && text.lines().count() == 36);
        assert!(PACKED.len() < 400_000);
    }
}
