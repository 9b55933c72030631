//! The policy of deny.toml, checked without cargo-deny, whose build takes minutes: licences, banned
//! crates, sources and duplicates. Advisories need a database and `cargo audit`: used where installed.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::Command,
};

use crate::{Outcome, child, workspace};

/// Checks every crate that any target or feature in use builds; returns what to tell, e.g. duplicates.
pub fn check() -> Outcome<Vec<String>> {
    let policy = Policy::read(&workspace::root().join("deny.toml"))?;
    let crates = crates_in_use()?;
    let mut wrong = Vec::new();
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for used in &crates {
        versions.entry(&used.name).or_default().insert(&used.version);
        if policy.banned.contains(&used.name) {
            wrong.push(format!("{} {} is banned by deny.toml", used.name, used.version));
        }
        if !policy.allows(&used.licence) {
            wrong.push(format!(
                "{} {} has the licence `{}`, not allowed by deny.toml",
                used.name, used.version, used.licence
            ));
        }
    }
    for source in foreign_sources()? {
        wrong.push(format!("Cargo.lock takes a crate from {source}, not from crates.io"));
    }
    if !wrong.is_empty() {
        return Err(wrong.join("; "));
    }
    let twice: Vec<String> = versions
        .iter()
        .filter(|(_, versions)| versions.len() > 1)
        .map(|(name, versions)| format!("{name} {}", versions.iter().copied().collect::<Vec<_>>().join(" + ")))
        .collect();
    let mut notes = vec![format!("{} crates; in more than one version: {}", crates.len(), list(&twice))];
    notes.push(advisories()?);
    Ok(notes)
}

fn list(items: &[String]) -> String {
    if items.is_empty() { "none".to_owned() } else { items.join(", ") }
}

struct Used {
    name: String,
    version: String,
    licence: String,
}

/// `cargo metadata` also lists optional crates that no feature turns on; `cargo tree` does not.
fn crates_in_use() -> Outcome<Vec<Used>> {
    let tree = child::output(child::cargo().args([
        "tree",
        "--workspace",
        "--locked",
        "--target",
        "all",
        "--edges",
        "normal,build,dev",
        "--prefix",
        "none",
        "--format",
        "{p}|{l}",
    ]))?;
    let lines: BTreeSet<&str> = tree.lines().map(|line| line.trim_end_matches(" (*)")).collect();
    Ok(lines
        .into_iter()
        .filter(|line| !line.contains("(/"))
        .filter_map(|line| {
            let (package, licence) = line.split_once('|')?;
            let mut words = package.split_whitespace();
            let (name, version) = (words.next()?, words.next()?);
            Some(Used { name: name.into(), version: version.trim_start_matches('v').into(), licence: licence.into() })
        })
        .collect())
}

fn foreign_sources() -> Outcome<BTreeSet<String>> {
    let lock = workspace::root().join("Cargo.lock");
    let lock = fs::read_to_string(&lock).map_err(|error| format!("{} cannot be read: {error}", lock.display()))?;
    let sources = lock.lines().filter_map(|line| line.strip_prefix("source = "));
    Ok(sources
        .map(|source| source.trim_matches('"').to_owned())
        .filter(|source| !source.starts_with("registry+https://github.com/rust-lang/crates.io-index"))
        .collect())
}

fn advisories() -> Outcome<String> {
    if child::find("cargo-audit").is_none() {
        return Ok("advisories not checked: cargo-audit is not installed".to_owned());
    }
    let Some(database) = std::env::var_os("FARDEL_TEST_ADVISORY_DB") else {
        return Ok("advisories not checked: FARDEL_TEST_ADVISORY_DB names no advisory database".to_owned());
    };
    child::output(child::cargo().args(["audit", "--no-fetch", "--stale", "--db"]).arg(&database))?;
    let date = child::output(Command::new("git").arg("-C").arg(&database).args(["log", "-1", "--format=%cs"]));
    Ok(format!("advisories checked, database of {}", date.as_deref().unwrap_or("unknown date").trim()))
}

struct Policy {
    licences: BTreeSet<String>,
    banned: BTreeSet<String>,
}

impl Policy {
    fn read(path: &Path) -> Outcome<Self> {
        let text = fs::read_to_string(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
        let table: toml::Table = text.parse().map_err(|error| format!("{} is no TOML: {error}", path.display()))?;
        let array = |section: &str, key: &str| -> Vec<toml::Value> {
            table
                .get(section)
                .and_then(|section| section.get(key))
                .and_then(toml::Value::as_array)
                .cloned()
                .unwrap_or_default()
        };
        let licences =
            array("licenses", "allow").iter().filter_map(|value| value.as_str().map(str::to_owned)).collect();
        let banned =
            array("bans", "deny").iter().filter_map(|value| Some(value.get("name")?.as_str()?.to_owned())).collect();
        Ok(Self { licences, banned })
    }

    /// Whether an SPDX expression can be met by allowed licences; the old `A/B` means `A OR B`.
    fn allows(&self, expression: &str) -> bool {
        let text = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
        let words: Vec<&str> = text.split_whitespace().collect();
        let mut at = 0;
        let allowed = self.either(&words, &mut at);
        allowed && at == words.len() && !words.is_empty()
    }

    fn either(&self, words: &[&str], at: &mut usize) -> bool {
        let mut allowed = self.both(words, at);
        while words.get(*at) == Some(&"OR") {
            *at += 1;
            allowed |= self.both(words, at);
        }
        allowed
    }

    fn both(&self, words: &[&str], at: &mut usize) -> bool {
        let mut allowed = self.one(words, at);
        while words.get(*at) == Some(&"AND") {
            *at += 1;
            allowed &= self.one(words, at);
        }
        allowed
    }

    fn one(&self, words: &[&str], at: &mut usize) -> bool {
        let Some(word) = words.get(*at) else { return false };
        *at += 1;
        if *word == "(" {
            let allowed = self.either(words, at);
            *at += 1;
            return allowed;
        }
        let mut licence = (*word).to_owned();
        if let (Some(&"WITH"), Some(exception)) = (words.get(*at), words.get(*at + 1)) {
            licence = format!("{licence} WITH {exception}");
            *at += 2;
        }
        self.licences.contains(&licence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_is_allowed_when_allowed_licences_can_meet_it() {
        let licences = ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned).into();
        let policy = Policy { licences, banned: BTreeSet::new() };
        for allowed in
            ["MIT", "GPL-3.0 OR MIT", "GPL-3.0/MIT", "ISC AND (GPL-3.0 OR MIT)", "Apache-2.0 WITH LLVM-exception"]
        {
            assert!(policy.allows(allowed), "{allowed}");
        }
        for refused in ["GPL-3.0", "MIT AND GPL-3.0", "ISC AND (GPL-3.0 OR BSD)", "Apache-2.0", "", "MIT MIT"] {
            assert!(!policy.allows(refused), "{refused}");
        }
    }
}
