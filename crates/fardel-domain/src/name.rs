//! File names: what is allowed, when two are the same, and in which order people expect them.

use std::sync::LazyLock;

use icu_casemap::CaseMapper;
use icu_collator::{
    Collator, CollatorBorrowed, CollatorPreferences,
    options::{AlternateHandling, CollatorOptions, Strength},
    preferences::CollationNumericOrdering,
};
use icu_normalizer::ComposingNormalizerBorrowed;

/// The longest name in bytes of its NFC form: what ext4, APFS and NTFS users can all store again.
pub const MAX_NAME_BYTES: usize = 255;

/// A valid name of a file or folder, in Unicode NFC.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FileName(String);

/// Why a text cannot be a name. The message completes "the name …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// Nothing, or only white space.
    #[error("is empty; give at least one visible character")]
    Empty,
    /// `.` or `..`, which mean folders on every system.
    #[error("is reserved: `.` and `..` cannot be names")]
    Reserved,
    /// A path separator.
    #[error("holds `/` or `\\`; a name is one step of a path, make folders instead")]
    Separator,
    /// Control characters, which hide what a name says or break what shows it.
    #[error("holds a control or invisible formatting character; remove it")]
    Control,
    /// A leading or trailing space, or a trailing dot: lost on Windows.
    #[error("begins or ends with white space or ends with a dot; remove it")]
    Edge,
    /// More bytes than file systems take.
    #[error("is longer than 255 bytes in UTF-8; shorten it")]
    TooLong,
}

impl FileName {
    /// Checks `text` and brings it to NFC.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        if text.chars().all(char::is_whitespace) {
            return Err(InvalidName::Empty);
        }
        if text == "." || text == ".." {
            return Err(InvalidName::Reserved);
        }
        if text.contains(['/', '\\']) {
            return Err(InvalidName::Separator);
        }
        if text.chars().any(is_forbidden) {
            return Err(InvalidName::Control);
        }
        if text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace) || text.ends_with('.') {
            return Err(InvalidName::Edge);
        }
        let name = ComposingNormalizerBorrowed::new_nfc().normalize(text).into_owned();
        if name.len() > MAX_NAME_BYTES {
            return Err(InvalidName::TooLong);
        }
        Ok(Self(name))
    }

    /// The name as people read it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Two names with equal keys cannot stand in one folder: NFC, then full case folding.
    pub fn key(&self) -> Vec<u8> {
        fold(&self.0)
    }

    /// Bytes whose order is the order people expect: Unicode collation (UTS #10) with numbers by
    /// value, so "file 9" stands before "file 10"; equal for names that differ only in case.
    pub fn sort_key(&self) -> Vec<u8> {
        let mut key = Vec::with_capacity(self.0.len() * 2 + 8);
        let Ok(()) = COLLATOR.write_sort_key_to(&self.0, &mut key);
        key
    }

    /// What stands after the last dot, in lower case; nothing for `.profile` and `README`.
    pub fn extension(&self) -> Option<String> {
        let (stem, extension) = self.0.rsplit_once('.')?;
        (!stem.is_empty() && !extension.is_empty()).then(|| extension.to_lowercase())
    }

    /// The `n`-th free alternative: `report.pdf` → `report (2).pdf`, shortened to stay valid.
    #[must_use]
    pub fn alternative(&self, n: u32) -> Self {
        let (stem, extension) = match self.0.rsplit_once('.') {
            Some((stem, extension)) if !stem.is_empty() => (stem, format!(".{extension}")),
            _ => (self.0.as_str(), String::new()),
        };
        let suffix = format!(" ({n}){extension}");
        let room = MAX_NAME_BYTES.saturating_sub(suffix.len());
        let cut = (0..=room.min(stem.len())).rev().find(|&at| stem.is_char_boundary(at)).unwrap_or(0);
        Self(format!("{}{suffix}", stem[..cut].trim_end()))
    }
}

impl std::fmt::Display for FileName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// `text` without regard to case and composition, as names are compared.
pub fn fold(text: &str) -> Vec<u8> {
    let folded = CaseMapper::new().fold_string(text).into_owned();
    ComposingNormalizerBorrowed::new_nfc().normalize(&folded).into_owned().into_bytes()
}

static COLLATOR: LazyLock<CollatorBorrowed<'static>> = LazyLock::new(|| {
    let mut preferences = CollatorPreferences::default();
    preferences.numeric_ordering = Some(CollationNumericOrdering::True);
    let mut options = CollatorOptions::default();
    options.strength = Some(Strength::Tertiary);
    options.alternate_handling = Some(AlternateHandling::NonIgnorable);
    Collator::try_new(preferences, options).expect("the root collation is compiled in")
});

/// C0, C1 and DEL; bidirectional overrides and isolates, zero-width and other format characters
/// that make a name look like another (Unicode TR #36). Joiners stay: emoji and Indic scripts need them.
fn is_forbidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(text: &str) -> FileName {
        FileName::parse(text).unwrap()
    }

    #[test]
    fn paths_controls_and_invisible_characters_are_refused() {
        for (text, expected) in [
            ("", InvalidName::Empty),
            ("   ", InvalidName::Empty),
            (".", InvalidName::Reserved),
            ("..", InvalidName::Reserved),
            ("a/b", InvalidName::Separator),
            ("..\\x", InvalidName::Separator),
            ("a\0b", InvalidName::Control),
            ("a\r\nb", InvalidName::Control),
            ("a\u{7f}", InvalidName::Control),
            ("exe\u{202E}fdp.txt", InvalidName::Control),
            ("a.", InvalidName::Edge),
            (" a", InvalidName::Edge),
        ] {
            assert_eq!(FileName::parse(text), Err(expected), "{text:?}");
        }
        assert_eq!(FileName::parse(&"é".repeat(128)), Err(InvalidName::TooLong));
        assert!(FileName::parse(&"é".repeat(127)).is_ok());
    }

    #[test]
    fn names_that_differ_in_case_or_composition_have_one_key() {
        assert_eq!(name("Straße.TXT").key(), name("STRASSE.txt").key());
        assert_eq!(name("e\u{301}").key(), name("É").key());
        assert_ne!(name("a").key(), name("ab").key());
    }

    #[test]
    fn numbers_sort_by_value() {
        let mut names: Vec<_> = ["file 10", "File 9", "éclair", "file 2", "zebra", "eclipse"].map(name).into();
        names.sort_by_key(FileName::sort_key);
        let sorted: Vec<_> = names.iter().map(FileName::as_str).collect();
        assert_eq!(sorted, ["éclair", "eclipse", "file 2", "File 9", "file 10", "zebra"]);
    }

    #[test]
    fn an_alternative_keeps_the_extension_and_the_limit() {
        assert_eq!(name("report.pdf").alternative(2).as_str(), "report (2).pdf");
        assert_eq!(name("README").alternative(3).as_str(), "README (3)");
        let long = name(&format!("{}.txt", "é".repeat(125))).alternative(12);
        assert!(long.as_str().len() <= MAX_NAME_BYTES && long.as_str().ends_with(" (12).txt"));
    }

    proptest! {
        #[test]
        fn a_valid_name_is_stable(text in "\\PC{1,80}") {
            if let Ok(name) = FileName::parse(&text) {
                prop_assert_eq!(FileName::parse(name.as_str()), Ok(name.clone()));
                prop_assert!(FileName::parse(name.alternative(2).as_str()).is_ok());
                prop_assert_eq!(name.key(), FileName::parse(name.as_str()).unwrap().key());
            }
        }
    }
}
