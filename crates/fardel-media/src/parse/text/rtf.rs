//! The words of an RTF document (RTF 1.9.1): groups, control words, two ways to write a character.

use encoding_rs::{Encoding, WINDOWS_1252};

use super::Collected;

/// A document in words.
pub(in crate::parse) struct Document {
    pub(in crate::parse) title: Option<String>,
    pub(in crate::parse) author: Option<String>,
    pub(in crate::parse) content: String,
    pub(in crate::parse) truncated: bool,
}

/// Groups that hold no text of the document.
const HIDDEN: [&str; 14] = [
    "fonttbl",
    "colortbl",
    "stylesheet",
    "pict",
    "object",
    "themedata",
    "colorschememapping",
    "datastore",
    "latentstyles",
    "listtable",
    "listoverridetable",
    "rsidtbl",
    "generator",
    "xmlnstbl",
];

/// Groups deeper than this are closed as they come and not looked at.
const DEEPEST: usize = 1000;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Body,
    Hidden,
    Info,
    Title,
    Author,
}

#[derive(Clone, Copy)]
struct Group {
    place: Place,
    /// How many fallback characters follow a `\u` (`\ucN`).
    fallback: usize,
}

/// Reads at most `limit` bytes of text.
pub(in crate::parse) fn read(bytes: &[u8], limit: usize) -> Document {
    let mut reader = Reader {
        groups: vec![Group { place: Place::Body, fallback: 1 }],
        too_deep: 0,
        encoding: WINDOWS_1252,
        pending: Vec::new(),
        skip: 0,
        body: Collected::new(limit),
        title: Collected::new(300),
        author: Collected::new(300),
    };
    reader.read(bytes);
    let some = |text: Collected| Some(text.finish().content).filter(|text| !text.is_empty());
    let body = reader.body.finish();
    Document {
        title: some(reader.title),
        author: some(reader.author),
        content: body.content,
        truncated: body.truncated,
    }
}

struct Reader {
    groups: Vec<Group>,
    too_deep: usize,
    encoding: &'static Encoding,
    /// Bytes in the document's character set that wait for the rest of their character.
    pending: Vec<u8>,
    /// Fallback characters to leave out.
    skip: usize,
    body: Collected,
    title: Collected,
    author: Collected,
}

impl Reader {
    fn read(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some((&byte, after)) = rest.split_first() {
            if self.body.is_full() {
                return;
            }
            rest = match byte {
                b'\\' => self.control(after),
                b'{' => {
                    self.flush();
                    if self.groups.len() < DEEPEST {
                        self.groups.push(self.group());
                    } else {
                        self.too_deep += 1;
                    }
                    after
                }
                b'}' => {
                    self.flush();
                    if self.too_deep > 0 {
                        self.too_deep -= 1;
                    } else if self.groups.len() > 1 {
                        self.groups.pop();
                    }
                    after
                }
                b'\r' | b'\n' => after,
                byte => {
                    self.byte(byte);
                    after
                }
            };
        }
        self.flush();
    }

    fn group(&self) -> Group {
        self.groups.last().copied().unwrap_or(Group { place: Place::Hidden, fallback: 1 })
    }

    fn control<'a>(&mut self, rest: &'a [u8]) -> &'a [u8] {
        let Some((&first, after)) = rest.split_first() else { return rest };
        if !first.is_ascii_alphabetic() {
            return self.symbol(first, after);
        }
        let length = rest.iter().take(32).take_while(|byte| byte.is_ascii_alphabetic()).count();
        let (name, after) = rest.split_at(length);
        let digits = after.iter().skip(usize::from(after.first() == Some(&b'-'))).take(10);
        let digits = digits.take_while(|byte| byte.is_ascii_digit()).count();
        let length = if digits == 0 { 0 } else { digits + usize::from(after.first() == Some(&b'-')) };
        let (number, after) = after.split_at(length);
        let number = std::str::from_utf8(number).ok().and_then(|number| number.parse::<i64>().ok());
        let after = after.strip_prefix(b" ").unwrap_or(after);
        self.word(std::str::from_utf8(name).unwrap_or_default(), number, after)
    }

    fn symbol<'a>(&mut self, symbol: u8, after: &'a [u8]) -> &'a [u8] {
        match symbol {
            b'\'' => {
                let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
                return match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
                    Some(byte) => {
                        self.byte(byte);
                        &after[2..]
                    }
                    None => after,
                };
            }
            b'*' => self.place(Place::Hidden),
            b'~' => self.text(" "),
            b'_' => self.text("-"),
            b'\\' | b'{' | b'}' => self.byte(symbol),
            b'\r' | b'\n' => self.line(),
            _ => {}
        }
        after
    }

    fn word<'a>(&mut self, name: &str, number: Option<i64>, after: &'a [u8]) -> &'a [u8] {
        match (name, number) {
            ("par" | "line" | "row" | "sect" | "page", _) => self.line(),
            ("tab" | "cell", _) => self.text("\t"),
            ("emdash", _) => self.text("—"),
            ("endash", _) => self.text("–"),
            ("lquote", _) => self.text("‘"),
            ("rquote", _) => self.text("’"),
            ("ldblquote", _) => self.text("“"),
            ("rdblquote", _) => self.text("”"),
            ("bullet", _) => self.text("•"),
            ("info", _) => self.place(Place::Info),
            ("title", _) if self.group().place == Place::Info => self.place(Place::Title),
            ("author", _) if self.group().place == Place::Info => self.place(Place::Author),
            ("ansicpg", Some(page)) => {
                let label = format!("windows-{page}");
                self.encoding = Encoding::for_label(label.as_bytes()).unwrap_or(match page {
                    932 => encoding_rs::SHIFT_JIS,
                    936 => encoding_rs::GBK,
                    949 => encoding_rs::EUC_KR,
                    950 => encoding_rs::BIG5,
                    65001 => encoding_rs::UTF_8,
                    _ => WINDOWS_1252,
                });
            }
            ("uc", Some(count)) => {
                let fallback = usize::try_from(count).unwrap_or(1).min(16);
                if let Some(group) = self.groups.last_mut() {
                    group.fallback = fallback;
                }
            }
            ("u", Some(code)) => return self.unicode(code, after),
            ("bin", Some(length)) => {
                return after.get(usize::try_from(length).unwrap_or(0)..).unwrap_or_default();
            }
            (name, _) if HIDDEN.contains(&name) => self.place(Place::Hidden),
            _ => {}
        }
        after
    }

    /// A UTF-16 unit as a signed number; characters beyond the first plane are two of them.
    fn unicode<'a>(&mut self, code: i64, after: &'a [u8]) -> &'a [u8] {
        self.flush();
        let unit = |code: i64| u16::try_from(code.rem_euclid(0x1_0000)).unwrap_or(0xfffd);
        let first = unit(code);
        self.skip = self.group().fallback;
        if (0xd800..0xdc00).contains(&first) {
            // The second half follows the fallback of the first.
            let start = &after[..after.len().min(24)];
            if let Some(at) = super::super::kind::find(start, b"\\u") {
                let digits: String = start[at + 2..]
                    .iter()
                    .take_while(|byte| byte.is_ascii_digit() || **byte == b'-')
                    .map(|&byte| char::from(byte))
                    .collect();
                if let Ok(second) = digits.parse() {
                    let text = String::from_utf16_lossy(&[first, unit(second)]);
                    self.text(&text);
                    return &after[at + 2 + digits.len()..];
                }
            }
        }
        let text = String::from_utf16_lossy(&[first]);
        self.text(&text);
        after
    }

    fn byte(&mut self, byte: u8) {
        if self.skip > 0 {
            self.skip -= 1;
        } else if self.group().place != Place::Hidden {
            self.pending.push(byte);
            // Plain runs are turned into text in one go.
            if self.pending.len() >= 4096 && byte.is_ascii() {
                self.flush();
            }
        }
    }

    fn flush(&mut self) {
        self.skip = 0;
        if !self.pending.is_empty() {
            let bytes = std::mem::take(&mut self.pending);
            let text = self.encoding.decode_without_bom_handling(&bytes).0.into_owned();
            self.put(&text);
        }
    }

    fn text(&mut self, text: &str) {
        let skip = self.skip;
        self.flush();
        self.skip = skip;
        self.put(text);
    }

    fn line(&mut self) {
        self.flush();
        if self.group().place == Place::Body {
            self.body.line();
        }
    }

    fn put(&mut self, text: &str) {
        match self.group().place {
            Place::Body => self.body.push(text),
            Place::Title => self.title.push(text),
            Place::Author => self.author.push(text),
            Place::Hidden | Place::Info => {}
        }
    }

    fn place(&mut self, place: Place) {
        self.flush();
        if let Some(group) = self.groups.last_mut()
            && group.place != Place::Hidden
        {
            group.place = place;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_properties_are_read_and_tables_left_out() {
        let document = read(
            br"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}{\info{\title A title}{\author Me}}\f0 Gr\'fc\'dfe \u8364?\par
next {\b bold}\tab end {\*\unknown hidden}}",
            1000,
        );
        assert_eq!(document.content, "Grüße €\nnext bold\tend");
        assert_eq!((document.title.as_deref(), document.author.as_deref()), (Some("A title"), Some("Me")));
    }

    #[test]
    fn characters_beyond_the_first_plane_are_joined() {
        assert_eq!(read(br"{\rtf1 \u-10179?\u-8704? ok}", 100).content, "😀 ok");
    }

    #[test]
    fn deep_groups_do_no_harm() {
        let mut bytes = vec![b'{'; 1_000_000];
        bytes.extend_from_slice(b"x");
        read(&bytes, 100);
    }
}
