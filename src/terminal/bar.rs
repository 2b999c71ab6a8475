//! A bar to the left or right of a middle line.

/// Bars around a middle: gains go to the right, losses to the left.
pub struct Bar {
    /// Cells on each side.
    pub cells: usize,
    /// The share that fills one side.
    pub full: f64,
    /// Whether blocks can be drawn.
    pub unicode: bool,
}

impl Bar {
    /// The bar of a share; `None` draws the middle line alone.
    pub fn draw(&self, share: Option<f64>) -> String {
        let share = share.unwrap_or(0.0);
        let middle = if self.unicode { '│' } else { '|' };
        let drawn = self.filled((share.abs() / self.full).min(1.0), share > 0.0);
        let empty = " ".repeat(self.cells);
        let pad = " ".repeat(self.cells.saturating_sub(drawn.chars().count()));
        if share > 0.0 { format!("{empty}{middle}{drawn}{pad}") } else { format!("{pad}{drawn}{middle}{empty}") }
    }

    /// The title above a bar, which names its sides; the right side may use `beyond` more columns than the bar.
    pub fn title(&self, left: &str, right: &str, beyond: usize) -> String {
        let middle = if self.unicode { '│' } else { '|' };
        let (width, right_width) = (self.cells, self.cells + beyond);
        format!("{:>width$}{middle}{:<right_width$}", format!("{left} "), format!(" {right}"))
    }

    /// The filled part: whole cells and a fraction of one, as finely as the characters allow.
    fn filled(&self, ratio: f64, to_the_right: bool) -> String {
        // blocks that grow from the left exist in eighths, from the right only in halves
        let fractions: &[&str] = match (self.unicode, to_the_right) {
            (true, true) => &["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"],
            (true, false) => &["", "▐"],
            (false, _) => &[""],
        };
        let parts = (ratio * (self.cells * fractions.len()) as f64).round() as usize;
        let whole = if self.unicode { "█" } else { "#" }.repeat(parts / fractions.len());
        let fraction = fractions[parts % fractions.len()];
        if to_the_right { whole + fraction } else { fraction.to_owned() + &whole }
    }
}

/// A share in words: `24 % better`.
pub fn change_words(share: f64) -> String {
    let percent = share.abs() * 100.0;
    let word = if share > 0.0 { "better" } else { "worse" };
    match percent {
        _ if percent < 0.005 => "the bar".into(),
        _ if percent < 9.95 => format!("{percent:.1} % {word}"),
        _ => format!("{percent:.0} % {word}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_its_share_and_never_longer_than_its_side() {
        let bar = Bar { cells: 4, full: 0.4, unicode: true };
        assert_eq!(bar.draw(Some(0.4)), "    │████");
        assert_eq!(bar.draw(Some(0.2125)), "    │██▏ ");
        assert_eq!(bar.draw(Some(-0.15)), "  ▐█│    ");
        assert_eq!(bar.draw(Some(-9.0)), "████│    ");
        assert_eq!(bar.draw(None), "    │    ");
        assert_eq!(Bar { unicode: false, ..bar }.draw(Some(0.3)), "    |### ");
    }

    #[test]
    fn shares_are_told_in_percent() {
        let words = [0.2368, 0.0123, -0.38, -12.0, 0.0].map(change_words);
        assert_eq!(words, ["24 % better", "1.2 % better", "38 % worse", "1200 % worse", "the bar"]);
    }
}
