//! Which ways to write times fit a column.

use super::date_order::DateOrder;
use super::shape::{Period, Shape, Style, shapes_of};

/// Cells at the start of a column that may bring new shapes.
const STARTING_CELLS: usize = 3;

/// Shapes and how many cells each fits.
#[derive(Debug, Clone, Default)]
pub(crate) struct TimeGuess {
    cells: usize,
    shapes: Vec<Fit>,
}

#[derive(Debug, Clone)]
struct Fit {
    shape: Shape,
    style: Style,
    cells: usize,
}

/// How much the name of a column says that numbers in it are times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NameKind {
    /// It is a name of times: years and months may be numbers.
    Time,
    /// It has such a word in it: seconds since 1970 may be numbers.
    Partly,
    /// Numbers are numbers.
    Other,
}

/// What a guess comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Guessed {
    /// The column does not read as times.
    NoTimes,
    Shape(Shape),
    /// Day first and month first fit all cells.
    TwoOrders,
}

impl TimeGuess {
    /// Counts a trimmed cell that is not missing.
    pub(crate) fn add(&mut self, cell: &[u8], order: Option<DateOrder>) {
        self.cells += 1;
        if self.shapes.is_empty() && self.cells <= STARTING_CELLS {
            let fit = |shape| Fit { shape, style: Style::default(), cells: 0 };
            self.shapes = shapes_of(cell, order).into_iter().map(fit).collect();
        }
        for fit in &mut self.shapes {
            if let Some((_, style)) = fit.shape.read(cell) {
                fit.cells += 1;
                fit.style.merge(style);
            }
        }
    }

    /// The shape that fits at least nine of ten cells, and more than any other.
    pub(crate) fn guessed(&self, name: NameKind) -> Guessed {
        let allowed = |fit: &&Fit| match name {
            NameKind::Time => true,
            NameKind::Partly => !fit.shape.looks_like_numbers() || matches!(fit.shape, Shape::Epoch(_)),
            NameKind::Other => !fit.shape.looks_like_numbers(),
        };
        let most = self.shapes.iter().filter(allowed).map(|fit| fit.cells).max().unwrap_or(0);
        if most == 0 || most * 10 < self.cells * 9 {
            return Guessed::NoTimes;
        }
        let mut best = self.shapes.iter().filter(allowed).filter(|fit| fit.cells == most);
        let Some(first) = best.next() else { return Guessed::NoTimes };
        let other = best.find(|fit| fit.shape.order().is_some());
        match (first.shape.order(), other) {
            (Some(order), Some(other)) if other.shape.order() != Some(order) => Guessed::TwoOrders,
            _ => Guessed::Shape(first.shape.clone()),
        }
    }

    /// What the cells of the guessed shape name.
    pub(crate) fn period(&self, shape: &Shape) -> Option<Period> {
        self.shapes.iter().find(|fit| fit.shape == *shape).map(|fit| fit.shape.period(fit.style))
    }
}
