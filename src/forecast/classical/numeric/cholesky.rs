//! Symmetric positive definite systems, solved by Cholesky's factor.

/// Solves `matrix` x = `right` (matrix: size x size, row-major, lower triangle read); the solution replaces `right`, the factor the
/// matrix. None where the matrix is not positive definite.
pub fn solve_in_place(matrix: &mut [f64], right: &mut [f64]) -> Option<()> {
    let size = right.len();
    for row in 0..size {
        let (above, rest) = matrix.split_at_mut(row * size);
        for column in 0..row {
            let known = &above[column * size..column * size + column + 1];
            let dot: f64 = known[..column].iter().zip(&rest[..column]).map(|(a, b)| a * b).sum();
            rest[column] = (rest[column] - dot) / known[column];
        }
        let square: f64 = rest[..row].iter().map(|value| value * value).sum();
        let pivot = rest[row] - square;
        // a pivot that is NaN is refused too
        if pivot.is_nan() || pivot <= rest[row].abs() * 1e-14 {
            return None;
        }
        rest[row] = pivot.sqrt();
    }
    for row in 0..size {
        let factor = &matrix[row * size..row * size + row + 1];
        let dot: f64 = factor[..row].iter().zip(&*right).map(|(a, b)| a * b).sum();
        right[row] = (right[row] - dot) / factor[row];
    }
    for row in (0..size).rev() {
        let below: f64 = (row + 1..size).map(|k| matrix[k * size + row] * right[k]).sum();
        right[row] = (right[row] - below) / matrix[row * size + row];
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_system_has_its_known_solution() {
        let mut matrix = vec![4.0, 0.0, 0.0, 2.0, 5.0, 0.0, 0.0, 1.0, 3.0];
        // x = (1, -2, 3)
        let mut right = vec![0.0, -5.0, 7.0];
        solve_in_place(&mut matrix, &mut right).expect("positive definite");
        for (found, known) in right.iter().zip([1.0, -2.0, 3.0]) {
            assert!((found - known).abs() < 1e-12, "{right:?}");
        }
    }

    #[test]
    fn a_singular_system_is_refused() {
        let mut matrix = vec![1.0, 1.0, 1.0, 1.0];
        assert_eq!(solve_in_place(&mut matrix, &mut [1.0, 1.0]), None);
    }
}
