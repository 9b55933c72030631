//! Bytes to send: incompressible, and different in every round, so that nothing is known already.

use fardel_domain::{
    checksum::Sha256,
    part_plan::{PartNumber, PartPlan},
};

/// A content in memory with the digests of its parts.
pub struct Content {
    plan: PartPlan,
    bytes: Vec<u8>,
    digests: Vec<Sha256>,
}

impl Content {
    /// `size` bytes that depend on `seed` in every part.
    pub fn new(size: u64, seed: u64) -> Self {
        let plan = PartPlan::for_size(size);
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default() + 8);
        while (bytes.len() as u64) < size {
            // xorshift64
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            bytes.extend_from_slice(&state.to_le_bytes());
        }
        bytes.truncate(usize::try_from(size).unwrap_or_default());
        let mut content = Self { plan, bytes, digests: Vec::new() };
        content.reseed(seed);
        content
    }

    /// Makes it another content of the same size.
    pub fn reseed(&mut self, seed: u64) {
        let part_size = usize::try_from(self.plan.part_size()).unwrap_or(usize::MAX);
        for part in self.bytes.chunks_mut(part_size) {
            let stamp = seed.to_le_bytes();
            let length = part.len().min(stamp.len());
            part[..length].copy_from_slice(&stamp[..length]);
        }
        self.digests = self.plan.numbers().map(|number| Sha256::of(self.part(number))).collect();
    }

    /// All bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes of one part.
    pub fn part(&self, number: PartNumber) -> &[u8] {
        let at = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(self.bytes.len());
        let start = self.plan.offset(number);
        &self.bytes[at(start)..at(start + self.plan.length(number).unwrap_or(0))]
    }

    /// The digests of the parts in order, in base64.
    pub fn digests(&self) -> Vec<String> {
        self.digests.iter().map(|digest| digest.to_base64()).collect()
    }

    /// How the content is cut.
    pub fn plan(&self) -> PartPlan {
        self.plan
    }
}
