//! Figures as SVG, checked and put into the page.

use maud::{Markup, PreEscaped, html};

/// A figure as SVG that holds shapes and text only.
#[derive(Clone, Debug)]
pub struct Picture {
    name: String,
    title: String,
    svg: String,
}

/// Why an SVG is not put into a page.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// It is another kind of text.
    #[error("is no SVG")]
    NotSvg,
    /// It is cut inside a tag.
    #[error("has a tag without an end")]
    OpenTag,
    /// An attribute has no value in double quotes.
    #[error("has an attribute without a value in <{element}>")]
    NoValue {
        /// The element that has it.
        element: String,
    },
    /// An element might act, or is unknown.
    #[error("has the element {0:?}, which no figure of this program has")]
    Element(String),
    /// An attribute might act, or is unknown.
    #[error("has the attribute {0:?}, which no figure of this program has")]
    Attribute(String),
}

/// The elements that `lora-figures` draws with: no script, no link, and no name that could clash
/// with one of another figure.
const ELEMENTS: [&str; 11] =
    ["svg", "title", "desc", "g", "rect", "text", "polyline", "polygon", "circle", "path", "line"];

const ATTRIBUTES: [&str; 29] = [
    "cx",
    "cy",
    "d",
    "dx",
    "dy",
    "fill",
    "font-family",
    "font-size",
    "font-weight",
    "font-style",
    "height",
    "opacity",
    "points",
    "r",
    "role",
    "stroke",
    "stroke-width",
    "stroke-dasharray",
    "text-anchor",
    "transform",
    "viewBox",
    "width",
    "x",
    "x1",
    "x2",
    "xmlns",
    "y",
    "y1",
    "y2",
];

/// Attributes that say nothing, given SVG's defaults and the page's style.
const IMPLIED: [(&str, &str); 4] = [
    ("opacity", "1"),
    ("stroke", "none"),
    ("text-anchor", "start"),
    ("font-family", "DejaVu Sans, Verdana, Arial, sans-serif"),
];

impl Picture {
    /// Checks an SVG element by element, and drops attributes with their default values, a third of
    /// its size.
    ///
    /// # Errors
    /// [`PictureError`] for a text that is no SVG, and for anything in it that no figure of this program
    /// has, such as a script.
    pub fn new(name: &str, title: &str, svg: &str) -> Result<Self, PictureError> {
        let svg = svg.trim();
        if !svg.starts_with("<svg") || !svg.ends_with("</svg>") {
            return Err(PictureError::NotSvg);
        }
        let mut lean = String::with_capacity(svg.len());
        for piece in svg.split('<').skip(1) {
            let Some((tag, text)) = piece.split_once('>') else {
                return Err(PictureError::OpenTag);
            };
            lean.push('<');
            add(&mut lean, tag)?;
            lean.push('>');
            lean.push_str(text);
        }
        Ok(Self { name: name.to_owned(), title: title.to_owned(), svg: lean })
    }

    /// What it shows.
    pub(crate) fn title(&self) -> &str {
        &self.title
    }

    /// The figure, which holds its own heading, on paper of its own: its colours are fixed.
    pub(crate) fn markup(&self) -> Markup {
        html! {
            figure.picture id=(format!("figure-{}", self.name)) {
                div.paper tabindex="0" role="group" aria-label=(self.title) {
                    (PreEscaped(&self.svg))
                }
            }
        }
    }
}

/// Adds what stands between the brackets, without attributes that say nothing.
fn add(lean: &mut String, tag: &str) -> Result<(), PictureError> {
    if let Some(end) = tag.strip_prefix('/') {
        lean.push_str(tag);
        return known(end.trim(), &ELEMENTS, PictureError::Element);
    }
    let (tag, closes) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
    let (element, mut rest) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
    known(element, &ELEMENTS, PictureError::Element)?;
    lean.push_str(element);
    while !rest.trim().is_empty() {
        let parts = rest.split_once("=\"").and_then(|(name, value)| {
            let (value, after) = value.split_once('"')?;
            Some((name.trim(), value, after))
        });
        let Some((name, value, after)) = parts else {
            return Err(PictureError::NoValue { element: element.to_owned() });
        };
        known(name, &ATTRIBUTES, PictureError::Attribute)?;
        if !IMPLIED.contains(&(name, value)) {
            lean.push_str(&format!(" {name}=\"{value}\""));
        }
        rest = after;
    }
    if closes {
        lean.push('/');
    }
    Ok(())
}

fn known(
    name: &str,
    all: &[&str],
    unknown: fn(String) -> PictureError,
) -> Result<(), PictureError> {
    if all.contains(&name) { Ok(()) } else { Err(unknown(name.to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(svg: &str) -> String {
        Picture::new("x", "X", svg).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn shapes_and_text_are_taken() {
        let svg = "<svg viewBox=\"0 0 1 1\" role=\"img\">\n<title>a &lt; b</title>\n\
                   <rect x=\"0\" y=\"0\" width=\"1\" height=\"1\" opacity=\"1\" fill=\"#FFF\" \
                   stroke=\"none\"/>\n\
                   </svg>\n";
        let taken = Picture::new("x", "X", svg).map(|picture| picture.svg);
        assert_eq!(
            taken.as_deref(),
            Ok(svg
                .trim()
                .replace(" opacity=\"1\" fill", " fill")
                .replace(" stroke=\"none\"", "")
                .as_str())
        );
    }

    #[test]
    fn whatever_could_act_is_refused() {
        assert!(refused("<svg><script>alert(1)</script></svg>").contains("\"script\""));
        assert!(refused("<svg onload=\"alert(1)\"></svg>").contains("\"onload\""));
        assert!(refused("<svg><rect\nonclick=\"f()\" x=\"1\"/></svg>").contains("\"onclick\""));
        assert!(refused("<svg><rect id=\"a\"/></svg>").contains("\"id\""));
        assert!(refused("<svg><rect x=1 onload=alert(1)/></svg>").contains("attribute"));
        assert!(refused("<svg><rect x=\"1>\" onload=\"f()\"/></svg>").contains("attribute"));
        assert!(refused("<svg><!-- --></svg>").contains("element"));
        assert!(refused("<svg><rect/").contains("no SVG"));
        assert_eq!(refused("<html></html>"), "is no SVG");
    }
}
