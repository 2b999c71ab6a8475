//! The unread part of a cell.

/// Reads a cell from its start; every method leaves what does not fit unread or gives none.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'a>(pub(super) &'a [u8]);

impl Cursor<'_> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    pub(super) fn next(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    /// Passes `byte` if it comes next, letters in any case.
    pub(super) fn skip(&mut self, byte: u8) -> bool {
        let found = self.peek().is_some_and(|next| next.eq_ignore_ascii_case(&byte));
        if found {
            self.0 = &self.0[1..];
        }
        found
    }

    /// Passes `text`, letters in any case, or gives none.
    pub(super) fn text(&mut self, text: &str) -> Option<()> {
        let (head, rest) = self.0.split_at_checked(text.len())?;
        head.eq_ignore_ascii_case(text.as_bytes()).then(|| self.0 = rest)
    }

    pub(super) fn blanks(&mut self) {
        while self.skip(b' ') {}
    }

    /// How many digits come next.
    pub(super) fn digits(&self) -> usize {
        self.0.iter().take_while(|byte| byte.is_ascii_digit()).count()
    }

    /// A number of exactly so many digits, at most 9; further digits stay unread.
    pub(super) fn number(&mut self, digits: usize) -> Option<u32> {
        let (head, rest) = self.0.split_at_checked(digits)?;
        let mut value = 0;
        for byte in head {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                return None;
            }
            value = value * 10 + u32::from(digit);
        }
        self.0 = rest;
        Some(value)
    }

    /// A number of one or two digits that no further digit follows; whether it has a leading zero or two digits.
    pub(super) fn short_number(&mut self) -> Option<(u32, bool)> {
        let digits = self.digits();
        if !(1..=2).contains(&digits) {
            return None;
        }
        self.number(digits).map(|value| (value, digits == 2))
    }

    /// The letters that come next.
    pub(super) fn letters(&self) -> usize {
        self.0.iter().take_while(|byte| byte.is_ascii_alphabetic()).count()
    }
}
