//! The pictures hold what they should.

use crate::common;
use crate::common::{All, QUICK, png};
use lora_figures::{FIGURE_WIDTH, FigureError, FigureText, Files, Style, scaling};

#[test]
fn pngs_have_the_right_size_and_ink() {
    let dir = tempfile::tempdir().unwrap();
    for files in All::sample().draw(dir.path()).unwrap() {
        let picture = png::decode(&std::fs::read(&files.png).unwrap());
        let name = files.png.display();
        assert_eq!(picture.width, (FIGURE_WIDTH as u32 * QUICK.png_scale) as usize);
        assert!(picture.height > 300 && picture.height < 1000, "{name}: {}", picture.height);
        let covered = picture.covered();
        assert!((0.02..0.6).contains(&covered), "{name}: {covered}");
        // Text: the title at the top and the caption at the bottom.
        assert!(picture.ink(0.0, 0.06) > 0.01, "{name}: no title");
        assert!(picture.ink(0.9, 1.0) > 0.01, "{name}: no caption");
    }
}

#[test]
fn default_style_is_two_thousand_pixels_across() {
    let dir = tempfile::tempdir().unwrap();
    let figure = common::sample::scaling_data();
    let files = scaling(&figure, &dir.path().join("f"), &Style::default()).unwrap();
    let bytes = std::fs::read(files.png).unwrap();
    assert_eq!(u32::from_be_bytes(bytes[16..20].try_into().unwrap()), 2000);
}

#[test]
fn svgs_are_well_formed_and_named() {
    let dir = tempfile::tempdir().unwrap();
    let all = All::sample().draw(dir.path()).unwrap();
    let expected: [&[&str]; 9] = [
        &[
            "Init[A]",
            "predicted n",
            "−3/4",
            "8192",
            "width n",
            "not bracketed",
            "do not quote",
            "[−",
            "predicted, in the init’s colour",
            "the paper’s exponents, where another is predicted",
        ],
        &[
            "n = 128",
            "mean norm of Z",
            "training step",
            "η = 0.013, loss 0.030",
            "[272, 442]",
            "Thin lines: all 3 seeds. Thick: the geometric mean over them.",
        ],
        &["learning rate η", "training loss", "optimum", "4096"],
        &["learning, internally unstable", "explodes", "the LoRA layer alone", "−1/2", "measured"],
        &["refuted", "no measurement", "goes on beyond the axis", "[−2.10, −1.86]"],
        &["Init[B]", "plain LoRA", "not as predicted", "LoRA+: efficient", "lazy features"],
        &["width n, between neighbours", "local slope", "predicted", "−3/4", "tolerance"],
        &["as measured", "in the units of the limit", "η√n", "peak of Z", "8192"],
        &["rms of Z", "width n", "step", "slope 0.50 [0.40, 0.60], theory 0.5: made up", "8192"],
    ];
    for (files, words) in all.iter().zip(expected) {
        let svg = std::fs::read_to_string(&files.svg).unwrap();
        well_formed(&svg);
        for word in words {
            assert!(svg.contains(word), "{}: no {word:?}", files.svg.display());
        }
        assert!(svg.starts_with("<svg width=\"500pt\""));
        assert!(svg.contains("font-family=\"DejaVu Sans, Verdana, Arial, sans-serif\""));
        assert!(!svg.contains("NaN") && !svg.contains("dy="));
    }
}

/// Tags open and close in order, and no raw markup is left in texts.
fn well_formed(svg: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = svg;
    while let Some(start) = rest.find('<') {
        assert!(!rest[..start].contains('>'), "stray > in {:?}", &rest[..start]);
        let end = start + rest[start..].find('>').expect("tag is closed");
        let tag = &rest[start + 1..end];
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name));
        } else if !tag.ends_with('/') {
            open.push(name);
        }
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        rest = &rest[end + 1..];
    }
    assert!(open.is_empty(), "{open:?} left open");
}

#[test]
fn markup_in_words_is_escaped() {
    let dir = tempfile::tempdir().unwrap();
    let mut figure = common::sample::scaling_data();
    figure.text = FigureText {
        title: "a < b & \"c\" > d\u{0}\u{7}".to_owned(),
        caption: "</svg> dy=\"-0.5ex\"".to_owned(),
        badge: Some("<b>".to_owned()),
    };
    let files = scaling(&figure, &dir.path().join("f"), &QUICK).unwrap();
    let svg = std::fs::read_to_string(files.svg).unwrap();
    well_formed(&svg);
    assert!(svg.contains("a &lt; b &amp;") && !svg.contains('\u{0}'));
    assert!(svg.contains("dy=&quot;-0.5ex&quot;"));
}

#[test]
fn a_repeat_gives_the_same_bytes() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let first = All::sample().draw(one.path()).unwrap();
    let second = All::sample().draw(two.path()).unwrap();
    for (a, b) in first.iter().zip(&second) {
        for (a, b) in [(&a.png, &b.png), (&a.svg, &b.svg), (&a.csv, &b.csv)] {
            assert!(std::fs::read(a).unwrap() == std::fs::read(b).unwrap(), "{}", a.display());
        }
    }
}

#[test]
fn errors_name_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let figure = common::sample::scaling_data();
    let stem = dir.path().join("missing").join("f");
    let error = scaling(&figure, &stem, &QUICK).unwrap_err();
    assert!(matches!(error, FigureError::Write { .. }));
    assert!(error.to_string().contains("missing/f.csv"), "{error}");

    let huge = Style { png_scale: 5000, oversample: 3 };
    let error = scaling(&figure, &dir.path().join("f"), &huge).unwrap_err();
    assert!(matches!(error, FigureError::Size { .. }));
    assert!(error.to_string().contains("f.png"), "{error}");
}

#[test]
fn stems_may_hold_dots() {
    let files = Files::of("out/a=0.5".as_ref());
    assert_eq!(files.png, std::path::Path::new("out/a=0.5.png"));
}
