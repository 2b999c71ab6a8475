//! One target for some seconds: the corpus first, then mutations of it, until the time is over or an input breaks the target.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::corpus;
use crate::mutation::mutated;
use crate::targets::{Ground, Target};
use crate::trial::{Trial, watch_for_panics};

/// The inputs of one target.
pub struct Campaign<'a> {
    /// What reads the inputs.
    pub target: &'a Target,
    /// The checkout.
    pub root: &'a Path,
    /// Seed of the mutations.
    pub seed: u64,
    /// How long it lasts.
    pub duration: Duration,
}

impl Campaign<'_> {
    /// Tries inputs until the time is over, or until one breaks the target; whether none did.
    pub fn run(&self, ground: &Ground) -> Result<bool> {
        let seeds = corpus::load(self.root, self.target.seeds)?;
        let panics = watch_for_panics();
        let mut reader =
            (self.target.open)(ground).with_context(|| format!("target {} does not start", self.target.name))?;
        let trial = Trial::new(self.target, &self.root.join("fuzz/found"), panics);
        let mut random = StdRng::seed_from_u64(self.seed);
        let end = Instant::now() + self.duration;
        let (mut inputs, mut slowest) = (0u64, Duration::ZERO);
        let mut known = seeds.iter();
        while Instant::now() < end || known.len() > 0 {
            let input = match known.next() {
                Some(seed) => seed.clone(),
                None => mutated(&seeds, &mut random),
            };
            match trial.run(reader.as_mut(), &input) {
                Ok(took) => slowest = slowest.max(took),
                Err(broken) => {
                    let file = self.keep(&input)?;
                    println!("{:<12} BROKEN by {}: {broken}", self.target.name, file.display());
                    return Ok(false);
                }
            }
            inputs += 1;
        }
        let (name, peak_mib) = (self.target.name, trial.peak_bytes() >> 20);
        println!(
            "{name:<12} {inputs:>9} inputs from {} seeds, slowest {slowest:.0?}, peak {peak_mib} MiB",
            seeds.len()
        );
        Ok(true)
    }

    /// Writes an input where a person finds it and can add it to the corpus.
    fn keep(&self, input: &[u8]) -> Result<PathBuf> {
        let folder = self.root.join("fuzz/found");
        fs::create_dir_all(&folder)?;
        let file = folder.join(format!("{}-{}.bin", self.target.name, flts::forecast::sha256_hex(input)));
        fs::write(&file, input).with_context(|| format!("cannot write {}", file.display()))?;
        Ok(file)
    }
}
