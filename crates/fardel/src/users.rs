//! `fardel user …`: accounts from the command line, also while the server runs.

use std::io::Read;

use fardel_db::Db;
use fardel_domain::{rights::Role, time::Clock};
use fardel_server::accounts;

use crate::{
    command::UserCommand,
    config::{Config, parse_size},
    data_dir::DataDir,
};

/// Longer input is no password.
const PASSWORD_BYTES_MAX: u64 = 4_096;

/// Runs one of the commands.
pub async fn run(config: &Config, command: UserCommand) -> Result<(), String> {
    DataDir::create(&config.data)?;
    let db = Db::open(&config.database).await.map_err(|error| error.to_string())?;
    let outcome = apply(config, &db, command).await;
    db.close().await;
    outcome
}

async fn apply(config: &Config, db: &Db, command: UserCommand) -> Result<(), String> {
    let clock = Clock::system();
    match command {
        UserCommand::Add { email, name, admin, quota, password_stdin: _ } => {
            let name = name.unwrap_or_else(|| email.split('@').next().unwrap_or_default().to_owned());
            let quota = match quota {
                Some(quota) => Some(parse_size(&quota).map_err(|mistake| format!("--quota {mistake}"))?),
                None => config.default_quota,
            };
            let role = if admin { Role::Admin } else { Role::User };
            let id = accounts::create_user(db, &clock, &email, &name, &password()?, role, quota)
                .await
                .map_err(|error| error.to_string())?;
            println!("{email} was added ({id}).");
        }
        UserCommand::List { json } => {
            for user in accounts::list(db).await.map_err(|error| error.to_string())? {
                let (role, state) = (
                    if user.role == Role::Admin { "admin" } else { "user" },
                    if user.disabled_at.is_some() { "disabled" } else { "active" },
                );
                if json {
                    let line = serde_json::json!({
                        "id": user.id, "email": user.email, "name": user.name, "role": role, "state": state,
                        "createdAt": user.created_at,
                    });
                    println!("{line}");
                } else {
                    println!("{:<40} {role:<6} {state:<9} {}", user.email, user.name);
                }
            }
        }
        UserCommand::Disable { email } => {
            accounts::disable(db, &clock, &email).await.map_err(|error| error.to_string())?;
            println!("{email} was disabled.");
        }
        UserCommand::Enable { email } => {
            accounts::enable(db, &clock, &email).await.map_err(|error| error.to_string())?;
            println!("{email} was enabled.");
        }
        UserCommand::ResetPassword { email, password_stdin: _ } => {
            accounts::reset_password(db, &clock, &email, &password()?).await.map_err(|error| error.to_string())?;
            println!("{email} has a new password; its sessions have ended.");
        }
    }
    Ok(())
}

fn password() -> Result<String, String> {
    let mut text = String::new();
    std::io::stdin()
        .take(PASSWORD_BYTES_MAX)
        .read_to_string(&mut text)
        .map_err(|error| format!("the password cannot be read: {error}"))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}
