//! The figures of an answer, which are made when one is asked for.

use std::sync::{Arc, LazyLock};

use lora_figures::Drawing;
use pyo3::prelude::*;

use crate::failure::Failure;

/// What an answer calls itself where it has no such figure.
const THIS: &str = "this answer";

/// The figures of an answer. Pickled they are pictures, copied they are themselves.
#[pyclass(frozen, skip_from_py_object, name = "_Figures", module = "lora_limits._native")]
#[derive(Clone, Debug)]
pub struct Figures(Arc<LazyLock<Vec<Kept>, Make>>);

/// Makes figures of what they are drawn from.
type Make = Box<dyn FnOnce() -> Vec<Kept> + Send>;

/// Names with their SVG.
type Pictures = Vec<(String, String)>;

/// A figure with its name.
#[derive(Debug)]
enum Kept {
    Rows(Box<Drawing>),
    Picture { name: String, svg: String },
}

impl Default for Figures {
    /// None.
    fn default() -> Self {
        Self::made(Vec::new)
    }
}

impl Kept {
    fn name(&self) -> &str {
        match self {
            Self::Rows(drawing) => &drawing.name,
            Self::Picture { name, .. } => name,
        }
    }

    fn svg(&self) -> Result<String, Failure> {
        match self {
            Self::Rows(drawing) => Ok(drawing.svg()?),
            Self::Picture { svg, .. } => Ok(svg.clone()),
        }
    }
}

impl Figures {
    /// Of what a library draws, once they are asked for.
    pub fn of(drawings: impl FnOnce() -> Vec<Drawing> + Send + 'static) -> Self {
        Self::made(move || drawings().into_iter().map(|of| Kept::Rows(Box::new(of))).collect())
    }

    fn made(make: impl FnOnce() -> Vec<Kept> + Send + 'static) -> Self {
        Self(Arc::new(LazyLock::new(Box::new(make))))
    }

    /// Their names, in order.
    pub fn names(&self, py: Python<'_>) -> Vec<String> {
        py.detach(|| self.sorted())
    }

    fn sorted(&self) -> Vec<String> {
        let mut names: Vec<String> = self.0.iter().map(|kept| kept.name().to_owned()).collect();
        names.sort();
        names
    }

    /// The one of that name as a `Figure`, or the first, as `plot` chooses it.
    ///
    /// # Errors
    /// `LoraLimitsError` for a name that none has.
    pub fn show<'py>(&self, py: Python<'py>, name: Option<&str>) -> PyResult<Bound<'py, PyAny>> {
        let module = py.import("lora_limits._figure")?;
        let chosen = module.call_method1("choose", (THIS, self.names(py), name))?;
        let chosen: String = chosen.extract()?;
        let kept = self.0.iter().find(|kept| kept.name() == chosen);
        let kept = kept.ok_or_else(|| Failure::Bug(format!("no figure {chosen}")))?;
        let svg = py.detach(|| kept.svg())?;
        module.getattr("Figure")?.call1((chosen, svg))
    }
}

#[pymethods]
impl Figures {
    #[new]
    fn unpickled(pictures: Pictures) -> Self {
        let kept = |(name, svg)| Kept::Picture { name, svg };
        Self::made(move || pictures.into_iter().map(kept).collect())
    }

    /// How pickle makes it anew: of pictures.
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, (Pictures,))> {
        let figures = slf.get();
        let picture = |kept: &Kept| Ok((kept.name().to_owned(), kept.svg()?));
        let pictures: Result<Vec<_>, Failure> =
            slf.py().detach(|| figures.0.iter().map(picture).collect());
        Ok((slf.get_type().into_any(), (pictures?,)))
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }
}
