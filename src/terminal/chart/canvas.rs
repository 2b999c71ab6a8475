//! A grid of cells that lines are drawn on: a cell has eight braille dots or one ASCII character.

/// Which of the two lines a cell shows; the forecast lies on top.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// Nothing.
    Blank,
    /// What was measured.
    History,
    /// What is forecast.
    Forecast,
}

/// The grid; dots are counted from its upper left corner.
pub struct Canvas {
    width: usize,
    unicode: bool,
    cells: Vec<(u8, Layer)>,
}

impl Canvas {
    /// A blank grid of `width` by `height` cells.
    pub fn new(width: usize, height: usize, unicode: bool) -> Canvas {
        Canvas { width, unicode, cells: vec![(0, Layer::Blank); width * height] }
    }

    /// The dots of a cell, across and down.
    pub fn dots_per_cell(&self) -> (usize, usize) {
        if self.unicode { (2, 4) } else { (1, 1) }
    }

    /// Draws a straight line between two dots, both included.
    pub fn line(&mut self, (x0, y0): (usize, usize), (x1, y1): (usize, usize), layer: Layer) {
        let steps = x0.abs_diff(x1).max(y0.abs_diff(y1));
        let between = |from: usize, to: usize, step: usize| {
            let share = if steps == 0 { 0.0 } else { step as f64 / steps as f64 };
            (from as f64 + (to as f64 - from as f64) * share).round() as usize
        };
        for step in 0..=steps {
            self.dot(between(x0, x1, step), between(y0, y1, step), layer);
        }
    }

    /// One row of cells, each as its character and layer.
    pub fn row(&self, row: usize) -> impl Iterator<Item = (char, Layer)> {
        self.cells[row * self.width..(row + 1) * self.width]
            .iter()
            .map(|(dots, layer)| (self.character(*dots, *layer), *layer))
    }

    fn dot(&mut self, x: usize, y: usize, layer: Layer) {
        // the bit of each braille dot, by column and row within the cell
        const BITS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
        let (across, down) = self.dots_per_cell();
        let (column, row) = (x / across, y / down);
        if column >= self.width {
            return;
        }
        if let Some(cell) = self.cells.get_mut(row * self.width + column) {
            *cell = (cell.0 | BITS[x % across][y % down], cell.1.max(layer));
        }
    }

    fn character(&self, dots: u8, layer: Layer) -> char {
        match layer {
            Layer::Blank => ' ',
            _ if self.unicode => char::from_u32(0x2800 + u32::from(dots)).unwrap_or(' '),
            Layer::History => '*',
            Layer::Forecast => 'o',
        }
    }
}
