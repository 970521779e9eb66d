//! Texts with places for the fields of a line.

use std::fmt::{self, Display, Formatter};

/// A text in which `{name}` stands for a field; `{{` and `}}` are braces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Field(String),
}

/// Why a text is no template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TemplateFault {
    /// A `{` without its `}`.
    Unclosed,
    /// A `}` without its `{`.
    Unopened,
    /// `{}`.
    Unnamed,
}

impl Display for TemplateFault {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unclosed => "a `{` has no `}`",
            Self::Unopened => "a `}` has no `{`",
            Self::Unnamed => "`{}` names no field",
        })
    }
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// [`TemplateFault`] for braces that do not pair or that hold no name.
    pub fn parse(text: &str) -> Result<Self, TemplateFault> {
        let (mut parts, mut plain, mut rest) = (Vec::new(), String::new(), text);
        while let Some(at) = rest.find(['{', '}']) {
            let (before, brace) = rest.split_at(at);
            plain.push_str(before);
            if brace.starts_with("{{") || brace.starts_with("}}") {
                plain.push_str(&brace[..1]);
                rest = &brace[2..];
                continue;
            }
            let inside = brace.strip_prefix('{').ok_or(TemplateFault::Unopened)?;
            let end = inside.find(['{', '}']).ok_or(TemplateFault::Unclosed)?;
            if inside[end..].starts_with('{') {
                return Err(TemplateFault::Unclosed);
            }
            if end == 0 {
                return Err(TemplateFault::Unnamed);
            }
            if !plain.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut plain)));
            }
            parts.push(Part::Field(inside[..end].to_owned()));
            rest = &inside[end + 1..];
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(Self { parts })
    }

    /// The names of its fields, in their order.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Field(name) => Some(&name[..]),
            Part::Text(_) => None,
        })
    }

    /// The text with its fields filled in.
    ///
    /// # Errors
    /// The first error of `field`, which gives the text of a name.
    pub fn filled<'f, E>(
        &self,
        mut field: impl FnMut(&str) -> Result<&'f str, E>,
    ) -> Result<String, E> {
        let mut all = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => all.push_str(text),
                Part::Field(name) => all.push_str(field(name)?),
            }
        }
        Ok(all)
    }
}
