//! Prints every tensor of a checkpoint as 32-bit numbers, for `tests/transformers/gguf_blocks.py`.
//!
//! For each: a line with its name and its shape, then its numbers, little endian.

use std::error::Error;
use std::io::{BufWriter, Write, stdout};
use std::path::Path;

use lora_checkpoint::Checkpoint;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("usage: dequantise FILE.gguf|FOLDER")?;
    let mut checkpoint = Checkpoint::open(Path::new(&path))?;
    eprintln!("{}: {} bytes", checkpoint.label(), Checkpoint::bytes(Path::new(&path))?);
    let names: Vec<String> = checkpoint.names().map(str::to_owned).collect();
    let mut to = BufWriter::new(stdout().lock());
    for name in names {
        let tensor = checkpoint.take(&name)?;
        let shape: Vec<String> = tensor.shape.iter().map(usize::to_string).collect();
        writeln!(to, "{name} {}", shape.join(" "))?;
        for value in tensor.into_f32() {
            to.write_all(&value.to_le_bytes())?;
        }
    }
    Ok(to.flush()?)
}
