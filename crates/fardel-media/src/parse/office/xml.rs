//! XML as a stream of names and texts. Entities of a document type are never expanded, so they cannot multiply.

use std::io::BufRead;
use std::ops::ControlFlow;

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use crate::report::Refusal;

/// What a document consists of, names without their prefix.
pub(super) enum Xml<'a> {
    /// An element begins (an empty one ends at once).
    Start(&'a str, &'a BytesStart<'a>),
    /// An element ends.
    End(&'a str),
    /// Text of the element, maybe in several pieces.
    Text(&'a str),
}

/// Whether a document type declaration is allowed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum DocumentType {
    /// Office files must have none (ECMA-376 part 2, 9.1.4).
    Refused,
    /// Books have one; it is not read.
    Ignored,
}

/// Elements within elements at most.
const DEEPEST: usize = 5_000;

/// Hands every piece to `see`, until it breaks or the document ends.
pub(super) fn each(
    reader: impl BufRead,
    document_type: DocumentType,
    mut see: impl FnMut(Xml<'_>) -> ControlFlow<()>,
) -> Result<(), Refusal> {
    let mut reader = Reader::from_reader(reader);
    reader.config_mut().check_end_names = false;
    let mut buffer = Vec::new();
    let mut depth = 0_usize;
    loop {
        buffer.clear();
        let flow = match reader.read_event_into(&mut buffer).map_err(refusal)? {
            Event::Start(element) => {
                depth += 1;
                if depth > DEEPEST {
                    return Err(Refusal::malformed("The document is nested too deeply."));
                }
                see(Xml::Start(local(element.name().as_ref()), &element))
            }
            Event::Empty(element) => match see(Xml::Start(local(element.name().as_ref()), &element)) {
                ControlFlow::Continue(()) => see(Xml::End(local(element.name().as_ref()))),
                stop @ ControlFlow::Break(()) => stop,
            },
            Event::End(element) => {
                depth = depth.saturating_sub(1);
                see(Xml::End(local(element.name().as_ref())))
            }
            Event::Text(text) => see(Xml::Text(&text)),
            Event::CData(text) => see(Xml::Text(&text)),
            Event::GeneralRef(reference) => match reference.resolve_char_ref() {
                Ok(Some(c)) => see(Xml::Text(c.encode_utf8(&mut [0; 4]))),
                Ok(None) | Err(_) => match &*reference {
                    "amp" => see(Xml::Text("&")),
                    "lt" => see(Xml::Text("<")),
                    "gt" => see(Xml::Text(">")),
                    "quot" => see(Xml::Text("\"")),
                    "apos" => see(Xml::Text("'")),
                    "nbsp" => see(Xml::Text(" ")),
                    _ => ControlFlow::Continue(()),
                },
            },
            Event::DocType(_) if document_type == DocumentType::Refused => {
                return Err(Refusal::malformed(
                    "The document declares its own XML entities, which office files must not.",
                ));
            }
            Event::Eof => return Ok(()),
            _ => ControlFlow::Continue(()),
        };
        if flow.is_break() {
            return Ok(());
        }
    }
}

/// The value of an attribute, told by its name without prefix.
pub(super) fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = element.attributes().with_checks(false).flatten().find(|found| local(found.key.as_ref()) == name)?;
    Some(found.normalized_value(XmlVersion::Explicit1_0).ok()?.chars().take(2000).collect())
}

fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

fn refusal(error: quick_xml::Error) -> Refusal {
    match error {
        quick_xml::Error::Io(error) => std::io::Error::new(error.kind(), error.to_string()).into(),
        other => Refusal::malformed(format!("The document's XML is broken: {other}")),
    }
}
