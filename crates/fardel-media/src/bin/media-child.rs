//! The sandboxed child alone, for this crate's tests and measurements. The product starts `fardel media-child`, which
//! runs the same code.

fn main() -> std::process::ExitCode {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some("media-child") {
        return fardel_media::child::run(arguments.next().as_deref());
    }
    eprintln!("media-child is started by fardel's tests");
    std::process::ExitCode::from(2)
}
