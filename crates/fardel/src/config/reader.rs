//! Takes values by key from file, environment and flags, and remembers what is wrong with them.

use std::{collections::BTreeMap, fmt, path::Path};

/// Names that the project's own test and measuring commands use.
const NOT_CONFIGURATION: [&str; 6] = ["CONFIG", "TOKEN", "BIN", "TEST_", "E2E_", "BENCH_"];

/// Everything that is wrong with the configuration.
#[derive(Debug)]
pub struct Mistakes(pub Vec<String>);

/// The values that were given, by key; nested keys are parted by a dot.
pub struct Reader {
    given: BTreeMap<String, String>,
    shown: String,
    mistakes: Vec<String>,
}

impl Reader {
    /// Reads `file`, or `fardel.toml` if there is one, then the environment.
    pub fn open(file: Option<&Path>) -> Self {
        let mut reader = Self { given: BTreeMap::new(), shown: String::new(), mistakes: Vec::new() };
        let path = file.unwrap_or_else(|| Path::new("fardel.toml"));
        let source = config::File::from(path).format(config::FileFormat::Toml).required(file.is_some());
        match config::Config::builder().add_source(source).build() {
            Ok(values) => match values.cache.into_table() {
                Ok(table) => table.into_iter().for_each(|(key, value)| reader.add(key, value)),
                Err(error) => reader.mistakes.push(format!("{}: {error}", path.display())),
            },
            Err(error) => reader.mistakes.push(format!("{}: {error}", path.display())),
        }
        for (name, value) in std::env::vars() {
            if let Some(key) = name.strip_prefix("FARDEL_")
                && !NOT_CONFIGURATION
                    .iter()
                    .any(|other| key == *other || other.ends_with('_') && key.starts_with(other))
            {
                reader.given.insert(key.to_lowercase().replace("__", "."), value);
            }
        }
        reader
    }

    fn add(&mut self, key: String, value: config::Value) {
        match value.kind.clone() {
            config::ValueKind::Table(table) => {
                for (inner, value) in table {
                    self.add(format!("{key}.{inner}"), value);
                }
            }
            config::ValueKind::Array(items) => {
                let items: Vec<_> = items.into_iter().filter_map(|item| item.into_string().ok()).collect();
                self.given.insert(key, items.join(","));
            }
            _ => match value.into_string() {
                Ok(text) => drop(self.given.insert(key, text)),
                Err(error) => self.mistakes.push(format!("{key} {error}")),
            },
        }
    }

    /// A value from a flag.
    pub fn set(&mut self, key: &str, value: &str) {
        self.given.insert(key.to_owned(), value.to_owned());
    }

    /// The value of `key` as it stands.
    pub fn text(&mut self, key: &str, default: &str) -> String {
        let text = self.given.remove(key).unwrap_or_else(|| default.to_owned());
        self.show(key, &text);
        text
    }

    /// The value of `key`, read by `parse`; `default` must be readable.
    pub fn value<T>(&mut self, key: &str, default: &str, parse: impl Fn(&str) -> Result<T, String>) -> T {
        let text = self.text(key, default);
        parse(&text)
            .or_else(|mistake| {
                self.wrong(key, &mistake);
                parse(default)
            })
            .unwrap_or_else(|mistake| unreachable!("the default of {key} {mistake}"))
    }

    /// The value of `key`, if it was given.
    pub fn optional<T>(&mut self, key: &str, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        let text = self.given.remove(key).filter(|text| !text.is_empty())?;
        self.show(key, &text);
        parse(&text).map_err(|mistake| self.wrong(key, &mistake)).ok()
    }

    /// Notes a mistake; it completes the sentence that begins with the key.
    pub fn wrong(&mut self, key: &str, mistake: &str) {
        self.mistakes.push(format!("{key} {mistake}"));
    }

    fn show(&mut self, key: &str, text: &str) {
        use fmt::Write;
        let _ = writeln!(self.shown, "{key} = {:?}", masked(text));
    }

    /// What was read, or everything that is wrong, unknown keys included.
    pub fn finish(mut self) -> Result<String, Mistakes> {
        for key in self.given.keys() {
            self.mistakes.push(format!("{key} is no key of the configuration; see docs/configuration.md"));
        }
        if self.mistakes.is_empty() { Ok(self.shown) } else { Err(Mistakes(self.mistakes)) }
    }
}

/// The text with the password of a URL, and secrets in its query, hidden.
fn masked(text: &str) -> String {
    let Ok(mut url) = url::Url::parse(text) else { return text.to_owned() };
    if url.password().is_none() && url.query().is_none() {
        return text.to_owned();
    }
    if url.password().is_some() {
        let _ = url.set_password(Some("***"));
    }
    let pairs: Vec<_> = url
        .query_pairs()
        .map(|(name, value)| {
            let is_secret = ["secret", "password", "key", "token"].iter().any(|word| name.contains(word));
            (name.into_owned(), if is_secret { "***".to_owned() } else { value.into_owned() })
        })
        .collect();
    if !pairs.is_empty() {
        url.query_pairs_mut().clear().extend_pairs(pairs);
    }
    url.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_in_urls_are_masked() {
        assert_eq!(masked("postgres://u:pw@h/db"), "postgres://u:***@h/db");
        assert!(!masked("s3://b?access_key_id=a&secret_access_key=hush").contains("hush"));
        assert_eq!(masked("./fardel-data"), "./fardel-data");
    }
}
