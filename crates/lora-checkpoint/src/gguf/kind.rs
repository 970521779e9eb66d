//! Kinds of numbers in GGUF files.

/// How a tensor's numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(non_camel_case_types)] // ggml's names
pub(crate) enum Kind {
    F32,
    F16,
    BF16,
    Q4_0,
    Q4_1,
    Q5_0,
    Q5_1,
    Q8_0,
    Q4_K,
    Q5_K,
    Q6_K,
}

/// Number in the file, kind, name, numbers in a block, bytes of a block.
const KINDS: [(u32, Kind, &str, usize, usize); 11] = [
    (0, Kind::F32, "F32", 1, 4),
    (1, Kind::F16, "F16", 1, 2),
    (30, Kind::BF16, "BF16", 1, 2),
    (2, Kind::Q4_0, "Q4_0", 32, 18),
    (3, Kind::Q4_1, "Q4_1", 32, 20),
    (6, Kind::Q5_0, "Q5_0", 32, 22),
    (7, Kind::Q5_1, "Q5_1", 32, 24),
    (8, Kind::Q8_0, "Q8_0", 32, 34),
    (12, Kind::Q4_K, "Q4_K", 256, 144),
    (13, Kind::Q5_K, "Q5_K", 256, 176),
    (14, Kind::Q6_K, "Q6_K", 256, 210),
];

impl Kind {
    pub(crate) fn of(number: u32) -> Option<Self> {
        KINDS.iter().find(|row| row.0 == number).map(|row| row.1)
    }

    /// The names of all kinds, for messages.
    pub(crate) fn all() -> String {
        KINDS.map(|row| row.2).join(", ")
    }

    fn row(self) -> (&'static str, usize, usize) {
        let [first, ..] = KINDS;
        let row = KINDS.into_iter().find(|row| row.1 == self).unwrap_or(first);
        (row.2, row.3, row.4)
    }

    pub(crate) fn name(self) -> &'static str {
        self.row().0
    }

    /// Numbers in a block.
    pub(crate) fn block(self) -> usize {
        self.row().1
    }

    /// Bytes of a block.
    pub(crate) fn block_bytes(self) -> usize {
        self.row().2
    }

    pub(crate) fn is_quantised(self) -> bool {
        self.block() > 1
    }

    /// Bytes of a number in memory.
    pub(crate) fn resident(self) -> u64 {
        if matches!(self, Self::F16 | Self::BF16) { 2 } else { 4 }
    }
}
