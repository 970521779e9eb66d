//! How factors start.

use lora_random::normal::box_muller;
use lora_random::philox::{Purpose, Stream};
use lora_types::{Factor, Init};

use super::{LoraSpec, Place, places};
use crate::adapter::Adapter;
use crate::error::TransformerError;
use crate::net::{Net, Param, SiteInfo};

/// The distribution of a random factor's entries.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum InitLaw {
    /// N(0, 1/fan-in): 1/n for A, 1/r for B, as in the paper.
    FanIn,
    /// PEFT's default (`init_lora_weights = true`): uniform on ±1/√fan-in, with variance 1/(3 fan-in).
    Kaiming,
    /// PEFT's `gaussian`: a standard deviation of 1/r for either factor.
    Gaussian,
    /// Normal with this standard deviation.
    Std(f64),
}

impl InitLaw {
    /// Fills row-major entries, each of which depends on its place alone.
    fn fill(self, stream: &Stream, (fan_in, rank): (usize, usize), cols: usize, out: &mut [f32]) {
        let root = (fan_in as f64).sqrt();
        let (uniform, scale) = match self {
            Self::Kaiming => (true, 1.0 / root),
            Self::FanIn => (false, 1.0 / root),
            Self::Gaussian => (false, 1.0 / rank as f64),
            Self::Std(std) => (false, std),
        };
        for (row, values) in out.chunks_mut(cols).enumerate() {
            for (block, values) in values.chunks_mut(4).enumerate() {
                let words = stream.block(row as u32, block as u32);
                let normals = box_muller(words);
                for ((value, normal), word) in values.iter_mut().zip(normals).zip(words) {
                    // (w + 1/2) 2^-31 - 1 lies strictly between -1 and 1.
                    let flat = (f64::from(word) + 0.5) / 2_147_483_648.0 - 1.0;
                    let unit = if uniform { flat } else { f64::from(normal) };
                    *value = (scale * unit) as f32;
                }
            }
        }
    }
}

/// The adapter of every site of a model, at the start of a run. The parameters `whole` are trained without
/// one.
///
/// A random entry depends on the seed, the number of its site in the net, and its row and column. So it is
/// the same whichever other modules are adapted, and the embedding and the first blocks of a deeper or
/// wider model start alike, up to the scale of a law that knows the fan-in. Heads come behind the blocks,
/// and do not.
///
/// Embeddings start as in PEFT whatever the init says: A = 0 and the entries of B are N(0, 1).
///
/// # Errors
/// As [`places()`].
pub fn adapters(
    net: &Net,
    spec: &LoraSpec,
    whole: &[Param],
) -> Result<Vec<Option<Adapter>>, TransformerError> {
    let mut adapters = vec![None; net.sites.len()];
    for place in places(net, spec, whole)? {
        let index = place.site.0;
        adapters[index] = Some(adapter(&net.sites[index], place, spec));
    }
    Ok(adapters)
}

fn adapter(info: &SiteInfo, place: Place, spec: &LoraSpec) -> Adapter {
    let Place { site, rank, scaling } = place;
    let (init, law) =
        if info.embedding { (Init::B, InitLaw::Std(1.0)) } else { (spec.init, spec.law) };
    let draw = |factor: Factor, purpose, fan_in: usize, [rows, cols]: [usize; 2]| {
        let mut values = vec![0.0; rows * cols];
        if is_random(init, factor) {
            let stream = Stream::new(spec.seed, site.0, purpose);
            law.fill(&stream, (fan_in, rank), cols, &mut values);
        }
        values
    };
    Adapter {
        a: draw(Factor::A, Purpose::AdapterA, info.inputs, [rank, info.inputs]),
        b: draw(Factor::B, Purpose::AdapterB, rank, [info.outputs, rank]),
        rank,
        scaling: scaling as f32,
    }
}

fn is_random(init: Init, factor: Factor) -> bool {
    match init {
        Init::A => factor == Factor::A,
        Init::B => factor == Factor::B,
        Init::AB => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lora::Targets;
    use crate::net::{Site, Task};
    use lora_checkpoint::{Config, Family};
    use lora_conformance::transformer::cases::decoder;

    const IN: usize = 600;
    const OUT: usize = 500;
    const RANK: usize = 40;

    fn spec(init: Init, law: InitLaw) -> LoraSpec {
        LoraSpec {
            targets: Targets::Pattern(".*".to_owned()),
            rank: RANK,
            init,
            law,
            seed: 3,
            ..LoraSpec::default()
        }
    }

    fn one(init: Init, law: InitLaw, embedding: bool) -> Adapter {
        let name = "module".to_owned();
        let info = SiteInfo { name, block: None, inputs: IN, outputs: OUT, embedding };
        let place = Place { site: Site(4), rank: RANK, scaling: 0.2 };
        adapter(&info, place, &spec(init, law))
    }

    /// Mean and variance are those of the law, to five standard errors; `kurtosis` is the fourth moment
    /// over the squared second.
    fn check(values: &[f32], std: f64, kurtosis: f64) {
        let count = values.len() as f64;
        let moment = |k| values.iter().map(|&v| f64::from(v).powi(k)).sum::<f64>() / count;
        assert!(moment(1).abs() < 5.0 * std / count.sqrt());
        let off = moment(2) / (std * std) - 1.0;
        assert!(off.abs() < 5.0 * ((kurtosis - 1.0) / count).sqrt(), "{off}");
        let found = moment(4) / moment(2).powi(2);
        assert!((found - kurtosis).abs() < 0.2, "{found}");
    }

    #[test]
    fn laws_have_their_moments_and_the_other_factor_is_zero() {
        let (a, b) = ((IN as f64).sqrt(), (RANK as f64).sqrt());
        let third = 3f64.sqrt();
        let laws = [
            (InitLaw::FanIn, [1.0 / a, 1.0 / b], 3.0),
            (InitLaw::Kaiming, [1.0 / (a * third), 1.0 / (b * third)], 1.8),
            (InitLaw::Gaussian, [1.0 / RANK as f64; 2], 3.0),
            (InitLaw::Std(0.3), [0.3; 2], 3.0),
        ];
        for (law, [of_a, of_b], kurtosis) in laws {
            let [start_a, start_b, all] = Init::ALL.map(|init| one(init, law, false));
            check(&start_a.a, of_a, kurtosis);
            check(&start_b.b, of_b, kurtosis);
            assert!(start_a.b.iter().chain(&start_b.a).all(|&v| v == 0.0));
            assert_eq!((&all.a, &all.b), (&start_a.a, &start_b.b), "{law:?}");
            assert_eq!((start_a.inputs(), start_a.outputs()), (IN, OUT));
        }
    }

    #[test]
    fn uniform_entries_fill_their_interval_and_no_more() {
        let Adapter { a, b, .. } = one(Init::AB, InitLaw::Kaiming, false);
        for (values, fan_in) in [(a, IN), (b, RANK)] {
            let bound = 1.0 / (fan_in as f32).sqrt();
            let most = values.iter().fold(0.0f32, |most, v| most.max(v.abs()));
            assert!(most <= bound && most > 0.999 * bound, "{most} {bound}");
        }
    }

    #[test]
    fn an_embedding_starts_as_in_peft_under_every_init() {
        for init in Init::ALL {
            let adapter = one(init, InitLaw::Std(7.0), true);
            assert!(adapter.a.iter().all(|&v| v == 0.0));
            check(&adapter.b, 1.0, 3.0);
        }
    }

    fn all(config: &Config, spec: &LoraSpec) -> Vec<Option<Adapter>> {
        adapters(&Net::new(config, Task::NextToken), spec, &[]).expect("a model")
    }

    #[test]
    fn entries_depend_on_their_own_place_alone() {
        let config = decoder(Family::Llama);
        let spec = spec(Init::AB, InitLaw::Gaussian);
        let start = all(&config, &spec);
        assert!(start.iter().all(Option::is_some));
        // No two modules start alike.
        assert_ne!(start[1].as_ref().map(|one| &one.b), start[2].as_ref().map(|one| &one.b));
        let some = LoraSpec { targets: Targets::Names(vec!["v_proj".to_owned()]), ..spec.clone() };
        for (one, whole) in all(&config, &some).iter().zip(&start) {
            assert!(one.is_none() || one == whole);
        }
        let deeper = all(&Config { depth: 3, ..config.clone() }, &spec);
        let body = start.len() - 1;
        assert!(deeper[..body] == start[..body]);
        assert!(deeper.last() != start.last(), "a head has another number");
        let other = all(&config, &LoraSpec { seed: 4, ..spec });
        assert!(start.iter().zip(&other).all(|(x, y)| x != y));
    }

    /// In a wider model a row of A begins with that of the narrower one, if the law does not know n.
    #[test]
    fn a_wider_model_begins_with_the_narrower_one() {
        let spec = spec(Init::AB, InitLaw::Gaussian);
        let config = decoder(Family::Llama);
        let wider = all(&Config { width: 20, ..config.clone() }, &spec);
        let (narrow, wide) = (all(&config, &spec), wider);
        let (Some(narrow), Some(wide)) = (&narrow[1], &wide[1]) else { panic!("adapted") };
        for (narrow, wide) in narrow.a.chunks_exact(12).zip(wide.a.chunks_exact(20)) {
            assert_eq!(narrow, &wide[..12]);
        }
    }

    /// A module of a larger rank begins with the rows of A and the columns of B that it would have had.
    #[test]
    fn a_larger_rank_begins_with_the_smaller_one() {
        let config = decoder(Family::Llama);
        let mut spec = LoraSpec { rank: 4, ..spec(Init::AB, InitLaw::Std(0.5)) };
        let plain = all(&config, &spec);
        spec.rank_pattern.insert("q_proj".to_owned(), 6);
        let own = all(&config, &spec);
        let (Some(small), Some(large)) = (&plain[1], &own[1]) else { panic!("adapted") };
        assert_eq!((small.rank, large.rank), (4, 6));
        assert_eq!(large.a[..small.a.len()], small.a[..]);
        for (small, large) in small.b.chunks_exact(4).zip(large.b.chunks_exact(6)) {
            assert_eq!(small, &large[..4]);
        }
        assert!(plain[2] == own[2], "a module without a rank of its own");
    }

    #[test]
    fn numbers_out_of_range_are_refused() {
        let check = |change: &dyn Fn(&mut LoraSpec)| {
            let mut spec = spec(Init::A, InitLaw::FanIn);
            change(&mut spec);
            spec.check().map_err(|error| error.to_string())
        };
        assert!(check(&|_| ()).is_ok());
        assert!(check(&|spec| spec.law = InitLaw::Std(0.0)).is_ok());
        type Wrong<'a> = (&'a str, &'a dyn Fn(&mut LoraSpec));
        let wrong: [Wrong; 9] = [
            ("r = 0", &|spec| spec.rank = 0),
            ("rank_pattern = 0", &|spec| spec.rank_pattern = [("q_proj".to_owned(), 0)].into()),
            ("lora_alpha = NaN", &|spec| spec.alpha = f64::NAN),
            ("lora_alpha = inf", &|spec| spec.alpha = f64::INFINITY),
            ("lora_dropout = 1", &|spec| spec.dropout = 1.0),
            ("lora_dropout = -0.1", &|spec| spec.dropout = -0.1),
            ("lora_dropout = NaN", &|spec| spec.dropout = f32::NAN),
            ("init_std = -1", &|spec| spec.law = InitLaw::Std(-1.0)),
            ("init_std = NaN", &|spec| spec.law = InitLaw::Std(f64::NAN)),
        ];
        for (start, change) in wrong {
            let error = check(change).expect_err(start);
            assert!(error.starts_with(start) && error.contains("write"), "{error}");
        }
        // Beyond f32, in which the factors are multiplied.
        check(&|spec| spec.alpha = 1e300).expect_err("infinite in f32");
    }
}
