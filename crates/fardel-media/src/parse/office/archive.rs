//! A ZIP file that may be a bomb: few entries are named, each is read up to a limit, and all together are.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek as _, SeekFrom};
use std::rc::Rc;

use zip::ZipArchive;
use zip::result::ZipError;

use super::super::Input;
use crate::report::Refusal;

/// Entries of a file at most; the largest real documents have a few thousand.
const ENTRIES: u64 = 20_000;
/// Bytes decompressed of one entry.
const ENTRY: u64 = 64 << 20;
/// Bytes decompressed of one file.
const TOTAL: u64 = 192 << 20;
/// Above this size an entry may not be more than [`RATIO`] times its compressed size. Deflate reaches 1,032.
const RATIO_FROM: u64 = 4 << 20;
const RATIO: u64 = 200;

/// An opened archive.
pub(super) struct Archive<'a> {
    zip: ZipArchive<BufReader<&'a File>>,
    left: Rc<Cell<u64>>,
}

impl<'a> Archive<'a> {
    pub(super) fn open(input: &'a Input) -> Result<Self, Refusal> {
        let entries = announced_entries(input)?;
        if entries > ENTRIES {
            return Err(Refusal::too_large(format!(
                "The archive has {entries} entries; documents are read up to {ENTRIES}."
            )));
        }
        let zip = ZipArchive::new(input.reader()?).map_err(refusal)?;
        Ok(Self { zip, left: Rc::new(Cell::new(TOTAL)) })
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.zip.index_for_name(name).is_some()
    }

    /// The names of all entries that are valid text.
    pub(super) fn names(&self) -> Vec<String> {
        self.zip.file_names().filter_map(Result::ok).map(std::borrow::Cow::into_owned).collect()
    }

    /// An entry as a stream that fails as soon as it grows beyond what is granted.
    pub(super) fn entry(&mut self, name: &str) -> Result<Option<BufReader<Bounded<impl Read + use<'_, 'a>>>>, Refusal> {
        if !self.has(name) {
            return Ok(None);
        }
        let entry = self.zip.by_name(name).map_err(refusal)?;
        let compressed = entry.compressed_size();
        Ok(Some(BufReader::new(Bounded { entry, compressed, read: 0, left: Rc::clone(&self.left) })))
    }

    /// A small entry whole; what is over `limit` bytes is refused.
    pub(super) fn bytes(&mut self, name: &str, limit: u64) -> Result<Option<Vec<u8>>, Refusal> {
        let Some(entry) = self.entry(name)? else { return Ok(None) };
        let mut bytes = Vec::new();
        entry.take(limit + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > limit {
            return Err(bomb(name));
        }
        Ok(Some(bytes))
    }
}

/// A reader of one entry that counts.
pub(super) struct Bounded<R> {
    entry: R,
    compressed: u64,
    read: u64,
    left: Rc<Cell<u64>>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.entry.read(buffer)?;
        self.read += count as u64;
        let left = self.left.get().checked_sub(count as u64);
        let swollen = self.read > RATIO_FROM && self.read > self.compressed.saturating_mul(RATIO);
        match left {
            Some(left) if self.read <= ENTRY && !swollen => self.left.set(left),
            _ => {
                return Err(io::Error::new(
                    io::ErrorKind::FileTooLarge,
                    "The document unpacks to far more than it is.",
                ));
            }
        }
        Ok(count)
    }
}

fn bomb(name: &str) -> Refusal {
    let name: String = name.chars().take(80).collect();
    Refusal::too_large(format!("The part {name} unpacks to far more than it should."))
}

fn refusal(error: ZipError) -> Refusal {
    match error {
        ZipError::Io(error) => error.into(),
        ZipError::UnsupportedArchive(reason) if reason == ZipError::PASSWORD_REQUIRED => {
            Refusal::encrypted("The document asks for a password.")
        }
        other => Refusal::malformed(format!("The archive cannot be read: {other}")),
    }
}

/// How many entries the end of the file announces (APPNOTE 4.3.14 to 16), before room for them is made.
fn announced_entries(input: &Input) -> Result<u64, Refusal> {
    const END: &[u8] = b"PK\x05\x06";
    const END64: &[u8] = b"PK\x06\x06";
    let mut file = &input.file;
    file.seek(SeekFrom::Start(input.length.saturating_sub(66 << 10)))?;
    let mut tail = Vec::new();
    file.take(66 << 10).read_to_end(&mut tail)?;
    let last = |mark: &[u8]| tail.windows(4).rposition(|window| window == mark);

    let Some(end) = last(END) else { return Err(Refusal::malformed("The archive ends too early.")) };
    let short = tail.get(end + 10..end + 12).map_or(0, |count| u64::from(u16::from_le_bytes([count[0], count[1]])));
    let long = last(END64).and_then(|at| tail.get(at + 32..)?.first_chunk::<8>().copied()).map(u64::from_le_bytes);
    Ok(long.unwrap_or(0).max(short))
}
