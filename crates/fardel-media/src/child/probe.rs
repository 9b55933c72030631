//! Tries to escape, and reports each try. It runs where a hostile file's code would run: behind all walls.

use std::fs::File;
use std::io;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::process::Command;

use crate::report::Probe;
use crate::task::Limits;

/// Every try, in order; on a kernel with all walls each is denied.
pub(super) fn attempts(limits: &Limits) -> Vec<Probe> {
    let mut probes = Vec::new();
    let mut attempt = |what: &str, outcome: io::Result<String>| {
        let (denied, outcome) = match outcome {
            Ok(got) => (false, got),
            Err(error) => (true, error.to_string()),
        };
        probes.push(Probe { attempt: what.to_owned(), denied, outcome });
    };

    attempt("connect to 127.0.0.1:80", TcpStream::connect("127.0.0.1:80").map(|_| "connected".to_owned()));
    attempt("listen on 127.0.0.1", TcpListener::bind("127.0.0.1:0").map(|_| "listening".to_owned()));
    attempt("send a datagram", UdpSocket::bind("127.0.0.1:0").map(|_| "bound".to_owned()));
    #[cfg(unix)]
    attempt("open a Unix socket", std::os::unix::net::UnixDatagram::unbound().map(|_| "opened".to_owned()));
    attempt("open /etc/passwd", File::open("/etc/passwd").map(|_| "opened".to_owned()));
    attempt("open /proc/self/environ", File::open("/proc/self/environ").map(|_| "opened".to_owned()));
    attempt("create /tmp/fardel-escape", File::create("/tmp/fardel-escape").map(|_| "created".to_owned()));
    attempt("look for /etc/passwd", std::fs::metadata("/etc/passwd").map(|_| "found".to_owned()));
    attempt("list /", std::fs::read_dir("/").map(|_| "listed".to_owned()));
    attempt("run /bin/sh", Command::new("/bin/sh").arg("-c").arg("exit").status().map(|status| status.to_string()));
    #[cfg(unix)]
    attempt("become /bin/sh", {
        use std::os::unix::process::CommandExt as _;
        Err(Command::new("/bin/sh").arg("-c").arg("exit").exec())
    });
    attempt("start a thread", std::thread::Builder::new().spawn(|| ()).map(|_| "started".to_owned()));
    #[cfg(unix)]
    attempt("write to the input", {
        use std::os::fd::AsFd as _;
        rustix::io::write(io::stdin().as_fd(), b"x").map(|n| format!("wrote {n}")).map_err(io::Error::from)
    });
    #[cfg(unix)]
    attempt("signal process 1", {
        let first = rustix::process::Pid::INIT;
        rustix::process::test_kill_process(first).map(|()| "could".to_owned()).map_err(io::Error::from)
    });
    attempt("take twice the memory", {
        let mut memory: Vec<u8> = Vec::new();
        let wanted = usize::try_from(limits.memory).unwrap_or(usize::MAX / 4).saturating_mul(2);
        memory.try_reserve_exact(wanted).map(|()| "taken".to_owned()).map_err(io::Error::other)
    });
    probes
}
