//! A limit coupled to one finite run.
mod common;
use common::*;
use lora_sim::spec::Init;

#[test]
fn explore() {
    for (init, a, c) in
        [(Init::A, 1.0, 0.7), (Init::A, 0.5, 0.5), (Init::B, 0.5, 0.5), (Init::B, 1.0, 0.5)]
    {
        for n in [128, 512, 2048] {
            let mut line = format!("{init} a={a} n={n}:");
            for seed in 0..4 {
                let case = Case::new(init, a, c, seed);
                let d = case.distances(n);
                line +=
                    &format!("  {:.4} {:.4} {:.4} e{:.4}", d.losses, d.z_a, d.z_b, d.quadrature);
            }
            println!("{line}");
        }
    }
}
