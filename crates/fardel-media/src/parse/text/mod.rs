//! Texts: which character set, how much, and how a page of one looks.

pub(super) mod html;
mod page;
pub(super) mod rtf;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8};

pub(super) use page::page;

use super::Input;
use crate::report::{Facts, Refusal, Text};

/// Most bytes read of a marked-up text.
pub(super) const LARGEST: u64 = 16 << 20;

/// Bytes from which a character set is guessed.
const GUESSED_FROM: usize = 64 << 10;

/// Text that grows up to a limit, without runs of blank lines and without control characters.
pub(super) struct Collected {
    content: String,
    limit: usize,
    truncated: bool,
}

impl Collected {
    pub(super) fn new(limit: usize) -> Self {
        Self { content: String::new(), limit, truncated: false }
    }

    /// Adds text as it is.
    pub(super) fn push(&mut self, text: &str) {
        for c in text.chars() {
            self.put(c);
        }
    }

    /// Adds text whose white space only separates words, as in HTML.
    pub(super) fn push_words(&mut self, text: &str) {
        for c in text.chars() {
            if c.is_whitespace() { self.space() } else { self.put(c) }
        }
    }

    /// One space, unless there is white space already.
    pub(super) fn space(&mut self) {
        if !self.content.is_empty() && !self.content.ends_with([' ', '\n', '\t']) {
            self.put(' ');
        }
    }

    /// Ends a line; two in a row make a blank line, more do not.
    pub(super) fn line(&mut self) {
        while self.content.ends_with(' ') {
            self.content.pop();
        }
        if !self.content.is_empty() && !self.content.ends_with("\n\n") {
            self.put('\n');
        }
    }

    /// Ends a line, unless it is ended already.
    pub(super) fn end_line(&mut self) {
        while self.content.ends_with(' ') {
            self.content.pop();
        }
        if !self.content.is_empty() && !self.content.ends_with('\n') {
            self.put('\n');
        }
    }

    /// Whether nothing more is taken.
    pub(super) fn is_full(&self) -> bool {
        self.truncated
    }

    pub(super) fn finish(mut self) -> Text {
        self.content.truncate(self.content.trim_end().len());
        Text { content: self.content, truncated: self.truncated }
    }

    fn put(&mut self, c: char) {
        if self.truncated || (c.is_control() && !matches!(c, '\n' | '\t')) {
            return;
        }
        if self.content.len() + c.len_utf8() > self.limit {
            self.truncated = true;
        } else {
            self.content.push(c);
        }
    }
}

/// A page as text: its own word for the character set counts, unless its bytes say otherwise.
pub(super) fn decoded_html(bytes: &[u8], facts: &mut Facts) -> String {
    let start = &bytes[..bytes.len().min(1024)];
    let label = super::kind::find(start, b"charset=").map(|at| &start[at + 8..]).map(|rest| {
        let rest = rest.strip_prefix(b"\"").or_else(|| rest.strip_prefix(b"'")).unwrap_or(rest);
        &rest[..rest.iter().position(|byte| b"\"' ;>/".contains(byte)).unwrap_or(0)]
    });
    match label.and_then(Encoding::for_label) {
        Some(encoding) if Encoding::for_bom(bytes).is_none() && std::str::from_utf8(bytes).is_err() => {
            facts.charset = Some(encoding.name().to_ascii_lowercase());
            encoding.decode(bytes).0.into_owned()
        }
        _ => decoded(bytes, facts),
    }
}

/// Bytes as text, and the character set they were taken for in the facts.
pub(super) fn decoded(bytes: &[u8], facts: &mut Facts) -> String {
    let encoding = charset(bytes);
    let (text, encoding, _) = encoding.decode(bytes);
    facts.charset = Some(encoding.name().to_ascii_lowercase());
    text.into_owned()
}

/// The first characters of a text, enough for a page of it.
pub(super) fn start_of(input: &Input) -> Result<String, Refusal> {
    Ok(decoded(&input.head(64 << 10)?, &mut Facts::default()))
}

/// A mark at the start, else UTF-8 if it is, else what the bytes look like.
fn charset(bytes: &[u8]) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return encoding;
    }
    let is_utf8 = match std::str::from_utf8(bytes) {
        Ok(_) => true,
        // Cut off in the middle of a character.
        Err(error) => error.error_len().is_none() && error.valid_up_to() > 0,
    };
    if is_utf8 {
        return UTF_8;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(&bytes[..bytes.len().min(GUESSED_FROM)], true);
    detector.guess(None, Utf8Detection::Allow)
}

/// The first heading of a Markdown text.
pub(super) fn first_heading(text: &str) -> Option<String> {
    let line = text.lines().take(100).find(|line| line.starts_with('#'))?;
    let heading: String = line.trim_start_matches('#').trim().chars().take(300).collect();
    (!heading.is_empty()).then_some(heading)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn character_sets_are_told_apart() {
        let name = |bytes: &[u8]| charset(bytes).name();
        assert_eq!(name("Grüße".as_bytes()), "UTF-8");
        assert_eq!(name(b"Gr\xfc\xdfe aus M\xfcnchen, sch\xf6ne Gr\xfc\xdfe"), "windows-1252");
        assert_eq!(name(b"\xff\xfeh\0i\0"), "UTF-16LE");
        let russian = encoding_rs::WINDOWS_1251.encode("Привет, как дела? Хорошо, спасибо большое").0;
        assert_eq!(name(&russian), "windows-1251");
        let japanese = encoding_rs::SHIFT_JIS.encode("こんにちは、元気ですか。今日はいい天気ですね。").0;
        assert_eq!(name(&japanese), "Shift_JIS");
    }

    #[test]
    fn text_stops_at_its_limit_between_characters() {
        let mut text = Collected::new(4);
        text.push("aéüb");
        let text = text.finish();
        assert_eq!((text.content.as_str(), text.truncated), ("aé", true));
    }
}
