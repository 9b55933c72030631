//! Word documents and presentations (ECMA-376).

use std::io::BufRead;
use std::ops::ControlFlow;

use super::super::text::Collected;
use super::archive::Archive;
use super::xml::{DocumentType, Xml, each};
use crate::report::{Facts, Refusal};

/// Title, author and pages, as the program that wrote the file counted them.
pub(super) fn properties(archive: &mut Archive<'_>, facts: &mut Facts) -> Result<(), Refusal> {
    if let Some(core) = archive.entry("docProps/core.xml")? {
        let [title, creator] = fields(core, ["title", "creator"])?;
        (facts.title, facts.author) = (title, creator);
    }
    if let Some(app) = archive.entry("docProps/app.xml")? {
        let [pages] = fields(app, ["Pages"])?;
        facts.pages = pages.and_then(|pages| pages.parse().ok()).filter(|&pages| pages > 0);
    }
    Ok(())
}

/// The texts of some elements, the first of each.
pub(super) fn fields<const N: usize>(reader: impl BufRead, names: [&str; N]) -> Result<[Option<String>; N], Refusal> {
    let mut found: [Option<String>; N] = std::array::from_fn(|_| None);
    let mut inside: Option<(usize, Collected)> = None;
    each(reader, DocumentType::Refused, |xml| {
        match xml {
            Xml::Start(name, _) => {
                if let Some(at) = names.iter().position(|wanted| *wanted == name)
                    && found[at].is_none()
                {
                    inside = Some((at, Collected::new(500)));
                }
            }
            Xml::Text(text) => {
                if let Some((_, collected)) = &mut inside {
                    collected.push_words(text);
                }
            }
            Xml::End(_) => {
                if let Some((at, collected)) = inside.take() {
                    found[at] = Some(collected.finish().content).filter(|text| !text.is_empty());
                }
            }
        }
        ControlFlow::Continue(())
    })?;
    Ok(found)
}

/// The text of a Word document, then its notes.
pub(super) fn word(archive: &mut Archive<'_>, text: &mut Collected) -> Result<(), Refusal> {
    for part in ["word/document.xml", "word/footnotes.xml", "word/endnotes.xml", "word/comments.xml"] {
        if let Some(part) = archive.entry(part)? {
            paragraphs(part, text)?;
        }
    }
    Ok(())
}

/// How many slides there are.
pub(super) fn slide_count(archive: &Archive<'_>) -> u32 {
    u32::try_from(slide_names(archive).len()).unwrap_or(u32::MAX)
}

/// The text of the slides in the order of their numbers, each with its notes.
pub(super) fn slides(archive: &mut Archive<'_>, text: &mut Collected) -> Result<(), Refusal> {
    for (number, name) in slide_names(archive) {
        for name in [name, format!("ppt/notesSlides/notesSlide{number}.xml")] {
            if let Some(slide) = archive.entry(&name)? {
                paragraphs(slide, text)?;
            }
        }
        text.line();
        if text.is_full() {
            break;
        }
    }
    Ok(())
}

fn slide_names(archive: &Archive<'_>) -> Vec<(u32, String)> {
    numbered(archive, "ppt/slides/slide")
}

/// Entries `{prefix}{number}.xml`, by number.
pub(super) fn numbered(archive: &Archive<'_>, prefix: &str) -> Vec<(u32, String)> {
    let mut found: Vec<(u32, String)> = archive
        .names()
        .into_iter()
        .filter_map(|name| Some((name.strip_prefix(prefix)?.strip_suffix(".xml")?.parse().ok()?, name)))
        .collect();
    found.sort_unstable();
    found
}

/// Text runs (`w:t`, `a:t`), their tabs and breaks, a line for each paragraph.
fn paragraphs(part: impl BufRead, text: &mut Collected) -> Result<(), Refusal> {
    let mut in_run = false;
    each(part, DocumentType::Refused, |xml| {
        match xml {
            Xml::Start("t", _) => in_run = true,
            Xml::End("t") => in_run = false,
            Xml::Start("tab", _) => text.push("\t"),
            Xml::Start("br" | "cr", _) | Xml::End("p") => text.line(),
            Xml::End("tc") => text.space(),
            Xml::Text(piece) if in_run => text.push(piece),
            _ => {}
        }
        if text.is_full() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
}
