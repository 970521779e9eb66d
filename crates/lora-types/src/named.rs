//! The macro that declares an enumeration with the one name that each value has in files.

use std::error::Error;
use std::fmt;

/// A text that names no value of an enumeration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownName {
    /// What the text should have named, such as "optimiser".
    pub what: &'static str,
    /// The text as given.
    pub found: String,
    /// Every valid name, in the order of the enumeration.
    pub valid: &'static [&'static str],
}

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, found, valid } = self;
        write!(f, "`{found}` is not a known {what}: write one of {}", OneOf(valid))
    }
}

impl Error for UnknownName {}

/// Names in backquotes, with commas between them.
pub(crate) struct OneOf<'n>(pub(crate) &'n [&'n str]);

impl fmt::Display for OneOf<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, name) in self.0.iter().enumerate() {
            write!(f, "{}`{name}`", if index == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

/// Declares an enumeration by its values, each with its name in files and with the spellings that
/// older files or tables for readers have. Reading accepts all of them; writing uses the name.
macro_rules! named {
    (
        $(#[$meta:meta])*
        enum $enum:ident, $what:literal {
            $( $(#[$doc:meta])* $variant:ident = $key:literal $(| $old:literal)* ),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $enum { $( $(#[$doc])* $variant ),+ }

        impl $enum {
            /// Every value, in the order of lists, legends and controls.
            pub const ALL: [Self; [$($key),+].len()] = [$(Self::$variant),+];

            /// The name of every value in files, in the order of [`ALL`](Self::ALL).
            pub const KEYS: [&'static str; [$($key),+].len()] = [$($key),+];

            /// The name in files and on the command line.
            pub const fn key(self) -> &'static str {
                match self { $(Self::$variant => $key),+ }
            }
        }

        impl std::str::FromStr for $enum {
            type Err = $crate::UnknownName;

            /// Reads the name that files have, or the spelling of an older file.
            ///
            /// # Errors
            #[doc = concat!("[`UnknownName`](crate::UnknownName) if the text names no ", $what, ".")]
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($key $(| $old)* => Ok(Self::$variant),)+
                    _ => Err($crate::UnknownName {
                        what: $what,
                        found: text.to_owned(),
                        valid: &Self::KEYS,
                    }),
                }
            }
        }

        impl serde::Serialize for $enum {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_unit_variant(stringify!($enum), *self as u32, self.key())
            }
        }

        impl<'de> serde::Deserialize<'de> for $enum {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                struct Name;
                impl serde::de::Visitor<'_> for Name {
                    type Value = $enum;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        let valid = $crate::named::OneOf(&$enum::KEYS);
                        write!(f, concat!($what, ", one of {}"), valid)
                    }

                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$enum, E> {
                        text.parse().map_err(E::custom)
                    }
                }
                from.deserialize_str(Name)
            }
        }
    };
}

pub(crate) use named;
