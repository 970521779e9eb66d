//! Which modules are adapted.

use super::pattern::{last_names, whole};
use crate::error::TransformerError;
use crate::net::{Net, Site, SiteInfo};

/// Modules by name, as PEFT's `target_modules`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Targets {
    /// Modules with one of these names, or whose name ends with a dot and one of them.
    Names(Vec<String>),
    /// Modules whose whole name matches this regular expression.
    Pattern(String),
    /// `all-linear`: every linear module but the heads.
    AllLinear,
}

impl Targets {
    /// The sites of a model, in the order of the forward pass.
    ///
    /// # Errors
    /// [`TransformerError::NoModule`] if a name, or the pattern, matches none, and
    /// [`TransformerError::Pattern`] if the pattern is no regular expression.
    pub fn sites(&self, net: &Net) -> Result<Vec<Site>, TransformerError> {
        self.named("target_modules", net)
    }

    /// The same on behalf of a setting.
    pub(super) fn named(
        &self,
        key: &'static str,
        net: &Net,
    ) -> Result<Vec<Site>, TransformerError> {
        let taken = |accept: &dyn Fn(&SiteInfo) -> bool| {
            (0..net.sites.len()).map(Site).filter(|site| accept(&net.sites[site.0])).collect()
        };
        let found: Vec<Site> = match self {
            Self::Names(names) => {
                let unknown = names.iter().find(|name| !net.sites.iter().any(|info| info.is(name)));
                if let Some(name) = unknown {
                    return Err(none(key, net, name));
                }
                taken(&|info| names.iter().any(|name| info.is(name)))
            }
            Self::Pattern(pattern) => {
                let whole = whole(key, pattern)?;
                taken(&|info| whole.is_match(&info.name))
            }
            Self::AllLinear => taken(&|info| !info.embedding && !is_head(&info.name)),
        };
        if found.is_empty() { Err(none(key, net, &self.text())) } else { Ok(found) }
    }

    fn text(&self) -> String {
        match self {
            Self::Names(names) if names.is_empty() => "an empty list".to_owned(),
            Self::Names(names) => names.join(", "),
            Self::Pattern(pattern) => pattern.clone(),
            Self::AllLinear => "all-linear".to_owned(),
        }
    }
}

fn is_head(name: &str) -> bool {
    name == "lm_head" || name.starts_with("classifier")
}

impl SiteInfo {
    /// Whether PEFT takes a name of `target_modules` for this module.
    fn is(&self, name: &str) -> bool {
        let before = self.name.strip_suffix(name);
        !name.is_empty() && before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
    }
}

/// No module of a model is what `pattern` says.
fn none(key: &'static str, net: &Net, pattern: &str) -> TransformerError {
    let valid = last_names(net, (0..net.sites.len()).map(Site));
    TransformerError::NoModule { key, pattern: pattern.to_owned(), valid }
}
