//! How the modules of a model are put together.

use crate::head::Head;
use crate::module::Part;

/// Names and shapes of all modules.
#[derive(Clone, Debug)]
pub(crate) struct Body {
    /// What stands before every name of the body, in a model for a task. A model without a head lacks
    /// its first word.
    pub(crate) prefix: &'static str,
    /// What stands between the prefix and the number of a layer.
    pub(crate) layers: &'static str,
    /// Modules outside of the layers, by their names behind the prefix.
    pub(crate) around: Vec<Part>,
    /// The modules of a layer.
    pub(crate) layer: Vec<Part>,
    /// Modules of the body that only some heads leave there: BERT's pooler.
    pub(crate) pooler: Option<(Part, &'static [Head])>,
    /// The modules on top, for each head that there is.
    pub(crate) heads: Vec<(Head, Vec<Part>)>,
}
