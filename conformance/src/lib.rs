//! One suite a port, as plain functions that every adapter's tests call against its real engine.
#![expect(clippy::unwrap_used, reason = "a suite is a test: what fails ends it")]

pub mod object_store;
