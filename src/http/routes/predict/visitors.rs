//! What all visitors of a body share: values that are read for their syntax only, keys, and the methods that differ in a word.

use std::borrow::Cow;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

/// Implements `DeserializeSeed` by a visitor of any value.
macro_rules! visits_any {
    ($visitor:ty, $value:ty) => {
        impl<'de> serde::de::DeserializeSeed<'de> for $visitor {
            type Value = $value;

            fn deserialize<D: serde::de::Deserializer<'de>>(self, deserializer: D) -> Result<$value, D::Error> {
                deserializer.deserialize_any(self)
            }
        }
    };
}

/// The words that a visitor expects; no error shows them, because every value is visited.
macro_rules! expects {
    ($text:literal) => {
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str($text)
        }
    };
}

/// The visits of scalars, each of which gives one value.
macro_rules! scalars {
    ($value:ty, |$kind:ident| $made:expr) => {
        fn visit_bool<E>(self, _: bool) -> Result<$value, E> {
            let $kind = crate::http::routes::predict::columns::BOOLEAN;
            Ok($made)
        }
        fn visit_i64<E>(self, _: i64) -> Result<$value, E> {
            let $kind = crate::http::routes::predict::columns::NUMBER;
            Ok($made)
        }
        fn visit_u64<E>(self, _: u64) -> Result<$value, E> {
            let $kind = crate::http::routes::predict::columns::NUMBER;
            Ok($made)
        }
        fn visit_f64<E>(self, _: f64) -> Result<$value, E> {
            let $kind = crate::http::routes::predict::columns::NUMBER;
            Ok($made)
        }
        fn visit_str<E>(self, _: &str) -> Result<$value, E> {
            let $kind = crate::http::routes::predict::columns::TEXT;
            Ok($made)
        }
    };
}

pub(super) use {expects, scalars, visits_any};

/// Reads a value for its syntax only: unlike serde's `IgnoredAny` its texts and numbers are checked too.
pub struct Skip;
visits_any!(Skip, ());

impl<'de> Visitor<'de> for Skip {
    type Value = ();

    expects!("anything");
    scalars!((), |_kind| ());

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<(), A::Error> {
        skip_items(items)
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<(), A::Error> {
        skip_entries(entries)
    }
}

/// Reads the items of an array for their syntax only.
pub fn skip_items<'de, A: SeqAccess<'de>>(mut items: A) -> Result<(), A::Error> {
    while items.next_element_seed(Skip)?.is_some() {}
    Ok(())
}

/// Reads the entries of an object for their syntax only.
pub fn skip_entries<'de, A: MapAccess<'de>>(mut entries: A) -> Result<(), A::Error> {
    while entries.next_key_seed(Skip)?.is_some() {
        entries.next_value_seed(Skip)?;
    }
    Ok(())
}

/// A key, borrowed where it holds no escape.
pub struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    expects!("a name");

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}
