//! Signatures: a text file of ours, one a line.
//!
//! ```text
//! # name        how      what
//! Bad.Thing     sha256   2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824
//! Other.Thing   bytes    4d5a9000        (anywhere in the file)
//! Third.Thing   bytes    0:4d5a9000      (at that place)
//! ```

use std::collections::HashMap;

use aho_corasick::{AhoCorasick, MatchKind};

use super::Risk;

/// A compiled set of signatures.
#[derive(Debug)]
pub struct Signatures {
    patterns: AhoCorasick,
    meanings: Vec<Meaning>,
    hashes: HashMap<[u8; 32], String>,
    longest: usize,
}

/// A line of a signature file that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("line {line} of the signature file: {reason}")]
pub struct SignatureError {
    /// Counted from 1; 0 for the set as a whole.
    pub line: usize,
    /// What is wrong with it.
    pub reason: String,
}

#[derive(Debug)]
struct Meaning {
    /// The place where alone it counts.
    at: Option<u64>,
    /// What the file must begin with for it to count.
    within: &'static [u8],
    says: Says,
}

#[derive(Debug)]
enum Says {
    Infected(String),
    Risk(Risk),
}

/// A pattern that was met.
pub(super) enum Found<'a> {
    Infected(&'a str),
    Risk(Risk),
}

/// Patterns are at most this long, so that little is kept between two pieces of a file.
const LONGEST: usize = 4096;
const SHORTEST: usize = 2;

impl Default for Signatures {
    /// The EICAR test file, and the marks of macros.
    fn default() -> Self {
        #[expect(clippy::unwrap_used, reason = "an empty file has no bad line")]
        Self::parse("").unwrap()
    }
}

impl Signatures {
    /// Reads a signature file; the built-in ones are always added.
    pub fn parse(text: &str) -> Result<Self, SignatureError> {
        const ZIP: &[u8] = b"PK\x03\x04";
        const OLE: &[u8] = b"\xd0\xcf\x11\xe0";
        let infected = |name: &str| Says::Infected(name.to_owned());
        let macros = |within| Meaning { at: None, within, says: Says::Risk(Risk::Macro) };

        let mut patterns: Vec<Vec<u8>> = vec![eicar(), b"vbaProject.bin".to_vec(), wide("_VBA_PROJECT")];
        let mut meanings =
            vec![Meaning { at: None, within: b"", says: infected("EICAR-Test-File") }, macros(ZIP), macros(OLE)];
        let mut hashes = HashMap::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            let failed = |reason: &str| SignatureError { line: number + 1, reason: reason.to_owned() };
            let [name, how, what] = line.split_whitespace().collect::<Vec<_>>()[..] else {
                return Err(failed("expected a name, `sha256` or `bytes`, and a value"));
            };
            match how {
                "sha256" => {
                    let hash = bytes(what).and_then(|bytes| bytes.try_into().ok());
                    hashes.insert(hash.ok_or_else(|| failed("a SHA-256 has 64 hex digits"))?, name.to_owned());
                }
                "bytes" => {
                    let (at, what) = match what.split_once(':') {
                        Some((at, what)) => (Some(at.parse().map_err(|_| failed("the place is not a number"))?), what),
                        None => (None, what),
                    };
                    let pattern = bytes(what).filter(|pattern| (SHORTEST..=LONGEST).contains(&pattern.len()));
                    patterns.push(pattern.ok_or_else(|| failed("expected 2 to 4,096 bytes in hex digits"))?);
                    meanings.push(Meaning { at, within: b"", says: infected(name) });
                }
                _ => return Err(failed("the second word is `sha256` or `bytes`")),
            }
        }
        let longest = patterns.iter().map(Vec::len).max().unwrap_or(0);
        let patterns = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .build(patterns)
            .map_err(|error| SignatureError { line: 0, reason: error.to_string() })?;
        Ok(Self { patterns, meanings, hashes, longest })
    }

    pub(super) fn count(&self) -> usize {
        let infections = self.meanings.iter().filter(|meaning| matches!(meaning.says, Says::Infected(_))).count();
        infections + self.hashes.len()
    }

    pub(super) fn longest(&self) -> usize {
        self.longest
    }

    pub(super) fn by_hash(&self, digest: &[u8]) -> Option<&str> {
        self.hashes.get(digest).map(String::as_str)
    }

    /// Patterns in a window of a file that begins at `offset`; `head` tells what the file begins with.
    pub(super) fn search(&self, window: &[u8], offset: u64, head: &[u8]) -> impl Iterator<Item = Found<'_>> {
        self.patterns.find_overlapping_iter(window).filter_map(move |found| {
            let meaning = self.meanings.get(found.pattern().as_usize())?;
            let place = offset + found.start() as u64;
            if meaning.at.is_some_and(|at| at != place) || !head.starts_with(meaning.within) {
                return None;
            }
            Some(match &meaning.says {
                Says::Infected(name) => Found::Infected(name),
                Says::Risk(risk) => Found::Risk(*risk),
            })
        })
    }
}

/// The test file that every scanner knows, put together here so that no scanner finds it in this program.
pub(super) fn eicar() -> Vec<u8> {
    ["X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-", "STANDARD-ANTIVIRUS-TEST-", "FILE!$H+H*"].concat().into_bytes()
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    if hex.is_empty() || !hex.len().is_multiple_of(2) || !hex.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_line_is_named() {
        let line = |text: &str| Signatures::parse(text).unwrap_err().line;
        assert_eq!(line("# fine\nName bytes xyz"), 2);
        assert_eq!(line("Name md5 00"), 1);
        assert_eq!(line("Name sha256 00"), 1);
        assert_eq!(line("Name bytes"), 1);
    }
}
