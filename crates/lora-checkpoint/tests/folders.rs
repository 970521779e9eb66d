//! Folders: written and read again, with every spelling of names, and refused where they are wrong.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use common::{FAMILIES, tiny, weights};
use half::{bf16, f16};
use lora_checkpoint::{
    Adapter, AdapterConfig, Checkpoint, Data, Family, Format, TargetModules, Tensor, TokenizerFile,
    write_checkpoint,
};
use safetensors::SafeTensors;
use tempfile::{TempDir, tempdir};

fn written(family: Family) -> (TempDir, BTreeMap<String, Tensor>) {
    let (dir, config) = (tempdir().expect("a folder"), tiny(family));
    let all = weights(&config);
    let tokenizer = TokenizerFile { json: b"{}", bos: Some(3), eos: None };
    write_checkpoint(dir.path(), &config, &all, Some(tokenizer)).expect("it is written");
    (dir, all)
}

fn refusal(dir: &Path) -> String {
    Checkpoint::open(dir).expect_err("it is refused").to_string()
}

/// Writes tensors as they are, without a check: an adapter's file may hold any.
fn write_any(dir: &Path, file: &str, tensors: &BTreeMap<String, Tensor>) {
    let config = AdapterConfig::new(1, 1.0, TargetModules::Names(Vec::new()));
    let scratch = tempdir().expect("a folder");
    Adapter { config, tensors: tensors.clone() }.write(scratch.path()).expect("it is written");
    fs::copy(scratch.path().join("adapter_model.safetensors"), dir.join(file))
        .expect("it is copied");
}

fn renamed(
    all: &BTreeMap<String, Tensor>,
    name: impl Fn(&str) -> String,
) -> BTreeMap<String, Tensor> {
    all.iter().map(|(old, tensor)| (name(old), tensor.clone())).collect()
}

fn holds_all(dir: &Path, all: &BTreeMap<String, Tensor>) {
    let mut read = Checkpoint::open(dir).expect("it opens");
    for (name, tensor) in all {
        assert_eq!(&read.take(name).expect("it is there"), tensor, "{name}");
    }
}

#[test]
fn every_family_is_the_same_after_writing_and_reading() {
    for family in FAMILIES {
        let (dir, all) = written(family);
        let read = Checkpoint::open(dir.path()).expect("it opens");
        assert_eq!(read.config, tiny(family));
        assert_eq!(read.format, Format::SafeTensors);
        assert_eq!(read.names().collect::<Vec<_>>(), all.keys().collect::<Vec<_>>());
        assert!(read.gguf_metadata().is_none());
        assert_eq!(read.label(), dir.path().file_name().expect("a name").to_string_lossy());
        holds_all(dir.path(), &all);
        let bytes: usize = all.values().map(|tensor| 4 * tensor.len()).sum();
        assert_eq!(Checkpoint::bytes(dir.path()).expect("headers"), bytes as u64);
        assert_eq!(fs::read(dir.path().join("tokenizer.json")).expect("a file"), b"{}");
        // What is not said has the defaults of transformers, which are other tokens.
        let config = fs::read_to_string(dir.path().join("config.json")).expect("a file");
        for line in [r#""bos_token_id": 3,"#, r#""eos_token_id": null,"#] {
            assert!(config.contains(line), "{config}");
        }
    }
}

#[test]
fn the_library_safetensors_reads_what_is_written() {
    let (dir, all) = written(Family::Qwen2);
    let bytes = fs::read(dir.path().join("model.safetensors")).expect("a file");
    let read = SafeTensors::deserialize(&bytes).expect("it is sound");
    assert_eq!(read.len(), all.len());
    for (name, tensor) in &all {
        let view = read.tensor(name).expect("it is there");
        let values: Vec<u8> =
            tensor.to_f32().iter().flat_map(|value| value.to_le_bytes()).collect();
        assert_eq!((view.shape(), view.data()), (&tensor.shape[..], &values[..]), "{name}");
    }
}

#[test]
fn bare_models_and_old_names_get_the_names_of_the_task_model() {
    for family in FAMILIES {
        let (dir, all) = written(family);
        let bare = |name: &str| name.strip_prefix(family.prefix()).unwrap_or(name).to_owned();
        write_any(dir.path(), "model.safetensors", &renamed(&all, bare));
        holds_all(dir.path(), &all);
    }
    let (dir, all) = written(Family::Bert);
    let old = |name: &str| {
        name.replace("LayerNorm.weight", "LayerNorm.gamma")
            .replace("LayerNorm.bias", "LayerNorm.beta")
    };
    write_any(dir.path(), "model.safetensors", &renamed(&all, old));
    holds_all(dir.path(), &all);
    let mut both = all;
    both.insert("bert.embeddings.LayerNorm.gamma".to_owned(), Tensor::f32(&[8], vec![1.0; 8]));
    write_any(dir.path(), "model.safetensors", &both);
    assert!(refusal(dir.path()).ends_with("is there twice, under an old and a new name"));
}

#[test]
fn tensors_say_whether_there_is_a_head() {
    let (dir, mut all) = written(Family::Roberta);
    all.retain(|name, _| !name.starts_with("classifier"));
    write_any(dir.path(), "model.safetensors", &all);
    assert_eq!(Checkpoint::open(dir.path()).expect("it opens").config.labels, None);
    let head = Tensor::f32(&[2, 8], vec![0.5; 16]);
    all.insert("classifier.out_proj.weight".to_owned(), head);
    write_any(dir.path(), "model.safetensors", &all);
    let refused = refusal(dir.path());
    let end =
        "tensor `classifier.out_proj.weight` has the shape [2, 8]; the configuration says [3, 8]";
    assert!(refused.ends_with(end), "{refused}");
}

#[test]
fn a_missing_or_misshapen_tensor_is_named() {
    let name = "model.layers.1.self_attn.k_proj.weight";
    let (dir, mut all) = written(Family::Llama);
    let right = all.remove(name).expect("it is there");
    write_any(dir.path(), "model.safetensors", &all);
    assert_eq!(
        refusal(dir.path()),
        format!("{}: there is no tensor `{name}`", dir.path().display())
    );
    all.insert(name.to_owned(), Tensor { shape: vec![8, 4], data: right.data });
    write_any(dir.path(), "model.safetensors", &all);
    let file = dir.path().join("model.safetensors");
    let says = format!(
        "{}: tensor `{name}` has the shape [8, 4]; the configuration says [4, 8]",
        file.display()
    );
    assert_eq!(refusal(dir.path()), says);
    let refused =
        write_checkpoint(dir.path(), &tiny(Family::Llama), &all, None).expect_err("it is refused");
    assert_eq!(refused.to_string(), says);
    let mut open = Checkpoint::open(written(Family::Llama).0.path()).expect("it opens");
    assert!(
        open.take("lm_head.bias")
            .expect_err("none")
            .to_string()
            .ends_with("there is no tensor `lm_head.bias`")
    );
}

#[test]
fn sixteen_bits_stay_sixteen_bits() {
    let (dir, mut all) = written(Family::Bert);
    for (at, tensor) in all.values_mut().enumerate() {
        let values = tensor.to_f32();
        tensor.data = match at % 3 {
            0 => Data::F16(values.iter().map(|value| f16::from_f32(*value)).collect()),
            1 => Data::BF16(values.iter().map(|value| bf16::from_f32(*value)).collect()),
            _ => continue,
        };
    }
    write_checkpoint(dir.path(), &tiny(Family::Bert), &all, None).expect("it is written");
    holds_all(dir.path(), &all);
    let bytes: u64 = all.values().map(|tensor| tensor.data.bytes()).sum();
    assert_eq!(Checkpoint::bytes(dir.path()).expect("headers"), bytes);
}

#[test]
fn a_nan_is_loaded_and_named() {
    let (dir, mut all) = written(Family::DistilBert);
    let mut open = Checkpoint::open(dir.path()).expect("it opens");
    assert_eq!(open.first_not_finite().expect("it is read"), None);
    let name = "distilbert.transformer.layer.1.ffn.lin2.bias";
    all.insert(name.to_owned(), Tensor::f32(&[8], vec![f32::NAN; 8]));
    write_checkpoint(dir.path(), &tiny(Family::DistilBert), &all, None).expect("it is written");
    let mut open = Checkpoint::open(dir.path()).expect("it opens");
    assert_eq!(open.first_not_finite().expect("it is read").as_deref(), Some(name));
}

/// Splits a folder's weights into two shards with an index.
fn sharded(all: &BTreeMap<String, Tensor>, dir: &Path, second: &str) {
    let (mut halves, mut map) = ([BTreeMap::new(), BTreeMap::new()], serde_json::Map::new());
    for (at, (name, tensor)) in all.iter().enumerate() {
        halves[at % 2].insert(name.clone(), tensor.clone());
        map.insert(name.clone(), ["one.safetensors", second][at % 2].into());
    }
    write_any(dir, "one.safetensors", &halves[0]);
    write_any(dir, "two.safetensors", &halves[1]);
    let index = serde_json::json!({ "metadata": { "total_size": 1 }, "weight_map": map });
    fs::write(dir.join("model.safetensors.index.json"), index.to_string()).expect("it is written");
    let _ = fs::remove_file(dir.join("model.safetensors"));
}

#[test]
fn shards_are_one_model() {
    let (dir, all) = written(Family::Llama);
    sharded(&all, dir.path(), "two.safetensors");
    holds_all(dir.path(), &all);
    sharded(&all, dir.path(), "one.safetensors");
    let first_of_two = all.keys().nth(1).expect("a name");
    assert!(
        refusal(dir.path())
            .ends_with(&format!("one.safetensors: there is no tensor `{first_of_two}`"))
    );
}

#[test]
fn a_shard_outside_of_the_folder_is_refused() {
    let (dir, all) = written(Family::Llama);
    let inner = dir.path().join("inner");
    fs::create_dir(&inner).expect("a folder");
    fs::copy(dir.path().join("config.json"), inner.join("config.json")).expect("a copy");
    for outside in ["../two.safetensors", "/etc/passwd", "a/../../b"] {
        sharded(&all, &inner, outside);
        let refused = refusal(&inner);
        let end =
            format!("names the shard `{outside}`; valid is the name of a file in the same folder");
        assert!(refused.ends_with(&end), "{refused}");
    }
}

#[test]
fn integers_are_left_out() {
    let (dir, all) = written(Family::Bert);
    let file = dir.path().join("model.safetensors");
    let bytes = fs::read(&file).expect("a file");
    let (header, data) =
        bytes[8..].split_at(u64::from_le_bytes(bytes[..8].try_into().expect("8")) as usize);
    let mut header: serde_json::Value = serde_json::from_slice(header).expect("JSON");
    let end = data.len();
    header["bert.embeddings.position_ids"] =
        serde_json::json!({ "dtype": "I64", "shape": [1, 2], "data_offsets": [end, end + 16] });
    let header = header.to_string();
    let all_bytes =
        [&(header.len() as u64).to_le_bytes(), header.as_bytes(), data, &[0; 16]].concat();
    fs::write(&file, all_bytes).expect("it is written");
    holds_all(dir.path(), &all);
    assert!(!Checkpoint::open(dir.path()).expect("it opens").has("bert.embeddings.position_ids"));
}

#[test]
fn what_is_no_checkpoint_is_refused_in_a_line() {
    let dir = tempdir().expect("a folder");
    assert!(refusal(dir.path()).contains("config.json: No such file"));
    let (dir, _) = written(Family::Bert);
    let weights = dir.path().join("model.safetensors");
    assert!(refusal(&weights).ends_with("name the folder that also holds its config.json"));
    fs::remove_file(&weights).expect("it is removed");
    assert!(refusal(dir.path()).contains("has neither `model.safetensors` nor"));
}
