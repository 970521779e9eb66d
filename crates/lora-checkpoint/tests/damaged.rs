//! Files that were cut off or changed: they are refused or read, and never ask for much memory.

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::fs;
use std::path::Path;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{gguf, tiny, weights};
use lora_checkpoint::{
    Adapter, AdapterConfig, Checkpoint, Family, Metadata, TargetModules, Tensor, write_checkpoint,
};
use proptest::prelude::*;
use tempfile::{TempDir, tempdir};

/// The largest piece of memory that any test asked for.
static LARGEST: AtomicUsize = AtomicUsize::new(0);

/// Far more than a file of some kilobytes needs, and far less than a damaged length asks for.
const MUCH: usize = 4 << 20;

struct Watched;

// SAFETY: every call goes to the system's allocator with the same arguments.
unsafe impl GlobalAlloc for Watched {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LARGEST.fetch_max(layout.size(), Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        LARGEST.fetch_max(layout.size(), Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        LARGEST.fetch_max(size, Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { System.realloc(place, layout, size) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Watched = Watched;

/// A file that is whole, and bytes that it has after damage.
#[derive(Clone, Debug)]
enum Damage {
    Cut(prop::sample::Index),
    Bits(Vec<(prop::sample::Index, u8)>),
    /// Eight bytes, as a length or an offset has them.
    Word(prop::sample::Index, u64),
}

impl Damage {
    fn of(&self, whole: &[u8]) -> Vec<u8> {
        let mut bytes = whole.to_vec();
        match self {
            Self::Cut(at) => bytes.truncate(at.index(whole.len())),
            Self::Bits(all) => {
                all.iter().for_each(|(at, flip)| bytes[at.index(whole.len())] ^= flip)
            }
            Self::Word(at, word) => {
                let at = at.index(whole.len());
                let end = (at + 8).min(whole.len());
                bytes[at..end].copy_from_slice(&word.to_le_bytes()[..end - at]);
            }
        }
        bytes
    }
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        at().prop_map(Damage::Cut),
        prop::collection::vec((at(), 1..=255_u8), 1..4).prop_map(Damage::Bits),
        (at(), prop_oneof![Just(u64::MAX), Just(1 << 62), Just(1 << 40), any::<u64>()])
            .prop_map(|(at, word)| Damage::Word(at, word)),
    ]
}

/// Opens what may be damaged and reads all of it. Whether it could be opened.
fn read_all(path: &Path) -> bool {
    let _ = Checkpoint::bytes(path);
    let opened = Checkpoint::open(path);
    let one_line =
        |error: &str| assert!(error.lines().count() == 1 && error.len() < 1000, "{error}");
    match opened {
        Ok(mut checkpoint) => {
            let names: Vec<String> = checkpoint.names().map(str::to_owned).collect();
            for name in names {
                let tensor = checkpoint.take(&name).expect("what was promised is there");
                assert_eq!(tensor.len(), tensor.shape.iter().product::<usize>());
            }
            true
        }
        Err(error) => {
            one_line(&error.to_string());
            false
        }
    }
}

fn small() {
    let largest = LARGEST.load(Ordering::Relaxed);
    assert!(largest < MUCH, "a piece of {largest} bytes was asked for");
}

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
    let (dir, config) = (tempdir().expect("a folder"), tiny(Family::Bert));
    write_checkpoint(dir.path(), &config, &weights(&config), None).expect("it is written");
    dir
});

/// Writes a damaged copy of one file of a folder into another folder with the rest.
fn damaged_copy(whole: &Path, file: &str, damage: &Damage) -> TempDir {
    let dir = tempdir().expect("a folder");
    for entry in fs::read_dir(whole).expect("a folder").flatten() {
        fs::copy(entry.path(), dir.path().join(entry.file_name())).expect("it is copied");
    }
    let bytes = fs::read(whole.join(file)).expect("a file");
    fs::write(dir.path().join(file), damage.of(&bytes)).expect("it is written");
    dir
}

proptest! {
    #[test]
    fn a_damaged_folder(file in prop::sample::select(vec!["config.json", "model.safetensors"]), damage in damage()) {
        let dir = damaged_copy(FOLDER.path(), file, &damage);
        let opened = read_all(dir.path());
        prop_assert!(!(opened && matches!(damage, Damage::Cut(_)) && file == "model.safetensors"));
        small();
    }

    #[test]
    fn a_damaged_header(damage in damage()) {
        // Most of a file is numbers, so the header gets tests of its own.
        let whole = fs::read(FOLDER.path().join("model.safetensors")).expect("a file");
        let end = 8 + u64::from_le_bytes(whole[..8].try_into().expect("8 bytes")) as usize;
        let dir = damaged_copy(FOLDER.path(), "config.json", &Damage::Bits(Vec::new()));
        let bytes = [&damage.of(&whole[..end]), &whole[end..]].concat();
        fs::write(dir.path().join("model.safetensors"), bytes).expect("it is written");
        read_all(dir.path());
        small();
    }

    #[test]
    fn a_damaged_gguf_file(damage in damage(), qwen2 in any::<bool>(), header in any::<bool>()) {
        let whole = gguf(&tiny(if qwen2 { Family::Qwen2 } else { Family::Llama })).bytes();
        let end = if header { 2000 } else { whole.len() };
        let dir = tempdir().expect("a folder");
        let file = dir.path().join("a.gguf");
        fs::write(&file, [&damage.of(&whole[..end]), &whole[end..]].concat()).expect("it is written");
        read_all(&file);
        if let Ok(metadata) = Metadata::open(&file) {
            for key in metadata.keys() {
                let _ = (metadata.text(key), metadata.integers(key), metadata.numbers(key), metadata.flag(key));
                let _ = metadata.texts(key).map(|texts| texts.map(|texts| texts.iter().count()));
            }
        }
        small();
    }

    #[test]
    fn a_damaged_adapter(
        file in prop::sample::select(vec!["adapter_config.json", "adapter_model.safetensors"]),
        damage in damage(),
    ) {
        let (dir, config) = (tempdir().expect("a folder"), AdapterConfig::new(1, 1.0, TargetModules::Names(vec!["q".to_owned()])));
        let tensors = [("q.lora_A.weight", Tensor::f32(&[1, 3], vec![1.0; 3])), ("q.lora_B.weight", Tensor::f32(&[2, 1], vec![1.0; 2]))];
        let tensors = tensors.map(|(name, tensor)| (name.to_owned(), tensor)).into();
        Adapter { config, tensors }.write(dir.path()).expect("it is written");
        let damaged = damaged_copy(dir.path(), file, &damage);
        if let Err(error) = Adapter::open(damaged.path()) {
            prop_assert!(error.to_string().lines().count() == 1, "{error}");
        }
        small();
    }

    #[test]
    fn bytes_that_are_no_file(bytes in prop::collection::vec(any::<u8>(), 0..200), magic in any::<bool>()) {
        let dir = tempdir().expect("a folder");
        let file = dir.path().join("a.gguf");
        let start: &[u8] = if magic { b"GGUF\x03\0\0\0" } else { b"" };
        fs::write(&file, [start, &bytes].concat()).expect("it is written");
        prop_assert!(!read_all(&file));
        small();
    }
}
