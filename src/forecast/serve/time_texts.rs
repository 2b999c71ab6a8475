//! The times of rows as texts, in one allocation: a request may have millions.

/// Texts of times, in the order of their rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TimeTexts {
    text: String,
    /// Where each one ends in `text`.
    ends: Vec<usize>,
}

impl TimeTexts {
    /// Adds the time of the next row.
    pub fn push(&mut self, time: &str) {
        self.text.push_str(time);
        self.ends.push(self.text.len());
    }

    /// The number of times.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no time.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The texts, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> + Clone {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.text[start..*end])
    }
}

impl<T: AsRef<str>> FromIterator<T> for TimeTexts {
    fn from_iter<I: IntoIterator<Item = T>>(times: I) -> Self {
        let mut texts = TimeTexts::default();
        times.into_iter().for_each(|time| texts.push(time.as_ref()));
        texts
    }
}
