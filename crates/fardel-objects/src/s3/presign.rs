//! What the SDK signs, proven before it is handed out.

use std::time::Duration;

use aws_sdk_s3::presigning::PresigningConfig;
use fardel_domain::{
    object_store::{PresignedRequest, StoreError},
    time::Timestamp,
};

/// For how long a request is to hold: whole seconds, at most S3's seven days.
pub(super) fn validity(valid_for: Duration) -> Result<PresigningConfig, StoreError> {
    let seconds = Duration::from_secs(valid_for.min(crate::sigv4::MAX_VALIDITY).as_secs().max(1));
    PresigningConfig::expires_in(seconds).map_err(|error| StoreError::Unavailable(format!("signing: {error}")))
}

/// What the SDK signed, with proof that it covers `demanded` as headers.
pub(super) fn presigned(
    signed: &aws_sdk_s3::presigning::PresignedRequest,
    config: &PresigningConfig,
    demanded: &[&str],
) -> Result<PresignedRequest, StoreError> {
    let failed = |what: &str| StoreError::Unavailable(format!("signing: {what}"));
    let url = url::Url::parse(signed.uri()).map_err(|_| failed("the SDK gave no URL"))?;
    let covered =
        url.query_pairs().find(|(name, _)| name == "X-Amz-SignedHeaders").map(|(_, names)| names.into_owned());
    let covered = covered.unwrap_or_default();
    if let Some(missing) = demanded.iter().find(|name| !covered.split(';').any(|found| found == **name)) {
        return Err(failed(&format!("the SDK did not sign {missing}")));
    }
    let method = signed.method().parse().map_err(|_| failed("the SDK gave no method"))?;
    let headers = signed.headers().filter(|(name, _)| !name.eq_ignore_ascii_case("host"));
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
    let began = config.start_time().duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_secs();
    let expires_at = Timestamp::from_seconds(i64::try_from(began).unwrap_or(i64::MAX)) + config.expires();
    Ok(PresignedRequest { method, url, headers, expires_at })
}
