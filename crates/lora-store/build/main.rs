//! Puts the commit of the source into the program, so that the provenance of a result is that of the
//! program that measured it, whatever has become of the checkout since.

mod source;

use std::env;
use std::path::Path;

fn main() {
    // Cargo sets it for build scripts.
    let package = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    let source = source::source(Path::new(&package));
    println!("cargo::rustc-env=SOURCE_COMMIT={}", source.commit.unwrap_or_default());
    let dirty = source.dirty.map(|dirty| dirty.to_string());
    println!("cargo::rustc-env=SOURCE_DIRTY={}", dirty.unwrap_or_default());
    println!("cargo::rerun-if-changed=build");
    for path in source.watched {
        println!("cargo::rerun-if-changed={}", path.display());
    }
}
