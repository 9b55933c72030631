//! How a bucket is named in the configuration: `s3://bucket?region=…`.

use std::env;

use url::Url;

use crate::sigv4::Credentials;

/// Where the bucket is and how to reach it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Config {
    /// The bucket's name.
    pub bucket: String,
    /// The region that signatures are for.
    pub region: String,
    /// The server; `None` for AWS itself.
    pub endpoint: Option<Url>,
    /// Whether the bucket stands in the path, as most servers but AWS want it.
    pub path_style: bool,
    /// A fixed key pair; `None` for AWS's default chain.
    pub credentials: Option<Credentials>,
    /// The address at which browsers reach the server when it is not `endpoint`.
    pub public_endpoint: Option<Url>,
}

/// What is wrong with a store's URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the object store's URL is not valid: {0}")]
pub struct ConfigError(String);

/// Reads `s3://bucket?region=…&endpoint=…&path_style=true&public_endpoint=…`. The region may come
/// from `AWS_REGION`. Credentials come from AWS's default chain (`AWS_ACCESS_KEY_ID` and the like)
/// unless `access_key_id` and `secret_access_key` are given.
pub fn parse_url(text: &str) -> Result<S3Config, ConfigError> {
    let wrong = |what: String| ConfigError(what);
    let url = Url::parse(text).map_err(|error| wrong(format!("{error}; write s3://bucket?region=eu-central-1")))?;
    let bucket = url.host_str().filter(|bucket| !bucket.is_empty());
    let plain = url.path().trim_matches('/').is_empty() && url.username().is_empty() && url.port().is_none();
    let (Some(bucket), true, "s3") = (bucket, plain, url.scheme()) else {
        return Err(wrong(
            "write s3://bucket?region=eu-central-1, with nothing else before the question mark".to_owned(),
        ));
    };
    let mut config = S3Config {
        bucket: bucket.to_owned(),
        region: env::var("AWS_REGION").or_else(|_| env::var("AWS_DEFAULT_REGION")).unwrap_or_default(),
        endpoint: None,
        path_style: false,
        credentials: None,
        public_endpoint: None,
    };
    let (mut access_key_id, mut secret_key) = (None, None);
    for (name, value) in url.query_pairs() {
        let server = || {
            let url =
                Url::parse(&value).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.query().is_none());
            url.map(Some).ok_or_else(|| wrong(format!("{name} is no address such as https://s3.example:9000")))
        };
        match &*name {
            "region" => config.region = value.into_owned(),
            "endpoint" => config.endpoint = server()?,
            "public_endpoint" => config.public_endpoint = server()?,
            "path_style" => {
                config.path_style = value.parse().map_err(|_| wrong("path_style is true or false".to_owned()))?;
            }
            "access_key_id" => access_key_id = Some(value.into_owned()),
            "secret_access_key" => secret_key = Some(value.into_owned()),
            _ => {
                return Err(wrong(format!(
                    "{name} is not known; known are region, endpoint, public_endpoint, path_style, access_key_id and secret_access_key"
                )));
            }
        }
    }
    config.credentials = match (access_key_id, secret_key) {
        (None, None) => None,
        (Some(access_key_id), Some(secret_key)) => Some(Credentials { access_key_id, secret_key }),
        _ => return Err(wrong("access_key_id and secret_access_key belong together".to_owned())),
    };
    if config.region.is_empty() {
        // Servers but AWS mostly call their only region so.
        if config.endpoint.is_none() {
            return Err(wrong(
                "the region is missing; write s3://bucket?region=eu-central-1 or set AWS_REGION".to_owned(),
            ));
        }
        "us-east-1".clone_into(&mut config.region);
    }
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_named_by_a_url() {
        let config = parse_url(
            "s3://files?region=eu-central-1&endpoint=http://127.0.0.1:9000&path_style=true\
             &access_key_id=id&secret_access_key=very%2Bsecret&public_endpoint=https://s3.example",
        )
        .unwrap();
        assert_eq!(
            (config.bucket.as_str(), config.region.as_str(), config.path_style),
            ("files", "eu-central-1", true)
        );
        assert_eq!(config.endpoint.as_ref().map(Url::as_str), Some("http://127.0.0.1:9000/"));
        assert_eq!(config.credentials.as_ref().unwrap().secret_key, "very+secret");
        assert!(!format!("{config:?}").contains("very"));
        assert_eq!(parse_url("s3://files?endpoint=http://h").unwrap().region, "us-east-1");
    }

    #[test]
    fn mistakes_are_told() {
        for bad in [
            "s3://",
            "files",
            "http://files?region=x",
            "s3://files/folder?region=x",
            "s3://files?region=x&colour=red",
            "s3://files?region=x&access_key_id=a",
            "s3://files?region=x&path_style=yes",
            "s3://files?region=x&endpoint=ftp://h",
        ] {
            assert!(parse_url(bad).is_err(), "{bad}");
        }
    }
}
