//! Reads the JSON of a body straight into columns, without a tree of values. The whole text is read before anything is refused,
//! so that a body which is no JSON is refused as that first.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::columns::{ARRAY, BOOLEAN, Cells, Column, Columns, NULL, NUMBER, OBJECT};
use super::visitors::{Key, Skip, expects, scalars, skip_entries, skip_items, visits_any};

/// The fields beside `data` that are read.
const FIELDS: [&str; 4] = ["index_col", "inference_length", "identifier", "intervals"];

/// A body as it was sent.
pub enum BodyJson {
    /// An object.
    Object {
        /// The field `data`.
        data: DataJson,
        /// The other known fields; arrays and objects among them are empty.
        fields: Map<String, Value>,
    },
    /// Another value.
    Other,
}

/// The field `data`.
pub enum DataJson {
    /// It is missing, or null.
    Missing,
    /// Columns.
    Columns(Columns),
    /// A value that is no object.
    Other,
}

impl<'de> Deserialize<'de> for BodyJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(BodyVisitor)
    }
}

struct BodyVisitor;
visits_any!(BodyVisitor, BodyJson);

impl<'de> Visitor<'de> for BodyVisitor {
    type Value = BodyJson;

    expects!("a body");
    scalars!(BodyJson, |_kind| BodyJson::Other);

    fn visit_unit<E>(self) -> Result<BodyJson, E> {
        Ok(BodyJson::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<BodyJson, A::Error> {
        skip_items(items)?;
        Ok(BodyJson::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<BodyJson, A::Error> {
        let (mut data, mut fields) = (DataJson::Missing, Map::new());
        while let Some(name) = entries.next_key_seed(Key)? {
            match FIELDS.into_iter().find(|field| *field == name) {
                // of two fields with one name the later counts
                _ if name == "data" => data = entries.next_value_seed(DataVisitor)?,
                Some(field) => _ = fields.insert(field.into(), entries.next_value_seed(ShallowVisitor)?),
                None => entries.next_value_seed(Skip)?,
            }
        }
        Ok(BodyJson::Object { data, fields })
    }
}

struct DataVisitor;
visits_any!(DataVisitor, DataJson);

impl<'de> Visitor<'de> for DataVisitor {
    type Value = DataJson;

    expects!("columns");
    scalars!(DataJson, |_kind| DataJson::Other);

    fn visit_unit<E>(self) -> Result<DataJson, E> {
        Ok(DataJson::Missing)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<DataJson, A::Error> {
        skip_items(items)?;
        Ok(DataJson::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<DataJson, A::Error> {
        let mut columns = Columns::default();
        while let Some(name) = entries.next_key_seed(Key)? {
            columns.insert(name.into_owned(), entries.next_value_seed(ColumnVisitor)?);
        }
        Ok(DataJson::Columns(columns))
    }
}

struct ColumnVisitor;
visits_any!(ColumnVisitor, Column);

impl<'de> Visitor<'de> for ColumnVisitor {
    type Value = Column;

    expects!("a column");
    scalars!(Column, |kind| Column::NoArray(kind));

    fn visit_unit<E>(self) -> Result<Column, E> {
        Ok(Column::NoArray(NULL))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Column, A::Error> {
        let mut cells = Cells::default();
        while items.next_element_seed(CellVisitor(&mut cells))?.is_some() {}
        cells.finish();
        Ok(Column::Cells(cells))
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Column, A::Error> {
        skip_entries(entries)?;
        Ok(Column::NoArray(OBJECT))
    }
}

/// Adds a cell to its column.
struct CellVisitor<'a>(&'a mut Cells);
visits_any!(CellVisitor<'_>, ());

impl<'de> Visitor<'de> for CellVisitor<'_> {
    type Value = ();

    expects!("a cell");

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        self.0.push_invalid(BOOLEAN);
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.0.push_number(value as f64, NUMBER);
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.0.push_number(value as f64, NUMBER);
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.0.push_number(value, NUMBER);
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.0.push_text(text);
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.0.push_number(f64::NAN, NULL);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<(), A::Error> {
        self.0.push_invalid(ARRAY);
        skip_items(items)
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<(), A::Error> {
        self.0.push_invalid(OBJECT);
        skip_entries(entries)
    }
}

/// Reads a value without what is in an array or an object.
struct ShallowVisitor;
visits_any!(ShallowVisitor, Value);

impl<'de> Visitor<'de> for ShallowVisitor {
    type Value = Value;

    expects!("a field");

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Value, A::Error> {
        skip_items(items)?;
        Ok(Value::Array(Vec::new()))
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Value, A::Error> {
        skip_entries(entries)?;
        Ok(Value::Object(Map::new()))
    }
}
