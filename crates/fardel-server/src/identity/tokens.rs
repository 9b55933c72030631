//! Access tokens (RFC 9068 in spirit): signed with `EdDSA`, good for 15 minutes, bound to a session.

use std::time::Duration;

use fardel_domain::{
    id::{SessionId, UserId},
    time::Timestamp,
};
use jsonwebtoken::{Algorithm, Header, Validation, decode, decode_header, encode};
use serde::{Deserialize, Serialize};

use super::TokenKeys;

/// How long an access token holds.
pub const VALID_FOR: Duration = Duration::from_mins(15);
/// Longer texts are no token of ours and are not parsed.
pub const LONGEST: usize = 8 * 1024;
const TYPE: &str = "at+jwt";
const AUDIENCE: &str = "fardel";
/// So far may the clocks of two instances differ.
const LEEWAY_SECONDS: i64 = 30;

/// What a verified access token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessToken {
    /// Who.
    pub user_id: UserId,
    /// By which sign-in; its row decides whether the token still counts.
    pub session_id: SessionId,
    /// Until when.
    pub expires_at: Timestamp,
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: UserId,
    sid: SessionId,
    iat: i64,
    nbf: i64,
    exp: i64,
}

/// A new access token and the moment when it ends.
pub fn sign(
    keys: &TokenKeys,
    issuer: &str,
    user: UserId,
    session: SessionId,
    now: Timestamp,
) -> Result<(String, Timestamp), jsonwebtoken::errors::Error> {
    let (id, key) = keys.signing();
    let header = Header { typ: Some(TYPE.to_owned()), kid: Some(id.to_owned()), ..Header::new(Algorithm::EdDSA) };
    let (begins, expires_at) = (now.seconds(), Timestamp::from_seconds((now + VALID_FOR).seconds()));
    let claims = Claims {
        iss: issuer.to_owned(),
        aud: AUDIENCE.to_owned(),
        sub: user,
        sid: session,
        iat: begins,
        nbf: begins,
        exp: expires_at.seconds(),
    };
    Ok((encode(&header, &claims, key)?, expires_at))
}

/// What `token` says, if this installation signed it as an access token and it holds at `now`.
/// The header's own keys and addresses (`jwk`, `jku`, `x5u`) are never used.
pub fn verify(keys: &TokenKeys, issuer: &str, token: &str, now: Timestamp) -> Option<AccessToken> {
    if token.len() > LONGEST {
        return None;
    }
    let header = decode_header(token).ok()?;
    if header.alg != Algorithm::EdDSA || header.typ.as_deref() != Some(TYPE) || header.crit.is_some() {
        return None;
    }
    let key = keys.verifying(header.kid.as_deref()?)?;
    let mut rules = Validation::new(Algorithm::EdDSA);
    rules.set_issuer(&[issuer]);
    rules.set_audience(&[AUDIENCE]);
    rules.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
    // Times are compared below, with the installation's clock.
    rules.validate_exp = false;
    rules.validate_nbf = false;
    let claims = decode::<Claims>(token, key, &rules).ok()?.claims;
    let seconds = now.seconds();
    if claims.exp.saturating_add(LEEWAY_SECONDS) <= seconds || claims.nbf.saturating_sub(LEEWAY_SECONDS) > seconds {
        return None;
    }
    Some(AccessToken {
        user_id: claims.sub,
        session_id: claims.sid,
        expires_at: Timestamp::from_seconds(claims.exp.saturating_add(LEEWAY_SECONDS)),
    })
}

#[cfg(test)]
#[path = "tokens_tests.rs"]
mod tests;
