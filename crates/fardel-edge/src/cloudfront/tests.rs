//! The signature against botocore, and what forgery could try.

use std::time::Duration;

use fardel_domain::time::Clock;
use proptest::prelude::*;

use super::*;

const RESOURCE: &str = "https://files.example/cdn/f/0192f0c1-2345-7abc-8def-0123456789ab/3?disposition=inline";
const NOW: i64 = 1_800_000_000;
const EXPIRES: i64 = NOW + 3_600;

/// The key of the examples in RFC 6979, appendix A.2.5.
const PUBLISHED_KEY: &str = "-----BEGIN PRIVATE KEY-----\n\
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgya+p2EW6dRZrXCFX\n\
Z7HWk05Qw9s26JsSe4piKxIPZyGhRANCAARg/tS6JVqdMclh63TGNW1owEm4kjth\n\
+mzmaWIuYPKftnkD/hAIuLyZpBrp6VYovGTy8bIMLX6fUXejwpTURiKZ\n\
-----END PRIVATE KEY-----";

fn key() -> SigningKey {
    SigningKey::from_pem(PUBLISHED_KEY).unwrap()
}

fn signed() -> String {
    UrlSigner::new(key()).sign(Url::parse(RESOURCE).unwrap(), Timestamp::from_seconds(EXPIRES)).into()
}

fn verifier_at(seconds: i64) -> UrlVerifier {
    UrlVerifier::new(&[key().public_key()], Clock::from_fn(move || Timestamp::from_seconds(seconds)))
}

fn is_accepted(url: &str) -> bool {
    verifier_at(NOW).verify(url).is_some()
}

/// Made by botocore 1.44.8: `CloudFrontSigner(key_id, sign).generate_presigned_url(url, date_less_than)` with
/// the key above and OpenSSL's deterministic ECDSA, `s` lowered. botocore knows no SHA-256 and so adds no
/// `Hash-Algorithm`; all else is equal byte for byte.
#[test]
fn the_policy_and_the_url_are_those_of_botocore() {
    let policy = r#"{"Statement":[{"Resource":"https://files.example/cdn/f/0192f0c1-2345-7abc-8def-0123456789ab/3?disposition=inline","Condition":{"DateLessThan":{"AWS:EpochTime":1800003600}}}]}"#;
    assert_eq!(canned_policy(RESOURCE, EXPIRES), policy);
    let botocore = format!(
        "{RESOURCE}&Expires=1800003600\
         &Signature=MEUCIQD18FcawuzcvYepCWweTq8TlUA9Lb~EQXIKHuspHL1RpQIgc~1NgsCUrRpxoStFUAameLv1olhSYDm9ocRIAQi4IjM_\
         &Key-Pair-Id=KB18B86CE1389E46D"
    );
    assert_eq!(signed(), format!("{botocore}&Hash-Algorithm=SHA256"));
}

#[test]
fn a_signed_url_gives_its_resource_until_the_second_it_expires() {
    let url = signed();
    let verified = verifier_at(NOW).verify(&url).map(|signed| (signed.resource(), signed.remaining()));
    assert_eq!(verified, Some((RESOURCE, Duration::from_hours(1))));
    assert!(verifier_at(EXPIRES - 1).verify(&url).is_some());
    assert!(verifier_at(EXPIRES).verify(&url).is_none());
}

#[test]
fn a_proven_url_still_expires_and_still_needs_its_key() {
    let now = std::sync::Arc::new(std::sync::atomic::AtomicI64::new(NOW));
    let clock = {
        let now = now.clone();
        Clock::from_fn(move || Timestamp::from_seconds(now.load(std::sync::atomic::Ordering::Relaxed)))
    };
    let verifier = UrlVerifier::new(&[key().public_key()], clock);
    let url = signed();
    assert!(verifier.verify(&url).is_some());
    assert!(verifier.verify(&url).is_some());
    now.store(EXPIRES, std::sync::atomic::Ordering::Relaxed);
    assert!(verifier.verify(&url).is_none());
    now.store(NOW, std::sync::atomic::Ordering::Relaxed);
    let new = SigningKey::generate().unwrap();
    verifier.replace_keys(&[new.public_key(), key().public_key()]);
    assert!(verifier.verify(&url).is_some());
    verifier.replace_keys(&[new.public_key()]);
    assert!(verifier.verify(&url).is_none());
}

#[test]
fn equal_requests_give_equal_urls() {
    assert_eq!(signed(), signed());
    let plain = UrlSigner::new(key()).sign(
        Url::parse("https://files.example/x#fragment").unwrap(),
        Timestamp::from_micros(EXPIRES * 1_000_000 + 999),
    );
    assert!(plain.as_str().starts_with(&format!("https://files.example/x?Expires={EXPIRES}&Signature=")));
    assert!(is_accepted(plain.as_str()));
}

#[test]
fn forged_and_respelt_urls_are_refused() {
    let url = signed();
    assert!(is_accepted(&url));
    let (resource, parameters) =
        url.split_once("&Expires").map(|(head, tail)| (head, format!("Expires{tail}"))).unwrap();
    let part = |name: &str| parameters.split('&').find(|part| part.starts_with(name)).unwrap().to_owned();
    let (expires, signature, key_pair, hash) = (part("Expires"), part("Signature"), part("Key-Pair"), part("Hash"));
    let stranger = SigningKey::generate().unwrap().named(key().id()).unwrap();
    let foreign: String =
        UrlSigner::new(stranger).sign(Url::parse(RESOURCE).unwrap(), Timestamp::from_seconds(EXPIRES)).into();
    let policy = "Policy=eyJTdGF0ZW1lbnQiOlt7IlJlc291cmNlIjoiKiJ9XX0_";
    for forged in [
        // Parts missing, doubled, added or in another order.
        String::new(),
        resource.to_owned(),
        format!("{resource}&{expires}&{key_pair}&{hash}"),
        format!("{resource}&{signature}&{key_pair}&{hash}"),
        format!("{resource}&{expires}&{signature}&{hash}"),
        format!("{resource}&{expires}&{signature}&{key_pair}"),
        format!("{resource}&{expires}&{expires}&{signature}&{key_pair}&{hash}"),
        format!("{resource}&Expires=9999999999&{expires}&{signature}&{key_pair}&{hash}"),
        format!("{resource}&{expires}&{signature}&{signature}&{key_pair}&{hash}"),
        format!("{resource}&{signature}&{expires}&{key_pair}&{hash}"),
        format!("{resource}&{expires}&{signature}&{hash}&{key_pair}"),
        format!("{resource}&{policy}&{signature}&{key_pair}&{hash}"),
        format!("{url}&{policy}"),
        format!("{url}&response-content-type=text/html"),
        format!("{url}&"),
        format!("{url}#"),
        // The same parameters in another spelling.
        url.replace("Expires=", "Expires=0"),
        url.replace("Expires=", "Expires=+"),
        url.replace("Expires=", "expires="),
        url.replace("SHA256", "SHA1"),
        url.replace("Key-Pair-Id", "Key%2DPair-Id"),
        url.replace('_', "="),
        url.replace('_', ""),
        url.replace(&signature, &signature[..signature.len() - 4]),
        url.replace(&signature, "Signature="),
        url.replace(&expires, "Expires=9999999999"),
        url.replace(key().id(), "KOTHER"),
        // Another resource, or the same one spelt differently.
        url.replace("/3?", "/4?"),
        url.replace("inline", "attachment"),
        url.replace("/cdn/f/", "/cdn/%66/"),
        url.replace("/cdn/f/", "/cdn/./f/"),
        url.replace("/cdn/f/", "/cdn/%2e/f/"),
        url.replace("/cdn/f/", "/CDN/f/"),
        url.replace("/cdn/f/", "//cdn/f/"),
        url.replace("/3?", "/*?"),
        url.replace("https:", "http:"),
        url.replace("files.example", "evil.example"),
        url.replace("?disposition", "?x=%22&disposition"),
        url.replace("?disposition", "?\"&disposition"),
        url.replace("?disposition", "?é&disposition"),
        foreign,
    ] {
        assert_ne!(forged, url);
        assert!(!is_accepted(&forged), "{forged}");
    }
}

#[test]
fn the_second_signature_that_ecdsa_allows_is_refused() {
    let url = signed();
    let text = url.split_once("Signature=").unwrap().1.split('&').next().unwrap();
    let low = p256::ecdsa::Signature::from_der(&decode(text).unwrap()).unwrap();
    let high = p256::ecdsa::Signature::from_scalars(low.r().to_bytes(), (-*low.s()).to_bytes()).unwrap();
    assert!(!is_accepted(&url.replace(text, &encode(high.to_der().as_bytes()))));
}

#[test]
fn keys_survive_their_pem_and_ids_are_checked() {
    let made = SigningKey::generate().unwrap();
    let read = SigningKey::from_pem(&made.to_pem().unwrap()).unwrap();
    assert_eq!(read.public_key(), made.public_key());
    assert_eq!(PublicKey::from_pem(&made.public_key().to_pem().unwrap()).unwrap(), made.public_key());
    assert!(made.id().len() == 17 && made.id().starts_with('K'));
    assert_eq!(SigningKey::from_pem("no key").unwrap_err(), KeyError::Pem);
    for bad in ["", "a b", "a&b", "a/b", "é", &"a".repeat(65)] {
        assert_eq!(made.clone().named(bad).unwrap_err(), KeyError::Id, "{bad}");
    }
}

proptest! {
    #[test]
    fn any_altered_byte_is_refused(at in any::<prop::sample::Index>(), byte in 0x20u8..0x7f) {
        let url = signed();
        let mut altered = url.clone().into_bytes();
        let at = at.index(altered.len());
        altered[at] = byte;
        let altered = String::from_utf8(altered).unwrap();
        prop_assert_eq!(is_accepted(&altered), altered == url);
    }

    #[test]
    fn any_cut_or_inserted_text_is_refused(at in any::<prop::sample::Index>(), text in "[ -~]{1,12}") {
        let url = signed();
        let at = at.index(url.len());
        prop_assert!(!is_accepted(&url[..at]));
        let inserted = [&url[..at], &text, &url[at..]].concat();
        prop_assert!(!is_accepted(&inserted));
    }

    #[test]
    fn any_url_of_the_signer_is_accepted(path in "[ -~]{0,40}", query in "[ -~]{0,40}", seconds in 1i64..1_000_000) {
        let mut url = Url::parse("https://files.example/").unwrap();
        url.set_path(&path);
        url.set_query(Some(&query));
        prop_assume!(!url.as_str().contains("Expires="));
        let resource = url.clone();
        let signed: String = UrlSigner::new(key()).sign(url, Timestamp::from_seconds(NOW + seconds)).into();
        prop_assert_eq!(verifier_at(NOW).verify(&signed).map(|signed| signed.resource()), Some(resource.as_str()));
    }
}
