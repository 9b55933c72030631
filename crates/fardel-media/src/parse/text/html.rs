//! The words of an HTML page. Not a browser's parser: tags end words or lines, scripts and styles are left out, and
//! whatever is broken stays text.

use super::Collected;

/// A page in words.
pub(in crate::parse) struct Page {
    pub(in crate::parse) title: Option<String>,
    pub(in crate::parse) content: String,
    pub(in crate::parse) truncated: bool,
}

/// Elements whose content is not for readers.
const HIDDEN: [&str; 6] = ["script", "style", "noscript", "template", "svg", "head"];

/// Elements that begin and end a line.
const BLOCKS: [&str; 30] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "br",
    "dd",
    "div",
    "dl",
    "dt",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "main",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "tr",
    "ul",
];

/// Reads at most `limit` bytes of text.
pub(in crate::parse) fn read(html: &str, limit: usize) -> Page {
    let mut text = Collected::new(limit);
    let title = title(html);
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        words(&rest[..start], &mut text);
        if text.is_full() {
            break;
        }
        rest = &rest[start..];
        rest = match markup(rest) {
            Markup::Text => {
                text.push("<");
                &rest[1..]
            }
            Markup::Skip(length) => &rest[length..],
            Markup::Tag { name, closing, length } => {
                let after = &rest[length..];
                if !closing && HIDDEN.contains(&name.as_str()) {
                    past_end_of(after, &name)
                } else {
                    match name.as_str() {
                        block if BLOCKS.contains(&block) => text.end_line(),
                        "td" | "th" => text.space(),
                        _ => {}
                    }
                    after
                }
            }
        };
    }
    if !rest.starts_with('<') {
        words(rest, &mut text);
    }
    let text = text.finish();
    Page { title, content: text.content, truncated: text.truncated }
}

fn words(raw: &str, text: &mut Collected) {
    if raw.contains('&') {
        text.push_words(&html_escape::decode_html_entities(raw));
    } else {
        text.push_words(raw);
    }
}

enum Markup {
    /// A lone `<`.
    Text,
    /// A comment, a declaration or an unfinished tag of so many bytes.
    Skip(usize),
    Tag {
        name: String,
        closing: bool,
        length: usize,
    },
}

fn markup(rest: &str) -> Markup {
    if let Some(comment) = rest.strip_prefix("<!--") {
        return Markup::Skip(comment.find("-->").map_or(rest.len(), |end| end + 7));
    }
    if rest.starts_with("<!") || rest.starts_with("<?") {
        return Markup::Skip(rest.find('>').map_or(rest.len(), |end| end + 1));
    }
    let closing = rest.starts_with("</");
    let inside = &rest[if closing { 2 } else { 1 }..];
    if !inside.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Markup::Text;
    }
    let name = inside.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next().unwrap_or_default();
    let mut quote = None;
    for (at, byte) in rest.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return Markup::Tag { name: name.to_ascii_lowercase(), closing, length: at + 1 },
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            _ => {}
        }
    }
    // A quote that never ends: take the tag up to the first `>`.
    match rest.find('>') {
        Some(end) => Markup::Tag { name: name.to_ascii_lowercase(), closing, length: end + 1 },
        None => Markup::Skip(rest.len()),
    }
}

fn past_end_of<'a>(html: &'a str, name: &str) -> &'a str {
    let mut from = 0;
    while let Some(at) = html[from..].find("</") {
        let after = &html[from + at + 2..];
        if after.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name)) {
            return after.find('>').map_or("", |end| &after[end + 1..]);
        }
        from += at + 2;
    }
    ""
}

fn title(html: &str) -> Option<String> {
    let start: String = html.chars().take(64 << 10).collect();
    // Lower case of ASCII alone keeps every position.
    let lower = start.to_ascii_lowercase();
    let open = lower.find("<title")?;
    let from = open + lower[open..].find('>')? + 1;
    let to = from + lower[from..].find("</title")?;
    let mut text = Collected::new(500);
    words(&start[from..to], &mut text);
    Some(text.finish().content).filter(|title| !title.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_reader_sees_is_kept() {
        let page = read(
            "<!doctype html><html><head><title>A &amp; B</title><style>p{}</style></head><body><!-- no -->\
             <h1>Hello</h1><script>alert('</p>')</script><p title='a>b'>W&ouml;rld\n of <b>w</b>ords</p></body>",
            1000,
        );
        assert_eq!(page.title.as_deref(), Some("A & B"));
        assert_eq!(page.content, "Hello\nWörld of words");
    }

    #[test]
    fn broken_markup_never_hangs_or_fails() {
        for html in ["<", "<p", "<p title=\"", "<!--", "a < b", "<script>", "</", "<é>", "<a b='>"] {
            read(html, 100);
        }
        assert_eq!(read("1 < 2", 100).content, "1 < 2");
    }

    #[test]
    fn many_open_quotes_take_linear_time() {
        let page = read(&"<a b=\"".repeat(20_000), 1000);
        assert!(!page.truncated);
    }
}
