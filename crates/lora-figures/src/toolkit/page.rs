//! What surrounds the panels: title and badge above, caption below, and the three files.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::error::FigureError;
use crate::rows::kinds::FigureText;
use crate::toolkit::drawn::{self, DrawnRow};
use crate::toolkit::palette::{BADGE_EDGE, BADGE_FILL, BADGE_TEXT, GREY_TEXT, INK};
use crate::toolkit::render;
use crate::toolkit::scene::{Anchor, Scene, Type};
use crate::toolkit::style::{CAPTION, FIGURE_WIDTH, LABEL, LEADING, MARGIN, Style, TITLE};
use crate::toolkit::text;

/// Longest caption, so that a slip cannot make a picture of any height.
const MOST_CAPTION_LINES: usize = 40;

/// Width between the margins.
pub(crate) const INNER: f64 = FIGURE_WIDTH - 2.0 * MARGIN;

/// A figure being laid out from top to bottom.
pub(crate) struct Page {
    pub scene: Scene,
    /// Height used so far.
    pub y: f64,
    pub drawn: Vec<DrawnRow>,
}

impl Page {
    /// Starts a figure with its title and badge.
    pub(crate) fn start(words: &FigureText) -> Self {
        let scene = Scene { width: FIGURE_WIDTH, height: 0.0, shapes: Vec::new() };
        let mut page = Self { scene, y: MARGIN, drawn: Vec::new() };
        let badge = words.badge.as_deref().filter(|b| !b.trim().is_empty());
        let mut beside = 0.0;
        if let Some(badge) = badge {
            let size = text::width(badge, LABEL, true) + 12.0;
            let title = text::width(&words.title, TITLE, true);
            let shares_line = title + size + 16.0 <= INNER;
            page.badge(badge);
            if shares_line {
                beside = size + 16.0;
                page.y = MARGIN;
            } else {
                page.y += 4.0;
            }
        }
        page.title(&words.title, INNER - beside, badge.is_some() && beside > 0.0);
        page
    }

    fn title(&mut self, title: &str, room: f64, beside_badge: bool) {
        let lines = text::wrap(title, TITLE, true, room, 3);
        for line in &lines {
            self.y += TITLE * 1.25;
            let at = (MARGIN, self.y - 2.0);
            self.scene.text(at, Anchor::Start, line, Type::new(TITLE, INK).bold());
        }
        if beside_badge {
            self.y = self.y.max(MARGIN + LABEL + 7.0);
        }
        self.y += if lines.is_empty() { 2.0 } else { 6.0 };
    }

    /// A remark in small grey text below the panels.
    pub(crate) fn remark(&mut self, words: &str) {
        for line in text::wrap(words, CAPTION, false, INNER, MOST_CAPTION_LINES) {
            self.y += CAPTION * LEADING;
            let at = (MARGIN, self.y - 2.0);
            self.scene.text(at, Anchor::Start, &line, Type::new(CAPTION, GREY_TEXT));
        }
    }

    /// The warning, at the upper right, in as many lines as it needs.
    fn badge(&mut self, words: &str) {
        let kind = Type::new(LABEL, BADGE_TEXT).bold();
        let lines = text::wrap(words, LABEL, true, INNER - 12.0, 4);
        let widest = lines.iter().map(|l| text::width(l, LABEL, true)).fold(0.0, f64::max);
        let (right, top) = (MARGIN + INNER, self.y);
        let left = right - widest - 12.0;
        let bottom = top + lines.len() as f64 * LABEL * LEADING + 4.0;
        self.scene.rect((left, top), (right, bottom), BADGE_FILL);
        self.scene.frame((left, top), (right, bottom), 0.8, BADGE_EDGE);
        for (index, line) in lines.iter().enumerate() {
            let y = top + 2.1 + LABEL + index as f64 * LABEL * LEADING;
            self.scene.text((left + 6.0, y), Anchor::Start, line, kind);
        }
        self.y = bottom;
    }

    /// Ends the figure with its caption.
    pub(crate) fn finish(&mut self, words: &FigureText) {
        if !words.caption.trim().is_empty() {
            self.y += 5.0;
        }
        self.remark(&words.caption);
        self.scene.height = (self.y + MARGIN).ceil();
    }

    /// Writes STEM.png, STEM.svg and STEM.csv, each in full or not at all. What cannot be drawn replaces none.
    pub(crate) fn write(
        &self,
        title: &str,
        stem: &Path,
        style: &Style,
    ) -> Result<Files, FigureError> {
        let files = Files::of(stem);
        let contents = [
            (&files.csv, drawn::table(&files.csv, &self.drawn)?),
            (&files.svg, render::svg(&self.scene, title, &files.svg)?.into_bytes()),
            (&files.png, render::png(&self.scene, style, &files.png)?),
        ];
        for (path, bytes) in contents {
            atomic_files::write(path, |file| file.write_all(&bytes))
                .map_err(|source| FigureError::Write { path: path.clone(), source })?;
        }
        Ok(files)
    }
}

/// The three files of a figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// Picture in pixels.
    pub png: PathBuf,
    /// Picture in vectors.
    pub svg: PathBuf,
    /// Every value drawn.
    pub csv: PathBuf,
}

impl Files {
    /// Appends the endings to the stem, which may itself hold dots.
    pub fn of(stem: &Path) -> Self {
        let with = |ending: &str| {
            let mut name = stem.as_os_str().to_owned();
            name.push(ending);
            PathBuf::from(name)
        };
        Self { png: with(".png"), svg: with(".svg"), csv: with(".csv") }
    }
}
