//! A session: how it begins, its refresh token, and the cookie that carries it.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, HeaderValue, header, request::Parts},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use fardel_db::{drives, sessions::Session, users::User};
use fardel_domain::{
    checksum::Sha256,
    id::{SessionId, UserId},
    problem::Problem,
    time::Timestamp,
};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::me::Me;
use crate::{
    answer::{Answer, Failure},
    app::App,
    identity::tokens,
    identity::{ClientAddress, Network},
};

/// A session that is not refreshed for so long ends.
pub const IDLE_FOR: Duration = Duration::from_hours(30 * 24);
const COOKIE: &str = "fardel_refresh";
const COOKIE_PATH: &str = "/api/v1/auth";

/// What every way of signing in answers. The refresh token comes in an `HttpOnly` cookie.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignedIn {
    /// Send it as `Authorization: Bearer`.
    #[schema(example = "eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCIsImtpZCI6Ii4uLiJ9.e30.c2ln")]
    pub access_token: String,
    /// When the access token ends; refresh before.
    pub expires_at: Timestamp,
    /// Who signed in.
    pub user: Me,
}

/// A secret of 48 bytes in base64url: the session's id and 32 random bytes. Only its hash is kept.
pub struct RefreshToken {
    /// The session that it continues.
    pub session_id: SessionId,
    text: String,
}

impl RefreshToken {
    /// A new one for the session.
    pub fn new(session_id: SessionId) -> Self {
        let mut bytes = session_id.uuid().as_bytes().to_vec();
        bytes.extend_from_slice(&rand::random::<[u8; 32]>());
        Self { session_id, text: URL_SAFE_NO_PAD.encode(bytes) }
    }

    /// The one in the request's cookie, if there is exactly one.
    pub fn from_cookie(headers: &HeaderMap) -> Option<Self> {
        let mut found = headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='));
        let text = found.next().filter(|text| text.len() == 64)?;
        if found.next().is_some() {
            return None;
        }
        let bytes: [u8; 48] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let id = Uuid::from_slice(bytes.get(..16)?).ok()?;
        Some(Self { session_id: id.into(), text: text.to_owned() })
    }

    /// What the row keeps.
    pub fn hash(&self) -> Sha256 {
        Sha256::of(self.text.as_bytes())
    }

    /// The cookie that hands it to the browser.
    pub fn cookie(&self, app: &App) -> [(HeaderName, HeaderValue); 1] {
        cookie(&self.text, IDLE_FOR, is_https(app))
    }
}

/// The cookie that takes the token away.
pub fn removed_cookie(app: &App) -> [(HeaderName, HeaderValue); 1] {
    cookie("", Duration::ZERO, is_https(app))
}

fn is_https(app: &App) -> bool {
    app.settings.public_url.scheme() == "https"
}

fn cookie(text: &str, holds: Duration, is_https: bool) -> [(HeaderName, HeaderValue); 1] {
    let secure = if is_https { "; Secure" } else { "" };
    let cookie =
        format!("{COOKIE}={text}; HttpOnly; SameSite=Strict; Path={COOKIE_PATH}; Max-Age={}{secure}", holds.as_secs());
    // The token is base64url and the rest is ours: nothing that a header could not hold.
    [(header::SET_COOKIE, HeaderValue::from_str(&cookie).unwrap_or(HeaderValue::from_static("")))]
}

/// The client that signs in, as its owner will see it in the list of sessions.
#[derive(Debug, Clone)]
pub struct Client {
    /// What it calls itself, at most 200 characters.
    pub user_agent: String,
    /// Where it is.
    pub address: ClientAddress,
}

impl Client {
    /// The network that counts as one client.
    pub fn network(&self) -> Network {
        self.address.network()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let agent = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let address = parts.extensions.get::<ClientAddress>().copied();
        Ok(Self {
            user_agent: agent.chars().filter(|c| !c.is_control()).take(200).collect(),
            address: address.unwrap_or(ClientAddress(std::net::Ipv6Addr::UNSPECIFIED.into())),
        })
    }
}

/// A session that begins now, still to be inserted, and its first refresh token.
pub fn begin(user: UserId, client: &Client, now: Timestamp) -> (Session, RefreshToken) {
    let id = SessionId::new(now);
    let token = RefreshToken::new(id);
    let session = Session {
        id,
        user_id: user,
        refresh_hash: token.hash().as_bytes().to_vec(),
        previous_hash: None,
        rotated_at: now,
        user_agent: client.user_agent.clone(),
        address: client.address.0.to_string(),
        created_at: now,
        last_used_at: now,
        expires_at: now + IDLE_FOR,
        revoked_at: None,
    };
    (session, token)
}

/// The answer to a sign-in or refresh: a new access token of the session.
pub async fn signed_in(app: &App, user: User, session: SessionId, now: Timestamp) -> Answer<SignedIn> {
    let issuer = app.settings.public_url.as_str();
    let (access_token, expires_at) = tokens::sign(&app.token_keys, issuer, user.id, session, now).map_err(|error| {
        tracing::error!(%error, "an access token could not be signed");
        Failure::from(Problem::internal())
    })?;
    let drive = drives::of_user(&app.db, user.id).await?;
    Ok(SignedIn { access_token, expires_at, user: Me::new(user, &drive) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_out_of_reach_for_scripts_and_other_sites() {
        let flags = |is_https| {
            let [(name, value)] = cookie("abc", IDLE_FOR, is_https);
            assert_eq!(name, header::SET_COOKIE);
            value.to_str().unwrap().to_owned()
        };
        assert_eq!(
            flags(true),
            "fardel_refresh=abc; HttpOnly; SameSite=Strict; Path=/api/v1/auth; Max-Age=2592000; Secure"
        );
        assert!(!flags(false).contains("Secure"));
        assert!(!flags(true).contains("Domain"));
    }

    #[test]
    fn a_token_comes_back_from_its_cookie_only_whole_and_alone() {
        let token = RefreshToken::new(SessionId::new(Timestamp::from_micros(1)));
        let read = |cookie: &str| {
            let headers = HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(cookie).unwrap())]);
            RefreshToken::from_cookie(&headers).map(|token| (token.session_id, token.hash()))
        };
        let own = format!("fardel_refresh={}", token.text);
        assert_eq!(read(&own), Some((token.session_id, token.hash())));
        assert_eq!(read(&format!("a=b; {own}; c=d")), Some((token.session_id, token.hash())));
        for bad in [
            "",
            "a=b",
            "fardel_refresh=",
            "fardel_refresh=abc",
            &own[..own.len() - 1],
            &format!("{own}; {own}"),
            &format!("x{own}"),
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
