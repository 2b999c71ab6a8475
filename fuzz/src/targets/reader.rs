//! What a target gives its inputs to.

/// Reads inputs, one after another.
pub trait Reader {
    /// Reads one.
    ///
    /// # Errors
    /// What is wrong with how it was read. An input that was refused in a sentence is no error.
    fn read(&mut self, input: &[u8]) -> Result<(), String>;

    /// The process that reads, if it is another one.
    fn process(&self) -> Option<u32> {
        None
    }
}
