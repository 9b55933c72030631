//! How a content is cut into parts: a pure function of its size, the same here and in every client.

use serde::{Deserialize, Serialize};

/// Contents up to this many bytes go in one request.
pub const SINGLE_PUT_MAX: u64 = 100_000_000;
/// The smallest part in bytes.
pub const PART_SIZE_MIN: u64 = 16 << 20;
/// The part size in bytes that is kept while it needs no more than [`PART_COUNT_MAX`] parts.
pub const PART_SIZE_PREFERRED_MAX: u64 = 64 << 20;
/// More parts than this are avoided by larger parts, up to [`PART_SIZE_PREFERRED_MAX`].
pub const PART_COUNT_PREFERRED_MAX: u64 = 1_000;
/// S3's limit on the parts of one upload.
pub const PART_COUNT_MAX: u64 = 10_000;

/// The parts of a content: all of `part_size` bytes but the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartPlan {
    size: u64,
    part_size: u64,
}

/// The number of a part, from 1 to [`PART_COUNT_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "u32", into = "u32")]
#[schema(value_type = u32, minimum = 1, maximum = 10000)]
pub struct PartNumber(u32);

impl PartPlan {
    /// The plan for `size` bytes. Part size: the whole up to 100 MB; else 16 MiB, doubled up to
    /// 64 MiB while there would be more than 1,000 parts, then doubled while more than 10,000.
    pub fn for_size(size: u64) -> Self {
        if size <= SINGLE_PUT_MAX {
            return Self { size, part_size: size.max(1) };
        }
        let mut part_size = PART_SIZE_MIN;
        while part_size < PART_SIZE_PREFERRED_MAX && size.div_ceil(part_size) > PART_COUNT_PREFERRED_MAX {
            part_size *= 2;
        }
        while size.div_ceil(part_size) > PART_COUNT_MAX {
            part_size *= 2;
        }
        Self { size, part_size }
    }

    /// Bytes of the whole content.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Bytes of every part but the last.
    pub const fn part_size(&self) -> u64 {
        self.part_size
    }

    /// How many parts there are; an empty content has one empty part.
    pub fn part_count(&self) -> u32 {
        u32::try_from(self.size.div_ceil(self.part_size).max(1)).expect("a plan has at most 10,000 parts")
    }

    /// Whether the content goes in more than one request.
    pub fn is_multipart(&self) -> bool {
        self.part_count() > 1
    }

    /// Every part number of the plan, in order.
    pub fn numbers(&self) -> impl Iterator<Item = PartNumber> + use<> {
        (1..=self.part_count()).map(PartNumber)
    }

    /// The byte offset at which part `number` begins.
    pub fn offset(&self, number: PartNumber) -> u64 {
        u64::from(number.0 - 1) * self.part_size
    }

    /// Bytes of part `number`; `None` when the plan has no such part.
    pub fn length(&self, number: PartNumber) -> Option<u64> {
        (number.0 <= self.part_count()).then(|| (self.size - self.offset(number)).min(self.part_size))
    }
}

impl PartNumber {
    /// The number as S3 counts, from 1.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The position in a list of parts, from 0.
    pub const fn index(self) -> usize {
        self.0 as usize - 1
    }
}

impl TryFrom<u32> for PartNumber {
    type Error = &'static str;

    fn try_from(number: u32) -> Result<Self, Self::Error> {
        if number >= 1 && u64::from(number) <= PART_COUNT_MAX {
            Ok(Self(number))
        } else {
            Err("a part number is between 1 and 10,000")
        }
    }
}

impl From<PartNumber> for u32 {
    fn from(number: PartNumber) -> Self {
        number.0
    }
}

impl std::fmt::Display for PartNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn part_sizes_follow_the_contract() {
        let part_size = |size| PartPlan::for_size(size).part_size();
        assert!(!PartPlan::for_size(100_000_000).is_multipart());
        assert_eq!(part_size(100_000_001), 16 << 20);
        assert_eq!(part_size(1_000 * (16 << 20)), 16 << 20);
        assert_eq!(part_size(1_000 * (16 << 20) + 1), 32 << 20);
        assert_eq!(part_size(10_000 * (64 << 20)), 64 << 20);
        assert_eq!(part_size(10_000 * (64 << 20) + 1), 128 << 20);
        assert_eq!(PartPlan::for_size(0).part_count(), 1);
    }

    proptest! {
        #[test]
        fn parts_cover_the_content_exactly(size in 0u64..=5 << 40) {
            let plan = PartPlan::for_size(size);
            let lengths: Vec<_> = plan.numbers().map(|n| plan.length(n).unwrap()).collect();
            prop_assert_eq!(lengths.iter().sum::<u64>(), size);
            prop_assert!(lengths.len() as u64 <= PART_COUNT_MAX);
            prop_assert!(lengths.iter().rev().skip(1).all(|&length| length == plan.part_size()));
            prop_assert_eq!(plan.length(PartNumber(plan.part_count() + 1)), None);
        }
    }
}
