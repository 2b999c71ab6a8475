//! The normal equations of a regression: products of inputs with inputs, and of inputs with outputs.

/// Sums over equations of a regression with `width` inputs.
#[derive(Clone, Debug)]
pub struct Gram {
    /// Inputs of one equation.
    pub width: usize,
    /// width x width, row-major, lower triangle.
    pub products: Vec<f64>,
    /// One sum per input.
    pub moments: Vec<f64>,
}

impl Gram {
    /// No equation yet.
    pub fn new(width: usize) -> Gram {
        Gram { width, products: vec![0.0; width * width], moments: vec![0.0; width] }
    }

    /// Adds equations: `inputs` holds rows of `width` numbers, `outputs` one number a row.
    pub fn add(&mut self, inputs: &[f64], outputs: &[f64]) {
        let width = self.width;
        // four equations at once halve the traffic with the sums
        let mut blocks = inputs.chunks_exact(4 * width);
        let mut targets = outputs.chunks_exact(4);
        for (block, target) in blocks.by_ref().zip(targets.by_ref()) {
            let (a, rest) = block.split_at(width);
            let (b, rest) = rest.split_at(width);
            let (c, d) = rest.split_at(width);
            for row in 0..width {
                let (x, y, z, w) = (a[row], b[row], c[row], d[row]);
                self.moments[row] += x * target[0] + y * target[1] + z * target[2] + w * target[3];
                let sums = &mut self.products[row * width..row * width + row + 1];
                let (a, b, c, d) = (&a[..row + 1], &b[..row + 1], &c[..row + 1], &d[..row + 1]);
                for column in 0..row + 1 {
                    sums[column] += x * a[column] + y * b[column] + z * c[column] + w * d[column];
                }
            }
        }
        for (equation, target) in blocks.remainder().chunks_exact(width).zip(targets.remainder()) {
            for (row, x) in equation.iter().enumerate() {
                self.moments[row] += x * target;
                let sums = &mut self.products[row * width..row * width + row + 1];
                for (sum, value) in sums.iter_mut().zip(equation) {
                    *sum += x * value;
                }
            }
        }
    }

    /// The sums of both.
    pub fn plus(mut self, other: &Gram) -> Gram {
        for (sum, more) in self.products.iter_mut().zip(&other.products) {
            *sum += more;
        }
        for (sum, more) in self.moments.iter_mut().zip(&other.moments) {
            *sum += more;
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equations_in_blocks_and_alone_add_up_alike() {
        let inputs: Vec<f64> = (0..27).map(|i| f64::from(i % 7) - 2.0).collect();
        let outputs: Vec<f64> = (0..9).map(f64::from).collect();
        let mut at_once = Gram::new(3);
        at_once.add(&inputs, &outputs);
        let mut one_by_one = Gram::new(3);
        for (equation, output) in inputs.chunks(3).zip(outputs.chunks(1)) {
            one_by_one.add(equation, output);
        }
        assert_eq!(at_once.products, one_by_one.products);
        assert_eq!(at_once.moments, one_by_one.moments);
    }
}
