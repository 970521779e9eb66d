//! A width is a whole number or infinite, in text, JSON and CSV alike.

use lora_types::Width;
use proptest::prelude::*;

fn cell(text: &str) -> Result<Width, csv::Error> {
    let table = format!("width,init\n{text},A\n");
    let mut table = csv::Reader::from_reader(table.as_bytes());
    table.deserialize::<(Width, String)>().next().unwrap().map(|(width, _)| width)
}

fn width() -> impl Strategy<Value = Width> {
    prop_oneof![9 => any::<usize>().prop_map(Width::Finite), 1 => Just(Width::Infinite)]
}

proptest! {
    #[test]
    fn a_width_is_read_as_it_is_written(width in width()) {
        let json = serde_json::to_string(&width).unwrap();
        prop_assert_eq!(serde_json::from_str::<Width>(&json).unwrap(), width);
        prop_assert_eq!(cell(json.trim_matches('"')).unwrap(), width);
        prop_assert_eq!(width.key().parse(), Ok(width));
        prop_assert_eq!(width.to_string().parse(), Ok(width));
    }

    #[test]
    fn widths_are_ordered_by_size(a in width(), b in width()) {
        let by_size = a.as_f64().partial_cmp(&b.as_f64()).unwrap();
        // Neighbouring numbers may have the same float.
        prop_assert!(by_size == a.cmp(&b) || by_size == std::cmp::Ordering::Equal);
    }

    #[test]
    fn nothing_else_is_a_width(text in "[-+.0-9a-zA-Z∞ ]{0,8}") {
        let whole = text.parse::<usize>().is_ok();
        let read = text.parse::<Width>();
        prop_assert_eq!(read.is_ok(), whole || text == "inf" || text == "∞");
        if let Err(error) = read {
            prop_assert!(error.to_string().contains("a whole number, or `inf`"));
        }
    }
}

#[test]
fn fractions_and_nan_are_refused() {
    for text in ["-1", "2.5", "NaN", "-inf", "128.0", ""] {
        assert!(cell(text).is_err(), "{text}");
        assert!(text.parse::<Width>().is_err(), "{text}");
    }
    for json in ["-128", "1.5", "null", "\"infinite\""] {
        assert!(serde_json::from_str::<Width>(json).is_err(), "{json}");
    }
}

#[test]
fn infinity_is_last_and_has_its_sign() {
    assert!(Width::Finite(usize::MAX) < Width::Infinite);
    assert_eq!(Width::from(8192).to_string(), "8192");
    assert_eq!(format!("{:>5}|{:>5}", Width::Finite(64), Width::Infinite), "   64|    ∞");
    assert_eq!(Width::Infinite.finite(), None);
    assert_eq!(serde_json::to_string(&Width::Infinite).unwrap(), "\"inf\"");
}
