//! The command line.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand};

/// A files manager for home and company.
#[derive(Debug, Parser)]
#[command(name = "fardel", version, about, disable_help_subcommand = true)]
pub struct Cli {
    /// The configuration file; `fardel.toml` in the working directory if there is one.
    #[arg(long, global = true, value_name = "FILE", env = "FARDEL_CONFIG")]
    pub config: Option<PathBuf>,
    /// The folder that holds everything the program keeps.
    #[arg(long, global = true, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the page, the API, the object store, the edge and the jobs.
    Serve(Serve),
    /// Look after accounts.
    #[command(subcommand)]
    User(UserCommand),
    /// Look at the configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print the OpenAPI document.
    #[command(hide = true)]
    Openapi,
}

/// What `serve` takes.
#[derive(Debug, Args)]
pub struct Serve {
    /// The address to listen on.
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// Which parts of the program this process plays.
    #[arg(long, value_name = "ROLES")]
    pub roles: Option<String>,
}

/// What can be done with accounts.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Add an account; the password comes on the standard input.
    Add {
        /// The e-mail address to sign in with.
        email: String,
        /// The name that others see; the part of the address before the `@` by default.
        #[arg(long)]
        name: Option<String>,
        /// Let them look after the installation.
        #[arg(long)]
        admin: bool,
        /// How much they may store, such as 50GiB; the default quota otherwise.
        #[arg(long, value_name = "SIZE")]
        quota: Option<String>,
        /// Read the password from the standard input.
        #[arg(long, required = true)]
        password_stdin: bool,
    },
    /// List accounts.
    List {
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Close an account: its sessions and keys end within five seconds.
    Disable {
        /// The account.
        email: String,
    },
    /// Open a closed account again.
    Enable {
        /// The account.
        email: String,
    },
    /// Give an account a new password and end its sessions.
    ResetPassword {
        /// The account.
        email: String,
        /// Read the password from the standard input.
        #[arg(long, required = true)]
        password_stdin: bool,
    },
}

/// What can be done with the configuration.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum ConfigCommand {
    /// Name every mistake at once.
    Check,
    /// Print every key with its value; secrets are masked.
    Show,
}
