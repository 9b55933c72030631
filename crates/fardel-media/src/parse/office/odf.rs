//! ODF texts, spreadsheets, presentations and drawings (ISO/IEC 26300).

use std::ops::ControlFlow;

use super::super::text::Collected;
use super::archive::Archive;
use super::xml::{DocumentType, Xml, attribute, each};
use crate::report::{Facts, Refusal};

/// Title, author and pages.
pub(super) fn properties(archive: &mut Archive<'_>, facts: &mut Facts) -> Result<(), Refusal> {
    if let Some(meta) = archive.entry("meta.xml")? {
        let [title, creator, initial] = super::ooxml::fields(meta, ["title", "creator", "initial-creator"])?;
        facts.title = title;
        facts.author = creator.or(initial);
    }
    if let Some(meta) = archive.entry("meta.xml")? {
        each(meta, DocumentType::Refused, |xml| {
            if let Xml::Start("document-statistic", element) = xml {
                let count = |name| attribute(element, name).and_then(|count| count.parse().ok());
                facts.pages = count("page-count").or_else(|| count("table-count"));
            }
            ControlFlow::Continue(())
        })?;
    }
    if facts.pages.is_none()
        && let Some(content) = archive.entry("content.xml")?
    {
        let mut pages = 0;
        each(content, DocumentType::Refused, |xml| {
            // `draw:page`; texts have `text:page-…` names only.
            pages += u32::from(matches!(xml, Xml::Start("page", _)));
            ControlFlow::Continue(())
        })?;
        facts.pages = (pages > 0).then_some(pages);
    }
    Ok(())
}

/// Paragraphs and headings, a line each; cells of a row apart by tabs.
pub(super) fn text(archive: &mut Archive<'_>, text: &mut Collected) -> Result<(), Refusal> {
    let Some(content) = archive.entry("content.xml")? else { return Ok(()) };
    let (mut paragraphs, mut cell) = (0_usize, false);
    each(content, DocumentType::Refused, |xml| {
        match xml {
            Xml::Start("p" | "h", _) => paragraphs += 1,
            Xml::End("p" | "h") => {
                paragraphs = paragraphs.saturating_sub(1);
                if cell { text.space() } else { text.line() }
            }
            Xml::Start("table-cell", _) => cell = true,
            Xml::End("table-cell") => {
                cell = false;
                text.space();
            }
            Xml::End("table-row") => text.end_line(),
            Xml::Start("table" | "page" | "line-break", _) => text.line(),
            Xml::Start("tab", _) => text.push("\t"),
            Xml::Start("s", _) => text.push(" "),
            Xml::Text(piece) if paragraphs > 0 => text.push_words(piece),
            _ => {}
        }
        if text.is_full() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
}
