//! Decodes the eight-bit RGB PNGs that the crate writes: enough of RFC 1950, RFC 1951 and the PNG filters.

/// A decoded picture.
pub struct Picture {
    pub width: usize,
    pub height: usize,
    pub rgb: Vec<u8>,
}

impl Picture {
    /// Share of pixels darker than pale grey, between two heights given as shares of the whole.
    pub fn ink(&self, from: f64, to: f64) -> f64 {
        let row = |share: f64| (share * self.height as f64) as usize;
        let part = &self.rgb[row(from) * self.width * 3..row(to) * self.width * 3];
        let dark = part.chunks_exact(3).filter(|p| p.iter().any(|&v| v < 0x90)).count();
        dark as f64 / (part.len() / 3) as f64
    }

    /// Share of pixels that are not white.
    pub fn covered(&self) -> f64 {
        let marked = self.rgb.chunks_exact(3).filter(|p| p.iter().any(|&v| v != 255)).count();
        marked as f64 / (self.width * self.height) as f64
    }
}

pub fn decode(bytes: &[u8]) -> Picture {
    assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n");
    let (mut at, mut packed, mut size) = (8, Vec::new(), (0, 0));
    while at < bytes.len() {
        let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
        let (length, data) = (number(at), at + 8);
        match &bytes[at + 4..at + 8] {
            b"IHDR" => {
                size = (number(data), number(data + 4));
                assert_eq!(&bytes[data + 8..data + 13], [8, 2, 0, 0, 0], "eight-bit RGB");
            }
            b"IDAT" => packed.extend_from_slice(&bytes[data..data + length]),
            _ => {}
        }
        at = data + length + 4;
    }
    let raw = Bits { data: &packed[2..], at: 0 }.inflate();
    Picture { width: size.0, height: size.1, rgb: unfilter(&raw, size.0 * 3, size.1) }
}

/// Undoes the per-row prediction.
fn unfilter(raw: &[u8], stride: usize, rows: usize) -> Vec<u8> {
    assert_eq!(raw.len(), (stride + 1) * rows);
    let mut out = vec![0_u8; stride * rows];
    for (y, row) in raw.chunks_exact(stride + 1).enumerate() {
        for x in 0..stride {
            let here = y * stride + x;
            let left = if x < 3 { 0 } else { i32::from(out[here - 3]) };
            let up = if y == 0 { 0 } else { i32::from(out[here - stride]) };
            let corner = if x < 3 || y == 0 { 0 } else { i32::from(out[here - stride - 3]) };
            let guess = match row[0] {
                0 => 0,
                1 => left,
                2 => up,
                3 => (left + up) / 2,
                _ => paeth(left, up, corner),
            };
            out[here] = row[x + 1].wrapping_add(guess as u8);
        }
    }
    out
}

fn paeth(left: i32, up: i32, corner: i32) -> i32 {
    let p = left + up - corner;
    let (a, b, c) = ((p - left).abs(), (p - up).abs(), (p - corner).abs());
    match () {
        () if a <= b && a <= c => left,
        () if b <= c => up,
        () => corner,
    }
}

struct Bits<'a> {
    data: &'a [u8],
    /// Position in bits.
    at: usize,
}

/// Code lengths as counts per length, and symbols in order of their codes.
struct Codes {
    counts: [usize; 16],
    symbols: Vec<usize>,
}

impl Codes {
    fn new(lengths: &[usize]) -> Self {
        let mut counts = [0; 16];
        lengths.iter().filter(|&&l| l > 0).for_each(|&l| counts[l] += 1);
        let of = |length| {
            lengths.iter().enumerate().filter(move |(_, l)| **l == length).map(|(symbol, _)| symbol)
        };
        Self { counts, symbols: (1..16).flat_map(of).collect() }
    }
}

impl Bits<'_> {
    fn take(&mut self, count: usize) -> usize {
        (0..count).fold(0, |value, bit| {
            let set = self.data[self.at / 8] >> (self.at % 8) & 1;
            self.at += 1;
            value | usize::from(set) << bit
        })
    }

    fn symbol(&mut self, codes: &Codes) -> usize {
        let (mut code, mut first, mut index) = (0, 0, 0);
        for count in &codes.counts[1..] {
            code |= self.take(1);
            if code < first + count {
                return codes.symbols[index + code - first];
            }
            index += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        panic!("not a code");
    }

    fn inflate(mut self) -> Vec<u8> {
        let mut out = Vec::new();
        loop {
            let last = self.take(1) == 1;
            match self.take(2) {
                0 => self.stored(&mut out),
                1 => {
                    let fixed = |i| match i {
                        0..=143 => 8,
                        144..=255 => 9,
                        256..=279 => 7,
                        _ => 8,
                    };
                    let lengths: Vec<usize> = (0..288).map(fixed).collect();
                    self.block(&mut out, &Codes::new(&lengths), &Codes::new(&[5; 30]));
                }
                _ => {
                    let (literals, distances) = self.tables();
                    self.block(&mut out, &literals, &distances);
                }
            }
            if last {
                return out;
            }
        }
    }

    fn stored(&mut self, out: &mut Vec<u8>) {
        let start = self.at.div_ceil(8);
        let length = usize::from(self.data[start]) | usize::from(self.data[start + 1]) << 8;
        out.extend_from_slice(&self.data[start + 4..start + 4 + length]);
        self.at = (start + 4 + length) * 8;
    }

    fn tables(&mut self) -> (Codes, Codes) {
        let (literals, distances, used) = (self.take(5) + 257, self.take(5) + 1, self.take(4) + 4);
        let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
        let mut lengths = [0; 19];
        order.iter().take(used).for_each(|&i| lengths[i] = self.take(3));
        let codes = Codes::new(&lengths);
        let mut all: Vec<usize> = Vec::new();
        while all.len() < literals + distances {
            let (value, repeat) = match self.symbol(&codes) {
                16 => (*all.last().unwrap(), 3 + self.take(2)),
                17 => (0, 3 + self.take(3)),
                18 => (0, 11 + self.take(7)),
                length => (length, 1),
            };
            all.extend(std::iter::repeat_n(value, repeat));
        }
        (Codes::new(&all[..literals]), Codes::new(&all[literals..]))
    }

    fn block(&mut self, out: &mut Vec<u8>, literals: &Codes, distances: &Codes) {
        loop {
            let symbol = self.symbol(literals);
            match symbol {
                0..=255 => out.push(symbol as u8),
                256 => return,
                _ => {
                    let length = match symbol - 257 {
                        short @ 0..=7 => short + 3,
                        28 => 258,
                        n => ((4 + n % 4) << (n / 4 - 1)) + 3 + self.take(n / 4 - 1),
                    };
                    let back = match self.symbol(distances) {
                        near @ 0..=3 => near + 1,
                        n => ((2 + n % 2) << (n / 2 - 1)) + 1 + self.take(n / 2 - 1),
                    };
                    (0..length).for_each(|_| out.push(out[out.len() - back]));
                }
            }
        }
    }
}
