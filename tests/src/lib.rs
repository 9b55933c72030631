//! The set-up of the black-box suites: the real program on private data, people who use it over HTTP,
//! and what every answer has to be like. One suite a flow in `tests/`; all run on embedded parts, and
//! on PostgreSQL and a real S3 server when `FARDEL_TEST_PARTS=scaled`.

mod answer;
mod client;
mod parts;
mod raw;
mod server;
mod upload;
mod wait;

pub use self::{
    answer::Answer,
    client::{Client, Person},
    parts::{Parts, parts},
    raw::{Raw, raw_exchange},
    server::{Server, Start},
    upload::{announcement, digest, hex_digest, part_size, parts_of},
    wait::{eventually, eventually_within},
};
