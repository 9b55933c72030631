//! Office documents and books: ZIP files of XML.

mod archive;
mod epub;
mod odf;
mod ooxml;
mod sheet;
mod xml;

use archive::Archive;

use super::picture::Wanted;
use super::source::{self, Source};
use super::{Input, text};
use crate::report::{Facts, Refusal, Text};
use crate::task::Limits;

/// The kinds of documents that come as ZIP files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Office {
    Word,
    Workbook,
    Slides,
    Odf(&'static str),
    Epub,
}

impl Office {
    fn of(archive: &mut Archive<'_>) -> Result<Option<Self>, Refusal> {
        if archive.has("word/document.xml") {
            return Ok(Some(Self::Word));
        }
        if archive.has("xl/workbook.xml") {
            return Ok(Some(Self::Workbook));
        }
        if archive.has("ppt/presentation.xml") {
            return Ok(Some(Self::Slides));
        }
        // ODF and EPUB say what they are in their first entry.
        let Some(media_type) = archive.bytes("mimetype", 200)? else { return Ok(None) };
        Ok(match media_type.trim_ascii() {
            b"application/vnd.oasis.opendocument.text" => Some(Self::Odf("application/vnd.oasis.opendocument.text")),
            b"application/vnd.oasis.opendocument.spreadsheet" => {
                Some(Self::Odf("application/vnd.oasis.opendocument.spreadsheet"))
            }
            b"application/vnd.oasis.opendocument.presentation" => {
                Some(Self::Odf("application/vnd.oasis.opendocument.presentation"))
            }
            b"application/vnd.oasis.opendocument.graphics" => {
                Some(Self::Odf("application/vnd.oasis.opendocument.graphics"))
            }
            b"application/epub+zip" => Some(Self::Epub),
            _ => None,
        })
    }

    fn media_type(self) -> &'static str {
        match self {
            Self::Word => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Workbook => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Slides => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
            Self::Odf(media_type) => media_type,
            Self::Epub => "application/epub+zip",
        }
    }

    fn text(self, archive: &mut Archive<'_>, limit: usize) -> Result<Text, Refusal> {
        let mut collected = text::Collected::new(limit);
        match self {
            Self::Word => ooxml::word(archive, &mut collected)?,
            Self::Workbook => sheet::workbook(archive, &mut collected)?,
            Self::Slides => ooxml::slides(archive, &mut collected)?,
            Self::Odf(_) => odf::text(archive, &mut collected)?,
            Self::Epub => epub::text(archive, &mut collected)?,
        }
        Ok(collected.finish())
    }
}

/// Fills in the properties and reads the text; `None` for a ZIP file that is no document.
pub(super) fn inspect(input: &Input, text_limit: usize, facts: &mut Facts) -> Result<Option<Text>, Refusal> {
    let mut archive = Archive::open(input)?;
    let Some(office) = Office::of(&mut archive)? else { return Ok(None) };
    facts.media_type = Some(office.media_type().to_owned());
    match office {
        Office::Word | Office::Workbook | Office::Slides => ooxml::properties(&mut archive, facts)?,
        Office::Odf(_) => odf::properties(&mut archive, facts)?,
        Office::Epub => epub::properties(&mut archive, facts)?,
    }
    match office {
        Office::Slides => facts.pages = Some(ooxml::slide_count(&archive)),
        Office::Workbook => facts.pages = Some(sheet::sheet_count(&mut archive)?),
        _ => {}
    }
    if text_limit == 0 {
        return Ok(Some(Text::default()));
    }
    office.text(&mut archive, text_limit).map(Some)
}

/// The preview or cover that comes with the document, else its first text as a page.
pub(super) fn picture(input: &Input, wanted: Wanted, limits: &Limits) -> Result<Result<Source, &'static str>, Refusal> {
    const LARGEST: u64 = 32 << 20;
    let mut archive = Archive::open(input)?;
    let Some(office) = Office::of(&mut archive)? else { return Ok(Err("There is no picture of an archive.")) };
    let name = match office {
        Office::Epub => epub::cover(&mut archive)?,
        Office::Odf(_) => Some("Thumbnails/thumbnail.png".to_owned()),
        _ => Some("docProps/thumbnail.jpeg".to_owned()),
    };
    if let Some(name) = name
        && let Some(bytes) = archive.bytes(&name, LARGEST)?
        && let Ok(Ok(source)) = source::embedded(&bytes, wanted, limits)
        // Previews of a few pixels are for lists of the nineties.
        && (office == Office::Epub || source.width.max(source.height) >= 200)
    {
        return Ok(Ok(source));
    }
    let text = office.text(&mut archive, 16 << 10)?;
    if text.content.is_empty() {
        return Ok(Err("The document has no text to show."));
    }
    let picture = text::page(&text.content);
    Ok(Ok(Source { width: picture.width, height: picture.height, picture }))
}
