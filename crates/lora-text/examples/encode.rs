//! Prints the ids of texts, for `tests/transformers/tokens.py`.
//!
//! Each line of standard input is a text as a JSON string, or a pair of texts as a JSON array of two. Each
//! line of standard output has its ids.

use std::error::Error;
use std::io::{BufWriter, Write, stdin, stdout};
use std::path::Path;

use lora_text::Tokenizer;
use serde_json::Value;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (path, special) = match args.as_slice() {
        [path] => (path, false),
        [path, flag] if flag == "--special" => (path, true),
        _ => return Err("usage: encode FOLDER|FILE.gguf [--special] <TEXTS".into()),
    };
    let tokenizer = Tokenizer::open(Path::new(path))?;
    let mut to = BufWriter::new(stdout().lock());
    for line in stdin().lines() {
        let ids = match serde_json::from_str(&line?)? {
            Value::String(text) => tokenizer.encode(&text, special)?,
            Value::Array(pair) => match pair.as_slice() {
                [Value::String(one), Value::String(other)] => {
                    tokenizer.encode_pair(one, other, special)?
                }
                _ => return Err("an array must have two texts".into()),
            },
            _ => return Err("a line must be a JSON string or an array".into()),
        };
        let ids: Vec<String> = ids.iter().map(u32::to_string).collect();
        writeln!(to, "{}", ids.join(" "))?;
    }
    Ok(to.flush()?)
}
