use lora_sim::{Batch, CpuEngine, Engine, Isa, spec::*};
use std::time::Instant;
fn main() {
    let args: Vec<f64> = std::env::args().skip(1).map(|a| a.parse().unwrap()).collect();
    let (n, k, steps) = (args[0] as usize, args[1] as usize, args[2] as usize);
    let model = Model::default();
    let training = Training { steps, record_every: 2, ..Training::default() };
    for isa in
        Isa::available().into_iter().take(std::env::var("SETS").map_or(3, |v| v.parse().unwrap()))
    {
        let engine = CpuEngine::with_isa(isa);
        let t = Instant::now();
        let mut p = engine.prepare(&model, n, 0).unwrap();
        let prep = t.elapsed();
        let runs: Vec<Run> = (0..k)
            .map(|i| Run {
                init: if i % 2 == 0 { Init::A } else { Init::B },
                lr: 1e-5 * 4f64.powi(i as i32 / 2),
                adapter_seed: 0,
            })
            .collect();
        let t = Instant::now();
        let out = p.train(&Batch::new(&training, &runs)).unwrap();
        let el = t.elapsed();
        let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
        let cpu: f64 =
            stat.split(' ').skip(13).take(2).map(|v| v.parse::<f64>().unwrap() * 10.0).sum();
        println!("cpu so far {cpu} ms");
        println!(
            "{} prep {:?} train {:?} per LR-step {:.3} ms",
            engine.describe(),
            prep,
            el,
            el.as_secs_f64() * 1e3 / (k * steps) as f64
        );
        for (r, o) in runs.iter().zip(&out) {
            let tr = &o.trajectory;
            println!(
                "{} lr {:.2e} loss {:.4} -> {:.5} zb peak {:.3} za {:.2} ga {:.1e} gb {:.1e} div {:?}",
                r.init.label(),
                r.lr,
                tr.losses[0],
                tr.losses.last().unwrap(),
                tr.peak_zb,
                tr.records.last().unwrap().za_rms,
                tr.least_gradient_a,
                tr.least_gradient_b,
                tr.diverged_at
            );
        }
    }
}
