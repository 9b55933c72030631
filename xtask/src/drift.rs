//! Generated files that are committed must be what is generated now.

use std::{fs, process::Command};

use crate::{Outcome, child, web, workspace};

/// The OpenAPI document and the page's types of it.
pub fn check() -> Outcome {
    let (document, schema) =
        (workspace::root().join("docs/openapi.json"), workspace::web().join("src/api/schema.gen.ts"));
    let read = |path: &std::path::Path| {
        fs::read_to_string(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))
    };
    let printed = child::output(Command::new(workspace::program("debug")).arg("openapi"))?;
    if read(&document)?.trim_end() != printed.trim_end() {
        return Err("docs/openapi.json is not what the code says; run `cargo xtask api`".to_owned());
    }
    let fresh = workspace::target().join("schema.gen.ts");
    let generator = workspace::web().join("node_modules/.bin/openapi-typescript");
    child::output(
        Command::new(generator).arg(&document).arg("-o").arg(&fresh).current_dir(workspace::web()).env("NO_COLOR", "1"),
    )?;
    if read(&schema)? != read(&fresh)? {
        return Err("web/src/api/schema.gen.ts does not fit docs/openapi.json; run `cargo xtask api`".to_owned());
    }
    Ok(())
}

/// Writes both anew.
pub fn write() -> Outcome {
    let document = workspace::root().join("docs/openapi.json");
    let printed = child::output(Command::new(workspace::program("debug")).arg("openapi"))?;
    fs::create_dir_all(workspace::root().join("docs"))
        .and_then(|()| fs::write(&document, format!("{}\n", printed.trim_end())))
        .map_err(|error| format!("{} cannot be written: {error}", document.display()))?;
    child::run(&mut web::npm(["run", "--silent", "api"]))
}
