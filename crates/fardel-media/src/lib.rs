//! Untrusted files, read where they can do no harm.
//!
//! Two sides live here. The **child** ([`child::run`]) is the program started again as `fardel media-child`: it locks
//! itself up (limits, Landlock, seccomp), and only then reads the first byte of a file, which it has as its standard
//! input and nothing else. The **parent** ([`Sandbox`]) starts one child a task, watches it, and turns what it says, or
//! the way it died, into a [`Report`] or a [`SandboxError`]. Nothing that a file does can reach further than its task.
//!
//! Beside them: [`video`], which runs `ffprobe` and `ffmpeg` in the same kind of cage, and [`scan`], the built-in
//! scanner, which looks for patterns and parses nothing.

pub mod child;
mod ffi;
mod frames;
mod parse;
mod report;
mod sandbox;
pub mod scan;
mod spool;
mod task;
pub mod video;

pub use report::{Audio, Facts, Isolation, Part, Place, Probe, Refusal, RefusalKind, Rendition, Report, Skipped, Text};
pub use sandbox::{Sandbox, SandboxError, ToolOutput};
pub use spool::{SpoolError, spool};
pub use task::{Fit, Format, Limits, Task};
