//! Values in messages.

use toml::Value;

/// Longest value that a message shows in full, in characters.
const LONGEST: usize = 72;

/// A value as TOML, on one line; a long one without its middle.
pub fn shown(value: &Value) -> String {
    let text = match value {
        Value::String(text) => format!("{text:?}"),
        Value::Float(x) if x.is_finite() && *x != 0.0 && !(1e-3..1e7).contains(&x.abs()) => {
            format!("{x:e}")
        }
        other => other.to_string().replace('\n', "\\n"),
    };
    let length = text.chars().count();
    if length <= LONGEST {
        return text;
    }
    let head: String = text.chars().take(LONGEST - 24).collect();
    let tail: String = text.chars().skip(length - 16).collect();
    let size = match value {
        Value::Array(entries) => format!("{} entries", entries.len()),
        _ => format!("{length} characters"),
    };
    format!("{head} … {tail} ({size})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stay_on_one_short_line() {
        assert_eq!(shown(&Value::Float(f64::NAN)), "nan");
        assert_eq!(shown(&Value::Float(-1e-8)), "-1e-8");
        assert_eq!(shown(&Value::Float(1e-310)), "1e-310");
        assert_eq!(shown(&Value::Float(0.0)), "0.0");
        assert_eq!(shown(&Value::Float(100.0)), "100.0");
        assert_eq!(shown(&Value::String("a\n\"b\"".into())), r#""a\n\"b\"""#);
        let long = shown(&Value::Array((0..5000).map(Value::Integer).collect()));
        assert!(long.starts_with("[0, 1, 2") && long.ends_with("4998, 4999] (5000 entries)"));
        assert!(long.chars().count() < 110);
        let nested = shown(&Value::Array(vec![Value::String("a\nb".into())]));
        assert!(!nested.contains('\n'), "{nested}");
    }
}
