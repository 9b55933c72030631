//! Workbooks (ECMA-376, part 1, 18): sheet by sheet, a line for each row, cells apart by tabs.

use std::ops::ControlFlow;

use super::super::text::Collected;
use super::archive::Archive;
use super::ooxml::numbered;
use super::xml::{DocumentType, Xml, attribute, each};
use crate::report::Refusal;

/// Bytes of shared texts that are kept; cells beyond them stay empty.
const SHARED: usize = 16 << 20;

/// How many sheets there are.
pub(super) fn sheet_count(archive: &mut Archive<'_>) -> Result<u32, Refusal> {
    Ok(u32::try_from(sheet_names(archive)?.len()).unwrap_or(u32::MAX))
}

fn sheet_names(archive: &mut Archive<'_>) -> Result<Vec<String>, Refusal> {
    let mut names = Vec::new();
    if let Some(workbook) = archive.entry("xl/workbook.xml")? {
        each(workbook, DocumentType::Refused, |xml| {
            if let Xml::Start("sheet", element) = xml {
                names.push(attribute(element, "name").unwrap_or_default());
            }
            if names.len() < 10_000 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
    }
    Ok(names)
}

/// The names of the sheets and all their cells.
pub(super) fn workbook(archive: &mut Archive<'_>, text: &mut Collected) -> Result<(), Refusal> {
    for name in sheet_names(archive)? {
        text.push(&name);
        text.line();
    }
    let shared = shared_texts(archive)?;
    for (_, name) in numbered(archive, "xl/worksheets/sheet") {
        text.line();
        if text.is_full() {
            break;
        }
        if let Some(sheet) = archive.entry(&name)? {
            cells(sheet, &shared, text)?;
        }
    }
    Ok(())
}

/// Texts that cells refer to by number.
fn shared_texts(archive: &mut Archive<'_>) -> Result<Vec<String>, Refusal> {
    let mut texts: Vec<String> = Vec::new();
    let Some(part) = archive.entry("xl/sharedStrings.xml")? else { return Ok(texts) };
    let (mut in_text, mut in_reading_aid, mut size) = (false, false, 0);
    each(part, DocumentType::Refused, |xml| {
        match xml {
            Xml::Start("si", _) => {
                texts.push(String::new());
                size += size_of::<String>();
            }
            Xml::Start("t", _) => in_text = true,
            Xml::End("t") => in_text = false,
            Xml::Start("rPh", _) => in_reading_aid = true,
            Xml::End("rPh") => in_reading_aid = false,
            Xml::Text(piece) if in_text && !in_reading_aid => {
                size += piece.len();
                if let Some(text) = texts.last_mut() {
                    text.push_str(piece);
                }
            }
            _ => {}
        }
        if size < SHARED { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    Ok(texts)
}

fn cells(sheet: impl std::io::BufRead, shared: &[String], text: &mut Collected) -> Result<(), Refusal> {
    let (mut is_shared, mut in_value, mut value, mut first) = (false, false, String::new(), true);
    each(sheet, DocumentType::Refused, |xml| {
        match xml {
            Xml::Start("row", _) => first = true,
            Xml::End("row") => text.end_line(),
            Xml::Start("c", element) => {
                is_shared = attribute(element, "t").as_deref() == Some("s");
                value.clear();
            }
            // `v` is a value, `t` a text written into its cell.
            Xml::Start("v" | "t", _) => in_value = true,
            Xml::End("v" | "t") => in_value = false,
            Xml::Text(piece) if in_value => value.push_str(piece),
            Xml::End("c") => {
                let shown = match value.trim().parse::<usize>() {
                    Ok(number) if is_shared => shared.get(number).map_or("", String::as_str),
                    _ => &value,
                };
                if !shown.is_empty() {
                    if !std::mem::take(&mut first) {
                        text.push("\t");
                    }
                    text.push(shown);
                }
            }
            _ => {}
        }
        if text.is_full() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
}
