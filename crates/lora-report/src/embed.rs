//! Data and scripts inside the page.

use maud::{Markup, PreEscaped, html};
use serde::Serialize;

/// The page's style sheets, in order.
pub(crate) const STYLES: [&str; 5] = [
    include_str!("../assets/page.css"),
    include_str!("../assets/tables.css"),
    include_str!("../assets/charts.css"),
    include_str!("../assets/theory.css"),
    include_str!("../assets/print.css"),
];

/// The script of the head. It runs before anything is drawn, so that a chosen theme never flashes.
const EARLY: &str = include_str!("../assets/js/early.js");

/// The script of the button that changes the theme.
const THEME: &str = include_str!("../assets/js/theme.js");

/// The scripts, in order; together they are one function.
const SCRIPTS: [&str; 13] = [
    include_str!("../assets/js/data.js"),
    include_str!("../assets/js/numbers.js"),
    include_str!("../assets/js/elements.js"),
    include_str!("../assets/js/scales.js"),
    include_str!("../assets/js/tooltip.js"),
    include_str!("../assets/js/chart.js"),
    include_str!("../assets/js/explorer.js"),
    include_str!("../assets/js/views.js"),
    include_str!("../assets/js/setting.js"),
    include_str!("../assets/js/map.js"),
    include_str!("../assets/js/claims.js"),
    THEME,
    include_str!("../assets/js/start.js"),
];

/// Data for the scripts. Nothing in it can end the element that it stands in, whatever its text.
pub(crate) fn data(id: &str, value: &impl Serialize) -> Markup {
    // Plain rows with text keys are always valid JSON.
    let json = serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned());
    html! { script type="application/json" id=(id) { (PreEscaped(harmless(&json))) } }
}

/// JSON with the characters that HTML could read escaped. Outside of strings JSON has none of them.
fn harmless(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out
}

/// The style sheets.
pub(crate) fn styles(colors: &str) -> Markup {
    html! { style { (PreEscaped(colors)) @for style in STYLES { (PreEscaped(style)) } } }
}

/// The script of the head.
pub(crate) fn early() -> Markup {
    html! { script { (PreEscaped(EARLY)) } }
}

/// The scripts of the end.
pub(crate) fn scripts() -> Markup {
    function(&SCRIPTS.join("\n"))
}

/// The script of a page whose only control is that of the theme.
pub(crate) fn theme_script() -> Markup {
    function(THEME)
}

fn function(body: &str) -> Markup {
    let all = format!("(() => {{\n\"use strict\";\n{body}\n}})();");
    html! { script { (PreEscaped(all)) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_can_end_the_data() {
        let hostile = "</script><img src=x onerror=alert(1)><!-- & \u{2028}";
        let shown = data("d", &hostile).into_string();
        let inside = shown.strip_prefix("<script type=\"application/json\" id=\"d\">");
        let inside = inside.and_then(|rest| rest.strip_suffix("</script>")).unwrap_or_default();
        assert!(!inside.contains(['<', '>', '&', '\u{2028}']), "{inside}");
        assert_eq!(serde_json::from_str::<String>(inside).ok().as_deref(), Some(hostile));
    }

    #[test]
    fn no_script_or_style_ends_its_own_element() {
        for text in SCRIPTS.iter().chain(&STYLES).chain([&EARLY]) {
            assert!(!text.contains("</") && !text.contains("<!--"));
            assert!(!text.contains("://") || text.contains("http://www.w3.org/2000/svg"));
        }
    }
}
