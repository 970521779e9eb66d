//! Where adapters are put, and with which rank and multiplier.

use super::pattern::values;
use super::{LoraSpec, Targets, scaling};
use crate::error::TransformerError;
use crate::net::{Net, Param, Site};

/// A module that is adapted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Which one.
    pub site: Site,
    /// r of its factors.
    pub rank: usize,
    /// s of their product.
    pub scaling: f64,
}

/// The modules of a model that are adapted, in the order of the forward pass. Those of the parameters
/// `whole`, which are trained without an adapter, are none of them, whatever the targets say.
///
/// # Errors
/// As [`LoraSpec::check`] and [`Targets::sites`]; [`TransformerError::NoneLeft`] if all targets are left
/// out again; [`TransformerError::OutOfRange`] for a block that the model does not have. For a pattern of
/// ranks or alphas [`TransformerError::Pattern`] if it is no regular expression,
/// [`TransformerError::NoAdapted`] if it matches no adapted module, and [`TransformerError::TwoPatterns`]
/// if it gives a module another value than an earlier one.
pub fn places(net: &Net, spec: &LoraSpec, whole: &[Param]) -> Result<Vec<Place>, TransformerError> {
    spec.check()?;
    let sites = adapted(net, spec, whole)?;
    let ranks = values("rank_pattern", &spec.rank_pattern, net, &sites)?;
    let alphas = values("alpha_pattern", &spec.alpha_pattern, net, &sites)?;
    let place = |((site, rank), alpha): ((Site, Option<usize>), Option<f64>)| {
        let rank = rank.unwrap_or(spec.rank);
        let (key, alpha) =
            alpha.map_or(("lora_alpha", spec.alpha), |alpha| ("alpha_pattern", alpha));
        let scaling = scaling(spec.rslora, rank, alpha);
        if (scaling as f32).is_finite() {
            Ok(Place { site, rank, scaling })
        } else {
            Err(TransformerError::out_of_range(key, alpha, "write a number"))
        }
    };
    sites.into_iter().zip(ranks).zip(alphas).map(place).collect()
}

fn adapted(net: &Net, spec: &LoraSpec, whole: &[Param]) -> Result<Vec<Site>, TransformerError> {
    let mut sites = spec.targets.sites(net)?;
    let none_left = |key| Err(TransformerError::NoneLeft { key });
    if let Some(exclude) = &spec.exclude {
        let excluded = exclude.named("exclude_modules", net)?;
        sites.retain(|site| !excluded.contains(site));
        if sites.is_empty() {
            return none_left("exclude_modules");
        }
    }
    let depth = net.blocks.len();
    if let Some(&block) = spec.layers.iter().find(|&&block| block >= depth) {
        let valid = format!("this model has {depth} blocks, which count from 0");
        return Err(TransformerError::out_of_range("layers_to_transform", block, valid));
    }
    if !spec.layers.is_empty() {
        sites.retain(|&site| in_layers(net, spec, site));
    }
    if sites.is_empty() {
        return none_left("layers_to_transform");
    }
    let whole: Vec<Option<Site>> = whole.iter().map(|&param| net.site(net.module(param))).collect();
    sites.retain(|site| !whole.contains(&Some(*site)));
    if sites.is_empty() { none_left("modules_to_save") } else { Ok(sites) }
}

/// Whether a module is in one of the blocks that are adapted. As in PEFT, a list of targets may name a
/// module of another block in full.
fn in_layers(net: &Net, spec: &LoraSpec, site: Site) -> bool {
    let info = &net.sites[site.0];
    let in_full = match &spec.targets {
        Targets::Names(names) => names.contains(&info.name),
        Targets::Pattern(_) | Targets::AllLinear => false,
    };
    in_full || info.block.is_some_and(|block| spec.layers.contains(&block))
}
