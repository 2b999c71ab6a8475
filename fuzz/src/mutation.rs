//! New inputs from known ones: bits, bytes, numbers and words changed, parts removed, repeated, nested, or taken from another input.

use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;

/// The longest input, in bytes.
const INPUT_MAX_BYTES: usize = 1 << 20;
/// The most changes of one input.
const CHANGES_MAX: usize = 6;
/// How often a part is repeated at most.
const REPEATS_MAX: usize = 2_000;

/// Words with a meaning to some reader.
const WORDS: &[&[u8]] = &[
    b"null",
    b"true",
    b"NaN",
    b"-Infinity",
    b"1e400",
    b"-0",
    b"9223372036854775807",
    b"-9223372036854775809",
    b"18446744073709551616",
    b"0.1e-320",
    b"\"\"",
    b"{}",
    b"[]",
    b"[[[[",
    b"{\"a\":",
    b"\\ud800",
    b"\\u0000",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\x00",
    b"\r\n",
    b"\n",
    b",",
    b";",
    b"\t",
    b"|",
    b"\"",
    b"'",
    b"../../",
    b"%2e%2e%2f",
    b"content-length: 99999999999",
    b"transfer-encoding: chunked",
    b"9999-12-31T23:59:59Z",
    b"0000-01-01",
    b"-262144-01-01",
    b"1969-12-31 24:00:00",
    b"2024-02-30",
    b"<Key>",
    b"</Key>",
    b"<!DOCTYPE a [",
    b"&#x0;",
    b"&amp;",
    b"<![CDATA[",
    b"PAR1",
];

/// An input made from one of the seeds.
pub fn mutated(seeds: &[Vec<u8>], random: &mut StdRng) -> Vec<u8> {
    let mut input = seeds.choose(random).cloned().unwrap_or_default();
    for _ in 0..random.random_range(1..=CHANGES_MAX) {
        change(&mut input, seeds, random);
        input.truncate(INPUT_MAX_BYTES);
    }
    input
}

fn change(input: &mut Vec<u8>, seeds: &[Vec<u8>], random: &mut StdRng) {
    let at = random.random_range(0..=input.len());
    let part = at..(at + random.random_range(0..64)).min(input.len());
    match random.random_range(0..9) {
        0 => {
            if let Some(byte) = input.get_mut(at) {
                *byte ^= 1 << random.random_range(0..8);
            }
        }
        1 => {
            if let Some(byte) = input.get_mut(at) {
                *byte = random.random();
            }
        }
        2 => _ = input.drain(part),
        3 => {
            let word = WORDS.choose(random).copied().unwrap_or_default();
            input.splice(at..at, word.iter().copied());
        }
        4 => {
            let word = WORDS.choose(random).copied().unwrap_or_default();
            input.splice(part, word.iter().copied());
        }
        5 => {
            let repeated = input[part.clone()].repeat(random.random_range(1..REPEATS_MAX));
            input.splice(part, repeated);
        }
        6 => {
            let other = seeds.choose(random).map(Vec::as_slice).unwrap_or_default();
            let from = random.random_range(0..=other.len());
            input.truncate(at);
            input.extend_from_slice(&other[from..]);
        }
        7 => replace_number(input, at, random),
        _ => input.truncate(at),
    }
}

/// Puts another number in the place of the next run of digits.
fn replace_number(input: &mut Vec<u8>, at: usize, random: &mut StdRng) {
    let Some(start) = (at..input.len()).find(|&i| input[i].is_ascii_digit()) else { return };
    let end = (start..input.len()).find(|&i| !input[i].is_ascii_digit()).unwrap_or(input.len());
    let number = match random.random_range(0..3) {
        0 => random.random::<u64>().to_string(),
        1 => random.random_range(0..100).to_string(),
        _ => format!("{}e{}", random.random_range(0..10), random.random_range(0..400)),
    };
    input.splice(start..end, number.into_bytes());
}
