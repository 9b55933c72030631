//! Facts and text of a file, whatever it is.

use super::kind::Kind;
use super::{Input, audio, exif, mail, office, pdf, source, text};
use crate::report::{Part, Refusal, Report, Skipped, Text};
use crate::task::Limits;

/// Reads what the file says about itself, and its text if wanted.
pub(super) fn inspect(kind: Kind, input: &Input, want_text: bool, limits: &Limits) -> Result<Report, Refusal> {
    let mut report = Report::default();
    report.facts.media_type = kind.media_type().map(str::to_owned);
    let text_limit = if want_text { limits.text } else { 0 };

    let text: Option<Text> = match kind {
        Kind::Pdf => Some(pdf::inspect(input, text_limit, limits, &mut report.facts)?),
        Kind::Zip => office::inspect(input, text_limit, &mut report.facts)?,
        Kind::Audio(_) => {
            audio::inspect(input, &mut report.facts)?;
            None
        }
        Kind::Html => {
            let decoded = text::decoded_html(&input.head(text::LARGEST)?, &mut report.facts);
            let page = text::html::read(&decoded, text_limit);
            report.facts.title = page.title;
            Some(Text { content: page.content, truncated: page.truncated || input.length > text::LARGEST })
        }
        Kind::Rtf => {
            let document = text::rtf::read(&input.all(text::LARGEST)?, text_limit);
            report.facts.title = document.title;
            report.facts.author = document.author;
            Some(Text { content: document.content, truncated: document.truncated })
        }
        Kind::Mail => {
            let mail = mail::read(input, limits)?;
            report.facts.title = mail.subject;
            report.facts.author = mail.sender;
            report.facts.taken_at = mail.sent_at;
            Some(Text { content: mail.content, truncated: mail.truncated })
        }
        Kind::Markdown | Kind::Text => {
            // A byte more than is kept tells whether there was more.
            let head = input.head(text_limit.max(4096) as u64 + 4)?;
            let content = text::decoded(&head, &mut report.facts);
            if kind == Kind::Markdown {
                report.facts.title = text::first_heading(&content);
            }
            let mut collected = text::Collected::new(text_limit);
            collected.push(&content);
            let mut text = collected.finish();
            text.truncated |= input.length > head.len() as u64;
            Some(text)
        }
        Kind::Video(_) | Kind::OldOffice | Kind::Other => None,
        _ => {
            image(kind, input, limits, &mut report)?;
            None
        }
    };
    match (kind, text) {
        (_, Some(text)) => report.text = want_text.then_some(text),
        (Kind::OldOffice, None) if want_text => report
            .skipped
            .push(Skipped { part: Part::Text, reason: "The older office formats are not read.".to_owned() }),
        _ => {}
    }
    Ok(report)
}

fn image(kind: Kind, input: &Input, limits: &Limits, report: &mut Report) -> Result<(), Refusal> {
    let (orientation, place) = exif::inspect(input, kind, &mut report.facts);
    report.place = place;
    match source::size(kind, input, orientation, limits)? {
        Some((width, height)) => {
            report.facts.width = Some(width);
            report.facts.height = Some(height);
        }
        None => report
            .skipped
            .push(Skipped { part: Part::Metadata, reason: "There is no decoder for this kind of picture.".to_owned() }),
    }
    Ok(())
}
