//! The schema of a Parquet file, before the reader of Parquet sees it. That reader calls itself for each level of nesting, and takes memory
//! for as many children as a column says that it has: a few bytes would end the process. Tables are flat, and nothing else passes.
//!
//! The footer is a struct in Thrift's compact protocol. What comes before the schema, and every field of the schema, must have the type that
//! the format says: the reader of Parquet goes by the number of a field alone, and would read other bytes than were checked here.

use crate::limits::DATA_COLUMNS;

/// What a Parquet file ends with.
const MAGIC: &[u8] = b"PAR1";
/// The length of the footer and the magic.
const TAIL_BYTES: usize = 8;
/// Types of fields: <https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md>.
const STOP: u8 = 0;
const BOOLEANS: [u8; 2] = [1, 2];
const I8: u8 = 3;
const I32: u8 = 5;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const STRUCT: u8 = 12;
/// Numbers of fields: <https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift>.
const FILE_VERSION: i16 = 1;
const FILE_SCHEMA: i16 = 2;
const ELEMENT_NAME: i16 = 4;
const ELEMENT_CHILDREN: i16 = 5;
const ELEMENT_LOGICAL_TYPE: i16 = 10;
/// Logical types without fields: text, enum, date, unknown, JSON, BSON, UUID, 16-bit float.
const PLAIN_TYPES: [i16; 8] = [1, 4, 6, 11, 12, 13, 14, 15];
const TYPE_DECIMAL: i16 = 5;
const TYPE_TIME: i16 = 7;
const TYPE_TIMESTAMP: i16 = 8;
const TYPE_INTEGER: i16 = 10;

/// Checks that the schema is flat, and that its columns are no more than a file may have.
///
/// # Errors
/// It is not, or the footer is none; the text says so.
pub(in crate::forecast::data) fn check_schema(file: &[u8]) -> Result<(), String> {
    let mut footer = Compact { bytes: footer(file).ok_or("it does not end in a footer")?, at: 0 };
    let mut last = 0;
    loop {
        match footer.field(&mut last)? {
            Some((FILE_VERSION, I32)) => drop(footer.varint()?),
            Some((FILE_SCHEMA, LIST)) => break,
            _ => return Err(damaged()),
        }
    }
    let elements = footer.list_of_structs()?;
    let columns = elements.checked_sub(1).ok_or_else(damaged)?;
    DATA_COLUMNS.check(columns).map_err(|error| error.to_string())?;
    let (_, of_root) = element(&mut footer)?;
    if of_root > columns as u64 {
        return Err(damaged());
    }
    for _ in 0..columns {
        let (name, children) = element(&mut footer)?;
        if children > 0 {
            return Err(format!("its column {name:.80} has columns in it; write each as a column of its own"));
        }
    }
    if of_root == columns as u64 { Ok(()) } else { Err(damaged()) }
}

fn footer(file: &[u8]) -> Option<&[u8]> {
    let (rest, tail) = file.split_at_checked(file.len().checked_sub(TAIL_BYTES)?)?;
    let length = tail.strip_suffix(MAGIC)?;
    let length = usize::try_from(u32::from_le_bytes(length.try_into().ok()?)).ok()?;
    rest.get(rest.len().checked_sub(length)?..)
}

/// The name of the next column, or of the root, and how many children it has.
fn element<'a>(footer: &mut Compact<'a>) -> Result<(&'a str, u64), String> {
    let (mut last, mut name, mut children) = (0, "", 0);
    while let Some(field) = footer.field(&mut last)? {
        match field {
            (ELEMENT_NAME, BINARY) => name = std::str::from_utf8(footer.binary()?).map_err(|_| damaged())?,
            // a count is written as twice its value
            (ELEMENT_CHILDREN, I32) => children = footer.varint()? / 2,
            (1..=3 | 6..=9, I32) => drop(footer.varint()?),
            (ELEMENT_LOGICAL_TYPE, STRUCT) => footer
                .logical_type()
                .map_err(|_| format!("its column {name:.80} has a type that cells of tables do not have"))?,
            _ => return Err(damaged()),
        }
    }
    Ok((name, children))
}

fn damaged() -> String {
    "its footer is damaged".into()
}

/// Reads values of Thrift's compact protocol.
struct Compact<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Compact<'a> {
    fn byte(&mut self) -> Result<u8, String> {
        let byte = self.bytes.get(self.at).copied().ok_or_else(damaged)?;
        self.at += 1;
        Ok(byte)
    }

    fn varint(&mut self) -> Result<u64, String> {
        let mut value = 0;
        for shift in (0..63).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(damaged())
    }

    fn binary(&mut self) -> Result<&'a [u8], String> {
        let length = usize::try_from(self.varint()?).map_err(|_| damaged())?;
        let rest = self.bytes.get(self.at..).ok_or_else(damaged)?;
        let binary = rest.get(..length).ok_or_else(damaged)?;
        self.at += length;
        Ok(binary)
    }

    /// Number and type of the next field of a struct; none at its end. Numbers increase.
    fn field(&mut self, last: &mut i16) -> Result<Option<(i16, u8)>, String> {
        let head = self.byte()?;
        if head & 0x0f == STOP {
            return Ok(None);
        }
        let delta = i16::from(head >> 4);
        // a number that is written in full comes in no file: the numbers of the format are small
        *last = last.checked_add(delta).filter(|_| delta > 0).ok_or_else(damaged)?;
        Ok(Some((*last, head & 0x0f)))
    }

    /// The length of a list of structs.
    fn list_of_structs(&mut self) -> Result<usize, String> {
        let head = self.byte()?;
        if head & 0x0f != STRUCT {
            return Err(damaged());
        }
        match head >> 4 {
            0x0f => usize::try_from(self.varint()?).map_err(|_| damaged()),
            length => Ok(usize::from(length)),
        }
    }

    /// The logical type of a column: a union of one variant, each a struct.
    fn logical_type(&mut self) -> Result<(), String> {
        let (mut variant, mut part) = (0, 0);
        match self.field(&mut variant)? {
            Some((plain, STRUCT)) if PLAIN_TYPES.contains(&plain) => {}
            Some((TYPE_DECIMAL, STRUCT)) => {
                for number in 1..=2 {
                    self.expect(&mut part, number, &[I32])?;
                    self.varint()?;
                }
            }
            Some((TYPE_TIME | TYPE_TIMESTAMP, STRUCT)) => {
                self.expect(&mut part, 1, &BOOLEANS)?;
                self.expect(&mut part, 2, &[STRUCT])?;
                // the unit is a union of one empty variant
                let mut unit = 0;
                if !matches!(self.field(&mut unit)?, Some((1..=3, STRUCT))) {
                    return Err(damaged());
                }
                self.end()?;
                self.end()?;
            }
            Some((TYPE_INTEGER, STRUCT)) => {
                self.expect(&mut part, 1, &[I8])?;
                self.byte()?;
                self.expect(&mut part, 2, &BOOLEANS)?;
            }
            _ => return Err(damaged()),
        }
        // of the variant, and of the union
        self.end()?;
        self.end()
    }

    /// The next field of a struct, which must have this number and one of these types.
    fn expect(&mut self, last: &mut i16, number: i16, types: &[u8]) -> Result<(), String> {
        match self.field(last)? {
            Some((found, kind)) if found == number && types.contains(&kind) => Ok(()),
            _ => Err(damaged()),
        }
    }

    /// The end of a struct.
    fn end(&mut self) -> Result<(), String> {
        if self.byte()? == STOP { Ok(()) } else { Err(damaged()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of this footer.
    fn file(footer: &[u8]) -> Vec<u8> {
        let length = u32::try_from(footer.len()).expect("it is short").to_le_bytes();
        [MAGIC, footer, &length, MAGIC].concat()
    }

    /// A footer whose schema has these columns, given as the bytes of their fields.
    fn footer(elements: &[&[u8]]) -> Vec<u8> {
        let head = [0x15, 0x02, 0x19, 0xfc, u8::try_from(elements.len()).expect("few")];
        let elements = elements.iter().flat_map(|element| element.iter().copied().chain([STOP]));
        head.into_iter().chain(elements).collect()
    }

    /// The fields of an element called `x` with so many children.
    fn element(children: u8) -> Vec<u8> {
        vec![0x48, 1, b'x', 0x15, children * 2]
    }

    #[test]
    fn a_flat_schema_passes_and_a_nested_one_does_not() {
        let (root, leaf) = (element(2), element(0));
        assert_eq!(check_schema(&file(&footer(&[&root, &leaf, &leaf]))), Ok(()));
        let nested = check_schema(&file(&footer(&[&element(1), &element(1)]))).expect_err("it is nested");
        assert!(nested.contains("column x has columns in it"), "{nested}");
    }

    #[test]
    fn a_count_of_children_that_would_take_all_memory_is_refused() {
        let greedy = [0x48, 1, b'x', 0x15, 0xfe, 0xff, 0xff, 0xff, 0x0f];
        assert!(check_schema(&file(&footer(&[&greedy, &element(0)]))).is_err());
        assert!(check_schema(&file(&footer(&[&element(1), &greedy]))).is_err());
    }

    #[test]
    fn a_field_of_another_type_than_the_format_says_is_refused() {
        // the count of children as a flag: the reader of Parquet would take the bytes after it for the count
        let hidden = [0x48, 1, b'x', 0x11];
        assert!(check_schema(&file(&footer(&[&element(1), &hidden]))).is_err());
        // a schema that comes after an unknown field
        assert!(check_schema(&file(&[0x15, 0x02, 0x9c, STOP, STOP])).is_err());
    }
}
