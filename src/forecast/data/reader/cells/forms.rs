//! Which form the numbers of a column have: the one that fits most of its cells.

use super::number::{NumberError, NumberForm};

/// Forms, the plainer one first.
const FORMS: [NumberForm; 8] = [
    NumberForm::PLAIN,
    NumberForm { decimal: ',', thousands: None },
    NumberForm { decimal: '.', thousands: Some(',') },
    NumberForm { decimal: ',', thousands: Some('.') },
    NumberForm { decimal: '.', thousands: Some(' ') },
    NumberForm { decimal: ',', thousands: Some(' ') },
    NumberForm { decimal: '.', thousands: Some('\'') },
    NumberForm { decimal: ',', thousands: Some('\'') },
];

const COMMA: usize = 1;
const COMMA_THOUSANDS: usize = 2;
const POINT_THOUSANDS: usize = 3;

/// How many cells of a column fit each form.
#[derive(Debug, Clone, Default)]
pub(crate) struct FormCounts {
    counts: [usize; FORMS.len()],
}

impl FormCounts {
    /// Counts a trimmed cell that is not missing; whether it fits any form.
    pub(crate) fn add(&mut self, cell: &[u8]) -> bool {
        let fits = |form: &NumberForm| form.value(cell) != Err(NumberError::Form);
        if !cell.iter().any(u8::is_ascii_digit) && !fits(&FORMS[0]) {
            return false;
        }
        if let Some(decimals) = plain_decimals(cell) {
            // without a point every form fits; three decimals may be thousands
            if decimals != Some(3) {
                for (form, count) in FORMS.iter().zip(&mut self.counts) {
                    *count += usize::from(decimals.is_none() || form.decimal == '.');
                }
                return true;
            }
        }
        let mut any = false;
        for (form, count) in FORMS.iter().zip(&mut self.counts) {
            if fits(form) {
                *count += 1;
                any = true;
            }
        }
        any
    }

    /// The largest number of cells that fit one form.
    pub(crate) fn most(&self) -> usize {
        self.counts.iter().copied().max().unwrap_or(0)
    }

    /// 1 where the column's decimals are written with a comma, -1 with a point, 0 where it leaves that open.
    pub(crate) fn decimal_comma(&self) -> i32 {
        let most = |decimal: char| {
            FORMS.iter().zip(self.counts).filter(|(form, _)| form.decimal == decimal).map(|(_, n)| n).max().unwrap_or(0)
        };
        (most(',') as i64 - most('.') as i64).signum() as i32
    }

    /// The form. Of the decimal mark (1 comma, -1 point) other columns say `comma`, and where they say nothing the separator hints `hint`. None where `1,234` could be both.
    pub(crate) fn form(&self, comma: i32, hint: i32) -> Option<NumberForm> {
        let most = self.most();
        let best = |index: usize| self.counts[index] == most;
        if best(0) {
            let is_thousands = comma > 0 && best(POINT_THOUSANDS);
            return Some(FORMS[if is_thousands { POINT_THOUSANDS } else { 0 }]);
        }
        if best(COMMA) && best(COMMA_THOUSANDS) {
            return match if comma == 0 { hint } else { comma } {
                1.. => Some(FORMS[COMMA]),
                0 => None,
                _ => Some(FORMS[COMMA_THOUSANDS]),
            };
        }
        (0..FORMS.len()).find(|&index| best(index)).map(|index| FORMS[index])
    }
}

/// The number of decimals of a cell of at most 15 digits and a point: `Some(None)` without a point, none for other cells.
#[allow(clippy::option_option)]
fn plain_decimals(cell: &[u8]) -> Option<Option<usize>> {
    let digits = cell.strip_prefix(b"-").unwrap_or(cell);
    let is_plain = (1..=15).contains(&digits.len()) && digits[0].is_ascii_digit();
    let mut point = None;
    for (at, byte) in digits.iter().enumerate() {
        match byte {
            b'0'..=b'9' => {}
            b'.' if point.is_none() => point = Some(digits.len() - at - 1),
            _ => return None,
        }
    }
    is_plain.then_some(point)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(cells: &[&str], comma: i32) -> Option<(char, Option<char>)> {
        let mut counts = FormCounts::default();
        for cell in cells {
            counts.add(cell.as_bytes());
        }
        counts.form(comma, 0).map(|form| (form.decimal, form.thousands))
    }

    #[test]
    fn the_cells_of_a_column_tell_its_form() {
        assert_eq!(form(&["1", "2.5"], 0), Some(('.', None)));
        assert_eq!(form(&["1", "2,5"], 0), Some((',', None)));
        assert_eq!(form(&["1,234", "2,345.5"], 0), Some(('.', Some(','))));
        assert_eq!(form(&["1.234", "2.345,5"], 0), Some((',', Some('.'))));
        assert_eq!(form(&["1 234", "999"], 0), Some(('.', Some(' '))));
        assert_eq!(form(&["1,234", "5,678"], 0), None);
        assert_eq!(form(&["1,234", "5,678"], -1), Some(('.', Some(','))));
        assert_eq!(form(&["1,234", "5,678"], 1), Some((',', None)));
        assert_eq!(form(&["1.234", "5.678"], 1), Some((',', Some('.'))));
    }
}
