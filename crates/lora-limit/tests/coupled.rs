//! A limit coupled to one finite run.
mod common;
use common::*;
use lora_limit::*;
use lora_sim::spec::Init;

#[test]
fn explore() {
    for (init, a, c) in [(Init::B, 0.5, 0.5), (Init::B, 1.0, 0.5)] {
        for n in [128, 512, 2048, 8192] {
            let mut line = format!("{init} a={a} n={n}:");
            let mut variants = vec![("lim", Variant::default())];
            if init == Init::A {
                variants.push(("next", Variant { next_order: Some(n), omit: None }));
                variants.push((
                    "grads",
                    Variant { next_order: None, omit: Some(Omitted::LowerOrderOfFirstGradients) },
                ));
            } else if a == 0.5 {
                variants.push(("next", Variant { next_order: Some(n), omit: None }));
                variants
                    .push(("nextK", Variant { next_order: Some(n), omit: Some(Omitted::Kink) }));
            } else if a == 1.0 {
                variants.push(("kink", Variant { next_order: None, omit: Some(Omitted::Kink) }));
            }
            for (name, v) in variants {
                let mut s = [0.0; 4];
                for seed in 0..8 {
                    let case = Case::new(init, a, c, seed);
                    let d = case.distances_of(n, v);
                    for (s, d) in s.iter_mut().zip([d.losses, d.z_a, d.z_b, d.quadrature]) {
                        *s += d * d / 8.0;
                    }
                }
                let s = s.map(f64::sqrt);
                line += &format!("  {name} {:.4} {:.4} {:.4} e{:.4}", s[0], s[1], s[2], s[3]);
            }
            println!("{line}");
        }
    }
}
