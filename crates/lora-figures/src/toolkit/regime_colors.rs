//! One colour for each regime, in every figure and on every page.
//!
//! A regime has one strong colour, that of a measured point. Areas have it on white, or on a dark page: paler or darker,
//! never another hue. What the features do has the colour of the regime of the same meaning.

use lora_types::{FeatureRegime, Regime};

use crate::toolkit::palette::{GREEN, Rgb, VERMILLION, WHITE};

/// The colour of a point.
fn strong(regime: Regime) -> Rgb {
    match regime {
        Regime::NoLearning => Rgb(0x8A, 0x8A, 0x8A),
        Regime::Learning => Rgb(0x3F, 0x8F, 0xCF),
        Regime::InternallyUnstable => Rgb(0xF0, 0xC8, 0x10),
        Regime::LearningInternallyUnstable => Rgb(0x9A, 0x4F, 0xB5),
        Regime::Unstable => VERMILLION,
    }
}

/// The regime of the same meaning; efficient learning, which only both factors together do, has none.
fn of_features(regime: FeatureRegime) -> Option<Regime> {
    match regime {
        FeatureRegime::Lazy => Some(Regime::NoLearning),
        FeatureRegime::Learning => Some(Regime::Learning),
        FeatureRegime::Efficient => None,
        FeatureRegime::Unstable => Some(Regime::Unstable),
    }
}

/// How much of an area is white: the rarer a regime, the less.
fn white(regime: Regime) -> f64 {
    match regime {
        Regime::NoLearning => 0.84,
        Regime::Learning => 0.5,
        Regime::InternallyUnstable => 0.5,
        Regime::LearningInternallyUnstable => 0.42,
        Regime::Unstable => 0.58,
    }
}

/// An area on white.
pub fn regime_color(regime: Regime) -> Rgb {
    strong(regime).lighter(white(regime))
}

/// An area on a dark page of the given colour, where the colours on white would glare.
pub fn dark_regime_color(regime: Regime, page: Rgb) -> Rgb {
    match regime {
        Regime::NoLearning => page.mix(WHITE, 0.16),
        Regime::Learning => strong(regime).mix(page, 0.2),
        Regime::InternallyUnstable => strong(regime).mix(page, 0.45),
        Regime::LearningInternallyUnstable => strong(regime).mix(page, 0.15),
        Regime::Unstable => strong(regime).mix(page, 0.5),
    }
}

/// An area of the map of two learning rates, on white.
pub fn feature_regime_color(regime: FeatureRegime) -> Rgb {
    of_features(regime).map_or_else(|| GREEN.lighter(0.45), regime_color)
}

/// A measured point on that map.
pub(crate) fn point_color(regime: FeatureRegime) -> Rgb {
    of_features(regime).map_or(GREEN, strong)
}

/// Regimes that are hatched, to differ from their neighbour in greyscale.
pub(crate) fn hatched(regime: Regime) -> bool {
    regime == Regime::Unstable
}

/// The same on the map.
pub(crate) fn features_hatched(regime: FeatureRegime) -> bool {
    of_features(regime).is_some_and(hatched)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Squared distance in red, green and blue.
    fn apart(a: Rgb, b: Rgb) -> i32 {
        let squared = |x: u8, y: u8| (i32::from(x) - i32::from(y)).pow(2);
        squared(a.0, b.0) + squared(a.1, b.1) + squared(a.2, b.2)
    }

    /// On white and on a dark page, any two regimes differ by 40 of 255 at least: neighbouring areas do.
    #[test]
    fn no_two_regimes_look_alike() {
        let page = Rgb(0x16, 0x19, 0x1D);
        for (index, &a) in Regime::ALL.iter().enumerate() {
            for &b in &Regime::ALL[..index] {
                assert!(apart(regime_color(a), regime_color(b)) > 40 * 40, "{a}, {b}");
                let dark = apart(dark_regime_color(a, page), dark_regime_color(b, page));
                assert!(dark > 40 * 40, "{a}, {b}, dark");
            }
        }
        for (index, &a) in FeatureRegime::ALL.iter().enumerate() {
            for &b in &FeatureRegime::ALL[..index] {
                let areas = apart(feature_regime_color(a), feature_regime_color(b));
                assert!(areas > 40 * 40, "{a}, {b}");
            }
        }
    }

    #[test]
    fn what_is_called_the_same_has_the_same_colour() {
        for (features, whole) in [
            (FeatureRegime::Lazy, Regime::NoLearning),
            (FeatureRegime::Learning, Regime::Learning),
            (FeatureRegime::Unstable, Regime::Unstable),
        ] {
            assert_eq!(feature_regime_color(features), regime_color(whole));
            assert_eq!(point_color(features), strong(whole));
            assert_eq!(features_hatched(features), hatched(whole));
        }
        // Efficient learning is shown on the map of two learning rates alone; no bar has its colour.
        let efficient = feature_regime_color(FeatureRegime::Efficient);
        assert!(Regime::ALL.iter().all(|&regime| regime_color(regime) != efficient));
    }
}
