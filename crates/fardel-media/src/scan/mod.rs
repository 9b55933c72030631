//! The built-in scanner: patterns and hashes, in one pass over the bytes, with constant memory. It parses nothing, so it
//! runs in the server's own process; what it cannot see (inside archives, packed programs) is clamd's work.

mod risk;
mod signatures;

pub use risk::Risk;
pub use signatures::{SignatureError, Signatures};

use std::collections::BTreeSet;
use std::sync::Arc;

use aws_lc_rs::digest::{Context, SHA256};

/// The scanner with its signatures; cheap to clone.
#[derive(Debug, Clone)]
pub struct BuiltIn {
    signatures: Arc<Signatures>,
}

/// What a scan found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Finding {
    /// The name of the first signature that matched.
    pub infected: Option<String>,
    /// Kinds of content that can do harm when opened. Not an infection: for policies and for people.
    pub risks: BTreeSet<Risk>,
}

impl BuiltIn {
    /// A scanner by these signatures; the EICAR test file is always among them.
    pub fn new(signatures: Signatures) -> Self {
        Self { signatures: Arc::new(signatures) }
    }

    /// What to show beside a verdict: the scanner and its set of signatures.
    pub fn version(&self) -> String {
        format!("fardel-builtin/{} {} signatures", env!("CARGO_PKG_VERSION"), self.signatures.count())
    }

    /// Begins to scan one file. `extension` is its name's, without the dot.
    pub fn start(&self, extension: &str) -> Scan {
        Scan {
            signatures: Arc::clone(&self.signatures),
            hash: Context::new(&SHA256),
            head: Vec::new(),
            window: Vec::new(),
            offset: 0,
            finding: Finding { infected: None, risks: Risk::of_extension(extension).into_iter().collect() },
        }
    }
}

/// A scan under way.
pub struct Scan {
    signatures: Arc<Signatures>,
    hash: Context,
    /// The first bytes of the file.
    head: Vec<u8>,
    /// The end of what came, as long as a pattern may still begin in it, and then what comes next.
    window: Vec<u8>,
    /// Where the window begins in the file.
    offset: u64,
    finding: Finding,
}

impl Scan {
    /// Takes the next bytes of the file.
    pub fn update(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
        if self.head.len() < Risk::HEAD {
            let missing = Risk::HEAD - self.head.len();
            self.head.extend_from_slice(&bytes[..missing.min(bytes.len())]);
            self.finding.risks.extend(Risk::of_head(&self.head));
        }
        for piece in bytes.chunks(64 << 10) {
            self.window.extend_from_slice(piece);
            self.search();
            let done = self.window.len().saturating_sub(self.signatures.longest() - 1);
            self.window.drain(..done);
            self.offset += done as u64;
        }
    }

    /// The verdict, after the last byte.
    pub fn finish(mut self) -> Finding {
        if self.finding.infected.is_none() {
            let digest = self.hash.finish();
            self.finding.infected = self.signatures.by_hash(digest.as_ref()).map(str::to_owned);
        }
        self.finding
    }

    fn search(&mut self) {
        for found in self.signatures.search(&self.window, self.offset, &self.head) {
            match found {
                signatures::Found::Infected(name) => {
                    self.finding.infected.get_or_insert_with(|| name.to_owned());
                }
                signatures::Found::Risk(risk) => {
                    self.finding.risks.insert(risk);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scanned(scanner: &BuiltIn, extension: &str, bytes: &[u8], piece: usize) -> Finding {
        let mut scan = scanner.start(extension);
        for piece in bytes.chunks(piece) {
            scan.update(piece);
        }
        scan.finish()
    }

    fn eicar() -> Vec<u8> {
        signatures::eicar()
    }

    #[test]
    fn the_test_virus_is_found_whatever_the_pieces_are() {
        let scanner = BuiltIn::new(Signatures::default());
        let mut padded = vec![b' '; 200_000];
        padded.extend(eicar());
        padded.extend(vec![b' '; 100_000]);
        for piece in [1, 7, 67, 68, 4096, 1 << 20] {
            assert_eq!(scanned(&scanner, "txt", &eicar(), piece).infected.as_deref(), Some("EICAR-Test-File"));
            if piece > 1 {
                assert!(scanned(&scanner, "txt", &padded, piece).infected.is_some(), "{piece}");
            }
        }
        assert_eq!(scanned(&scanner, "txt", &eicar()[..67], 10), Finding::default());
    }

    #[test]
    fn signatures_of_a_file_match_by_bytes_place_and_hash() {
        let text = "# ours\nBad.Bytes bytes deadbeef\nBad.Start bytes 0:cafe\n\
                    Bad.Hash sha256 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\n";
        let scanner = BuiltIn::new(Signatures::parse(text).unwrap());
        let found = |bytes: &[u8]| scanned(&scanner, "", bytes, 3).infected;
        assert_eq!(found(b"xx\xde\xad\xbe\xefxx").as_deref(), Some("Bad.Bytes"));
        assert_eq!(found(b"\xca\xfexx").as_deref(), Some("Bad.Start"));
        assert_eq!(found(b"x\xca\xfexx"), None);
        assert_eq!(found(b"hello").as_deref(), Some("Bad.Hash"));
    }

    #[test]
    fn risky_kinds_are_flagged_by_content_and_by_name() {
        let scanner = BuiltIn::new(Signatures::default());
        let risks = |extension: &str, bytes: &[u8]| scanned(&scanner, extension, bytes, 5).risks;
        assert!(risks("jpg", b"MZ\x90\0 program").contains(&Risk::Executable));
        assert!(risks("", b"\x7fELF\x02\x01").contains(&Risk::Executable));
        assert!(risks("txt", b"#!/bin/sh\nrm").contains(&Risk::Script));
        assert!(risks("ps1", b"Write-Host").contains(&Risk::Script));
        assert!(risks("docx", b"PK\x03\x04....word/vbaProject.bin....").contains(&Risk::Macro));
        assert!(risks("doc", b"\xd0\xcf\x11\xe0..._\0V\0B\0A\0_\0P\0R\0O\0J\0E\0C\0T\0").contains(&Risk::Macro));
        assert!(risks("txt", b"about word/vbaProject.bin").is_empty());
        assert!(risks("txt", b"hello").is_empty());
    }

    #[test]
    fn memory_stays_constant() {
        let scanner = BuiltIn::new(Signatures::default());
        let mut scan = scanner.start("");
        for _ in 0..200 {
            scan.update(&vec![0; 100_000]);
        }
        assert!(scan.window.capacity() < 1 << 20);
    }
}
