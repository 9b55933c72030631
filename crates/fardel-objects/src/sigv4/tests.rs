use std::time::Duration;

use fardel_domain::time::Timestamp;
use http::{Method, Request};
use proptest::prelude::*;
use url::Url;

use super::*;

/// 2013-05-24T00:00:00Z, the date of AWS's example.
const NOW: Timestamp = Timestamp::from_seconds(1_369_353_600);

fn example() -> Credentials {
    Credentials {
        access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
        secret_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(),
    }
}

fn put_headers() -> Vec<(String, String)> {
    [
        ("content-length", "5"),
        ("if-none-match", "*"),
        ("x-amz-checksum-sha256", "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

fn signed_put() -> fardel_domain::object_store::PresignedRequest {
    presign(
        &example(),
        "us-east-1",
        NOW,
        Presign {
            method: Method::PUT,
            url: Url::parse("http://127.0.0.1:8080/store/c/0192/abc").unwrap(),
            query: &[("partNumber", "7".to_owned()), ("uploadId", "a/b".to_owned())],
            headers: put_headers(),
            valid_for: Duration::from_hours(1),
        },
    )
}

fn request(method: &str, url: &str, headers: &[(String, String)]) -> Option<Request<()>> {
    let url = Url::parse(url).ok()?;
    let mut builder = Request::builder().method(method).uri(&url[url::Position::BeforePath..]);
    builder = builder.header("host", &url[url::Position::BeforeHost..url::Position::AfterPort]);
    for (name, value) in headers {
        builder = builder.header(name, value);
    }
    builder.body(()).ok()
}

fn verify(
    method: &str,
    url: &str,
    headers: &[(String, String)],
    now: Timestamp,
) -> Result<VerifiedRequest<()>, Refusal> {
    Verifier::new(example(), "us-east-1").verify(request(method, url, headers).expect("a request"), now)
}

#[test]
fn the_example_of_the_aws_reference_has_the_published_signature() {
    let signed = presign(
        &example(),
        "us-east-1",
        NOW,
        Presign {
            method: Method::GET,
            url: Url::parse("https://examplebucket.s3.amazonaws.com/test.txt").unwrap(),
            query: &[],
            headers: vec![],
            valid_for: Duration::from_hours(24),
        },
    );
    assert_eq!(
        signed.url.as_str(),
        "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256\
         &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
         &X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\
         &X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    );
    assert!(verify("GET", signed.url.as_str(), &[], NOW).is_ok());
}

#[test]
fn a_signed_request_is_verified_with_its_parameters_and_headers() {
    let signed = signed_put();
    let verified = verify("PUT", signed.url.as_str(), &signed.headers, NOW).unwrap();
    assert_eq!(verified.path(), "/store/c/0192/abc");
    assert_eq!(verified.parameter("uploadId"), Some("a/b"));
    assert_eq!(verified.signed("if-none-match"), Some("*"));
    assert_eq!(verified.signed("content-type"), None);
}

#[test]
fn the_time_of_a_request_is_bounded_on_both_sides() {
    let signed = signed_put();
    let at = |now| verify("PUT", signed.url.as_str(), &signed.headers, now).map(|_| ());
    let second = Duration::from_secs(1);
    assert_eq!(at(signed.expires_at), Ok(()));
    assert_eq!(at(signed.expires_at + second), Err(Refusal::Expired));
    assert_eq!(at(NOW - CLOCK_SKEW), Ok(()));
    assert_eq!(at(NOW - CLOCK_SKEW - second), Err(Refusal::NotYetValid));
}

const CLOCK_SKEW: Duration = Duration::from_mins(15);

#[test]
fn tampering_is_refused() {
    let signed = signed_put();
    let url = signed.url.as_str();
    let refused = |url: &str, headers: &[(String, String)]| verify("PUT", url, headers, NOW).expect_err(url);
    let with = |name: &str, value: &str| {
        let mut headers = signed.headers.clone();
        headers.push((name.to_owned(), value.to_owned()));
        headers
    };
    assert_eq!(verify("GET", url, &signed.headers, NOW).unwrap_err(), Refusal::Mismatch);
    assert_eq!(refused(&url.replace("8080", "8081"), &signed.headers), Refusal::Mismatch);
    assert_eq!(refused(&url.replace("/store/", "/other/"), &signed.headers), Refusal::Mismatch);
    assert_eq!(refused(&url.replace("c/0192", "%63/0192"), &signed.headers), Refusal::Path);
    assert_eq!(refused(&url.replace("=3600", "=36000"), &signed.headers), Refusal::Mismatch);
    assert!(matches!(refused(&url.replace("=3600", "=604801"), &signed.headers), Refusal::Malformed(_)));
    assert!(matches!(refused(&url.replace("=3600", "=%2B360"), &signed.headers), Refusal::Malformed(_)));
    assert!(matches!(
        refused(&url.replace("X-Amz-Date=20130524", "X-Amz-Date=20130525"), &signed.headers),
        Refusal::Malformed(_)
    ));
    assert!(matches!(refused(&url.replace("%2F", "%2f"), &signed.headers), Refusal::Malformed(_)));
    assert_eq!(refused(&url.replace("%3Bif-none-match", ""), &signed.headers), Refusal::Mismatch);
    assert!(matches!(refused(&url.replace("%3Bhost", ""), &signed.headers), Refusal::Malformed(_)));
    assert!(matches!(refused(&format!("{url}&X-Amz-Expires=3600"), &signed.headers), Refusal::Malformed(_)));
    assert!(matches!(refused(&format!("{url}&x-amz-expires=3600"), &signed.headers), Refusal::Malformed(_)));
    assert!(matches!(refused(&format!("{url}&X-Amz-Signature=00"), &signed.headers), Refusal::Malformed(_)));
    assert_eq!(refused(&format!("{url}&acl="), &signed.headers), Refusal::Mismatch);
    assert_eq!(
        refused(&url.replace("&partNumber=7", "").replace("?partNumber=7&", "?"), &signed.headers),
        Refusal::Mismatch
    );
    assert!(matches!(refused(url, &with("x-amz-copy-source", "/store/x")), Refusal::UnsignedHeader(_)));
    assert!(matches!(refused(url, &with("x-amz-content-sha256", "UNSIGNED-PAYLOAD")), Refusal::UnsignedHeader(_)));
    assert!(matches!(refused(url, &with("authorization", "AWS4-HMAC-SHA256 Credential=x")), Refusal::Malformed(_)));
    assert_eq!(refused(url, &with("if-none-match", "*")), Refusal::Mismatch);
    assert_eq!(refused(url, &signed.headers[1..]), Refusal::Mismatch);
    assert_eq!(refused("http://127.0.0.1:8080/store/c/0192/abc", &signed.headers), Refusal::Unsigned);
    assert!(!format!("{:?}", example()).contains("wJalr"));
}

proptest! {
    #[test]
    fn changing_any_byte_of_the_url_is_noticed(position in 0usize..1000, byte in 0x21u8..0x7f) {
        let signed = signed_put();
        let mut url = signed.url.as_str().as_bytes().to_vec();
        // From the host on: the scheme is not part of the request that arrives.
        let position = 7 + position % (url.len() - 7);
        prop_assume!(url[position] != byte && byte != b'#');
        url[position] = byte;
        let url = String::from_utf8(url).unwrap();
        if let Some(request) = request("PUT", &url, &signed.headers) {
            let original = self::request("PUT", signed.url.as_str(), &signed.headers).unwrap();
            let same = request.uri() == original.uri() && request.headers() == original.headers();
            prop_assert!(same || Verifier::new(example(), "us-east-1").verify(request, NOW).is_err(), "{}", url);
        }
    }

    #[test]
    fn changing_any_byte_of_a_signed_header_is_noticed(header in 0usize..3, position in 0usize..100, byte in 0x21u8..0x7f) {
        let signed = signed_put();
        let mut headers = signed.headers.clone();
        let mut value = headers[header].1.clone().into_bytes();
        let position = position % value.len();
        prop_assume!(value[position] != byte);
        value[position] = byte;
        headers[header].1 = String::from_utf8(value).unwrap();
        prop_assert!(verify("PUT", signed.url.as_str(), &headers, NOW).is_err());
    }

    #[test]
    fn any_key_and_parameter_round_trips(path in "/store(/[a-z0-9._-]{1,20}){1,4}", value in ".{0,40}", bucket_seconds in 1u64..=604_800) {
        let signed = presign(&example(), "r", NOW, Presign {
            method: Method::GET,
            url: Url::parse("https://h.example/").unwrap().join(&path).unwrap(),
            query: &[("x", value.clone())],
            headers: vec![],
            valid_for: Duration::from_secs(bucket_seconds),
        });
        let verified = Verifier::new(example(), "r").verify(request("GET", signed.url.as_str(), &[]).unwrap(), NOW).unwrap();
        prop_assert_eq!(verified.parameter("x"), Some(value.as_str()));
    }
}
