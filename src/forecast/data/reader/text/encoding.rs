//! UTF-16 and Latin-1 become UTF-8, piece by piece.

use std::io::{self, Read};

/// Windows' characters for the bytes 80 to 9F, where Latin-1 has control characters.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8D}', 'Ž', '\u{8F}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9D}', 'ž', 'Ÿ',
];

/// How two bytes make one unit, or one byte one character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wide {
    Utf16Le,
    Utf16Be,
    Latin1,
}

/// Reads text of another encoding as UTF-8.
pub(super) struct ToUtf8<R> {
    inner: R,
    from: Wide,
    raw: Vec<u8>,
    ready: Vec<u8>,
    given: usize,
    /// The first half of a character of two UTF-16 units.
    high: Option<u16>,
    /// The first byte of a unit whose second byte has not come yet.
    odd: Option<u8>,
}

impl<R: Read> ToUtf8<R> {
    pub(super) fn new(inner: R, from: Wide) -> Self {
        Self { inner, from, raw: vec![0; 1 << 15], ready: Vec::new(), given: 0, high: None, odd: None }
    }

    fn fill(&mut self) -> io::Result<()> {
        self.ready.clear();
        self.given = 0;
        while self.ready.is_empty() {
            let length = self.inner.read(&mut self.raw)?;
            if length == 0 {
                if self.high.take().is_some() | self.odd.take().is_some() {
                    push(&mut self.ready, char::REPLACEMENT_CHARACTER);
                }
                return Ok(());
            }
            for at in 0..length {
                let byte = self.raw[at];
                self.take(byte);
            }
        }
        Ok(())
    }

    fn take(&mut self, byte: u8) {
        let unit = match (self.from, self.odd) {
            (Wide::Latin1, _) => {
                let at = usize::from(byte).wrapping_sub(0x80);
                push(&mut self.ready, WINDOWS_1252.get(at).copied().unwrap_or(char::from(byte)));
                return;
            }
            (_, None) => {
                self.odd = Some(byte);
                return;
            }
            (Wide::Utf16Le, Some(first)) => u16::from_le_bytes([first, byte]),
            (Wide::Utf16Be, Some(first)) => u16::from_be_bytes([first, byte]),
        };
        self.odd = None;
        let pair = match self.high.take() {
            Some(high) => vec![high, unit],
            None if (0xD800..0xDC00).contains(&unit) => {
                self.high = Some(unit);
                return;
            }
            None => vec![unit],
        };
        for character in char::decode_utf16(pair) {
            push(&mut self.ready, character.unwrap_or(char::REPLACEMENT_CHARACTER));
        }
    }
}

fn push(text: &mut Vec<u8>, character: char) {
    text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

impl<R: Read> Read for ToUtf8<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given == self.ready.len() {
            self.fill()?;
        }
        let length = buffer.len().min(self.ready.len() - self.given);
        buffer[..length].copy_from_slice(&self.ready[self.given..self.given + length]);
        self.given += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], from: Wide) -> String {
        let mut text = String::new();
        ToUtf8::new(bytes, from).read_to_string(&mut text).expect("UTF-8");
        text
    }

    #[test]
    fn units_of_two_bytes_and_windows_characters_become_text() {
        let units: Vec<u16> = "ä€😀".encode_utf16().collect();
        let le: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let be: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        assert_eq!(read(&le, Wide::Utf16Le), "ä€😀");
        assert_eq!(read(&be, Wide::Utf16Be), "ä€😀");
        assert_eq!(read(&le[..7], Wide::Utf16Le), "ä€\u{fffd}");
        assert_eq!(read(b"M\xE4rz \x80", Wide::Latin1), "März €");
    }
}
