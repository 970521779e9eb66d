//! The bare layer through this engine: the conformance suite of all engines, and the fused engine beside it.

lora_conformance::conformance!(bare, lora_network::NetworkEngine::new());
