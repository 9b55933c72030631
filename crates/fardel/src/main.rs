//! Fardel, a files manager: one binary for the home server and for many copies on cloud engines.

mod command;
mod config;
mod data_dir;
mod page;
mod serve;
mod users;

use std::process::ExitCode;

use clap::Parser;

use crate::command::{Cli, Command, ConfigCommand};

/// Gives memory back after a burst, and costs less than the system's for many small pieces.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Configuration or command line is wrong.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let cli = Cli::parse();
    if matches!(cli.command, Command::Openapi) {
        return print_openapi();
    }
    let config = match config::load(&cli) {
        Ok(config) => config,
        Err(mistakes) => {
            eprintln!("fardel: the configuration has {} mistake(s):", mistakes.0.len());
            for mistake in &mistakes.0 {
                eprintln!("  {mistake}");
            }
            return ExitCode::from(USAGE);
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("the runtime could not start: {error}")),
    };
    let outcome = match cli.command {
        Command::Serve(_) => runtime.block_on(serve::serve(config)),
        Command::User(command) => runtime.block_on(users::run(&config, command)),
        Command::Config(ConfigCommand::Check) => {
            println!("The configuration is sound.");
            Ok(())
        }
        Command::Config(ConfigCommand::Show) => {
            print!("{}", config.shown());
            Ok(())
        }
        Command::Openapi => Ok(()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => fail(&message),
    }
}

fn print_openapi() -> ExitCode {
    match fardel_server::gateway::openapi().to_pretty_json() {
        Ok(document) => {
            println!("{document}");
            ExitCode::SUCCESS
        }
        Err(error) => fail(&format!("the document could not be written: {error}")),
    }
}

fn fail(message: &str) -> ExitCode {
    eprintln!("fardel: {message}");
    ExitCode::FAILURE
}
