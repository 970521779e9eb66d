//! No code. Cargo.toml names features, so that two builds share what they compile.
