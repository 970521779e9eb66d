//! The kernels' PTX, made from `kernels/*.cu` by `kernels/compile.sh`.

macro_rules! modules {
    ($($name:literal),* $(,)?) => {
        /// For each kernel file its PTX for every architecture, oldest first.
        const MODULES: &[[&str; 3]] = &[$([
            include_str!(concat!("../ptx/compute_75/", $name, ".ptx")),
            include_str!(concat!("../ptx/compute_80/", $name, ".ptx")),
            include_str!(concat!("../ptx/compute_90/", $name, ".ptx")),
        ]),*];
    };
}

modules!(
    "draw",
    "feature_gradient",
    "features",
    "forward",
    "frozen",
    "norms",
    "outputs",
    "peaks",
    "update_a",
    "update_b",
);

/// Compute capabilities that PTX is made for.
const ARCHITECTURES: [(i32, i32); 3] = [(7, 5), (8, 0), (9, 0)];

/// The newest PTX that a device of a compute capability takes: its name, and the text of every
/// module.
pub fn for_capability(capability: (i32, i32)) -> Option<(String, Vec<&'static str>)> {
    let index = ARCHITECTURES.iter().rposition(|&needs| needs <= capability)?;
    let (major, minor) = ARCHITECTURES[index];
    let texts = MODULES.iter().map(|texts| texts[index]).collect();
    Some((format!("compute_{major}{minor}"), texts))
}

/// Names of the kernels in a module.
pub fn entries(ptx: &str) -> impl Iterator<Item = &str> {
    ptx.lines().filter_map(|line| {
        let rest = line.trim_start().strip_prefix(".visible .entry ")?;
        rest.split('(').next().map(str::trim)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_that_fits_is_taken() {
        let name = |capability| for_capability(capability).map(|(name, _)| name);
        assert_eq!(name((7, 0)), None);
        assert_eq!(name((7, 5)).as_deref(), Some("compute_75"));
        assert_eq!(name((8, 9)).as_deref(), Some("compute_80"));
        assert_eq!(name((12, 0)).as_deref(), Some("compute_90"));
    }

    #[test]
    fn every_architecture_has_the_same_kernels_under_names_of_their_own() {
        let mut all = Vec::new();
        for texts in MODULES {
            let names: Vec<&str> = entries(texts[0]).collect();
            assert!(!names.is_empty());
            assert!(texts.iter().all(|ptx| entries(ptx).collect::<Vec<_>>() == names));
            all.extend(names);
        }
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
