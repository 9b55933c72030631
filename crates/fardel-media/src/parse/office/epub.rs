//! Books (EPUB 3.3): a package file names the chapters in reading order, and the cover.

use std::collections::HashMap;
use std::ops::ControlFlow;

use super::super::text::{Collected, html};
use super::archive::Archive;
use super::xml::{DocumentType, Xml, attribute, each};
use crate::report::{Facts, Refusal};

/// Bytes of one chapter.
const CHAPTER: u64 = 16 << 20;

/// What the package file says.
#[derive(Default)]
struct Package {
    title: Option<String>,
    author: Option<String>,
    /// Entry names of the chapters, in reading order.
    chapters: Vec<String>,
    cover: Option<String>,
}

pub(super) fn properties(archive: &mut Archive<'_>, facts: &mut Facts) -> Result<(), Refusal> {
    let package = package(archive)?;
    (facts.title, facts.author) = (package.title, package.author);
    Ok(())
}

/// The entry name of the cover picture.
pub(super) fn cover(archive: &mut Archive<'_>) -> Result<Option<String>, Refusal> {
    Ok(package(archive)?.cover)
}

/// The text of the chapters.
pub(super) fn text(archive: &mut Archive<'_>, text: &mut Collected) -> Result<(), Refusal> {
    for chapter in package(archive)?.chapters {
        if text.is_full() {
            break;
        }
        if let Some(bytes) = archive.bytes(&chapter, CHAPTER)? {
            let page = html::read(&String::from_utf8_lossy(&bytes), 4 << 20);
            text.push(&page.content);
            text.end_line();
            text.line();
        }
    }
    Ok(())
}

fn package(archive: &mut Archive<'_>) -> Result<Package, Refusal> {
    let mut path = None;
    if let Some(container) = archive.entry("META-INF/container.xml")? {
        each(container, DocumentType::Ignored, |xml| match xml {
            Xml::Start("rootfile", element) => {
                path = attribute(element, "full-path");
                ControlFlow::Break(())
            }
            _ => ControlFlow::Continue(()),
        })?;
    }
    let Some(path) = path else { return Err(Refusal::malformed("The book has no package file.")) };
    let folder = path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
    let Some(file) = archive.entry(&path)? else {
        return Err(Refusal::malformed("The book's package file is missing."));
    };

    let mut package = Package::default();
    let mut items: HashMap<String, String> = HashMap::new();
    let mut order = Vec::new();
    let mut cover_id = None;
    let mut field: Option<(bool, Collected)> = None;
    each(file, DocumentType::Ignored, |xml| {
        match xml {
            Xml::Start("title", _) if package.title.is_none() => field = Some((true, Collected::new(500))),
            Xml::Start("creator", _) if package.author.is_none() => field = Some((false, Collected::new(500))),
            Xml::Text(piece) => {
                if let Some((_, collected)) = &mut field {
                    collected.push_words(piece);
                }
            }
            Xml::End("title" | "creator") => {
                if let Some((is_title, collected)) = field.take() {
                    let text = Some(collected.finish().content).filter(|text| !text.is_empty());
                    if is_title { package.title = text } else { package.author = text }
                }
            }
            Xml::Start("item", element) => {
                if let (Some(id), Some(href)) = (attribute(element, "id"), attribute(element, "href")) {
                    let name = entry_name(&folder, &href);
                    if attribute(element, "properties")
                        .is_some_and(|all| all.split(' ').any(|one| one == "cover-image"))
                    {
                        package.cover = Some(name.clone());
                    }
                    items.insert(id, name);
                }
            }
            Xml::Start("itemref", element) => order.extend(attribute(element, "idref")),
            // EPUB 2 names the cover's item.
            Xml::Start("meta", element) if attribute(element, "name").as_deref() == Some("cover") => {
                cover_id = attribute(element, "content");
            }
            _ => {}
        }
        ControlFlow::Continue(())
    })?;
    if package.cover.is_none() {
        package.cover = cover_id.and_then(|id| items.get(&id).cloned());
    }
    package.chapters = order.iter().filter_map(|id| items.get(id).cloned()).collect();
    Ok(package)
}

/// A reference in the package file as the name of an entry: percent signs decoded, `..` resolved.
fn entry_name(folder: &str, href: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = href.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        rest = match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(decoded) if byte == b'%' => {
                bytes.push(decoded);
                &after[2..]
            }
            _ => {
                bytes.push(byte);
                after
            }
        };
    }
    let path = format!("{folder}{}", String::from_utf8_lossy(&bytes));
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            ".." => {
                parts.pop();
            }
            "." | "" => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_become_entry_names() {
        assert_eq!(entry_name("OEBPS/", "text/a%20b.xhtml"), "OEBPS/text/a b.xhtml");
        assert_eq!(entry_name("OEBPS/", "../cover.jpg"), "cover.jpg");
        assert_eq!(entry_name("", "100%.xhtml"), "100%.xhtml");
    }
}
