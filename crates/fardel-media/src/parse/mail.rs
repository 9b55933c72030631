//! E-mail: who, when, about what, and the words, with the names of what is attached.

use mail_parser::{MessageParser, MimeHeaders as _};

use super::Input;
use super::text::{Collected, LARGEST, html};
use crate::report::Refusal;
use crate::task::Limits;

/// A message in words.
pub(super) struct Mail {
    pub(super) subject: Option<String>,
    pub(super) sender: Option<String>,
    pub(super) sent_at: Option<String>,
    pub(super) content: String,
    pub(super) truncated: bool,
}

/// Reads a message. Of a large one only the start is read: texts come before attachments.
pub(super) fn read(input: &Input, limits: &Limits) -> Result<Mail, Refusal> {
    let bytes = input.head(LARGEST)?;
    let message =
        MessageParser::default().parse(&bytes).ok_or_else(|| Refusal::malformed("The message has no headers."))?;

    let address = |address: &mail_parser::Addr<'_>| match (address.name(), address.address()) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (name, address) => name.or(address).unwrap_or_default().to_owned(),
    };
    let sender = message.from().and_then(|from| from.first()).map(address);
    let subject = message.subject().map(str::to_owned);
    let sent_at = message.date().filter(|date| date.is_valid()).map(mail_parser::DateTime::to_rfc3339);

    let mut text = Collected::new(limits.text);
    for line in [subject.as_deref(), sender.as_deref()].into_iter().flatten() {
        text.push(line);
        text.line();
    }
    for to in message.to().into_iter().flat_map(mail_parser::Address::iter) {
        text.push(&address(to));
        text.line();
    }
    text.line();
    if message.text_body_count() > 0 && message.text_bodies().any(|part| part.is_text() && !part.is_text_html()) {
        for position in 0..message.text_body_count() {
            if let Some(body) = message.body_text(position) {
                text.push(&body);
                text.line();
            }
        }
    } else {
        for position in 0..message.html_body_count() {
            if let Some(body) = message.body_html(position) {
                text.push(&html::read(&body, limits.text).content);
                text.line();
            }
        }
    }
    for name in message.attachments().filter_map(|attachment| attachment.attachment_name()) {
        text.push(name);
        text.line();
    }
    let text = text.finish();
    let truncated = text.truncated || input.length > LARGEST;
    Ok(Mail { subject, sender, sent_at, content: text.content, truncated })
}
