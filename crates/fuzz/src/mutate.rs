//! Changes to files, from the smallest to those that no longer look like one.

/// xorshift64*: small, and the same everywhere.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn number(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// Less than `most`, which is more than 0.
    pub fn below(&mut self, most: usize) -> usize {
        (self.number() % most.max(1) as u64) as usize
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.number().is_multiple_of(n)
    }
}

/// No input grows further: readers have their own limits, and beyond them nothing new is found.
const LONGEST: usize = 4 * 1024 * 1024;

/// A file of the corpus after a few changes.
pub fn changed(corpus: &[Vec<u8>], words: &[&[u8]], random: &mut Random) -> Vec<u8> {
    // What is large takes its time: mostly the others are changed.
    let mut pick = random.below(corpus.len());
    for _ in 0..12 {
        if corpus[pick].len() < 100_000 {
            break;
        }
        pick = random.below(corpus.len());
    }
    let mut input = corpus[pick].clone();
    let most = if random.one_in(8) { 40 } else { 6 };
    let changes = 1 + random.below(most);
    for _ in 0..changes {
        change(&mut input, corpus, words, random);
        input.truncate(LONGEST);
    }
    input
}

fn change(input: &mut Vec<u8>, corpus: &[Vec<u8>], words: &[&[u8]], random: &mut Random) {
    let at = random.below(input.len() + 1);
    let most = if random.one_in(4) { 4_096 } else { 32 };
    let length = 1 + random.below(most);
    let end = (at + length).min(input.len());
    match random.below(14) {
        0 if at < input.len() => input[at] ^= 1 << random.below(8),
        1 if at < input.len() => input[at] = random.number() as u8,
        2 => drop(input.drain(at..end)),
        3 => {
            let piece = input[at..end].to_vec();
            insert(input, at, &piece);
        }
        // The same again and again: what grows with the square shows here.
        4 => {
            let piece = input[at..end].to_vec();
            let most = if random.one_in(16) { 14 } else { 6 };
            let times = 1 << random.below(most);
            let piece = piece.repeat(times.min(LONGEST / piece.len().max(1)));
            insert(input, at, &piece);
        }
        5 | 6 if !words.is_empty() => insert(input, at, words[random.below(words.len())]),
        7 if !words.is_empty() => {
            let word = words[random.below(words.len())];
            let end = (at + word.len()).min(input.len());
            input.splice(at..end, word.iter().copied());
        }
        8 => {
            let other = &corpus[random.below(corpus.len())];
            let from = random.below(other.len() + 1);
            let to = (from + length).min(other.len());
            insert(input, at, &other[from..to]);
        }
        9 => input.truncate(at),
        10 => number(input, at, random),
        // Two pieces change places.
        11 => {
            let other = random.below(input.len() + 1);
            let length = length.min(at.abs_diff(other)).min(input.len().saturating_sub(at.max(other)));
            for n in 0..length {
                input.swap(at + n, other + n);
            }
        }
        12 => {
            let other = &corpus[random.below(corpus.len())];
            input.truncate(at);
            input.extend_from_slice(&other[random.below(other.len() + 1)..]);
        }
        _ => {
            let byte = [0, b' ', b'"', b'<', b'&', b';', b'\n', 0xff][random.below(8)];
            let times = 1 + random.below(length);
            insert(input, at, &vec![byte; times]);
        }
    }
}

fn insert(input: &mut Vec<u8>, at: usize, piece: &[u8]) {
    if input.len() + piece.len() <= LONGEST {
        input.splice(at..at, piece.iter().copied());
    }
}

/// The next number becomes another one: lengths, places and sizes are where readers trust a file.
fn number(input: &mut Vec<u8>, at: usize, random: &mut Random) {
    const NUMBERS: [&str; 12] = [
        "0",
        "-1",
        "1",
        "255",
        "65536",
        "2147483647",
        "4294967295",
        "9223372036854775807",
        "99999999999999999999",
        "1e9",
        "-0.5",
        "00",
    ];
    let Some(start) = input[at..].iter().position(u8::is_ascii_digit).map(|n| at + n) else { return };
    let end = input[start..].iter().position(|b| !b.is_ascii_digit()).map_or(input.len(), |n| start + n);
    let other = NUMBERS[random.below(NUMBERS.len())];
    input.splice(start..end, other.bytes());
}
