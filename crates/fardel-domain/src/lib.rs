//! What files management is, without input or output: ids, names, checksums and the part plan,
//! rights, cursors, problem codes, and the ports behind which the engines stand.

pub mod checksum;
pub mod cursor;
pub mod file;
pub mod id;
pub mod media_type;
pub mod name;
pub mod object_store;
pub mod part_plan;
pub mod problem;
pub mod rights;
pub mod time;
