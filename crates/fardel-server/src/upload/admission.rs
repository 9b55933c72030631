//! Which files may come in: the checks before a byte is sent, and again on the bytes themselves.

use fardel_domain::{
    checksum::Sha256,
    file::OnConflict,
    id::FileId,
    media_type,
    name::FileName,
    part_plan::PartPlan,
    problem::{FieldError, Problem, ProblemCode},
    time::Timestamp,
};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::Settings;

/// From this size on the digests may be announced part by part.
pub const LATE_CHECKSUM_FROM: u64 = 4 << 30;

/// A file that is about to be sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PresignUpload {
    /// Its name.
    #[schema(example = "holiday.mp4")]
    pub name: String,
    /// Its bytes.
    pub size: u64,
    /// What the client takes its type to be; may be empty.
    #[serde(default)]
    #[schema(example = "video/mp4")]
    pub media_type: String,
    /// The folder to put it in; left out or null for the top of the own drive.
    pub parent_id: Option<FileId>,
    /// When its content changed last, by the client's clock; now when left out.
    pub modified_at: Option<Timestamp>,
    /// The digests of its parts; above 4 GiB they may come part by part.
    pub checksum: Option<PartsChecksum>,
    /// What to do when the name is taken.
    #[serde(default)]
    pub on_conflict: OnConflict,
}

/// The SHA-256 of each part of the plan, which depends on the size alone.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PartsChecksum {
    /// Always `sha256-parts`.
    #[expect(dead_code, reason = "there is one; deserializing it is the check")]
    pub algorithm: ChecksumAlgorithm,
    /// One digest a part; one alone, that of the whole, up to 100 MB.
    pub parts: Vec<Sha256>,
}

/// How contents are identified.
#[derive(Debug, Deserialize, ToSchema)]
pub enum ChecksumAlgorithm {
    /// SHA-256 of each part of the plan.
    #[serde(rename = "sha256-parts")]
    Sha256Parts,
}

/// An announcement that passed every check.
pub struct Admitted {
    /// The name in NFC.
    pub name: FileName,
    /// How the bytes are cut.
    pub plan: PartPlan,
    /// What the name says the type is, else what the client says.
    pub media_type: String,
    /// Every part's digest, unless they come later.
    pub digests: Option<Vec<Sha256>>,
}

/// Checks an announcement; every wrong field is named at once.
pub fn admit(settings: &Settings, request: &PresignUpload) -> Result<Admitted, Problem> {
    let mut errors = Vec::new();
    let mut wrong = |pointer: &str, detail: String| errors.push(FieldError { pointer: pointer.to_owned(), detail });

    let name = FileName::parse(&request.name).map_err(|error| wrong("/name", format!("the name {error}"))).ok();
    let declared = media_type::parse(&request.media_type);
    if declared.is_none() && !request.media_type.is_empty() {
        wrong("/mediaType", "is no media type such as image/png; leave it empty when it is not known".to_owned());
    }
    let plan = PartPlan::for_size(request.size.min(settings.max_file_size));
    let digests = request.checksum.as_ref().map(|checksum| &checksum.parts);
    match digests {
        Some(parts) if request.size <= settings.max_file_size && parts.len() != plan.part_count() as usize => wrong(
            "/checksum/parts",
            format!(
                "has {} digests; {} bytes are sent in {} parts of {} bytes",
                parts.len(),
                request.size,
                plan.part_count(),
                plan.part_size()
            ),
        ),
        None if request.size <= LATE_CHECKSUM_FROM => {
            wrong("/checksum", "is missing; only above 4 GiB may it come part by part".to_owned());
        }
        _ => {}
    }
    if !errors.is_empty() {
        return Err(Problem::fields(errors));
    }
    let name = name.ok_or_else(Problem::internal)?;
    if request.size > settings.max_file_size {
        return Err(Problem::new(
            ProblemCode::TooLarge,
            format!("The file has {} bytes; at most {} are allowed.", request.size, settings.max_file_size),
        )
        .with("maxFileSize", settings.max_file_size));
    }
    let by_name = mime_guess::from_path(name.as_str()).first_raw().and_then(media_type::parse);
    let media_type = by_name.or(declared).unwrap_or_else(|| "application/octet-stream".to_owned());
    check_type(settings, &media_type)?;
    Ok(Admitted { name, plan, media_type, digests: digests.cloned() })
}

/// Refuses types that the operator does not want.
pub fn check_type(settings: &Settings, media_type: &str) -> Result<(), Problem> {
    let matches = |pattern: &String| match pattern.strip_suffix("/*") {
        Some(family) => media_type.split('/').next() == Some(family),
        None => pattern == media_type,
    };
    let is_allowed = settings.allowed_types.is_empty() || settings.allowed_types.iter().any(matches);
    if is_allowed && !settings.blocked_types.iter().any(matches) {
        return Ok(());
    }
    Err(Problem::new(ProblemCode::TypeNotAllowed, format!("Files of type {media_type} may not be stored here.")))
}

/// The type that the first bytes tell; where they tell none, the announced one, unless it claims a
/// kind that such bytes would have shown.
pub fn sniff(head: &[u8], announced: &str) -> String {
    match infer::get(head).map(|kind| kind.mime_type()) {
        // Containers of other formats keep the finer type that the name told.
        Some("application/zip" | "application/x-ole-storage" | "text/xml" | "text/html" | "text/x-shellscript")
            if is_refinement(announced) =>
        {
            announced.to_owned()
        }
        Some(found) => found.to_owned(),
        None if claims_magic(announced) => "application/octet-stream".to_owned(),
        None => announced.to_owned(),
    }
}

fn is_refinement(announced: &str) -> bool {
    let sub = announced.split_once('/').map_or("", |(_, sub)| sub);
    announced.starts_with("text/")
        || sub.starts_with("vnd.")
        || sub.ends_with("+zip")
        || sub.ends_with("+xml")
        || matches!(sub, "java-archive" | "msword" | "xml" | "x-sh")
}

/// Pictures, sound, film and PDF always begin with their signature.
fn claims_magic(announced: &str) -> bool {
    (announced.starts_with("image/") && announced != "image/svg+xml")
        || announced.starts_with("video/")
        || announced.starts_with("audio/")
        || announced == "application/pdf"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_decide_the_type_and_names_only_refine_it() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
        assert_eq!(sniff(png, "text/html"), "image/png");
        assert_eq!(sniff(b"<html><script>", "image/png"), "text/html");
        assert_eq!(sniff(b"hello", "image/png"), "application/octet-stream");
        assert_eq!(sniff(b"hello", "text/plain"), "text/plain");
        let docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
        assert_eq!(sniff(b"PK\x03\x04\0\0", docx), docx);
        assert_eq!(sniff(b"PK\x03\x04\0\0", "image/png"), "application/zip");
    }
}
