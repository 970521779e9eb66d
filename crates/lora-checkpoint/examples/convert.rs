//! Writes a checkpoint, such as a GGUF file, as a folder that transformers loads.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

use lora_checkpoint::{Checkpoint, write_checkpoint};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [from, to] = args.as_slice() else {
        return Err("usage: convert FILE.gguf|FOLDER NEW_FOLDER".into());
    };
    let mut checkpoint = Checkpoint::open(Path::new(from))?;
    let names: Vec<String> = checkpoint.names().map(str::to_owned).collect();
    let mut tensors = BTreeMap::new();
    for name in names {
        let tensor = checkpoint.take(&name)?;
        tensors.insert(name, tensor);
    }
    write_checkpoint(Path::new(to), &checkpoint.config, &tensors, None)?;
    println!("{to}: {}", checkpoint.label());
    Ok(())
}
