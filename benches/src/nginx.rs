//! The measure of speed: nginx with its WebDAV module, in a folder of its own.

use std::{
    fs,
    net::SocketAddr,
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use crate::{
    Failure,
    http::{Connection, free_address},
    process::Server,
};

/// A private nginx that serves, and takes, the files of one folder.
pub struct Nginx {
    /// Its processes.
    pub server: Server,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Nginx {
    /// Starts it below `folder`. Like Fardel it writes one line a request to a log; unlike Fardel it neither
    /// hashes what it stores nor makes it durable. `tcp_nopush` stays off: with it, ranges of 64 KiB on a kept
    /// loopback connection take 44 ms in place of 0.1 (nginx 1.22).
    pub fn start(folder: &Path) -> Result<Self, Failure> {
        let program = if Path::new("/usr/sbin/nginx").exists() { "/usr/sbin/nginx" } else { "nginx" };
        let version = Command::new(program).arg("-V").output();
        let version = version.map_err(|error| format!("nginx is missing ({error}): apt-get install nginx-light"))?;
        if !String::from_utf8_lossy(&version.stderr).contains("http_dav_module") {
            return Err("this nginx has no http_dav_module: apt-get install nginx-light".into());
        }
        let address = free_address()?;
        fs::create_dir_all(folder.join("files"))?;
        let configuration = folder.join("nginx.conf");
        fs::write(&configuration, configuration_text(folder, address))?;
        let mut command = Command::new(program);
        command.arg("-e").arg(folder.join("error.log")).arg("-c").arg(&configuration);
        let server = Server::start(command, &folder.join("nginx.log"))?;
        let patience = Instant::now() + Duration::from_secs(10);
        while Connection::open(address).is_err() {
            if Instant::now() > patience {
                let log = fs::read_to_string(folder.join("nginx.log")).unwrap_or_default();
                return Err(format!("nginx does not listen: {log}").into());
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(Self { server, address })
    }
}

fn configuration_text(folder: &Path, address: SocketAddr) -> String {
    let folder = folder.display();
    format!(
        "daemon off;
user root;
worker_processes auto;
pid {folder}/nginx.pid;
events {{ worker_connections 1024; }}
http {{
    access_log {folder}/access.log;
    sendfile on;
    tcp_nodelay on;
    keepalive_requests 10000000;
    client_max_body_size 0;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen {address};
        root {folder}/files;
        location / {{ dav_methods PUT DELETE; create_full_put_path on; }}
    }}
}}
"
    )
}
