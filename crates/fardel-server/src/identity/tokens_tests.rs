//! Tokens that were altered, lent or forged (J03, J04, S19, S20).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::EncodingKey;
use serde_json::{Value, json};

use super::*;

const ISSUER: &str = "https://files.example.org";

fn now() -> Timestamp {
    Timestamp::from_seconds(1_800_000_000)
}

fn ids() -> (UserId, SessionId) {
    (UserId::new(now()), SessionId::new(now()))
}

fn good_header(keys: &TokenKeys) -> Header {
    Header { typ: Some(TYPE.to_owned()), kid: Some(keys.signing().0.to_owned()), ..Header::new(Algorithm::EdDSA) }
}

fn good_claims() -> Value {
    let (user, session) = ids();
    let at = now().seconds();
    json!({ "iss": ISSUER, "aud": AUDIENCE, "sub": user, "sid": session, "iat": at, "nbf": at, "exp": at + 900 })
}

fn with(mut claims: Value, name: &str, value: Value) -> Value {
    claims[name] = value;
    claims
}

fn without(mut claims: Value, name: &str) -> Value {
    claims.as_object_mut().unwrap().remove(name);
    claims
}

fn raw(header: &Value, claims: &Value, signature: &str) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{signature}", encode(header), encode(claims))
}

#[test]
fn what_was_signed_is_read_back_until_it_ends() {
    let keys = TokenKeys::ephemeral();
    let (user, session) = ids();
    let (token, expires_at) = sign(&keys, ISSUER, user, session, now()).unwrap();
    assert_eq!(expires_at, now() + VALID_FOR);
    let verified = verify(&keys, ISSUER, &token, now()).unwrap();
    assert_eq!((verified.user_id, verified.session_id), (user, session));
    assert!(verify(&keys, ISSUER, &token, now() + VALID_FOR + Duration::from_secs(29)).is_some());
    assert!(verify(&keys, ISSUER, &token, now() + VALID_FOR + Duration::from_mins(1)).is_none());
    assert!(verify(&keys, ISSUER, &token, now() - Duration::from_mins(1)).is_none());
    assert!(verify(&keys, "https://other.example", &token, now()).is_none());
    assert!(verify(&TokenKeys::ephemeral(), ISSUER, &token, now()).is_none(), "another installation's key");
}

#[test]
fn claims_that_do_not_fit_are_refused() {
    let keys = TokenKeys::ephemeral();
    let key = keys.signing().1;
    let token = |claims: &Value| encode(&good_header(&keys), claims, key).unwrap();
    assert!(verify(&keys, ISSUER, &token(&good_claims()), now()).is_some());
    let at = now().seconds();
    for claims in [
        with(good_claims(), "exp", json!(at - 60)),
        with(good_claims(), "exp", json!("9999999999")),
        with(good_claims(), "exp", json!(i64::MAX)),
        with(good_claims(), "nbf", json!(at + 60)),
        with(good_claims(), "nbf", json!(i64::MIN)),
        with(good_claims(), "iss", json!("https://evil.example")),
        with(good_claims(), "aud", json!("other")),
        with(good_claims(), "sub", json!("../../admin")),
        without(good_claims(), "exp"),
        without(good_claims(), "nbf"),
        without(good_claims(), "iss"),
        without(good_claims(), "aud"),
        without(good_claims(), "sub"),
        without(good_claims(), "sid"),
    ] {
        let allowed = claims["exp"] == json!(i64::MAX) || claims["nbf"] == json!(i64::MIN);
        // Only this installation could sign such numbers; they must not overflow.
        assert!(verify(&keys, ISSUER, &token(&claims), now()).is_none() || allowed, "{claims}");
    }
}

#[test]
fn headers_that_do_not_fit_are_refused() {
    let keys = TokenKeys::ephemeral();
    let (id, key) = keys.signing();
    let signed = |header: &Header| encode(header, &good_claims(), key).unwrap();
    let good = good_header(&keys);
    assert!(verify(&keys, ISSUER, &signed(&good), now()).is_some());
    for header in [
        Header { typ: Some("JWT".to_owned()), ..good.clone() },
        Header { typ: Some("share+jwt".to_owned()), ..good.clone() },
        Header { typ: None, ..good.clone() },
        Header { kid: None, ..good.clone() },
        Header { kid: Some("../../etc/passwd".to_owned()), ..good.clone() },
        Header { kid: Some(String::new()), ..good.clone() },
        Header { crit: Some(vec!["exp".to_owned()]), ..good.clone() },
    ] {
        assert!(verify(&keys, ISSUER, &signed(&header), now()).is_none(), "{header:?}");
    }

    // The public key as an HMAC secret, in each of its texts.
    let public = &keys.published().keys[0];
    let bytes = URL_SAFE_NO_PAD.decode(&public.x).unwrap();
    let jwk = serde_json::to_string(public).unwrap();
    for secret in [bytes.as_slice(), public.x.as_bytes(), jwk.as_bytes()] {
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let header = Header { alg: algorithm, ..good.clone() };
            let token = encode(&header, &good_claims(), &EncodingKey::from_secret(secret)).unwrap();
            assert!(verify(&keys, ISSUER, &token, now()).is_none());
        }
    }

    // No signature at all.
    for algorithm in ["none", "None", "NONE", "nOnE", ""] {
        let header = json!({ "alg": algorithm, "typ": TYPE, "kid": id });
        assert!(verify(&keys, ISSUER, &raw(&header, &good_claims(), ""), now()).is_none());
    }

    // A key that the token brings along.
    let own = TokenKeys::ephemeral();
    let jwk: jsonwebtoken::jwk::Jwk = serde_json::from_value(json!(own.published().keys[0])).unwrap();
    for header in [
        Header { jwk: Some(jwk.clone()), ..good.clone() },
        Header { jwk: Some(jwk), kid: Some(own.signing().0.to_owned()), ..good.clone() },
        Header { jku: Some("http://127.0.0.1:9/jwks.json".to_owned()), ..good.clone() },
        Header { x5u: Some("http://127.0.0.1:9/cert".to_owned()), ..good.clone() },
    ] {
        let token = encode(&header, &good_claims(), own.signing().1).unwrap();
        assert!(verify(&keys, ISSUER, &token, now()).is_none(), "{header:?}");
    }
}

#[test]
fn one_altered_character_breaks_a_token() {
    let keys = TokenKeys::ephemeral();
    let (user, session) = ids();
    let (token, _) = sign(&keys, ISSUER, user, session, now()).unwrap();
    for at in 0..token.len() - 1 {
        let mut altered = token.clone().into_bytes();
        altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
        assert!(verify(&keys, ISSUER, std::str::from_utf8(&altered).unwrap(), now()).is_none(), "at {at}");
    }
    for other in
        ["", ".", "..", "a.b.c", "fardel_x", &token[..token.len() - 4], &format!("{token}A"), &format!("{token}.")]
    {
        assert!(verify(&keys, ISSUER, other, now()).is_none(), "{other}");
    }
    assert!(verify(&keys, ISSUER, &"a".repeat(20_000), now()).is_none());
}
