//! The parts that an upload holds, as an append-only file: `<id>.parts` beside `<id>.data`.
//!
//! A header names the object and the plan; then come records of 48 bytes, each synced before the
//! part is acknowledged: part number, flags, digest and a check over these. A part that is about to
//! be overwritten gets a record that withdraws it first. A torn record at the end, left by a power
//! cut, is ignored: it was never acknowledged.

use std::{collections::BTreeMap, os::fd::OwnedFd};

use bytes::Bytes;
use fardel_domain::{
    checksum::Sha256,
    object_store::{ObjectKey, StoreError},
    part_plan::{PartNumber, PartPlan},
};

use super::{
    disk::{self, store_error},
    layout::Layout,
};

const MAGIC: &[u8; 8] = b"FARDELP1";
const HEADER_LEN: usize = 256;
const KEY_AT: usize = 32;
const RECORD_LEN: usize = 48;
const HELD: u32 = 1;
const WITHDRAWN: u32 = 2;

/// The journal of one upload, open.
#[derive(Debug)]
pub(super) struct Journal {
    file: OwnedFd,
    end: u64,
    parts: BTreeMap<PartNumber, Sha256>,
}

impl Journal {
    /// Makes the journal of a new upload and syncs it.
    pub fn create(layout: &Layout, name: &str, key: &ObjectKey, plan: &PartPlan) -> Result<Self, StoreError> {
        let failed = store_error("beginning an upload in parts");
        let mut header = [0; HEADER_LEN];
        header[..8].copy_from_slice(MAGIC);
        header[8..16].copy_from_slice(&plan.size().to_le_bytes());
        header[16..24].copy_from_slice(&plan.part_size().to_le_bytes());
        header[24..32].copy_from_slice(&(key.as_str().len() as u64).to_le_bytes());
        header[KEY_AT..KEY_AT + key.as_str().len()].copy_from_slice(key.as_str().as_bytes());
        let file = disk::create_file(layout.multipart(), name).map_err(&failed)?;
        disk::write_all(&file, &[Bytes::copy_from_slice(&header)], 0).map_err(&failed)?;
        layout.sync_data(&file).map_err(&failed)?;
        Ok(Self { file, end: HEADER_LEN as u64, parts: BTreeMap::new() })
    }

    /// Opens the journal of an upload to `key` that was begun before; `None` when there is none.
    pub fn open(layout: &Layout, name: &str, key: &ObjectKey) -> Result<Option<(Self, PartPlan)>, StoreError> {
        let failed = store_error("opening an upload in parts");
        let (file, len) = match disk::open_file_to_write(layout.multipart(), name) {
            Ok(opened) => opened,
            Err(rustix::io::Errno::NOENT) => return Ok(None),
            Err(other) => return Err(failed(other)),
        };
        let bytes = disk::read_at(&file, usize::try_from(len).unwrap_or(0), 0).map_err(&failed)?;
        let Some((header, records)) = bytes.split_at_checked(HEADER_LEN) else { return Ok(None) };
        let field = |at: usize| header[at..at + 8].try_into().map_or(0, u64::from_le_bytes);
        let plan = PartPlan::for_size(field(8));
        let key_end = KEY_AT.saturating_add(usize::try_from(field(24)).unwrap_or(usize::MAX));
        let same = header.starts_with(MAGIC)
            && header.get(KEY_AT..key_end) == Some(key.as_str().as_bytes())
            && plan.part_size() == field(16);
        if !same {
            return Ok(None);
        }
        let mut parts = BTreeMap::new();
        let mut end = HEADER_LEN as u64;
        for record in records.chunks(RECORD_LEN) {
            let Some((number, state, digest)) = decode(record) else { break };
            if state == HELD {
                parts.insert(number, digest);
            } else {
                parts.remove(&number);
            }
            end += RECORD_LEN as u64;
        }
        Ok(Some((Self { file, end, parts }, plan)))
    }

    /// The digests of the parts that are held, by number.
    pub fn parts(&self) -> &BTreeMap<PartNumber, Sha256> {
        &self.parts
    }

    /// Notes that the bytes of a part are on the disk and have this digest.
    pub fn hold(&mut self, layout: &Layout, number: PartNumber, digest: Sha256) -> Result<(), StoreError> {
        self.append(layout, number, HELD, digest)?;
        self.parts.insert(number, digest);
        Ok(())
    }

    /// Notes that the bytes of a part are about to change.
    pub fn withdraw(&mut self, layout: &Layout, number: PartNumber) -> Result<(), StoreError> {
        if let Some(&digest) = self.parts.get(&number) {
            self.append(layout, number, WITHDRAWN, digest)?;
            self.parts.remove(&number);
        }
        Ok(())
    }

    fn append(&mut self, layout: &Layout, number: PartNumber, state: u32, digest: Sha256) -> Result<(), StoreError> {
        let failed = store_error("noting a part");
        disk::write_all(&self.file, &[Bytes::copy_from_slice(&encode(number, state, digest))], self.end)
            .map_err(&failed)?;
        layout.sync_data(&self.file).map_err(&failed)?;
        self.end += RECORD_LEN as u64;
        Ok(())
    }
}

fn encode(number: PartNumber, state: u32, digest: Sha256) -> [u8; RECORD_LEN] {
    let mut record = [0; RECORD_LEN];
    record[..4].copy_from_slice(&number.get().to_le_bytes());
    record[4..8].copy_from_slice(&state.to_le_bytes());
    record[8..40].copy_from_slice(digest.as_bytes());
    let check = Sha256::of(&record[..40]);
    record[40..].copy_from_slice(&check.as_bytes()[..8]);
    record
}

fn decode(record: &[u8]) -> Option<(PartNumber, u32, Sha256)> {
    let (fields, check) = record.split_at_checked(40).filter(|(_, check)| check.len() == 8)?;
    (Sha256::of(fields).as_bytes()[..8] == *check).then_some(())?;
    let number = u32::from_le_bytes(fields[..4].try_into().ok()?);
    let state = u32::from_le_bytes(fields[4..8].try_into().ok()?);
    let digest: [u8; 32] = fields[8..].try_into().ok()?;
    Some((PartNumber::try_from(number).ok()?, state, Sha256::from(digest)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local::Durability;

    #[test]
    fn parts_survive_a_restart_and_a_torn_record_does_not_count() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::open(folder.path(), Durability::Full, 0).unwrap();
        let key = ObjectKey::parse("a/b").unwrap();
        let plan = PartPlan::for_size(200_000_000);
        let number = |n| PartNumber::try_from(n).unwrap();
        let mut journal = Journal::create(&layout, "u.parts", &key, &plan).unwrap();
        journal.hold(&layout, number(2), Sha256::of(b"2")).unwrap();
        journal.hold(&layout, number(1), Sha256::of(b"1")).unwrap();
        journal.withdraw(&layout, number(2)).unwrap();
        let torn = encode(number(3), HELD, Sha256::of(b"3"));
        disk::write_all(&journal.file, &[Bytes::copy_from_slice(&torn[..47])], journal.end).unwrap();

        let (again, found) = Journal::open(&layout, "u.parts", &key).unwrap().unwrap();
        assert_eq!(found, plan);
        assert_eq!(again.parts().iter().collect::<Vec<_>>(), [(&number(1), &Sha256::of(b"1"))]);
        assert_eq!(again.end, journal.end);
        assert!(Journal::open(&layout, "u.parts", &ObjectKey::parse("a/c").unwrap()).unwrap().is_none());
        assert!(Journal::open(&layout, "v.parts", &key).unwrap().is_none());
    }
}
